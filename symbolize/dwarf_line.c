// SPDX-License-Identifier: MIT
//
// dwarf_line.c - see dwarf_line.h. libdw reads; this file decides what is read when, and keeps
// libdw from opening by itself anything that would block.
#include "symbolize/dwarf_line.h"

#include "symbolize/debug_file.h"
#include "symbolize/dwarf_open.h"

#include <dwarf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Enough for the largest programs; many DIEs that share one long list would take for ever.
#define RANGES_MAX ((size_t)16 * 1024 * 1024)

struct dwarf_unit {
    Dwarf_Die die;  // in the file itself: a skeleton when the rest is in a .dwo
    Dwarf_Die body; // with the functions
    bool read;
    Dwarf_Lines *lines;
    size_t line_count;
    struct dwarf_scopes scopes;
};

struct dwarf_info {
    struct dwarf_file dwarf;
    const struct elf_file *file;
    struct elf_file alt_file; // shared by dwz; not open if there is none
    struct dwarf_file alt;
    struct dwarf_limits limits;
    bool indexed;
    struct dwarf_unit *units;
    size_t count, capacity;
    struct range_index index; // items are numbers of units
};

// False when libdw, looking for it once more, would block.
static bool attach_alt_file(struct dwarf_info *info, const char *debug_root)
{
    int error = debug_file_by_alt_link(&info->alt_file, debug_root, info->file, info->dwarf.dwarf);
    if (error)
        return error != -EPERM;
    if (dwarf_file_open(&info->alt, &info->alt_file))
        dwarf_setalt(info->dwarf.dwarf, info->alt.dwarf);
    elf_file_detach(&info->alt_file);
    return true;
}

struct dwarf_info *dwarf_info_new(const struct elf_file *file, const char *debug_root)
{
    struct dwarf_info *info = calloc(1, sizeof(*info));
    if (!info)
        return NULL;
    info->file = file;
    info->alt_file.fd = -1;
    info->limits.code_start = elf_file_code_start(file);
    info->limits.ranges_left = RANGES_MAX;
    if (!dwarf_file_open(&info->dwarf, file) || !attach_alt_file(info, debug_root)) {
        dwarf_info_free(info);
        return NULL;
    }
    return info;
}

void dwarf_info_free(struct dwarf_info *info)
{
    if (!info)
        return;
    for (size_t i = 0; i < info->count; i++)
        dwarf_scopes_release(&info->units[i].scopes);
    free(info->units);
    range_index_release(&info->index);
    dwarf_file_close(&info->dwarf);
    dwarf_file_close(&info->alt);
    elf_file_close(&info->alt_file);
    free(info);
}

static void add_unit(struct dwarf_info *info, Dwarf_Die *die)
{
    if (!grow_array((void **)&info->units, info->count, &info->capacity, sizeof(struct dwarf_unit)))
        return;
    dwarf_add_ranges(&info->index, die, 0, (uint32_t)info->count, &info->limits);
    info->units[info->count++] = (struct dwarf_unit){.die = *die};
}

static void index_units(struct dwarf_info *info)
{
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;
    uint8_t type;
    while (dwarf_get_units(info->dwarf.dwarf, unit, &unit, NULL, &type, &die, NULL) == 0) {
        if (type == DW_UT_compile || type == DW_UT_skeleton)
            add_unit(info, &die);
    }
    range_index_sort(&info->index);
    info->indexed = true;
}

static const char *string_attribute(Dwarf_Die *die, unsigned int name)
{
    Dwarf_Attribute attribute;
    return dwarf_formstring(dwarf_attr(die, name, &attribute));
}

static bool is_harmless(const char *directory, const char *file)
{
    char path[PATH_MAX];
    if (file[0] == '/')
        return path_is_harmless(file);
    int length = snprintf(path, sizeof(path), "%s/%s", directory, file);
    return length > 0 && (size_t)length < sizeof(path) && path_is_harmless(path);
}

// May libdw open the .dwo of this skeleton? It looks beside the file and in the directory of the
// compilation.
static bool may_open_split(const struct dwarf_info *info, Dwarf_Die *skeleton)
{
    const char *name = string_attribute(skeleton, DW_AT_dwo_name);
    const char *directory = string_attribute(skeleton, DW_AT_comp_dir);
    char beside[PATH_MAX];
    if (!name)
        name = string_attribute(skeleton, DW_AT_GNU_dwo_name);
    if (!name)
        return false;
    const char *slash = strrchr(info->file->path, '/');
    int length = slash ? (int)(slash - info->file->path) : 0;
    if ((size_t)length >= sizeof(beside))
        return false;
    snprintf(beside, sizeof(beside), "%.*s%s", length, info->file->path, slash ? "" : ".");
    return is_harmless(beside, name) && is_harmless(directory ? directory : beside, name);
}

static void read_unit(struct dwarf_info *info, struct dwarf_unit *unit)
{
    uint8_t type;
    Dwarf_Die split = {0};
    unit->read = true;
    unit->body = unit->die;
    if (dwarf_cu_info(unit->die.cu, NULL, &type, NULL, NULL, NULL, NULL, NULL) == 0 &&
        type == DW_UT_skeleton && may_open_split(info, &unit->die) &&
        dwarf_cu_info(unit->die.cu, NULL, NULL, NULL, &split, NULL, NULL, NULL) == 0 && split.cu)
        unit->body = split;
    if (dwarf_getsrclines(&unit->die, &unit->lines, &unit->line_count) != 0)
        unit->line_count = 0;
    dwarf_scopes_read(&unit->scopes, &unit->body, &info->limits);
}

// The unit that has the code at `address`, read; NULL if there is none.
static struct dwarf_unit *find_unit(struct dwarf_info *info, uint64_t address)
{
    if (!info->indexed)
        index_units(info);
    const struct range *range = range_index_find(&info->index, address);
    if (!range)
        return NULL;
    struct dwarf_unit *unit = &info->units[range->item];
    if (!unit->read)
        read_unit(info, unit);
    return unit;
}

// The last row that starts at or before `address`, NULL if its sequence ended before.
static Dwarf_Line *find_line(const struct dwarf_unit *unit, uint64_t address)
{
    size_t low = 0, high = unit->line_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        Dwarf_Addr start;
        if (dwarf_lineaddr(dwarf_onesrcline(unit->lines, middle), &start) != 0)
            return NULL;
        if (start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    bool ended = true;
    Dwarf_Line *line = low > 0 ? dwarf_onesrcline(unit->lines, low - 1) : NULL;
    return line && dwarf_lineendsequence(line, &ended) == 0 && !ended ? line : NULL;
}

static void set_position(struct dwarf_frame *frame, struct dwarf_unit *unit, const char *file,
                         uint64_t line)
{
    // "???" is how libdw writes file number 0 of DWARF 4
    frame->file = file && strcmp(file, "???") != 0 ? file : NULL;
    frame->directory = string_attribute(&unit->die, DW_AT_comp_dir);
    frame->line = frame->file && line <= UINT32_MAX ? (uint32_t)line : 0;
}

static void set_position_of_code(struct dwarf_frame *frame, struct dwarf_unit *unit,
                                 uint64_t address)
{
    Dwarf_Line *row = find_line(unit, address);
    int line = 0;
    if (row && dwarf_lineno(row, &line) == 0 && line >= 0)
        set_position(frame, unit, dwarf_linesrc(row, NULL, NULL), (uint64_t)line);
}

static bool number_attribute(Dwarf_Die *die, unsigned int name, Dwarf_Word *ret_value)
{
    Dwarf_Attribute attribute;
    return dwarf_formudata(dwarf_attr(die, name, &attribute), ret_value) == 0;
}

// Where the function was called that is inlined as `call`.
static void set_position_of_call(struct dwarf_frame *frame, struct dwarf_unit *unit,
                                 Dwarf_Die *call)
{
    Dwarf_Files *files;
    size_t count;
    Dwarf_Word file, line = 0;
    if (!number_attribute(call, DW_AT_call_file, &file) ||
        dwarf_getsrcfiles(&unit->body, &files, &count) != 0 || file >= count)
        return;
    number_attribute(call, DW_AT_call_line, &line);
    set_position(frame, unit, dwarf_filesrc(files, file, NULL, NULL), line);
}

// Follows DW_AT_abstract_origin and DW_AT_specification.
static const char *die_name(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    const char *name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute));
    if (!name)
        name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute));
    return name ? name : dwarf_diename(die);
}

size_t dwarf_info_frames(struct dwarf_info *info, uint64_t address,
                         struct dwarf_frame ret_frames[DWARF_SCOPE_DEPTH_MAX])
{
    struct dwarf_unit *unit = find_unit(info, address);
    if (!unit)
        return 0;
    size_t last = 0;
    ret_frames[0] = (struct dwarf_frame){0};
    set_position_of_code(&ret_frames[0], unit, address);
    uint32_t number = dwarf_scopes_find(&unit->scopes, address);
    while (number != DWARF_SCOPE_NONE) {
        struct dwarf_scope *scope = &unit->scopes.scopes[number];
        ret_frames[last].name = die_name(&scope->die);
        if (!scope->inlined || last + 1 == DWARF_SCOPE_DEPTH_MAX)
            break;
        ret_frames[last++].inlined = true;
        ret_frames[last] = (struct dwarf_frame){0};
        set_position_of_call(&ret_frames[last], unit, &scope->die);
        number = scope->outer;
    }
    return last + 1;
}
