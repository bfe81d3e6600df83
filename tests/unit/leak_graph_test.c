// SPDX-License-Identifier: MIT
//
// leak_graph_test.c - Memcheck's classes of known graphs, and of random ones against a slow and
// simple reading of Memcheck's manual.
#include "report/leaks/leak_group.h"
#include "report/leaks/leak_sweep.h"
#include "tests/unit/leak_support.h"

#include <stdlib.h>
#include <string.h>

#define D PROFILE_LEAK_DEFINITE
#define I PROFILE_LEAK_INDIRECT
#define P PROFILE_LEAK_POSSIBLE
#define R PROFILE_LEAK_REACHABLE
#define EDGES(...)                                                                                 \
    (struct leak_test_edge[]){__VA_ARGS__},                                                        \
        sizeof((struct leak_test_edge[]){__VA_ARGS__}) / sizeof(struct leak_test_edge)

static struct leak_blocks blocks;
static struct leak_graph graph;
static struct leak_cliques cliques;

static int tear_down(void **state)
{
    (void)state;
    free(cliques.cliques);
    cliques = (struct leak_cliques){0};
    leak_test_graph_release(&graph, &blocks);
    return 0;
}

static void make(size_t count, const struct leak_test_edge *edges, size_t edge_count)
{
    leak_test_graph(&graph, &blocks, count);
    leak_test_edges(&graph, edges, edge_count);
}

static void check_classes(const char *expected)
{
    static const char letters[] = {[D] = 'D', [I] = 'I', [P] = 'P', [R] = 'R'};
    char classes[64] = "";
    assert_int_equal(leak_graph_classify(&graph, &cliques), 0);
    for (uint32_t i = 0; i < blocks.count; i++)
        classes[i] = letters[leak_graph_class(&graph, i)];
    assert_string_equal(classes, expected);
}

static void check_clique(size_t index, uint32_t leader, uint32_t indirect_blocks)
{
    assert_true(index < cliques.count);
    assert_int_equal(cliques.cliques[index].block, leader);
    assert_int_equal(cliques.cliques[index].indirect_blocks, indirect_blocks);
    assert_int_equal(cliques.cliques[index].indirect_bytes, 16 * indirect_blocks);
}

// --- known graphs

static void test_nothing_points(void **state)
{
    (void)state;
    make(3, NULL, 0);
    graph.info[1] |= LEAK_INFO_ROOT;
    check_classes("DRD");
    assert_int_equal(cliques.count, 0);
}

static void test_chains(void **state)
{
    (void)state;
    make(6, EDGES({0, 1, 0}, {1, 2, 0}, {3, 4, 0}, {4, 5, 0}));
    graph.info[0] |= LEAK_INFO_ROOT;
    check_classes("RRRDII");
    check_clique(0, 3, 2);
}

static void test_inner_pointers_make_possible(void **state)
{
    (void)state;
    make(7, EDGES({0, 1, 4}, {1, 2, 0}, {3, 4, 0}, {5, 6, 8}));
    graph.info[0] |= LEAK_INFO_ROOT;
    graph.info[3] |= LEAK_INFO_INNER;
    check_classes("RPPPPDI");
}

// Reached in both ways, at whatever place of the walk: the better one counts, for what hangs on it
// as well.
static void test_possible_becomes_reachable(void **state)
{
    (void)state;
    make(5, EDGES({0, 2, 8}, {1, 3, 0}, {2, 4, 0}, {3, 2, 0}));
    graph.info[0] |= LEAK_INFO_ROOT;
    graph.info[1] |= LEAK_INFO_ROOT;
    check_classes("RRRRR");
}

static void test_cycle_has_one_head(void **state)
{
    (void)state;
    make(4, EDGES({0, 1, 0}, {1, 2, 0}, {2, 0, 0}, {3, 3, 0}));
    check_classes("DIID");
    check_clique(0, 0, 2);
    assert_int_equal(cliques.count, 1);
}

// Block 1 leads 0's list until block 3 turns out to point to 1.
static void test_later_leader_absorbs(void **state)
{
    (void)state;
    make(5, EDGES({1, 0, 0}, {1, 2, 0}, {3, 1, 0}, {4, 3, 4}));
    check_classes("IIIID");
    struct profile_leak *leaks;
    size_t count;
    struct region region = {0};
    assert_int_equal(leak_group_make(&graph, &cliques, &region, &leaks, &count), 0);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(leaks[i].indirect_blocks, leaks[i].stack == 5 ? 4 : 0);
    region_release(&region);
}

// What two leaders reach belongs to the first.
static void test_shared_block_counts_once(void **state)
{
    (void)state;
    make(3, EDGES({0, 2, 0}, {1, 2, 0}));
    check_classes("DDI");
    check_clique(0, 0, 1);
    assert_int_equal(cliques.count, 1);
}

static void test_long_list_needs_no_stack(void **state)
{
    (void)state;
    enum { COUNT = 300000 };
    struct leak_test_edge *edges = calloc(COUNT, sizeof(edges[0]));
    assert_non_null(edges);
    for (uint32_t i = 0; i + 1 < COUNT; i++)
        edges[i] = (struct leak_test_edge){i, i + 1, 0};
    make(COUNT, edges, COUNT - 1);
    free(edges);
    assert_int_equal(leak_graph_classify(&graph, &cliques), 0);
    assert_int_equal(leak_graph_class(&graph, COUNT - 1), I);
    check_clique(0, 0, COUNT - 1);
}

// --- heuristics

static void test_as_good_as_a_start(void **state)
{
    (void)state;
    make(6, EDGES({0, 1, 8}, {0, 2, 24}, {0, 3, 16}, {0, 4, 16}, {0, 5, 16}));
    graph.vtables = calloc(2, sizeof(graph.vtables[0]));
    assert_non_null(graph.vtables);
    graph.vtables[0] = (struct leak_inner_vtable){3, 16};
    graph.vtables[1] = (struct leak_inner_vtable){4, 8};
    graph.vtable_count = 2;
    graph.info[0] |= LEAK_INFO_ROOT;
    graph.info[1] |= LEAK_INFO_COUNT;
    graph.info[2] |= LEAK_INFO_STRING;
    graph.info[3] |= LEAK_INFO_VTABLE;
    graph.info[4] |= LEAK_INFO_VTABLE;
    graph.info[5] |= LEAK_INFO_COUNT | LEAK_INFO_STRING;
    check_classes("RRRRPP");
}

static void test_shapes(void **state)
{
    (void)state;
    assert_int_equal(leak_sweep_shape((uint64_t[]){800, 0}, 808), LEAK_INFO_COUNT); // length
    assert_int_equal(leak_sweep_shape((uint64_t[]){10, 0}, 8 + 10 * 24), LEAK_INFO_COUNT);
    assert_int_equal(leak_sweep_shape((uint64_t[]){7, 0}, 8 + 10 * 24), 0);
    assert_int_equal(leak_sweep_shape((uint64_t[]){0, 0}, 808), 0);
    assert_int_equal(leak_sweep_shape((uint64_t[]){1, 0}, 8), 0);
    assert_int_equal(leak_sweep_shape((uint64_t[]){5, 15}, 40), LEAK_INFO_STRING);
    assert_int_equal(leak_sweep_shape((uint64_t[]){16, 15}, 40), LEAK_INFO_COUNT);
    assert_int_equal(leak_sweep_shape((uint64_t[]){17, 15}, 40), 0);
    assert_int_equal(leak_sweep_shape((uint64_t[]){5, 15}, 41), 0);
    assert_int_equal(leak_sweep_shape((uint64_t[]){UINT64_MAX, UINT64_MAX}, 24), 0);
}

// --- random graphs

enum { BLOCKS = 40, EDGE_COUNT = 60 };

// All that can be reached from what `reached` says, over pointers to starts or over all.
static void spread(const struct leak_test_edge *edges, bool *reached, bool only_starts)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < EDGE_COUNT; i++)
            if (reached[edges[i].from] && !reached[edges[i].to] &&
                !(only_starts && edges[i].offset)) {
                reached[edges[i].to] = true;
                changed = true;
            }
    }
}

// What a leader reaches over blocks that are not taken yet.
static void take_in(const struct leak_test_edge *edges, size_t leader, uint32_t *classes)
{
    bool taken[BLOCKS] = {false};
    taken[leader] = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < EDGE_COUNT; i++) {
            uint32_t to = edges[i].to;
            if (taken[edges[i].from] && to != leader && classes[to] == D) {
                classes[to] = I;
                taken[to] = changed = true;
            }
        }
    }
}

static void classify_slowly(const struct leak_test_edge *edges, const bool *roots,
                            const bool *inner_roots, uint32_t *ret_classes)
{
    bool reachable[BLOCKS], possible[BLOCKS];
    memcpy(reachable, roots, sizeof(reachable));
    spread(edges, reachable, true);
    for (size_t i = 0; i < BLOCKS; i++)
        possible[i] = reachable[i] || inner_roots[i];
    spread(edges, possible, false);
    for (size_t i = 0; i < BLOCKS; i++)
        ret_classes[i] = reachable[i] ? R : possible[i] ? P : D;
    for (size_t i = 0; i < BLOCKS; i++)
        if (ret_classes[i] == D)
            take_in(edges, i, ret_classes);
}

static int by_from(const void *a, const void *b)
{
    const struct leak_test_edge *one = a, *other = b;
    return (one->from > other->from) - (one->from < other->from);
}

static void check_random_graph(uint64_t seed)
{
    struct leak_test_edge edges[EDGE_COUNT];
    bool roots[BLOCKS] = {false}, inner_roots[BLOCKS] = {false};
    uint32_t classes[BLOCKS], indirect = 0, counted = 0;
    for (size_t i = 0; i < EDGE_COUNT; i++)
        edges[i] = (struct leak_test_edge){leak_test_random(&seed) % BLOCKS,
                                           leak_test_random(&seed) % BLOCKS,
                                           leak_test_random(&seed) % 4 ? 0 : 8};
    qsort(edges, EDGE_COUNT, sizeof(edges[0]), by_from);
    make(BLOCKS, edges, EDGE_COUNT);
    for (int i = 0; i < 3; i++) {
        uint32_t root = leak_test_random(&seed) % BLOCKS, inner = leak_test_random(&seed) % BLOCKS;
        roots[root] = inner_roots[inner] = true;
        graph.info[root] |= LEAK_INFO_ROOT;
        graph.info[inner] |= LEAK_INFO_INNER;
    }
    classify_slowly(edges, roots, inner_roots, classes);
    assert_int_equal(leak_graph_classify(&graph, &cliques), 0);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        assert_int_equal(leak_graph_class(&graph, i), classes[i]);
        indirect += classes[i] == I;
    }
    for (size_t i = 0; i < cliques.count; i++)
        if (leak_graph_class(&graph, cliques.cliques[i].block) == D)
            counted += cliques.cliques[i].indirect_blocks;
    assert_int_equal(counted, indirect);
}

static void test_random_graphs(void **state)
{
    for (uint64_t seed = 1; seed <= 500; seed++) {
        check_random_graph(seed);
        tear_down(state);
    }
    make(0, NULL, 0);
}

// --- records

static void test_records_by_stack_and_class(void **state)
{
    (void)state;
    static const uint32_t stacks[] = {7, 7, 9, 7, 9};
    struct region region = {0};
    struct profile_leak *leaks;
    size_t count;
    make(5, EDGES({3, 4, 0}));
    for (size_t i = 0; i < 5; i++)
        blocks.leaves[0].slots[i] = 10 * (i + 1) | (uint64_t)stacks[i]
                                                       << (PROFILE_LIVE_SIZE_BITS + 2);
    graph.info[1] |= LEAK_INFO_ROOT;
    check_classes("DRDDI");
    assert_int_equal(leak_group_make(&graph, &cliques, &region, &leaks, &count), 0);
    const struct profile_leak expected[] = {
        {.stack = 7,
         .class = D,
         .blocks = 2,
         .bytes = 50,
         .indirect_blocks = 1,
         .indirect_bytes = 50},
        {.stack = 9, .class = I, .blocks = 1, .bytes = 50},
        {.stack = 9, .class = D, .blocks = 1, .bytes = 30},
        {.stack = 7, .class = R, .blocks = 1, .bytes = 20},
    };
    assert_int_equal(count, sizeof(expected) / sizeof(expected[0]));
    assert_memory_equal(leaks, expected, sizeof(expected));
    region_release(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_nothing_points, tear_down),
        cmocka_unit_test_teardown(test_chains, tear_down),
        cmocka_unit_test_teardown(test_inner_pointers_make_possible, tear_down),
        cmocka_unit_test_teardown(test_possible_becomes_reachable, tear_down),
        cmocka_unit_test_teardown(test_cycle_has_one_head, tear_down),
        cmocka_unit_test_teardown(test_later_leader_absorbs, tear_down),
        cmocka_unit_test_teardown(test_shared_block_counts_once, tear_down),
        cmocka_unit_test_teardown(test_long_list_needs_no_stack, tear_down),
        cmocka_unit_test_teardown(test_as_good_as_a_start, tear_down),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test_teardown(test_random_graphs, tear_down),
        cmocka_unit_test_teardown(test_records_by_stack_and_class, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
