// SPDX-License-Identifier: MIT
//
// symbolizer_support.c - see symbolizer_support.h.
#include "tests/unit/symbolizer_support.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <ftw.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATHS 16

static char scratch[PATH_MAX];

static char *next_path(void)
{
    static char paths[PATHS][PATH_MAX];
    static unsigned int turn;
    return paths[turn++ % PATHS];
}

struct bytes read_file(const char *path)
{
    struct bytes bytes = {0};
    struct stat status;
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    bytes.size = (size_t)status.st_size;
    bytes.data = malloc(bytes.size + 1);
    assert_non_null(bytes.data);
    assert_int_equal(fread(bytes.data, 1, bytes.size, file), bytes.size);
    fclose(file);
    return bytes;
}

void write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void copy_file(const char *from, const char *to)
{
    struct bytes bytes = read_file(from);
    write_file(to, bytes.data, bytes.size);
    free(bytes.data);
}

const char *fixture(const char *name)
{
    char *path = next_path();
    snprintf(path, PATH_MAX, "%s/%s", SYMBOLIZER_FIXTURES, name);
    if (access(path, R_OK) != 0) {
        print_message("skipped: %s was not built\n", name);
        skip();
    }
    return path;
}

const char *make_scratch(void)
{
    const char *parent = getenv("TMPDIR");
    snprintf(scratch, sizeof(scratch), "%s/gaiaprof-symbolizer-XXXXXX", parent ? parent : "/tmp");
    assert_non_null(mkdtemp(scratch));
    return scratch;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    return remove(path);
}

void remove_scratch(void)
{
    nftw(scratch, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_path(const char *format, ...)
{
    char *path = next_path();
    int length = snprintf(path, PATH_MAX, "%s/", scratch);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path + length, (size_t)(PATH_MAX - length), format, arguments);
    va_end(arguments);
    for (char *slash = path + length; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    return path;
}

static Elf *open_elf(const char *path, int *ret_fd)
{
    elf_version(EV_CURRENT);
    *ret_fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(*ret_fd >= 0);
    Elf *elf = elf_begin(*ret_fd, ELF_C_READ, NULL);
    assert_non_null(elf);
    return elf;
}

static void close_elf(Elf *elf, int fd)
{
    elf_end(elf);
    close(fd);
}

static bool find_symbol(Elf *elf, Elf_Scn *section, const char *name, uint64_t *ret_address)
{
    GElf_Shdr header;
    GElf_Sym symbol;
    if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB)
        return false;
    for (int i = 0; gelf_getsym(elf_getdata(section, NULL), i, &symbol); i++) {
        const char *found = elf_strptr(elf, header.sh_link, symbol.st_name);
        if (found && strcmp(found, name) == 0) {
            *ret_address = symbol.st_value;
            return true;
        }
    }
    return false;
}

uint64_t symbol_address(const char *path, const char *name)
{
    int fd;
    uint64_t address = 0;
    bool found = false;
    Elf *elf = open_elf(path, &fd);
    for (Elf_Scn *section = NULL; !found && (section = elf_nextscn(elf, section));)
        found = find_symbol(elf, section, name, &address);
    close_elf(elf, fd);
    if (!found)
        fail_msg("%s has no symbol %s", path, name);
    return address;
}

bool section_bounds(const char *path, const char *name, uint64_t *ret_address, uint64_t *ret_size)
{
    int fd;
    size_t names;
    bool found = false;
    Elf *elf = open_elf(path, &fd);
    assert_int_equal(elf_getshdrstrndx(elf, &names), 0);
    for (Elf_Scn *section = NULL; !found && (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        assert_non_null(gelf_getshdr(section, &header));
        found = strcmp(elf_strptr(elf, names, header.sh_name), name) == 0;
        *ret_address = header.sh_addr;
        *ret_size = header.sh_size;
    }
    close_elf(elf, fd);
    return found;
}

void build_id_hex(const char *path, char ret_hex[129], struct bytes *ret_bytes)
{
    int fd;
    const void *build_id;
    Elf *elf = open_elf(path, &fd);
    ssize_t bytes = dwelf_elf_gnu_build_id(elf, &build_id);
    assert_true(bytes > 0 && bytes <= 64);
    ret_bytes->size = (size_t)bytes;
    ret_bytes->data = malloc(ret_bytes->size);
    memcpy(ret_bytes->data, build_id, ret_bytes->size);
    for (ssize_t i = 0; i < bytes; i++)
        snprintf(ret_hex + 2 * i, 3, "%02x", ret_bytes->data[i]);
    close_elf(elf, fd);
}

struct opened open_module_at(const char *path, const char *debug_root, uint64_t bias)
{
    struct opened opened = {.symbolizer = symbolizer_new(debug_root), .bias = bias};
    struct symbolizer_module module = {
        .path = path, .start = bias, .end = UINT64_MAX, .bias = bias};
    assert_non_null(opened.symbolizer);
    opened.module = symbolizer_add_module(opened.symbolizer, &module);
    assert_int_equal(opened.module, 0);
    return opened;
}

struct opened open_module(const char *path, const char *debug_root)
{
    return open_module_at(path, debug_root, 0);
}

void close_module(struct opened *opened)
{
    symbolizer_free(opened->symbolizer);
    opened->symbolizer = NULL;
}

size_t frames_at(const struct opened *opened, uint64_t offset,
                 struct symbol_frame ret_frames[FRAMES_MAX])
{
    size_t count = symbolizer_frames(opened->symbolizer, opened->module, opened->bias + offset,
                                     ret_frames, FRAMES_MAX);
    assert_in_range(count, 1, FRAMES_MAX);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(ret_frames[i].offset, offset);
    return count;
}

const char *function_at(const struct opened *opened, uint64_t offset)
{
    struct symbol_frame frames[FRAMES_MAX];
    return frames[frames_at(opened, offset, frames) - 1].function;
}

void assert_frame(const struct symbol_frame *frame, const char *function, const char *file,
                  uint32_t line, bool inlined)
{
    assert_non_null(frame->function);
    assert_string_equal(frame->function, function);
    assert_int_equal(frame->line, line);
    assert_int_equal(frame->inlined, inlined);
    if (!file) {
        assert_null(frame->file);
        return;
    }
    assert_non_null(frame->file);
    assert_int_equal(frame->file[0], '/');
    assert_string_equal(strrchr(frame->file, '/') + 1, file);
}
