// SPDX-License-Identifier: MIT
//
// tree_choice.c - calls in falling order; a choice is the first so many of them, and how many is
// found by bisection over the lines they need.
#include "report/analysis/tree_choice.h"

#include "report/analysis/analysis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FOLD_FROM 10    // calls in a row that are not folded
#define REST_DIVISOR 20 // so much of the whole has a line in any case

// How a row of calls is folded: so many are shown in any case, else a head and a tail.
struct fold {
    uint32_t shown, head, tail;
};

static const struct fold own_fold = {10, 3, 4}, runtime_fold = {4, 1, 1};

struct chooser {
    const struct call_tree *tree;
    struct tree_choice *choice;
    uint32_t *ranks; // by node: its place in the falling order
    size_t most;     // calls that could be chosen, with 0
};

static int compare_nodes(const void *left, const void *right, void *context)
{
    const struct call_tree_node *nodes = context;
    const struct call_tree_node *a = &nodes[*(const uint32_t *)left];
    const struct call_tree_node *b = &nodes[*(const uint32_t *)right];
    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    return (a > b) - (a < b);
}

// The node above all roots has the first rank: no other weighs more, and it is the oldest.
static int rank(struct chooser *chooser, uint64_t least)
{
    const struct call_tree *tree = chooser->tree;
    uint32_t *sorted = calloc(tree->count, sizeof(*sorted));
    chooser->ranks = calloc(tree->count, sizeof(*chooser->ranks));
    for (size_t i = 0; sorted && i < tree->count; i++)
        if (i == 0 || tree->nodes[i].weight >= least)
            sorted[chooser->most++] = (uint32_t)i;
    chooser->choice->calls = calloc(chooser->most + 1, sizeof(*chooser->choice->calls));
    int error = sorted && chooser->ranks && chooser->choice->calls ? 0 : -ENOMEM;
    if (!error)
        qsort_r(sorted, chooser->most, sizeof(*sorted), compare_nodes, tree->nodes);
    for (size_t i = 0; !error && i < chooser->most; i++) {
        chooser->ranks[sorted[i]] = (uint32_t)i;
        chooser->choice->calls[i].node = &tree->nodes[sorted[i]];
    }
    free(sorted);
    return error;
}

// --- one choice

static void reset(const struct chooser *chooser, struct chosen_call *call)
{
    const struct call_tree_node *node = call->node;
    *call = (struct chosen_call){
        .node = node,
        .runtime = chooser->tree->functions.functions[node->function].runtime,
        .left_out_count = node->children,
        .left_out = node->weight - node->own_weight,
        .left_out_cum = node->cum - node->flat,
    };
}

static void take(const struct chooser *chooser, size_t number)
{
    struct chosen_call *calls = chooser->choice->calls, *call = &calls[number];
    call->parent = chooser->ranks[call->node->parent];
    struct chosen_call *parent = &calls[call->parent];
    parent->children++;
    parent->left_out_count--;
    parent->left_out -= call->node->weight;
    parent->left_out_cum -= call->node->cum;
}

bool tree_choice_has_rest(const struct tree_choice *choice, const struct chosen_call *call)
{
    uint64_t notable = choice->calls[0].node->weight / REST_DIVISOR;
    uint64_t least = notable < choice->threshold ? notable : choice->threshold;
    return call->children > 0 && call->left_out_count > 0 && call->left_out >= least;
}

size_t tree_choice_lines_below(const struct tree_choice *choice, const struct chosen_call *call)
{
    return call->children + tree_choice_has_rest(choice, call);
}

static bool is_foldable(const struct tree_choice *choice, const struct chosen_call *call)
{
    return choice->folds && value_magnitude(call->node->flat) < choice->threshold;
}

// 0: it is the first of a row, or of none.
static uint32_t run_of(const struct tree_choice *choice, const struct chosen_call *call)
{
    const struct chosen_call *parent = &choice->calls[call->parent];
    bool follows = call->parent != 0 && tree_choice_lines_below(choice, parent) == 1 &&
                   parent->runtime == call->runtime && is_foldable(choice, parent) &&
                   is_foldable(choice, call);
    return follows ? parent->run + 1 : 0;
}

static const struct fold *fold_of(const struct chosen_call *call)
{
    return call->runtime ? &runtime_fold : &own_fold;
}

// What a call adds to the lines of its row, which has fewer once it is folded.
static long lines_of(const struct chosen_call *call)
{
    const struct fold *fold = fold_of(call);
    if (call->run < fold->shown)
        return 1;
    return call->run == fold->shown ? (long)(fold->head + 1 + fold->tail) - (long)fold->shown : 0;
}

// Takes the first `count`, and returns how many lines they need.
static size_t choose(const struct chooser *chooser, size_t count)
{
    struct tree_choice *choice = chooser->choice;
    choice->count = count;
    choice->threshold = choice->calls[count - 1].node->weight;
    for (size_t i = 0; i < count; i++)
        reset(chooser, &choice->calls[i]);
    for (size_t i = 1; i < count; i++)
        take(chooser, i);
    long lines = tree_choice_has_rest(choice, &choice->calls[0]);
    for (size_t i = 1; i < count; i++) {
        struct chosen_call *call = &choice->calls[i];
        call->run = run_of(choice, call);
        lines += lines_of(call) + tree_choice_has_rest(choice, call);
    }
    return (size_t)lines;
}

static void choose_fitting(const struct chooser *chooser, size_t lines)
{
    size_t low = 1, high = chooser->most;
    if (lines == 0 || choose(chooser, high) <= lines)
        low = high;
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        if (choose(chooser, middle) <= lines)
            low = middle;
        else
            high = middle - 1;
    }
    choose(chooser, low);
}

// --- how the chosen hang together

static int list_children(struct tree_choice *choice)
{
    choice->children = calloc(choice->count, sizeof(*choice->children));
    if (!choice->children)
        return -ENOMEM;
    uint32_t next = 0;
    for (size_t i = 0; i < choice->count; i++) {
        choice->calls[i].first_child = next;
        next += choice->calls[i].children;
        choice->calls[i].children = 0;
    }
    for (size_t i = 1; i < choice->count; i++) {
        struct chosen_call *parent = &choice->calls[choice->calls[i].parent];
        choice->children[parent->first_child + parent->children++] = (uint32_t)i;
    }
    return 0;
}

static void link_rows(struct tree_choice *choice)
{
    for (size_t i = 1; i < choice->count; i++) {
        struct chosen_call *call = &choice->calls[i], *parent = &choice->calls[call->parent];
        bool has_siblings = tree_choice_lines_below(choice, parent) > 1;
        call->branch = has_siblings ? (uint32_t)i : parent->branch;
        call->run_length = call->run + 1;
    }
    for (size_t i = choice->count; i-- > 1;) {
        struct chosen_call *call = &choice->calls[i];
        if (call->run > 0)
            choice->calls[call->parent].run_length = call->run_length;
    }
}

int tree_choice_init(struct tree_choice *choice, const struct call_tree *tree, uint64_t least,
                     size_t lines)
{
    *choice = (struct tree_choice){.folds = lines != 0};
    struct chooser chooser = {.tree = tree, .choice = choice};
    int error = rank(&chooser, least);
    if (!error) {
        choose_fitting(&chooser, lines);
        error = list_children(choice);
    }
    free(chooser.ranks);
    if (error)
        tree_choice_release(choice);
    else
        link_rows(choice);
    return error;
}

void tree_choice_release(struct tree_choice *choice)
{
    free(choice->calls);
    free(choice->children);
    *choice = (struct tree_choice){0};
}

bool tree_choice_is_folded(const struct chosen_call *call)
{
    const struct fold *fold = fold_of(call);
    return call->run_length > fold->shown && call->run >= fold->head &&
           call->run + fold->tail < call->run_length;
}

bool tree_choice_begins_fold(const struct chosen_call *call)
{
    return tree_choice_is_folded(call) && call->run == fold_of(call)->head;
}
