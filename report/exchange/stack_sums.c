// SPDX-License-Identifier: MIT
//
// stack_sums.c - see stack_sums.h.
#include "report/exchange/stack_sums.h"

#include "report/exchange/frame_name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct adding {
    struct stack_sums *sums;
    struct profile *profile;
    size_t first; // type
    place_number_f number;
    void *numbers;
    struct frame_list frames;
};

static bool has_values(const struct adding *adding, const struct sample *sample)
{
    for (size_t i = adding->first; i < adding->first + adding->sums->type_count; i++)
        if (sample->values[i] != 0 || sample->old[i] != 0)
            return true;
    return false;
}

static uint32_t find_node(struct adding *adding, uint32_t stack)
{
    uint32_t node = 0;
    if (frame_list_fill(&adding->frames, adding->profile, stack) != 0)
        return 0;
    for (size_t i = adding->frames.count; i-- > 0;) {
        uint32_t number = adding->number(adding->numbers, adding->frames.frames[i]->place);
        node = number ? stack_trie_child(&adding->sums->trie, node, number) : 0;
        if (!node)
            return 0;
    }
    return node;
}

static struct stack_sum *sums_of(struct stack_sums *sums, uint32_t node)
{
    size_t bytes = sums->type_count * sizeof(*sums->sums);
    if (node >= sums->node_room) {
        size_t room = sums->trie.room;
        void *larger = realloc(sums->sums, room * bytes);
        if (!larger)
            return NULL;
        sums->sums = larger;
        memset(sums->sums + sums->node_room * sums->type_count, 0,
               (room - sums->node_room) * bytes);
        sums->node_room = room;
    }
    return sums->sums + node * sums->type_count;
}

static int add_sample(struct adding *adding, const struct sample *sample)
{
    uint32_t node = find_node(adding, sample->stack);
    struct stack_sum *sums = node ? sums_of(adding->sums, node) : NULL;
    for (size_t i = 0; sums && i < adding->sums->type_count; i++) {
        sums[i].value += sample->values[adding->first + i];
        sums[i].old += sample->old[adding->first + i];
    }
    return sums ? 0 : -ENOMEM;
}

int stack_sums_init(struct stack_sums *sums, struct profile *profile, const struct sample_set *set,
                    size_t first, size_t count, place_number_f number, void *numbers)
{
    *sums = (struct stack_sums){.type_count = count};
    struct adding adding = {sums, profile, first, number, numbers, {0}};
    int error = stack_trie_init(&sums->trie);
    if (error)
        return error;
    for (size_t i = 0; !error && i < set->count; i++) {
        progress_step(profile->progress, "counting", i, set->count);
        if (has_values(&adding, &set->samples[i]))
            error = add_sample(&adding, &set->samples[i]);
    }
    progress_clear(profile->progress);
    frame_list_release(&adding.frames);
    if (error)
        stack_sums_release(sums);
    return error;
}

void stack_sums_release(struct stack_sums *sums)
{
    stack_trie_release(&sums->trie);
    free(sums->sums);
    *sums = (struct stack_sums){0};
}

struct stack_sum stack_sums_at(const struct stack_sums *sums, uint32_t node, size_t type)
{
    return node < sums->node_room ? sums->sums[node * sums->type_count + type]
                                  : (struct stack_sum){0};
}
