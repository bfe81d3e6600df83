// SPDX-License-Identifier: MIT
//
// functions.c - see functions.h. A place is looked up by name once, and by its number from then on.
#include "report/analysis/functions.h"

#include "report/model/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct function_name {
    UT_hash_handle hh;
    uint32_t number;
};

static const struct place no_stack = {.function = "[no stack]", .number = UINT32_MAX};

static int add_function(struct function_table *table, const struct place *place,
                        const struct frame *frame, uint32_t *ret_number)
{
    void *functions = table->functions;
    struct function *function = region_push(&table->region, &functions, &table->count, &table->room,
                                            sizeof(struct function));
    if (!function)
        return -ENOMEM;
    table->functions = functions;
    *function = (struct function){
        .place = place,
        .runtime = frame && frame->runtime,
        .marker = !frame || frame->marker,
    };
    *ret_number = (uint32_t)table->count - 1;
    return 0;
}

int function_table_init(struct function_table *table)
{
    uint32_t number;
    *table = (struct function_table){0};
    return add_function(table, &no_stack, NULL, &number);
}

void function_table_release(struct function_table *table)
{
    HASH_CLEAR(hh, table->names);
    region_release(&table->region);
    free(table->by_place);
    *table = (struct function_table){0};
}

static char *function_key(struct region *region, const struct place *place)
{
    return region_printf(region, "%s\n%s\n%s", place->function, place->file ? place->file : "",
                         place->module ? place->module : "");
}

static int find_by_name(struct function_table *table, const struct frame *frame,
                        uint32_t *ret_number)
{
    const struct place *place = frame->place;
    if (!place->function)
        return add_function(table, place, frame, ret_number);
    struct function_name *name;
    char *key = function_key(&table->region, place);
    if (!key)
        return -ENOMEM;
    HASH_FIND_STR(table->names, key, name);
    if (!name) {
        name = region_alloc(&table->region, sizeof(*name));
        if (!name || add_function(table, place, frame, &name->number) != 0)
            return -ENOMEM;
        HASH_ADD_KEYPTR(hh, table->names, key, strlen(key), name);
    }
    *ret_number = name->number;
    return 0;
}

static int make_room(struct function_table *table, const struct profile *profile, uint32_t place)
{
    if (place < table->place_room)
        return 0;
    size_t room = 2 * profile_place_count(profile) + 64;
    room = room > place ? room : (size_t)place + 1;
    uint32_t *larger = reallocarray(table->by_place, room, sizeof(*larger));
    if (!larger)
        return -ENOMEM;
    memset(larger + table->place_room, 0, (room - table->place_room) * sizeof(*larger));
    table->by_place = larger;
    table->place_room = room;
    return 0;
}

static int find_function(struct function_table *table, const struct profile *profile,
                         const struct frame *frame, uint32_t *ret_number)
{
    uint32_t place = frame->place->number;
    if (make_room(table, profile, place) != 0)
        return -ENOMEM;
    if (table->by_place[place] == 0) {
        uint32_t number;
        if (find_by_name(table, frame, &number) != 0)
            return -ENOMEM;
        table->by_place[place] = number + 1;
    }
    *ret_number = table->by_place[place] - 1;
    return 0;
}

// --- paths

static struct path_frame *push(struct call_path *path)
{
    if (path->count == path->room) {
        size_t room = path->room ? 2 * path->room : 256;
        struct path_frame *larger = reallocarray(path->frames, room, sizeof(*larger));
        if (!larger)
            return NULL;
        path->frames = larger;
        path->room = room;
    }
    return &path->frames[path->count++];
}

int call_path_read(struct call_path *path, struct function_table *table, struct profile *profile,
                   uint32_t stack)
{
    struct stack_walk walk = {.node = stack};
    path->count = 0;
    for (const struct frame *frame; (frame = stack_walk_next(profile, &walk));) {
        struct path_frame *to = push(path);
        if (!to || find_function(table, profile, frame, &to->function) != 0)
            return -ENOMEM;
        to->place = frame->place;
        to->inlined = frame->inlined;
    }
    if (path->count > 0)
        return 0;
    struct path_frame *only = push(path);
    if (!only)
        return -ENOMEM;
    *only = (struct path_frame){.function = FUNCTION_NO_STACK, .place = &no_stack};
    return 0;
}

void call_path_release(struct call_path *path)
{
    free(path->frames);
    *path = (struct call_path){0};
}
