// SPDX-License-Identifier: MIT
//
// Blocks that are lost in one way each. Single-threaded. After a loss the stack is wiped: a stale
// copy of the pointer would make the block reachable. Blocks are filled, so that no old content of
// the heap looks like a pointer, and are a multiple of 16 bytes long, so that the allocator keeps
// no word of its own inside them.
#include "workload/scenarios/scenario.h"

#include <stdlib.h>
#include <string.h>

// --- leak-definite: no pointer at all ---

#define DEFINITE_BLOCKS 10
#define DEFINITE_BYTES 96

SCENARIO_SITE static void leak_definite_lost(void)
{
    void *block = malloc(DEFINITE_BYTES);
    memset(block, 0x11, DEFINITE_BYTES);
    scenario_escape(block);
}

static void leak_definite(void)
{
    for (int i = 0; i < DEFINITE_BLOCKS; i++)
        leak_definite_lost();
    scenario_wipe_stack();
}

const struct scenario leak_definite_scenario = {
    .name = "leak-definite",
    .summary = "blocks that no pointer leads to",
    .run = leak_definite,
    .expected =
        {
            .sites =
                (const struct expected_site[]){
                    {.function = "leak_definite_lost",
                     .allocations = DEFINITE_BLOCKS,
                     .allocated_bytes = DEFINITE_BLOCKS * DEFINITE_BYTES},
                    {0},
                },
            .leaks =
                (const struct expected_class[]){
                    {.name = "definite",
                     .blocks = DEFINITE_BLOCKS,
                     .bytes = DEFINITE_BLOCKS * DEFINITE_BYTES},
                    {"indirect", 0, 0},
                    {"possible", 0, 0},
                    {0},
                },
        },
};

// --- leak-indirect: a tree whose root is lost ---

struct tree_node {
    struct tree_node *left;
    struct tree_node *right;
    unsigned char value[48];
};

#define TREES 4
#define TREE_DEPTH 5
#define TREE_NODES ((1 << TREE_DEPTH) - 1)

SCENARIO_SITE static struct tree_node *leak_indirect_node(unsigned depth)
{
    if (depth == 0)
        return NULL;
    struct tree_node *node = malloc(sizeof *node);
    memset(node->value, 0x22, sizeof node->value);
    node->left = leak_indirect_node(depth - 1);
    node->right = leak_indirect_node(depth - 1);
    return node;
}

SCENARIO_SITE static void leak_indirect_lose_tree(void)
{
    scenario_escape(leak_indirect_node(TREE_DEPTH));
}

static void leak_indirect(void)
{
    for (int i = 0; i < TREES; i++)
        leak_indirect_lose_tree();
    scenario_wipe_stack();
}

const struct scenario leak_indirect_scenario = {
    .name = "leak-indirect",
    .summary = "trees whose roots are lost: one definite block each, the rest indirect",
    .run = leak_indirect,
    .expected =
        {
            .sites =
                (const struct expected_site[]){
                    {.function = "leak_indirect_node",
                     .allocations = TREES * TREE_NODES,
                     .allocated_bytes = TREES * TREE_NODES * sizeof(struct tree_node)},
                    {0},
                },
            .leaks =
                (const struct expected_class[]){
                    {.name = "definite",
                     .blocks = TREES,
                     .bytes = TREES * sizeof(struct tree_node)},
                    {.name = "indirect",
                     .blocks = TREES * (TREE_NODES - 1),
                     .bytes = TREES * (TREE_NODES - 1) * sizeof(struct tree_node)},
                    {"possible", 0, 0},
                    {0},
                },
        },
};

// --- leak-possible: only a pointer into the block ---

#define POSSIBLE_BLOCKS 6
#define POSSIBLE_BYTES 160
#define POSSIBLE_OFFSET 80

static char *volatile possible_interiors[POSSIBLE_BLOCKS];

SCENARIO_SITE static void leak_possible_interior(int index)
{
    char *block = malloc(POSSIBLE_BYTES);
    memset(block, 0x33, POSSIBLE_BYTES);
    possible_interiors[index] = block + POSSIBLE_OFFSET;
}

static void leak_possible(void)
{
    for (int i = 0; i < POSSIBLE_BLOCKS; i++)
        leak_possible_interior(i);
    scenario_wipe_stack();
}

const struct scenario leak_possible_scenario = {
    .name = "leak-possible",
    .summary = "blocks of which only an interior pointer is kept",
    .run = leak_possible,
    .expected =
        {
            .sites =
                (const struct expected_site[]){
                    {.function = "leak_possible_interior",
                     .allocations = POSSIBLE_BLOCKS,
                     .allocated_bytes = POSSIBLE_BLOCKS * POSSIBLE_BYTES},
                    {0},
                },
            .leaks =
                (const struct expected_class[]){
                    {"definite", 0, 0},
                    {"indirect", 0, 0},
                    {.name = "possible",
                     .blocks = POSSIBLE_BLOCKS,
                     .bytes = POSSIBLE_BLOCKS * POSSIBLE_BYTES},
                    {0},
                },
        },
};

// --- leak-reachable: a list whose head is in a global ---

struct list_node {
    struct list_node *next;
    unsigned char value[72];
};

#define REACHABLE_NODES 8

static struct list_node *volatile reachable_head;

SCENARIO_SITE static void leak_reachable_push(void)
{
    struct list_node *node = malloc(sizeof *node);
    memset(node->value, 0x44, sizeof node->value);
    node->next = reachable_head;
    reachable_head = node;
}

static void leak_reachable(void)
{
    for (int i = 0; i < REACHABLE_NODES; i++)
        leak_reachable_push();
    scenario_wipe_stack();
}

const struct scenario leak_reachable_scenario = {
    .name = "leak-reachable",
    .summary = "a list that a global variable still leads to: not a leak",
    .run = leak_reachable,
    .expected =
        {
            .sites =
                (const struct expected_site[]){
                    {.function = "leak_reachable_push",
                     .allocations = REACHABLE_NODES,
                     .allocated_bytes = REACHABLE_NODES * sizeof(struct list_node)},
                    {0},
                },
            .leaks =
                (const struct expected_class[]){
                    {"definite", 0, 0},
                    {"indirect", 0, 0},
                    {"possible", 0, 0},
                    {.name = "reachable",
                     .blocks = REACHABLE_NODES,
                     .bytes = REACHABLE_NODES * sizeof(struct list_node)},
                    {0},
                },
        },
};

// --- leak-cycle: rings that only hold themselves ---

#define RINGS 3
#define RING_NODES 5

SCENARIO_SITE static struct list_node *leak_cycle_node(struct list_node *next)
{
    struct list_node *node = malloc(sizeof *node);
    memset(node->value, 0x55, sizeof node->value);
    node->next = next;
    return node;
}

SCENARIO_SITE static void leak_cycle_lose_ring(void)
{
    struct list_node *first = leak_cycle_node(NULL);
    struct list_node *last = first;
    for (int i = 1; i < RING_NODES; i++)
        last = leak_cycle_node(last);
    first->next = last;
    scenario_escape(first);
}

static void leak_cycle(void)
{
    for (int i = 0; i < RINGS; i++)
        leak_cycle_lose_ring();
    scenario_wipe_stack();
}

const struct scenario leak_cycle_scenario = {
    .name = "leak-cycle",
    .summary = "lost rings: one definite block each, the rest indirect",
    .run = leak_cycle,
    .expected =
        {
            .sites =
                (const struct expected_site[]){
                    {.function = "leak_cycle_node",
                     .allocations = RINGS * RING_NODES,
                     .allocated_bytes = RINGS * RING_NODES * sizeof(struct list_node)},
                    {0},
                },
            .leaks =
                (const struct expected_class[]){
                    {.name = "definite",
                     .blocks = RINGS,
                     .bytes = RINGS * sizeof(struct list_node)},
                    {.name = "indirect",
                     .blocks = RINGS * (RING_NODES - 1),
                     .bytes = RINGS * (RING_NODES - 1) * sizeof(struct list_node)},
                    {"possible", 0, 0},
                    {0},
                },
        },
};
