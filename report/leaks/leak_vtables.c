// SPDX-License-Identifier: MIT
//
// leak_vtables.c - see leak_vtables.h. Most words are pointers to the heap or numbers: those are
// told apart without a search.
#include "report/leaks/leak_vtables.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 20
#define LOW_PAGE UINT64_C(4096)
#define ANSWERS_MAX ((size_t)1 << 18) // each was a system call

void leak_vtables_init(struct leak_vtables *vtables, const struct leak_memory *memory,
                       const struct leak_maps *maps)
{
    *vtables = (struct leak_vtables){.memory = memory, .maps = maps};
}

void leak_vtables_release(struct leak_vtables *vtables)
{
    free(vtables->answers);
    vtables->answers = NULL;
}

static bool is_file(const struct leak_map *map)
{
    return map->inode != 0 && map->readable;
}

// The mapping of a file around an address, or NULL and the gap it is in.
static const struct leak_map *find_file(struct leak_vtables *vtables, uint64_t address)
{
    const struct leak_maps *maps = vtables->maps;
    size_t low = 0, high = maps->count;
    if (address >= vtables->gap_start && address < vtables->gap_end)
        return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (maps->maps[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    bool inside = low < maps->count && maps->maps[low].start <= address;
    if (inside && is_file(&maps->maps[low]))
        return &maps->maps[low];
    if (inside) {
        vtables->gap_start = maps->maps[low].start;
        vtables->gap_end = maps->maps[low].end;
    } else {
        vtables->gap_start = low ? maps->maps[low - 1].end : 0;
        vtables->gap_end = low < maps->count ? maps->maps[low].start : UINT64_MAX;
    }
    return NULL;
}

static bool is_code(const struct leak_vtables *vtables, uint64_t address)
{
    const struct leak_map *map = leak_maps_find(vtables->maps, address);
    return map && map->inode != 0 && map->executable;
}

static bool look(const struct leak_vtables *vtables, const struct leak_map *map, uint64_t address)
{
    uint64_t words[WORDS_MAX], room = (map->end - address) / sizeof(words[0]);
    size_t count = room < WORDS_MAX ? (size_t)room : WORDS_MAX;
    int functions = 0;
    if (!leak_memory_read(vtables->memory, address, words, count * sizeof(words[0])))
        return false;
    for (size_t i = 0; i < count && functions < 2; i++) {
        if (words[i] == 0)
            continue;
        if (!is_code(vtables, words[i]))
            return false;
        functions++;
    }
    return functions == 2;
}

static uint64_t *find_answer(uint64_t *answers, size_t room, uint64_t address)
{
    size_t at = (size_t)(address * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (room - 1);
    while (answers[at] && answers[at] >> 1 != address)
        at = (at + 1) & (room - 1);
    return &answers[at];
}

static bool grow(struct leak_vtables *vtables)
{
    size_t room = vtables->room ? 2 * vtables->room : 256;
    uint64_t *answers = calloc(room, sizeof(answers[0]));
    if (!answers)
        return false;
    for (size_t i = 0; i < vtables->room; i++)
        if (vtables->answers[i])
            *find_answer(answers, room, vtables->answers[i] >> 1) = vtables->answers[i];
    free(vtables->answers);
    vtables->answers = answers;
    vtables->room = room;
    return true;
}

bool leak_vtables_has(struct leak_vtables *vtables, uint64_t word)
{
    if (word % sizeof(word) || word < LOW_PAGE || word > INT64_MAX)
        return false;
    const struct leak_map *map = find_file(vtables, word);
    if (!map || (2 * vtables->count >= vtables->room && !grow(vtables)))
        return false;
    uint64_t *answer = find_answer(vtables->answers, vtables->room, word);
    if (!*answer) {
        if (vtables->count >= ANSWERS_MAX)
            return false;
        *answer = word << 1 | look(vtables, map, word);
        vtables->count++;
    }
    return *answer & 1;
}
