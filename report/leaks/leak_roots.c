// SPDX-License-Identifier: MIT
//
// leak_roots.c - see leak_roots.h. Pages that have no memory in the process are not read: those of
// a reservation hold nothing, those of a private file nothing but the file.
#include "report/leaks/leak_roots.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define ENTRIES_AT_ONCE 4096
#define ENTRY_HAS_MEMORY (UINT64_C(3) << 62) // of /proc/PID/pagemap: present or swapped
#define ENTRY_IS_OF_FILE (UINT64_C(1) << 61)

static void add_root(struct leak_root_list *list, uint64_t start, uint64_t end, unsigned flags)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 256;
        struct leak_root *roots = reallocarray(list->roots, room, sizeof(roots[0]));
        if (!roots) {
            list->out_of_memory = true;
            return;
        }
        list->roots = roots;
        list->room = room;
    }
    list->roots[list->count++] = (struct leak_root){start, end, flags};
}

// In parts that one task takes, none of them across the border of a leaf.
static void add_parts(struct leak_root_list *list, uint64_t start, uint64_t end, unsigned flags)
{
    start = (start + 7) & ~UINT64_C(7);
    end &= ~UINT64_C(7);
    for (uint64_t next; start < end; start = next) {
        next = (start | (LEAK_ROOT_BYTES_MAX - 1)) + 1;
        next = next < end ? next : end;
        add_root(list, start, next, flags);
    }
}
static_assert(LEAK_LEAF_BYTES % LEAK_ROOT_BYTES_MAX == 0, "parts do not cross leaves");

static void add_with_memory(struct leak_root_list *list, const struct leak_memory *memory,
                            const struct leak_ranges *set, unsigned flags)
{
    struct leak_ranges present = {0};
    for (size_t i = 0; i < set->count; i++)
        leak_memory_add_present(memory, set->ranges[i].start, set->ranges[i].end, &present);
    for (size_t i = 0; i < present.count; i++)
        add_parts(list, present.ranges[i].start, present.ranges[i].end, flags);
    list->out_of_memory |= present.out_of_memory || set->out_of_memory;
    leak_ranges_release(&present);
}

static void add_without(struct leak_root_list *list, const struct leak_memory *memory,
                        struct leak_ranges *data, const struct leak_ranges *without, unsigned flags)
{
    struct leak_ranges left = {0};
    leak_ranges_sort(data);
    leak_ranges_subtract(&left, data, without);
    add_with_memory(list, memory, &left, flags);
    leak_ranges_release(&left);
}

static void add_all(struct leak_ranges *set, const struct leak_ranges *added)
{
    for (size_t i = 0; i < added->count; i++)
        leak_ranges_add(set, added->ranges[i].start, added->ranges[i].end);
    set->out_of_memory |= added->out_of_memory;
}

// The pages of a file's mapping that the process has written to, and so has for itself.
static void add_copied(struct leak_ranges *set, const struct leak_memory *memory,
                       const struct leak_map *map)
{
    uint64_t entries[ENTRIES_AT_ONCE], page = memory->page_bytes, at = map->start, run = at;
    while (memory->pagemap_fd >= 0 && at < map->end) {
        size_t count = (size_t)((map->end - at) / page);
        if (count > ENTRIES_AT_ONCE)
            count = ENTRIES_AT_ONCE;
        ssize_t got = pread(memory->pagemap_fd, entries, count * sizeof(entries[0]),
                            (off_t)(at / page * sizeof(entries[0])));
        if (got < (ssize_t)sizeof(entries[0]))
            break;
        for (size_t i = 0; i < (size_t)got / sizeof(entries[0]); i++, at += page) {
            if (entries[i] & ENTRY_HAS_MEMORY && !(entries[i] & ENTRY_IS_OF_FILE))
                continue;
            leak_ranges_add(set, run, at);
            run = at + page;
        }
    }
    leak_ranges_add(set, run, at);
}

int leak_roots_find(struct leak_root_list *ret_list, const struct leak_ground *ground,
                    const struct leak_maps *maps, const struct leak_memory *memory)
{
    struct leak_ranges data = {0}, arena = {0}, left = {0}, without = {0};
    *ret_list = (struct leak_root_list){0};
    add_all(&without, &ground->own);
    add_all(&without, &ground->dead);
    for (size_t i = 0; i < maps->count; i++) {
        const struct leak_map *map = &maps->maps[i];
        bool is_profile = map->shared && map->inode && map->inode == ground->profile_inode;
        struct leak_ranges *set = map->kind == LEAK_MAP_LIBC ? &arena : &data;
        if (leak_map_is_data(map) && !is_profile)
            leak_ranges_add(set, map->start, map->end);
        else if (leak_map_is_copied(map))
            add_copied(set, memory, map);
    }
    if (ground->has_unknown_blocks) {
        leak_ranges_sort(&without);
        add_all(&left, &ground->heap);
        add_without(ret_list, memory, &left, &without, LEAK_ROOT_LEFTOVER | LEAK_ROOT_ARENA);
    }
    add_all(&without, &ground->heap);
    leak_ranges_sort(&without);
    add_without(ret_list, memory, &data, &without, 0);
    add_without(ret_list, memory, &arena, &without, LEAK_ROOT_ARENA);
    add_with_memory(ret_list, memory, &ground->extra, 0);
    bool failed = ret_list->out_of_memory || data.out_of_memory || arena.out_of_memory;
    leak_ranges_release(&data);
    leak_ranges_release(&arena);
    leak_ranges_release(&left);
    leak_ranges_release(&without);
    return failed ? -ENOMEM : 0;
}

void leak_roots_release(struct leak_root_list *list)
{
    free(list->roots);
    *list = (struct leak_root_list){0};
}
