// SPDX-License-Identifier: MIT
//
// profile_locations.c - the frames of each code address, symbolized once; the places they name,
// each once; the frames that stand for unknown ones.
#include "report/model/hash.h"
#include "report/model/profile_parts.h"
#include "report/model/runtime_code.h"

#include <errno.h>
#include <string.h>

#define INLINE_MAX 32

struct location {
    struct location_key key;
    struct frame *frames;
    size_t frame_count;
    uint32_t number;
    bool ours; // in libgaiaprof.so
    struct location_notes notes;
    UT_hash_handle hh;
};

// Two frames name the same place if these are equal; of equal texts there is one.
struct place_key {
    const char *function, *module, *file;
    uint64_t offset; // where there is no function
    uint64_t line;
};

struct place_entry {
    struct place place;
    struct place_key key; // of a marker, which is never looked up, all 0
    UT_hash_handle hh;
};

struct text_entry {
    const char *text;
    const char *first; // of those with this content
    UT_hash_handle hh;
    UT_hash_handle hh_content; // of the first alone
};

enum { MARKER_DAMAGED = 0 }; // beside enum profile_marker

static const char *const marker_names[] = {
    [MARKER_DAMAGED] = "[damaged stack]",        [PROFILE_MARKER_TRUNCATED] = "[truncated]",
    [PROFILE_MARKER_STARTUP] = "[before start]", [PROFILE_MARKER_UNWIND_FAILED] = "[unwind failed]",
    [PROFILE_MARKER_NULL] = "[null pointer]",    [PROFILE_MARKER_RETURNED] = "[returned]",
};
#define MARKER_COUNT (sizeof(marker_names) / sizeof(*marker_names))

struct location_table {
    struct location *locations;
    struct location **groups; // of a merged profile, by number - 1
    size_t group_count;
    struct place_entry *places;
    struct text_entry *texts, *contents;
    struct location markers[MARKER_COUNT];
};

// Numbered like every place; none that is looked up by name is equal to it.
static int set_marker(struct profile *profile, struct location *location, const char *name)
{
    struct location_table *table = profile->locations;
    struct place_entry *entry = region_alloc(&profile->region, sizeof(*entry));
    struct frame *frame = region_alloc(&profile->region, sizeof(*frame));
    if (!entry || !frame)
        return -ENOMEM;
    entry->place = (struct place){.function = name, .number = HASH_COUNT(table->places)};
    HASH_ADD_KEYPTR(hh, table->places, name, strlen(name), entry);
    *frame = (struct frame){.place = &entry->place, .marker = true};
    *location = (struct location){.frames = frame, .frame_count = 1};
    return 0;
}

int profile_load_locations(struct profile *profile)
{
    profile->locations = region_alloc(&profile->region, sizeof(*profile->locations));
    int error = profile->locations ? 0 : -ENOMEM;
    for (size_t i = 0; !error && i < MARKER_COUNT; i++) {
        error = set_marker(profile, &profile->locations->markers[i], marker_names[i]);
        profile->locations->markers[i].number = (uint32_t)i;
    }
    return error;
}

void location_table_release(struct location_table *table)
{
    HASH_CLEAR(hh, table->locations);
    HASH_CLEAR(hh, table->places);
    HASH_CLEAR(hh, table->texts);
    HASH_CLEAR(hh_content, table->contents);
}

struct location *location_of_marker(struct profile *profile, uint64_t marker)
{
    return &profile->locations->markers[marker < MARKER_COUNT ? marker : MARKER_DAMAGED];
}

static size_t look_up(struct profile *profile, const struct location_key *key,
                      struct symbol_frame *ret_frames)
{
    size_t count = 0;
    if (key->kind == ADDRESS_CODE)
        count = module_table_frames(profile, key->address, key->generation, ret_frames, INLINE_MAX);
    if (count > 0)
        return count;
    const char *path = NULL;
    uint64_t bias = 0;
    module_table_bias(profile, key->address, key->generation, &path, &bias);
    ret_frames[0] = (struct symbol_frame){
        .function = key->kind == ADDRESS_SIGNAL ? "[signal]" : NULL,
        .module = path,
        .offset = key->address - bias,
    };
    return 1;
}

// The one of all texts with this content; each is looked through but once, as a hostile profile has
// long ones in very many places. They live as long as the profile. NULL without memory.
static const char *one_text(struct profile *profile, const char *text)
{
    struct location_table *table = profile->locations;
    struct text_entry *entry, *first;
    text = text ? text : "";
    HASH_FIND_PTR(table->texts, &text, entry);
    if (entry)
        return entry->first;
    entry = region_alloc(&profile->region, sizeof(*entry));
    if (!entry)
        return NULL;
    size_t length = strlen(text);
    HASH_FIND(hh_content, table->contents, text, length, first);
    entry->text = text;
    entry->first = first ? first->text : text;
    if (!first)
        HASH_ADD_KEYPTR(hh_content, table->contents, text, length, entry);
    HASH_ADD_PTR(table->texts, text, entry);
    return entry->first;
}

// False without memory.
static bool place_key(struct profile *profile, const struct symbol_frame *symbol,
                      struct place_key *ret_key)
{
    *ret_key = (struct place_key){
        .function = symbol->function ? one_text(profile, symbol->function) : NULL,
        .module = one_text(profile, symbol->module),
        .file = one_text(profile, symbol->file),
        .offset = symbol->function ? 0 : symbol->offset,
        .line = symbol->line,
    };
    return ret_key->module && ret_key->file && (ret_key->function || !symbol->function);
}

static struct place *place_of(struct profile *profile, const struct symbol_frame *symbol)
{
    struct location_table *table = profile->locations;
    struct place_key key;
    if (!place_key(profile, symbol, &key))
        return NULL;
    struct place_entry *entry;
    HASH_FIND(hh, table->places, &key, sizeof(key), entry);
    if (entry)
        return &entry->place;
    entry = region_alloc(&profile->region, sizeof(*entry));
    if (!entry)
        return NULL;
    entry->key = key;
    entry->place = (struct place){
        .function = symbol->function,
        .file = symbol->file,
        .line = symbol->line,
        .module = symbol->module,
        .offset = symbol->offset,
        .number = HASH_COUNT(table->places),
    };
    HASH_ADD(hh, table->places, key, sizeof(entry->key), entry);
    return &entry->place;
}

static bool fill_frames(struct profile *profile, struct location *location,
                        const struct symbol_frame *symbols)
{
    for (size_t i = 0; i < location->frame_count; i++) {
        const struct symbol_frame *symbol = &symbols[i];
        location->frames[i] = (struct frame){
            .place = place_of(profile, symbol),
            .file = symbol->file,
            .offset = symbol->offset,
            .inlined = symbol->inlined,
            .runtime = module_is_runtime(symbol->module) || function_is_runtime(symbol->function) ||
                       file_is_runtime(symbol->file),
            .marker = location->key.kind == ADDRESS_SIGNAL,
        };
        if (!location->frames[i].place)
            return false;
    }
    location->ours = module_is_gaiaprof(symbols[0].module);
    return true;
}

static struct location *location_new(struct profile *profile, const struct location_key *key)
{
    struct symbol_frame symbols[INLINE_MAX];
    struct location *location = region_alloc(&profile->region, sizeof(*location));
    if (!location)
        return NULL;
    location->key = *key;
    location->number = (uint32_t)profile_location_count(profile);
    location->frame_count = look_up(profile, key, symbols);
    location->frames =
        region_array(&profile->region, location->frame_count, sizeof(*location->frames));
    if (!location->frames || !fill_frames(profile, location, symbols))
        return NULL;
    HASH_ADD(hh, profile->locations->locations, key, sizeof(location->key), location);
    return location;
}

struct location *location_of_address(struct profile *profile, const struct location_key *key)
{
    struct location *location;
    HASH_FIND(hh, profile->locations->locations, key, sizeof(*key), location);
    if (!location)
        location = location_new(profile, key);
    return location ? location : location_of_marker(profile, MARKER_DAMAGED);
}

bool location_is_ours(const struct location *location)
{
    return location->ours;
}

size_t location_frames(const struct location *location, const struct frame **ret_frames)
{
    *ret_frames = location->frames;
    return location->frame_count;
}

struct location_notes *location_notes(struct location *location)
{
    return &location->notes;
}

uint32_t location_number(const struct location *location)
{
    return location->number;
}

size_t profile_location_count(const struct profile *profile)
{
    return MARKER_COUNT + HASH_COUNT(profile->locations->locations) +
           profile->locations->group_count;
}

uint64_t location_address(const struct location *location)
{
    return location->key.address;
}

long location_mapping(const struct profile *profile, const struct location *location)
{
    const struct location_key *key = &location->key;
    return key->address ? module_table_find(profile, key->address, key->generation) : -1;
}

// --- merged profiles

int location_table_reserve(struct profile *profile, size_t group_count)
{
    struct location_table *table = profile->locations;
    table->groups = region_array(&profile->region, group_count + 1, sizeof(*table->groups));
    table->group_count = table->groups ? group_count : 0;
    return table->groups ? 0 : -ENOMEM;
}

int location_set_group(struct profile *profile, uint32_t group, const struct symbol_frame *symbols,
                       const bool *markers, size_t count)
{
    struct location_table *table = profile->locations;
    struct location *location = region_alloc(&profile->region, sizeof(*location));
    if (!location)
        return -ENOMEM;
    *location =
        (struct location){.number = (uint32_t)(MARKER_COUNT + group - 1), .frame_count = count};
    location->frames = region_array(&profile->region, count, sizeof(*location->frames));
    if (!location->frames || !fill_frames(profile, location, symbols))
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        location->frames[i].marker = markers[i];
    location->ours = false;
    table->groups[group - 1] = location;
    return 0;
}

struct location *location_of_group(struct profile *profile, uint64_t group)
{
    const struct location_table *table = profile->locations;
    struct location *location =
        group > 0 && group <= table->group_count ? table->groups[group - 1] : NULL;
    return location ? location : location_of_marker(profile, MARKER_DAMAGED);
}

size_t profile_place_count(const struct profile *profile)
{
    return HASH_COUNT(profile->locations->places);
}
