// SPDX-License-Identifier: MIT
//
// dwarf_open.c - see dwarf_open.h. Sections are given to libdw as copies with NULs behind: libdw
// 0.188 reads strings past the end of all that hold some, takes an offset that is the very size of
// .debug_str, and the header of .debug_str_offsets whether it is there or not. It opens .dwo files
// itself: those are out of reach.
#include "symbolize/dwarf_open.h"

#include "symbolize/range_index.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#define PADDING_BYTES 16

// Old compressed sections are called .zdebug_….
static bool is_read(const char *name)
{
    static const char *const kinds[] = {"info", "types",       "line",   "str",     "line_str",
                                        "addr", "str_offsets", "ranges", "rnglists"};
    if (strncmp(name, ".debug_", 7) != 0 && strncmp(name, ".zdebug_", 8) != 0)
        return false;
    const char *kind = strchr(name, '_') + 1;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    }
    return false;
}

// The section's content as libdw will see it, NULL if it has none.
static Elf_Data *read_section(Elf_Scn *section, const GElf_Shdr *header, const char *name)
{
    if (header->sh_type == SHT_NOBITS)
        return NULL;
    if (header->sh_flags & SHF_COMPRESSED && elf_compress(section, 0, 0) < 0)
        return NULL;
    if (name[1] == 'z')
        elf_compress_gnu(section, 0, 0);
    Elf_Data *data = elf_getdata(section, NULL);
    return data && data->d_buf && data->d_size ? data : NULL;
}

static bool pad(struct dwarf_file *file, Elf_Data *data)
{
    if (!grow_array((void **)&file->copies, file->copy_count, &file->copy_capacity, sizeof(void *)))
        return false;
    char *copy = malloc(data->d_size + PADDING_BYTES);
    if (!copy)
        return false;
    memcpy(copy, data->d_buf, data->d_size);
    memset(copy + data->d_size, 0, PADDING_BYTES);
    data->d_buf = file->copies[file->copy_count++] = copy;
    return true;
}

static bool make_safe(struct dwarf_file *file, Elf *elf)
{
    size_t names;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return false;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        const char *name = NULL;
        if (gelf_getshdr(section, &header))
            name = elf_strptr(elf, names, header.sh_name);
        Elf_Data *data = NULL;
        if (name && is_read(name))
            data = read_section(section, &header, name);
        if (data && !pad(file, data))
            return false;
    }
    return true;
}

bool dwarf_is_in(const struct elf_file *file)
{
    return elf_file_section(file, ".debug_info") || elf_file_section(file, ".zdebug_info");
}

bool dwarf_file_open(struct dwarf_file *ret_file, const struct elf_file *file)
{
    struct dwarf_file opened = {0};
    if (dwarf_is_in(file) && make_safe(&opened, file->elf))
        opened.dwarf = dwarf_begin_elf(file->elf, DWARF_C_READ, NULL);
    if (!opened.dwarf) {
        dwarf_file_close(&opened);
        return false;
    }
    *ret_file = opened;
    return true;
}

void dwarf_file_close(struct dwarf_file *file)
{
    dwarf_end(file->dwarf);
    for (size_t i = 0; i < file->copy_count; i++)
        free(file->copies[i]);
    free(file->copies);
    *file = (struct dwarf_file){0};
}
