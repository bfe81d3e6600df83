// SPDX-License-Identifier: MIT
//
// render_folded.c - one line a stack, as flamegraph.pl and its kin read it: "root;...;leaf N", of a
// diff "root;...;leaf OLD NEW". Stacks that read the same are one line; lines are sorted by frame.
#include "report/exchange/frame_name.h"
#include "report/exchange/stack_sums.h"
#include "report/formats/render.h"
#include "report/model/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct name {
    const char *text;
    uint32_t number; // from 1, in order of appearance
    UT_hash_handle hh;
};

struct folded {
    struct profile *profile;
    struct region region;
    struct name *names;
    struct name **name_of_place;
    size_t place_room;
    struct stack_sums sums;
};

// --- names

// What separates frames and lines may not be in a name.
static char *folded_name(struct region *region, const struct place *place)
{
    const char *printable = frame_name(region, place, NAME_SHORT);
    char *name = printable ? region_strndup(region, printable, strlen(printable)) : NULL;
    for (char *at = name; at && (at = strchr(at, ';'));)
        *at = ':';
    return name;
}

static struct name *name_new(struct folded *folded, const struct place *place)
{
    struct name *name;
    const char *text = folded_name(&folded->region, place);
    if (!text)
        return NULL;
    HASH_FIND_STR(folded->names, text, name);
    if (name)
        return name;
    name = region_alloc(&folded->region, sizeof(*name));
    if (!name)
        return NULL;
    name->text = text;
    name->number = HASH_COUNT(folded->names) + 1;
    HASH_ADD_KEYPTR(hh, folded->names, name->text, strlen(name->text), name);
    return name;
}

static bool make_place_room(struct folded *folded, size_t count)
{
    if (count <= folded->place_room)
        return true;
    size_t room = 2 * count;
    void *names = realloc(folded->name_of_place, room * sizeof(*folded->name_of_place));
    if (!names)
        return false;
    folded->name_of_place = names;
    memset(folded->name_of_place + folded->place_room, 0,
           (room - folded->place_room) * sizeof(*folded->name_of_place));
    folded->place_room = room;
    return true;
}

static uint32_t name_number(void *numbers, const struct place *place)
{
    struct folded *folded = numbers;
    if (!make_place_room(folded, (size_t)place->number + 1))
        return 0;
    struct name **name = &folded->name_of_place[place->number];
    if (!*name)
        *name = name_new(folded, place);
    return *name ? (*name)->number : 0;
}

// --- lines

static int compare_names(const void *left, const void *right)
{
    return strcmp((*(struct name *const *)left)->text, (*(struct name *const *)right)->text);
}

// ranks[number]: the place of the name among all, sorted. NULL without memory; to be freed.
static uint32_t *rank_names(const struct folded *folded, struct name ***ret_sorted)
{
    size_t count = HASH_COUNT(folded->names);
    struct name **sorted = calloc(count + 1, sizeof(struct name *));
    uint32_t *ranks = calloc(count + 1, sizeof(*ranks));
    if (!sorted || !ranks) {
        free(sorted);
        free(ranks);
        return NULL;
    }
    size_t next = 0;
    for (struct name *name = folded->names; name; name = name->hh.next)
        sorted[next++] = name;
    if (count)
        qsort(sorted, count, sizeof(struct name *), compare_names);
    for (size_t i = 0; i < count; i++)
        ranks[sorted[i]->number] = (uint32_t)i;
    *ret_sorted = sorted;
    return ranks;
}

static bool put_path(struct folded *folded, const uint32_t *ranks, struct name **sorted,
                     uint32_t node, FILE *out)
{
    size_t count;
    const uint32_t *numbers = stack_trie_path(&folded->sums.trie, node, &count);
    for (size_t i = 0; numbers && i < count; i++) {
        if (i > 0)
            putc_unlocked(';', out);
        fputs_unlocked(sorted[ranks[numbers[i]]]->text, out);
    }
    return numbers != NULL;
}

static int put_lines(struct folded *folded, const uint32_t *order, const uint32_t *ranks,
                     struct name **sorted, FILE *out)
{
    bool is_diff = folded->profile->old != NULL;
    for (uint32_t i = 1; i < folded->sums.trie.count; i++) {
        struct stack_sum sum = stack_sums_at(&folded->sums, order[i], 0);
        if (sum.value == 0 && sum.old == 0)
            continue;
        if (!put_path(folded, ranks, sorted, order[i], out))
            return -ENOMEM;
        if (is_diff)
            fprintf(out, " %" PRId64 " %" PRId64 "\n", sum.old, sum.old + sum.value);
        else
            fprintf(out, " %" PRId64 "\n", sum.value);
    }
    return 0;
}

static int put(struct folded *folded, FILE *out)
{
    struct name **sorted = NULL;
    uint32_t *ranks = rank_names(folded, &sorted);
    uint32_t *order = ranks ? stack_trie_order(&folded->sums.trie, ranks) : NULL;
    int error = order ? put_lines(folded, order, ranks, sorted, out) : -ENOMEM;
    free(order);
    free(ranks);
    free(sorted);
    return error;
}

int render_folded(struct profile *profile, const struct render_options *options, FILE *out)
{
    struct folded folded = {.profile = profile};
    struct sample_set set;
    int error = sample_set_init(&set, profile, options->samples);
    if (error)
        return error;
    error = stack_sums_init(&folded.sums, profile, &set, options->value, 1, name_number, &folded);
    if (!error)
        error = put(&folded, out);
    stack_sums_release(&folded.sums);
    sample_set_release(&set);
    HASH_CLEAR(hh, folded.names);
    region_release(&folded.region);
    free(folded.name_of_place);
    return error;
}
