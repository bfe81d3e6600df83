// SPDX-License-Identifier: MIT
//
// call_tree.c - samples are taken in the order of their stacks, in which neighbours have most of
// their path in common: only where a path leaves the one before it, is a child looked up.
#include "report/analysis/call_tree.h"

#include "report/analysis/analysis.h"
#include "report/analysis/pair_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct tree_builder {
    struct call_tree *tree;
    struct pair_table children; // of a node, by function
    struct call_path path, last;
    uint32_t *last_nodes; // by distance from the root
    size_t last_room;
};

static struct call_tree_node *push(struct call_tree *tree)
{
    if (tree->count == tree->room) {
        size_t room = tree->room ? tree->room + tree->room / 2 : 1024;
        struct call_tree_node *larger = reallocarray(tree->nodes, room, sizeof(*larger));
        if (!larger)
            return NULL;
        tree->nodes = larger;
        tree->room = room;
    }
    struct call_tree_node *node = &tree->nodes[tree->count++];
    *node = (struct call_tree_node){.inlined = true};
    return node;
}

static void note_line(struct call_tree_node *node, uint32_t line)
{
    size_t known = node->line_count < CALL_LINES_MAX ? node->line_count : CALL_LINES_MAX;
    for (size_t i = 0; i < known; i++)
        if (node->lines[i] == line)
            return;
    if (known < CALL_LINES_MAX)
        node->lines[known] = line;
    node->line_count = (uint8_t)(known + 1);
}

// The child of `parent`. 0 without memory.
static uint32_t child_at(struct tree_builder *builder, uint32_t parent,
                         const struct path_frame *frame)
{
    struct call_tree *tree = builder->tree;
    uint32_t *child = pair_table_at(&builder->children, parent, frame->function);
    if (!child)
        return 0;
    if (*child == 0) {
        struct call_tree_node *node = push(tree);
        if (!node)
            return 0;
        node->parent = parent;
        node->function = frame->function;
        *child = (uint32_t)tree->count - 1;
    }
    struct call_tree_node *node = &tree->nodes[*child];
    note_line(node, frame->place->line);
    node->inlined &= frame->inlined;
    return *child;
}

static const struct path_frame *from_root(const struct call_path *path, size_t depth)
{
    return &path->frames[path->count - 1 - depth];
}

static size_t common_depth(const struct tree_builder *builder)
{
    const struct call_path *path = &builder->path, *last = &builder->last;
    size_t depth = 0;
    while (depth < path->count && depth < last->count) {
        const struct path_frame *a = from_root(path, depth), *b = from_root(last, depth);
        if (a->place != b->place || a->inlined != b->inlined)
            break;
        depth++;
    }
    return depth;
}

static int add_path(struct tree_builder *builder, int64_t value)
{
    struct call_path *path = &builder->path;
    size_t depth = common_depth(builder);
    if (path->count > builder->last_room) {
        size_t room = 2 * path->count;
        uint32_t *larger = reallocarray(builder->last_nodes, room, sizeof(*larger));
        if (!larger)
            return -ENOMEM;
        builder->last_nodes = larger;
        builder->last_room = room;
    }
    uint32_t node = depth ? builder->last_nodes[depth - 1] : 0;
    for (; depth < path->count; depth++) {
        node = child_at(builder, node, from_root(path, depth));
        if (!node)
            return -ENOMEM;
        builder->last_nodes[depth] = node;
    }
    struct call_tree_node *leaf = &builder->tree->nodes[node];
    leaf->flat += value;
    leaf->own_weight = weight_add(leaf->own_weight, value_magnitude(value));
    struct call_path swapped = builder->last;
    builder->last = builder->path;
    builder->path = swapped;
    return 0;
}

static int compare_stacks(const void *left, const void *right)
{
    const struct sample *a = *(const struct sample *const *)left;
    const struct sample *b = *(const struct sample *const *)right;
    return (a->stack > b->stack) - (a->stack < b->stack);
}

static const struct sample **by_stack(const struct sample_set *set)
{
    const struct sample **samples = calloc(set->count + 1, sizeof(*samples));
    if (!samples)
        return NULL;
    for (size_t i = 0; i < set->count; i++)
        samples[i] = &set->samples[i];
    if (set->count)
        qsort(samples, set->count, sizeof(*samples), compare_stacks);
    return samples;
}

static int add_samples(struct tree_builder *builder, struct profile *profile,
                       const struct sample_set *set, size_t value)
{
    const struct sample **samples = by_stack(set);
    int error = samples ? 0 : -ENOMEM;
    for (size_t i = 0; i < set->count && !error; i++) {
        progress_step(profile->progress, "counting", i, set->count);
        if (samples[i]->values[value] == 0)
            continue;
        error =
            call_path_read(&builder->path, &builder->tree->functions, profile, samples[i]->stack);
        error = error ? error : add_path(builder, samples[i]->values[value]);
    }
    progress_clear(profile->progress);
    free(samples);
    return error;
}

static void add_up(struct call_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        tree->nodes[i].cum = tree->nodes[i].flat;
        tree->nodes[i].weight = tree->nodes[i].own_weight;
    }
    for (size_t i = tree->count; i-- > 1;) {
        struct call_tree_node *node = &tree->nodes[i], *parent = &tree->nodes[node->parent];
        parent->cum += node->cum;
        parent->weight = weight_add(parent->weight, node->weight);
        parent->children++;
    }
}

int call_tree_init(struct call_tree *tree, struct profile *profile, const struct sample_set *set,
                   size_t value)
{
    *tree = (struct call_tree){0};
    struct tree_builder builder = {.tree = tree};
    int error = function_table_init(&tree->functions);
    if (!error)
        error = push(tree) ? add_samples(&builder, profile, set, value) : -ENOMEM;
    pair_table_release(&builder.children);
    call_path_release(&builder.path);
    call_path_release(&builder.last);
    free(builder.last_nodes);
    if (error)
        call_tree_release(tree);
    else
        add_up(tree);
    return error;
}

void call_tree_release(struct call_tree *tree)
{
    function_table_release(&tree->functions);
    free(tree->nodes);
    *tree = (struct call_tree){0};
}
