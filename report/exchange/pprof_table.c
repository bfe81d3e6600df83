// SPDX-License-Identifier: MIT
//
// pprof_table.c - see pprof_table.h.
#include "report/exchange/pprof_table.h"

#include "report/exchange/pprof_name.h"
#include "report/exchange/profile.pb-c.h"
#include "report/model/hash.h"
#include "report/model/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PPROF_BUILD_ID_BYTES_MAX 64

struct pprof_text {
    int64_t index;
    UT_hash_handle hh;
};

struct function_key {
    int64_t name, system_name, filename;
};

struct pprof_function {
    struct function_key key;
    uint32_t id;
    UT_hash_handle hh;
};

// A module that was unloaded and loaded again at the same place is one mapping.
struct mapping_key {
    uint64_t start, end, file_offset;
    int64_t path, build_id; // texts
};

struct pprof_mapping {
    struct mapping_key key;
    uint32_t id;
    UT_hash_handle hh;
};

// The place is that of the innermost frame: a signal's trampoline may have been interrupted itself.
struct location_key {
    uint64_t address;
    uint32_t mapping_id;
    uint32_t place;    // its number
    uint64_t location; // its number, where it has no address
};

struct pprof_location {
    struct location_key key;
    uint32_t id;
    UT_hash_handle hh;
};

// --- texts

static int64_t text_new(struct pprof_table *table, char *text)
{
    void *texts = table->texts;
    struct pprof_text *entry = region_alloc(&table->region, sizeof(*entry));
    char **added =
        region_push(&table->region, &texts, &table->text_count, &table->text_room, sizeof(*added));
    table->failed |= !entry || !added;
    if (table->failed)
        return 0;
    table->texts = texts;
    *added = text;
    entry->index = (int64_t)table->text_count - 1;
    HASH_ADD_KEYPTR(hh, table->text_hash, text, strlen(text), entry);
    return entry->index;
}

int64_t pprof_text(struct pprof_table *table, const char *text)
{
    struct pprof_text *entry = NULL;
    if ((!text || !*text) && table->text_count > 0)
        return 0;
    const char *printable = text_printable(&table->region, text);
    char *kept;
    table->failed |= !printable;
    if (!printable || table->failed)
        return 0;
    HASH_FIND(hh, table->text_hash, printable, strlen(printable), entry);
    if (entry)
        return entry->index;
    kept = region_strndup(&table->region, printable, strlen(printable));
    table->failed |= !kept;
    return kept ? text_new(table, kept) : 0;
}

// --- functions

static bool add_function(struct pprof_table *table, const struct pprof_function *known)
{
    Perftools__Profiles__Function *function = region_alloc(&table->region, sizeof(*function));
    void **added = region_push(&table->region, &table->functions, &table->function_count,
                               &table->function_room, sizeof(*added));
    if (!function || !added)
        return false;
    perftools__profiles__function__init(function);
    function->id = known->id;
    function->name = known->key.name;
    function->system_name = known->key.system_name;
    function->filename = known->key.filename;
    *added = function;
    return true;
}

static uint32_t function_new(struct pprof_table *table, const struct place *place)
{
    struct pprof_function *known = region_alloc(&table->region, sizeof(*known)), *found = NULL;
    struct pprof_name name;
    table->failed |= !known || !pprof_name(&table->region, place, &name);
    if (table->failed)
        return 0;
    known->key = (struct function_key){
        .name = pprof_text(table, name.name),
        .system_name = pprof_text(table, name.system_name),
        .filename = pprof_text(table, place->file),
    };
    HASH_FIND(hh, table->function_hash, &known->key, sizeof(known->key), found);
    if (found)
        return found->id;
    known->id = (uint32_t)table->function_count + 1;
    HASH_ADD(hh, table->function_hash, key, sizeof(known->key), known);
    table->failed |= !add_function(table, known);
    return known->id;
}

// Room for `count` numbers, new ones 0.
static bool make_room(uint32_t **numbers, size_t *room, size_t count)
{
    if (count <= *room)
        return true;
    void *larger = realloc(*numbers, 2 * count * sizeof(**numbers));
    if (!larger)
        return false;
    *numbers = larger;
    memset(*numbers + *room, 0, (2 * count - *room) * sizeof(**numbers));
    *room = 2 * count;
    return true;
}

static uint32_t function_id(struct pprof_table *table, const struct place *place)
{
    size_t count = (size_t)place->number + 1;
    table->failed |= !make_room(&table->function_of_place, &table->place_room, count);
    if (table->failed)
        return 0;
    uint32_t *id = &table->function_of_place[place->number];
    if (*id == 0)
        *id = function_new(table, place);
    return *id;
}

// --- mappings

static int64_t build_id_text(struct pprof_table *table, const struct profile_mapping *mapping)
{
    char hex[2 * PPROF_BUILD_ID_BYTES_MAX + 1] = "";
    for (size_t i = 0; i < mapping->build_id_bytes && i < PPROF_BUILD_ID_BYTES_MAX; i++)
        snprintf(hex + 2 * i, 3, "%02x", mapping->build_id[i]);
    return pprof_text(table, hex);
}

static bool add_mapping(struct pprof_table *table, const struct pprof_mapping *known)
{
    Perftools__Profiles__Mapping *mapping = region_alloc(&table->region, sizeof(*mapping));
    void **added = region_push(&table->region, &table->mappings, &table->mapping_count,
                               &table->mapping_room, sizeof(*added));
    if (!mapping || !added)
        return false;
    perftools__profiles__mapping__init(mapping);
    mapping->id = known->id;
    mapping->memory_start = known->key.start;
    mapping->memory_limit = known->key.end;
    mapping->file_offset = known->key.file_offset;
    mapping->filename = known->key.path;
    mapping->build_id = known->key.build_id;
    // What is not known here pprof would not find either: it reads no DWARF of C.
    mapping->has_functions = true;
    mapping->has_filenames = true;
    mapping->has_line_numbers = true;
    mapping->has_inline_frames = true;
    *added = mapping;
    return true;
}

static uint32_t mapping_id(struct pprof_table *table, const struct profile_mapping *mapping)
{
    struct pprof_mapping *known = region_alloc(&table->region, sizeof(*known)), *found = NULL;
    table->failed |= !known;
    if (!known)
        return 0;
    known->key = (struct mapping_key){
        .start = mapping->start,
        .end = mapping->end,
        .file_offset = mapping->file_offset,
        .path = pprof_text(table, mapping->path),
        .build_id = build_id_text(table, mapping),
    };
    HASH_FIND(hh, table->mapping_hash, &known->key, sizeof(known->key), found);
    if (found)
        return found->id;
    known->id = (uint32_t)table->mapping_count + 1;
    HASH_ADD(hh, table->mapping_hash, key, sizeof(known->key), known);
    table->failed |= !add_mapping(table, known);
    return known->id;
}

static uint32_t use_mapping(struct pprof_table *table, size_t number)
{
    if (table->mapping_ids[number] == 0) {
        struct profile_mapping mapping = profile_mapping(table->profile, number);
        table->mapping_ids[number] = mapping_id(table, &mapping);
    }
    return table->mapping_ids[number];
}

// pprof takes the first one for the program, even if nothing is in it. A profile that was put
// together of others has none: without a mapping of nothing pprof would miss the program.
static void use_program(struct pprof_table *table)
{
    for (size_t i = 0; i < profile_mapping_count(table->profile); i++) {
        if (strcmp(profile_mapping(table->profile, i).path, table->profile->exe) == 0) {
            use_mapping(table, i);
            return;
        }
    }
    if (profile_mapping_count(table->profile) == 0)
        mapping_id(table, &(struct profile_mapping){.path = table->profile->exe});
}

// Of a module with more than one executable segment only the first is known.
static uint32_t mapping_of(struct pprof_table *table, const struct location *location)
{
    long number = location ? location_mapping(table->profile, location) : -1;
    if (number < 0)
        return 0;
    struct profile_mapping mapping = profile_mapping(table->profile, (size_t)number);
    uint64_t address = location_address(location);
    return address >= mapping.start && address < mapping.end ? use_mapping(table, (size_t)number)
                                                             : 0;
}

// --- locations

static Perftools__Profiles__Location *location_message(struct pprof_table *table,
                                                       const struct frame *frames, size_t count)
{
    struct region *region = &table->region;
    Perftools__Profiles__Location *message = region_alloc(region, sizeof(*message));
    Perftools__Profiles__Line **lines = region_array(region, count, sizeof(*lines));
    Perftools__Profiles__Line *line = region_array(region, count, sizeof(*line));
    if (!message || !lines || !line)
        return NULL;
    perftools__profiles__location__init(message);
    for (size_t i = 0; i < count; i++) {
        perftools__profiles__line__init(&line[i]);
        line[i].function_id = function_id(table, frames[i].place);
        line[i].line = frames[i].place->line;
        lines[i] = &line[i];
    }
    message->n_line = count;
    message->line = lines;
    return message;
}

static uint32_t location_new(struct pprof_table *table, struct pprof_location *known,
                             const struct frame *frames, size_t count)
{
    Perftools__Profiles__Location *message = location_message(table, frames, count);
    void **added = region_push(&table->region, &table->locations, &table->location_count,
                               &table->location_room, sizeof(*added));
    table->failed |= !message || !added;
    if (table->failed)
        return 0;
    *added = message;
    known->id = (uint32_t)table->location_count;
    message->id = known->id;
    message->mapping_id = known->key.mapping_id;
    message->address = known->key.address;
    HASH_ADD(hh, table->location_hash, key, sizeof(known->key), known);
    return known->id;
}

// Addresses that differ by generation alone are one.
static uint32_t find_location(struct pprof_table *table, struct location *location)
{
    const struct frame *frames = NULL;
    size_t count = 1;
    if (location)
        count = location_frames(location, &frames);
    else
        frames = stack_user_frame(table->profile, 0);
    struct pprof_location *known = region_alloc(&table->region, sizeof(*known)), *found = NULL;
    table->failed |= !known;
    if (!known)
        return 0;
    known->key = (struct location_key){
        .address = location ? location_address(location) : 0,
        .mapping_id = mapping_of(table, location),
        .place = frames[0].place->number,
    };
    if (location && known->key.address == 0)
        known->key.location = 1 + (uint64_t)location_number(location);
    HASH_FIND(hh, table->location_hash, &known->key, sizeof(known->key), found);
    return found ? found->id : location_new(table, known, frames, count);
}

uint32_t pprof_location(struct pprof_table *table, struct location *location)
{
    if (!location)
        return find_location(table, NULL);
    size_t count = (size_t)location_number(location) + 1;
    table->failed |= !make_room(&table->id_of_location, &table->number_room, count);
    if (table->failed)
        return 0;
    uint32_t *id = &table->id_of_location[location_number(location)];
    if (*id == 0)
        *id = find_location(table, location);
    return table->failed ? 0 : *id;
}

// --- all of it

int pprof_table_init(struct pprof_table *table, struct profile *profile)
{
    *table = (struct pprof_table){.profile = profile};
    size_t count = profile_mapping_count(profile);
    table->mapping_ids = region_array(&table->region, count + 1, sizeof(*table->mapping_ids));
    pprof_text(table, "");
    if (!table->mapping_ids || table->failed)
        return -ENOMEM;
    use_program(table);
    return table->failed ? -ENOMEM : 0;
}

void pprof_table_release(struct pprof_table *table)
{
    HASH_CLEAR(hh, table->text_hash);
    HASH_CLEAR(hh, table->function_hash);
    HASH_CLEAR(hh, table->location_hash);
    HASH_CLEAR(hh, table->mapping_hash);
    free(table->function_of_place);
    free(table->id_of_location);
    region_release(&table->region);
}
