// SPDX-License-Identifier: MIT
//
// leak_group.c - see leak_group.h.
#include "report/leaks/leak_group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct groups {
    struct profile_leak *leaks; // open hash; stack 0: free
    size_t count, room;
    struct profile_leak *latest;
};

static struct profile_leak *place_of(struct profile_leak *leaks, size_t room, uint32_t stack,
                                     uint32_t class)
{
    uint64_t key = (uint64_t)stack << 2 | class;
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 24) & (room - 1);
    while (leaks[at].stack && (leaks[at].stack != stack || leaks[at].class != class))
        at = (at + 1) & (room - 1);
    return &leaks[at];
}

static bool grow(struct groups *groups)
{
    size_t room = groups->room ? 2 * groups->room : 1024;
    struct profile_leak *leaks = calloc(room, sizeof(leaks[0]));
    if (!leaks)
        return false;
    for (size_t i = 0; i < groups->room; i++)
        if (groups->leaks[i].stack)
            *place_of(leaks, room, groups->leaks[i].stack, groups->leaks[i].class) =
                groups->leaks[i];
    free(groups->leaks);
    groups->leaks = leaks;
    groups->room = room;
    groups->latest = NULL;
    return true;
}

static struct profile_leak *group_of(struct groups *groups, uint32_t stack, uint32_t class)
{
    struct profile_leak *leak = groups->latest;
    if (leak && leak->stack == stack && leak->class == class)
        return leak;
    if (2 * groups->count >= groups->room && !grow(groups))
        return NULL;
    leak = place_of(groups->leaks, groups->room, stack, class);
    if (!leak->stack) {
        leak->stack = stack;
        leak->class = class;
        groups->count++;
    }
    groups->latest = leak;
    return leak;
}

// Cliques are in the order of their leaders, as the blocks are.
static int add_leaf(struct groups *groups, const struct leak_graph *graph,
                    const struct leak_leaf *leaf, const struct leak_cliques *cliques,
                    size_t *next_clique)
{
    for (uint32_t i = 0; i < leaf->count; i++) {
        uint32_t block = leaf->first + i, class = leak_graph_class(graph, block);
        struct profile_leak *leak = group_of(groups, leak_slot_stack(leaf->slots[i]), class);
        if (!leak)
            return -ENOMEM;
        leak->blocks++;
        leak->bytes += leak_slot_bytes(leaf->slots[i]);
        if (*next_clique == cliques->count || cliques->cliques[*next_clique].block != block)
            continue;
        if (class == PROFILE_LEAK_DEFINITE) {
            leak->indirect_blocks += cliques->cliques[*next_clique].indirect_blocks;
            leak->indirect_bytes += cliques->cliques[*next_clique].indirect_bytes;
        }
        ++*next_clique;
    }
    return 0;
}

static int by_bytes(const void *a, const void *b)
{
    const struct profile_leak *one = a, *other = b;
    if (one->bytes != other->bytes)
        return one->bytes < other->bytes ? 1 : -1;
    if (one->class != other->class)
        return one->class > other->class ? 1 : -1;
    return (one->stack > other->stack) - (one->stack < other->stack);
}

static struct profile_leak *pack(const struct groups *groups, struct region *region)
{
    struct profile_leak *leaks = region_array(region, groups->count + 1, sizeof(leaks[0]));
    size_t count = 0;
    for (size_t i = 0; leaks && i < groups->room; i++)
        if (groups->leaks[i].stack)
            leaks[count++] = groups->leaks[i];
    if (leaks)
        qsort(leaks, count, sizeof(leaks[0]), by_bytes);
    return leaks;
}

int leak_group_make(const struct leak_graph *graph, const struct leak_cliques *cliques,
                    struct region *region, struct profile_leak **ret_leaks, size_t *ret_count)
{
    struct groups groups = {0};
    size_t next_clique = 0;
    int error = 0;
    for (size_t i = 0; i < graph->blocks->leaf_count && !error; i++)
        error = add_leaf(&groups, graph, &graph->blocks->leaves[i], cliques, &next_clique);
    struct profile_leak *leaks = error ? NULL : pack(&groups, region);
    if (leaks) {
        *ret_leaks = leaks;
        *ret_count = groups.count;
    }
    free(groups.leaks);
    return leaks ? 0 : -ENOMEM;
}
