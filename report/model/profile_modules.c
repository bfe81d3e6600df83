// SPDX-License-Identifier: MIT
//
// profile_modules.c - the files that were loaded, and which of them an address belonged to at its
// time. The symbolizer learns of a module when the first address in it is looked up.
#include "report/model/profile_parts.h"
#include "report/model/runtime_code.h"
#include "report/model/units.h"

#include <errno.h>
#include <stdlib.h>

#define MODULE_PATH_MAX 4096
#define NAME_COLUMNS 40
#define SEARCH_STEPS_MAX 100000000 // among modules that overlap; no real process has as many

struct module {
    struct profile_module record;
    const char *path;
    uint64_t end_max; // of this module and all before it
    int number;       // in the symbolizer; -1: not yet known to it
};

struct module_table {
    struct module *modules; // by start
    size_t count;
    size_t search_steps;
    const struct module *last_used;
    struct symbolizer *symbolizer;
};

static int load_module(struct profile *profile, const struct profile_reader *reader,
                       const struct profile_span *span, size_t *room)
{
    struct profile_module record;
    if (span->payload_bytes < sizeof(record))
        return 0;
    profile_reader_payload(reader, span, 0, &record, sizeof(record));
    uint64_t path_room = span->payload_bytes - sizeof(record);
    if (record.end <= record.start || record.path_bytes > path_room ||
        record.path_bytes > MODULE_PATH_MAX)
        return 0;
    char *path = region_alloc(&profile->region, record.path_bytes + 1);
    void *modules = profile->modules->modules;
    struct module *module =
        region_push(&profile->region, &modules, &profile->modules->count, room, sizeof(*module));
    if (!path || !module)
        return -ENOMEM;
    profile->modules->modules = modules;
    profile_reader_payload(reader, span, sizeof(record), path, record.path_bytes);
    if (record.build_id_bytes > sizeof(record.build_id))
        record.build_id_bytes = 0;
    bool is_program = path[0] == '\0';
    *module = (struct module){record, is_program ? profile->exe : path, 0, -1};
    return 0;
}

static int compare_modules(const void *left, const void *right)
{
    const struct profile_module *a = &((const struct module *)left)->record;
    const struct profile_module *b = &((const struct module *)right)->record;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return (a->first_generation > b->first_generation) -
           (a->first_generation < b->first_generation);
}

static void sort_modules(struct module_table *table)
{
    if (table->count)
        qsort(table->modules, table->count, sizeof(*table->modules), compare_modules);
    uint64_t end_max = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (table->modules[i].record.end > end_max)
            end_max = table->modules[i].record.end;
        table->modules[i].end_max = end_max;
    }
}

int profile_load_modules(struct profile *profile, struct profile_reader *reader)
{
    struct module_table *table = region_alloc(&profile->region, sizeof(*table));
    size_t room = 0;
    int error = 0;
    profile->modules = table;
    if (!table || !(table->symbolizer = symbolizer_new(NULL)))
        return -ENOMEM;
    for (struct profile_span span = {0}; !error && profile_reader_next(reader, &span);)
        if (span.type == PROFILE_CHUNK_MODULE)
            error = load_module(profile, reader, &span, &room);
    sort_modules(table);
    return error;
}

void module_table_release(struct module_table *table)
{
    if (table->symbolizer)
        symbolizer_free(table->symbolizer);
}

// How many modules, from the first on, begin below `start`, or there and no later than
// `generation`.
static size_t count_until(const struct module_table *table, uint64_t start, uint32_t generation)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct profile_module *record = &table->modules[middle].record;
        if (record->start < start ||
            (record->start == start && record->first_generation <= generation))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Modules may overlap where one replaced another: the generation tells. Of those that were loaded
// at one address in turn, the later ones are left out at once.
static struct module *find_module(struct module_table *table, uint64_t address, uint32_t generation)
{
    size_t count = count_until(table, address, UINT32_MAX);
    if (count)
        count = count_until(table, table->modules[count - 1].record.start, generation);
    for (; count > 0 && table->modules[count - 1].end_max > address; count--) {
        struct module *module = &table->modules[count - 1];
        if (module->record.end > address && module->record.first_generation <= generation &&
            generation <= module->record.last_generation)
            return module;
        if (++table->search_steps > SEARCH_STEPS_MAX)
            return NULL;
    }
    return NULL;
}

long module_table_find(const struct profile *profile, uint64_t address, uint32_t generation)
{
    const struct module *module = find_module(profile->modules, address, generation);
    return module ? module - profile->modules->modules : -1;
}

size_t profile_mapping_count(const struct profile *profile)
{
    return profile->modules->count;
}

struct profile_mapping profile_mapping(const struct profile *profile, size_t number)
{
    const struct module *module = &profile->modules->modules[number];
    const struct profile_module *record = &module->record;
    bool has_segment = record->exec_bytes != 0;
    return (struct profile_mapping){
        .start = has_segment ? record->exec_start : record->start,
        .end = has_segment ? record->exec_start + record->exec_bytes : record->end,
        .file_offset = has_segment ? record->exec_offset : 0,
        .path = module->path,
        .build_id = record->build_id,
        .build_id_bytes = record->build_id_bytes,
    };
}

static int module_number(struct module_table *table, struct module *module)
{
    if (module->number >= 0)
        return module->number;
    struct symbolizer_module known = {
        .path = module->path,
        .start = module->record.start,
        .end = module->record.end,
        .bias = module->record.bias,
        .build_id = module->record.build_id_bytes ? module->record.build_id : NULL,
        .build_id_bytes = module->record.build_id_bytes,
    };
    module->number = symbolizer_add_module(table->symbolizer, &known);
    return module->number;
}

bool module_table_bias(const struct profile *profile, uint64_t address, uint32_t generation,
                       const char **ret_path, uint64_t *ret_bias)
{
    const struct module *module = find_module(profile->modules, address, generation);
    if (!module)
        return false;
    *ret_path = module->path;
    *ret_bias = module->record.bias;
    return true;
}

size_t module_table_frames(const struct profile *profile, uint64_t address, uint32_t generation,
                           struct symbol_frame *ret_frames, size_t max)
{
    struct module_table *table = profile->modules;
    struct module *module = find_module(table, address, generation);
    int number = module ? module_number(table, module) : -1;
    return number < 0 ? 0 : symbolizer_frames(table->symbolizer, number, address, ret_frames, max);
}

// The last one is asked first: code of a stack, and of its neighbours, is mostly in one module.
void module_table_use(const struct profile *profile, uint64_t address, uint32_t generation)
{
    struct module_table *table = profile->modules;
    const struct module *last = table->last_used;
    if (last && last->record.start <= address && address < last->record.end &&
        last->record.first_generation <= generation && generation <= last->record.last_generation)
        return;
    struct module *module = find_module(table, address, generation);
    if (!module)
        return;
    module_number(table, module);
    table->last_used = module;
}

// "[vdso]" and the like have no file; what is ours is not shown.
size_t profile_modules_in_state(const struct profile *profile, enum symbolizer_state state,
                                const char **ret_path)
{
    const struct module_table *table = profile->modules;
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct module *module = &table->modules[i];
        if (module->number < 0 || module->path[0] != '/' || module_is_gaiaprof(module->path) ||
            symbolizer_file_state(table->symbolizer, module->number) != state)
            continue;
        if (count++ == 0)
            *ret_path = module->path;
    }
    return count;
}

static void note_modules(struct profile *profile, enum symbolizer_state state, const char *words)
{
    const char *path, *name = NULL;
    size_t count = profile_modules_in_state(profile, state, &path);
    if (count)
        name = text_printable(&profile->region, path_basename(path));
    if (name)
        name = text_cut(&profile->region, name, NAME_COLUMNS);
    if (name && count == 1)
        profile_note(profile, "no names from %s: %s", name, words);
    else if (name)
        profile_note(profile, "no names from %s and %zu other%s: %s", name, count - 1,
                     count == 2 ? "" : "s", words);
}

void profile_note_modules(struct profile *profile)
{
    profile_use_modules(profile);
    note_modules(profile, SYMBOLIZER_REPLACED, "replaced since by another build");
    note_modules(profile, SYMBOLIZER_MISSING, "no longer there, or unreadable");
}

const char *module_table_data_name(const struct profile *profile, uint64_t address,
                                   uint32_t generation, uint64_t *ret_offset)
{
    struct module_table *table = profile->modules;
    struct module *module = find_module(table, address, generation);
    int number = module ? module_number(table, module) : -1;
    struct data_symbol symbol;
    if (number < 0 || !symbolizer_data(table->symbolizer, number, address, &symbol))
        return NULL;
    *ret_offset = symbol.offset;
    return symbol.name;
}
