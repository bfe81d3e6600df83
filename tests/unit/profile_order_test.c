// SPDX-License-Identifier: MIT
//
// profile_order_test.c - circles in the order of locks: which can be a deadlock, which not and why,
// and what may not cost too much. Deadlocks that happened.
#include "tests/unit/profile_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { A = 1, B, C, D, E, GATE, LOCKS };

static int set_up_locks(void **state)
{
    set_up(state);
    for (uint64_t i = A; i < LOCKS; i++)
        builder_lock(&built, &(struct profile_lock){.address = 0x600000 + 0x40 * i});
    return 0;
}

// `thread` acquires `lock` holding `held_lock`, and what the nesting `held` says.
static uint32_t nest(uint32_t held, uint32_t held_lock, uint32_t lock, uint32_t thread)
{
    return builder_nesting(
        &built, &(struct profile_lock_nesting){
                    .lock = lock, .held_lock = held_lock, .held = held, .thread = thread});
}

static struct profile_lock_nesting *nesting(uint32_t id)
{
    return (struct profile_lock_nesting *)built.nestings.records + id - 1;
}

static void assert_one(enum order_kind kind, const char *why, size_t lock_count)
{
    load_built(&profile, &built);
    assert_int_equal(profile.order_count, 1);
    const struct order_cycle *cycle = &profile.order[0];
    assert_int_equal(cycle->kind, kind);
    if (why)
        assert_string_equal(cycle->why, why);
    else
        assert_null(cycle->why);
    assert_int_equal(cycle->lock_count, lock_count);
    assert_int_equal(cycle->edge_count, lock_count);
    for (size_t i = 0; i < lock_count; i++)
        assert_int_equal(cycle->edges[i].to, (cycle->edges[i].from + 1) % lock_count);
    profile_release(&profile);
}

static void assert_none(void)
{
    load_built(&profile, &built);
    assert_int_equal(profile.order_count, 0);
    profile_release(&profile);
}

// --- potential deadlocks

static void test_two_locks(void **state)
{
    (void)state;
    nest(0, A, B, 1);
    nest(0, B, A, 2);
    assert_one(ORDER_POTENTIAL, NULL, 2);
}

static void test_three_and_five_locks(void **state)
{
    (void)state;
    nest(0, A, B, 1);
    nest(0, B, C, 2);
    nest(0, C, A, 3);
    assert_one(ORDER_POTENTIAL, NULL, 3);
    built.nestings.count--;
    nest(0, C, D, 1);
    nest(0, D, E, 1);
    nest(0, E, A, 1);
    assert_one(ORDER_POTENTIAL, NULL, 5);
}

static void test_one_order_is_fine(void **state)
{
    (void)state;
    uint32_t ab = nest(0, A, B, 1);
    nest(ab, B, C, 2);
    nest(0, A, C, 3);
    nest(0, B, C, 4);
    assert_none();
}

static void test_stacks_and_threads(void **state)
{
    (void)state;
    nest(0, A, B, 7);
    nest(0, B, A, 7);
    nesting(1)->other_thread = 9;
    nesting(1)->stack = 11;
    nesting(1)->held_stack = 12;
    nesting(2)->stack = 13;
    nesting(2)->held_stack = 14;
    load_built(&profile, &built);
    const struct order_edge *edges = profile.order[0].edges;
    assert_int_equal(profile.order[0].locks[0]->id, A);
    assert_int_equal(profile.order[0].kind, ORDER_POTENTIAL);
    assert_int_equal(edges[0].thread, 9);
    assert_int_equal(edges[0].stack_to, 11);
    assert_int_equal(edges[0].stack_from, 12);
    assert_int_equal(edges[1].thread, 7);
    assert_int_equal(edges[1].stack_to, 13);
    assert_int_equal(edges[1].stack_from, 14);
}

// A, B, C one inside the other; C, then A: the edge is from the outermost.
static void test_outer_locks_count(void **state)
{
    (void)state;
    uint32_t ab = nest(0, A, B, 1);
    uint32_t abc = nest(ab, B, C, 1);
    nest(0, C, A, 2);
    nesting(ab)->held_stack = 21;
    nesting(abc)->stack = 22;
    load_built(&profile, &built);
    // that of A, B and C is no news
    assert_int_equal(profile.order_count, 1);
    const struct order_cycle *cycle = &profile.order[0];
    assert_int_equal(cycle->kind, ORDER_POTENTIAL);
    assert_int_equal(cycle->lock_count, 2);
    assert_int_equal(cycle->locks[0]->id, A);
    assert_int_equal(cycle->locks[1]->id, C);
    assert_int_equal(cycle->edges[0].stack_from, 21);
    assert_int_equal(cycle->edges[0].stack_to, 22);
}

// --- what prevents one

static void test_gate(void **state)
{
    (void)state;
    uint32_t ga = nest(0, GATE, A, 1), gb = nest(0, GATE, B, 2);
    nest(ga, A, B, 1);
    nest(gb, B, A, 2);
    assert_one(ORDER_INCONSISTENCY, "gate", 2);
    nest(0, B, A, 3); // somebody does it without
    assert_one(ORDER_POTENTIAL, NULL, 2);
}

static void test_gate_held_to_read(void **state)
{
    (void)state;
    uint32_t ga = nest(0, GATE, A, 1), gb = nest(0, GATE, B, 2);
    uint32_t gab = nest(ga, A, B, 1), gba = nest(gb, B, A, 2);
    nesting(ga)->held_mode = nesting(gb)->held_mode = PROFILE_ACQUIRE_READ;
    assert_int_not_equal(gab, gba);
    assert_one(ORDER_POTENTIAL, NULL, 2);
    nesting(gb)->held_mode = 0;
    assert_one(ORDER_INCONSISTENCY, "gate", 2);
}

static void test_one_thread(void **state)
{
    (void)state;
    nest(0, A, B, 1);
    nest(0, B, A, 1);
    assert_one(ORDER_INCONSISTENCY, "one thread", 2);
    nesting(2)->other_thread = 5;
    assert_one(ORDER_POTENTIAL, NULL, 2);
}

static void test_read_locks(void **state)
{
    (void)state;
    nest(0, A, B, 1);
    nest(0, B, A, 2);
    nesting(1)->mode = PROFILE_ACQUIRE_READ;
    assert_one(ORDER_POTENTIAL, NULL, 2);
    nesting(2)->held_mode = PROFILE_ACQUIRE_READ; // of B, which 1 waits for to read
    assert_one(ORDER_INCONSISTENCY, "read locks", 2);
}

static void test_tries_do_not_wait(void **state)
{
    (void)state;
    nest(0, A, B, 1);
    nest(0, B, A, 2);
    nesting(2)->mode = PROFILE_ACQUIRE_TRY;
    assert_none();
    nesting(2)->mode = 0;
    nesting(1)->held_mode = PROFILE_ACQUIRE_TRY; // but what they got is held
    assert_one(ORDER_POTENTIAL, NULL, 2);
}

static void test_recursion(void **state)
{
    (void)state;
    nest(0, A, A, 1);
    uint32_t ab = nest(0, A, B, 1);
    nest(ab, B, A, 2);
    assert_none();
}

static void test_generations(void **state)
{
    (void)state;
    ((struct profile_lock *)built.locks.records)[C - 1] =
        (struct profile_lock){.address = 0x600000 + 0x40 * A, .generation = 1};
    nest(0, A, B, 1);
    nest(0, B, C, 2); // at the address of A, but another lock
    assert_none();
}

// --- hostile

static void test_chains_that_make_no_sense(void **state)
{
    (void)state;
    nest(2, A, B, 1);
    nest(1, B, A, 2); // each was acquired by the other
    nest(3, C, C, 1);
    nest(99, D, E, 1);
    nest(1, E, D, 2); // which is of B
    nest(0, 88, E, 1);
    nest(0, E, UINT32_MAX, 1);
    load_built(&profile, &built);
    free(rendered(&profile, "text", "all"));
    free(rendered(&profile, "json", "all"));
    assert_true(has_note(&profile, "2 nestings"));
}

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

// Everybody takes everything in any order.
static void test_dense_graph(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (uint64_t i = 0; i < 500; i++)
        builder_lock(&built, &(struct profile_lock){.address = 0x700000 + 0x40 * i});
    for (uint32_t i = 0; i < 100000; i++)
        nest(next_random(&seed) % (i + 1), 1 + next_random(&seed) % 500,
             1 + next_random(&seed) % 500, 1 + i % 7);
    double start = seconds();
    load_built(&profile, &built);
    assert_true(seconds() - start < 20);
    assert_true(profile.order_count <= 1000);
    assert_true(has_note(&profile, "not all were compared"));
    free(rendered(&profile, "text", "order"));
}

// A chain of nestings that is as long as the file.
static void test_endless_chain(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 20000; i++)
        builder_lock(&built, &(struct profile_lock){.address = 0x700000 + 0x40 * i});
    for (uint32_t i = 0; i < 20000; i++)
        nest(i, i + 1, i + 2, 1);
    double start = seconds();
    load_built(&profile, &built);
    assert_true(seconds() - start < 20);
}

// A circle of very many locks is not followed; real programs with very many locks are no problem.
static void test_many_locks(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 100000; i++)
        builder_lock(&built, &(struct profile_lock){.address = 0x10000000 + 0x40 * i});
    for (uint32_t i = 1; i < 100000; i++) {
        uint32_t outer = nest(0, A, 6 + i, 1 + i % 9);
        nest(outer, 6 + i, B, 1 + i % 9);
    }
    nest(0, B, A, 3);
    double start = seconds();
    load_built(&profile, &built);
    assert_true(seconds() - start < 5);
    assert_int_equal(profile.order[0].kind, ORDER_POTENTIAL);
    assert_int_equal(profile.order[0].lock_count, 2);
}

// --- deadlocks

static void test_deadlocks(void **state)
{
    (void)state;
    profile_builder_fill_locks(&built);
    load_built(&profile, &built);
    const struct order_cycle *two = &profile.order[0], *self = two + 1, *orphan = two + 2;
    assert_int_equal(two->kind, ORDER_DEADLOCK);
    assert_string_equal(two->why, "cycle");
    assert_int_equal(two->edge_count, 2);
    assert_int_equal(two->edges[0].thread, 2);
    assert_int_equal(two->edges[0].from, 1);
    assert_int_equal(two->edges[0].to, 0);
    assert_int_equal(two->edges[0].stack_from, two->edges[1].owner_stack);
    assert_string_equal(self->why, "self");
    assert_int_equal(self->edges[0].from, 0);
    assert_string_equal(orphan->why, "orphan");
    assert_int_equal(orphan->edges[0].from, ORDER_NO_LOCK);
    assert_int_equal(orphan->edges[0].owner, 2);
    assert_int_equal(profile.order[3].kind, ORDER_POTENTIAL);
}

static void test_incomplete_deadlocks(void **state)
{
    (void)state;
    const struct profile_deadlock_link links[] = {
        {.deadlock = 1, .link_count = 2, .lock = A},
        {.deadlock = 2, .link_count = UINT32_MAX, .lock = A},
        {.deadlock = 3, .link_count = 0, .lock = A},
        {.deadlock = 4, .link_count = 1, .lock = 999},
        {.deadlock = 5, .link_count = 2, .lock = A},
        {.deadlock = 5, .link_count = 2, .lock = B}, // both are the first
        {.deadlock = 6, .link_count = 1, .lock = B, .kind = 9},
        {.deadlock = 7, .link_count = 1, .lock = B},
    };
    for (size_t i = 0; i < 8; i++) {
        struct profile_deadlock_link link = links[i];
        link.kind = link.kind ? link.kind : PROFILE_DEADLOCK_CYCLE;
        builder_deadlock(&built, &link);
    }
    load_built(&profile, &built);
    assert_int_equal(profile.order_count, 1);
    assert_int_equal(profile.order[0].number, 7);
    assert_true(has_note(&profile, "6 deadlocks are recorded in part"));
}

static char *one_deadlock(uint32_t number, int expected)
{
    char *text = NULL;
    size_t length;
    struct render_options options = {.view = view_find("all"), .rows = ROWS_DEFAULT};
    FILE *out = open_memstream(&text, &length);
    assert_int_equal(render_deadlock(&profile, &options, number, out), expected);
    fclose(out);
    return text;
}

static void test_one_deadlock(void **state)
{
    (void)state;
    profile_builder_fill_locks(&built);
    load_built(&profile, &built);
    char *text = one_deadlock(1, 0);
    assert_int_equal(strncmp(text,
                             "gaiaprof: deadlock: 2 threads of demo (pid 4711) wait for each "
                             "other\n",
                             69),
                     0);
    assert_non_null(strstr(text, "thread 2 worker waits for 0x603040 (rwlock), held by thread 3"));
    assert_non_null(strstr(text, "it holds 0x603000 (mutex), acquired in\n"));
    free(text);
    text = one_deadlock(3, 0);
    assert_non_null(strstr(text, "held by thread 2 worker, which has ended\n"));
    free(text);
    free(one_deadlock(4, -2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_two_locks, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_three_and_five_locks, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_one_order_is_fine, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_stacks_and_threads, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_outer_locks_count, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_gate, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_gate_held_to_read, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_one_thread, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_read_locks, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_tries_do_not_wait, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_recursion, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_generations, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_chains_that_make_no_sense, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_dense_graph, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_endless_chain, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_many_locks, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_deadlocks, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_incomplete_deadlocks, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_one_deadlock, set_up_locks, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
