// SPDX-License-Identifier: MIT
//
// preload_stack_table_test.c - interned stacks: equal ones have one id, others have others, and the
// file leads from the id back to every frame.
#include "preload/profile_writer.h"
#include "preload/stack_table.h"
#include "tests/unit/preload_support.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX 40
#define ROOT_PC 1 // generation 0

struct stack {
    uintptr_t pcs[FRAMES_MAX]; // innermost first
    size_t count;
    uint32_t marker;
    uint32_t id;
};

static struct profile_copy copy;
static const struct profile_node **file_nodes; // by id

static int tear_down(void **state)
{
    free(file_nodes);
    file_nodes = NULL;
    profile_copy_release(&copy);
    copy.bytes = NULL;
    return preload_profile_close(state);
}

// Makes the file's nodes findable by id. Returns how many are published.
static uint32_t load_nodes(uint32_t id_max)
{
    const struct profile_chunk *chunk = NULL;
    uint32_t published = 0;

    profile_copy_load(&copy, preload_scratch.path);
    file_nodes = calloc(id_max + 1, sizeof(file_nodes[0]));
    while ((chunk = profile_copy_next(&copy, chunk, PROFILE_CHUNK_NODES)))
        for (size_t i = 0; i < profile_chunk_records(chunk); i++) {
            const struct profile_node *node = profile_chunk_record(chunk, i);

            published += node->pc != 0;
            if (node->pc && chunk->first_id + i <= id_max)
                file_nodes[chunk->first_id + i] = node;
        }
    return published;
}

static void check_in_file(const struct stack *stack)
{
    uint32_t id = stack->id;

    for (size_t i = 0; i < stack->count; i++) {
        assert_non_null(file_nodes[id]);
        assert_int_equal(file_nodes[id]->pc, stack->pcs[i]);
        id = file_nodes[id]->parent;
    }
    if (stack->marker) {
        assert_int_equal(file_nodes[id]->pc, stack->marker);
        id = file_nodes[id]->parent;
    }
    assert_int_equal(file_nodes[id]->pc, ROOT_PC);
    assert_int_equal(file_nodes[id]->parent, 0);
}

static void intern(struct stack *stack)
{
    stack->id = stack_table_intern(stack->pcs, stack->count, stack->marker);
}

static void test_small(void **state)
{
    struct stack ab = {{0x5001, 0x6001}, 2, 0, 0}, ba = {{0x6001, 0x5001}, 2, 0, 0};
    struct stack a = {{0x5001}, 1, 0, 0}, b = {{0x6001}, 1, 0, 0}, again = ab;

    (void)state;
    intern(&ab);
    intern(&ba);
    intern(&a);
    intern(&b);
    intern(&again);
    assert_int_equal(again.id, ab.id);
    assert_int_not_equal(ab.id, ba.id);
    assert_int_not_equal(a.id, ab.id);
    assert_int_not_equal(b.id, ab.id);
    assert_int_equal(load_nodes(10), 5); // root, a, b, and one below each
    check_in_file(&ab);
    check_in_file(&ba);
    check_in_file(&a);
    check_in_file(&b);
}

static void test_no_frames(void **state)
{
    uint32_t root = stack_table_intern(NULL, 0, 0);

    (void)state;
    assert_int_not_equal(root, 0);
    assert_int_equal(stack_table_intern(NULL, 0, 0), root);
    assert_int_equal(stack_table_child(0, ROOT_PC), root);
}

static void test_markers(void **state)
{
    struct stack stacks[4];

    (void)state;
    for (uint32_t marker = 0; marker < 4; marker++) {
        stacks[marker] = (struct stack){{0x5001, 0x6001}, 2, marker, 0};
        intern(&stacks[marker]);
        for (uint32_t other = 0; other < marker; other++)
            assert_int_not_equal(stacks[marker].id, stacks[other].id);
    }
    load_nodes(20);
    for (uint32_t marker = 0; marker < 4; marker++)
        check_in_file(&stacks[marker]);
}

static void test_highest_address(void **state)
{
    struct stack stack = {{0x7fffffffffffffff, 0x1000}, 2, 0, 0}, again = stack;

    (void)state;
    intern(&stack);
    intern(&again);
    assert_int_equal(stack.id, again.id);
    load_nodes(10);
    check_in_file(&stack);
}

// The reference: a trie over plain arrays.
#define MODEL_NODES (1u << 21)
#define MODEL_BUCKETS (1u << 20)

static struct {
    struct {
        uint64_t pc;
        uint32_t parent, next;
        uint32_t id; // what stack_table said, 0: not asked yet
    } * nodes;
    uint32_t *buckets, *owners; // owners: model node by id
    uint32_t count;
} model;

static void model_init(void)
{
    model.nodes = calloc(MODEL_NODES, sizeof(model.nodes[0]));
    model.buckets = calloc(MODEL_BUCKETS, sizeof(uint32_t));
    model.owners = calloc(MODEL_NODES, sizeof(uint32_t));
    model.count = 0;
}

static void model_release(void)
{
    free(model.nodes);
    free(model.buckets);
    free(model.owners);
}

static uint32_t model_child(uint32_t parent, uint64_t pc)
{
    uint32_t *bucket = &model.buckets[(pc * 31 + parent * 17) % MODEL_BUCKETS];
    uint32_t found = *bucket;

    while (found && (model.nodes[found].pc != pc || model.nodes[found].parent != parent))
        found = model.nodes[found].next;
    if (found)
        return found;
    assert_true(++model.count < MODEL_NODES);
    model.nodes[model.count].pc = pc;
    model.nodes[model.count].parent = parent;
    model.nodes[model.count].next = *bucket;
    return *bucket = model.count;
}

static uint32_t model_intern(const struct stack *stack)
{
    uint32_t node = model_child(0, ROOT_PC);

    if (stack->marker)
        node = model_child(node, stack->marker);
    for (size_t i = stack->count; i > 0; i--)
        node = model_child(node, stack->pcs[i - 1]);
    return node;
}

// Stacks as programs have them: the outer the frame, the fewer choices.
static struct stack random_stack(struct random *random)
{
    struct stack stack = {.count = 1 + random_below(random, FRAMES_MAX - 1)};

    if (random_below(random, 20) == 0)
        stack.marker = 1 + random_below(random, 3);
    for (size_t i = 0; i < stack.count; i++) {
        size_t depth = stack.count - i;
        uint32_t choices = i == 0 ? 40 : depth <= 3 ? 3 : depth % 8 == 0 ? 2 : 1;

        stack.pcs[i] = 0x555500001000 + depth * 0x1000 + random_below(random, choices) * 5;
    }
    return stack;
}

static void test_random_stacks_against_model(void **state)
{
    struct random random = {4711};
    uint32_t id_max;

    (void)state;
    model_init();
    for (unsigned i = 0; i < 200000; i++) {
        struct stack stack = random_stack(&random);
        uint32_t node = model_intern(&stack);

        intern(&stack);
        assert_int_not_equal(stack.id, 0);
        assert_true(stack.id < MODEL_NODES);
        if (model.nodes[node].id) {
            assert_int_equal(stack.id, model.nodes[node].id);
        } else {
            assert_int_equal(model.owners[stack.id], 0); // of no other stack
            model.nodes[node].id = stack.id;
            model.owners[stack.id] = node;
        }
    }
    id_max = model.count;
    assert_true(id_max > 16384 * 4); // the second table is in use
    assert_int_equal(load_nodes(id_max), model.count);
    random.state = 4711;
    for (unsigned i = 0; i < 200000; i++) {
        struct stack stack = random_stack(&random);

        stack.id = model.nodes[model_intern(&stack)].id;
        if (i % 50 == 0)
            check_in_file(&stack);
    }
    model_release();
}

#define SHARED_STACKS 1500
#define OWN_STACKS 300

static struct stack shared[SHARED_STACKS], own[THREADS][OWN_STACKS];
static uint32_t shared_ids[THREADS][SHARED_STACKS];

static unsigned arrived;

// All threads in step, so that they come upon the same new frames at the same moment.
static void intern_together(unsigned thread)
{
    for (unsigned i = 0; i < SHARED_STACKS; i++) {
        __atomic_fetch_add(&arrived, 1, __ATOMIC_ACQ_REL);
        while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) < (i + 1) * THREADS)
            sched_yield();
        shared_ids[thread][i] =
            stack_table_intern(shared[i].pcs, shared[i].count, shared[i].marker);
        if (i < OWN_STACKS)
            intern(&own[thread][i]);
    }
}

static void test_threads(void **state)
{
    struct random random = {99};

    (void)state;
    for (unsigned i = 0; i < SHARED_STACKS; i++) {
        shared[i] = random_stack(&random);
        shared[i].pcs[shared[i].count / 2] = 0x600000000000 + i; // new from there inwards
    }
    for (unsigned thread = 0; thread < THREADS; thread++)
        for (unsigned i = 0; i < OWN_STACKS; i++) {
            own[thread][i] = random_stack(&random);
            own[thread][i].pcs[0] = 0x700000000000 + thread; // of no one else
        }
    run_threads(intern_together);
    for (unsigned i = 0; i < SHARED_STACKS; i++) {
        shared[i].id = shared_ids[0][i];
        assert_int_not_equal(shared[i].id, 0);
        for (unsigned thread = 1; thread < THREADS; thread++)
            assert_int_equal(shared_ids[thread][i], shared[i].id);
        assert_int_equal(stack_table_intern(shared[i].pcs, shared[i].count, shared[i].marker),
                         shared[i].id);
    }
    // equal across the boundary of two tables is not promised: stay below it
    assert_true(load_nodes(1u << 17) < 16384 * 4);
    for (unsigned i = 0; i < SHARED_STACKS; i++)
        check_in_file(&shared[i]);
    for (unsigned thread = 0; thread < THREADS; thread++)
        for (unsigned i = 0; i < OWN_STACKS; i++)
            check_in_file(&own[thread][i]);
}

static void test_reset(void **state)
{
    struct stack stack = {{0x5001, 0x6001}, 2, 0, 0};

    (void)state;
    intern(&stack);
    assert_int_equal(stack.id, 3);
    stack_table_reset();
    intern(&stack);
    assert_int_equal(stack.id, 3);
}

// "Equal stacks have equal ids". An unwinder that has lost its way returns addresses of the upper
// half, and the vsyscall page is there: their bit 63 is taken for PROFILE_PC_SIGNAL, the node is
// never found again, and each event makes a new one until the table is full.
static void test_equal_stacks_with_bit_63_have_equal_ids(void **state)
{
    struct stack stack = {{0x5001, 0xffffffffff600007, 0x6001}, 3, 0, 0}, again = stack;

    (void)state;
    intern(&stack);
    intern(&again);
    assert_int_equal(stack.id, again.id);
}

// A program that calls a NULL function has a frame at 0. Its node would never be published (pc is
// what publishes it), and the stack would break there for every reader. libunwind stops before such
// a frame; an unwinder of our own may not.
static void test_frame_at_address_0_is_published(void **state)
{
    struct stack stack = {{0x5001, 0, 0x6001}, 3, 0, 0};

    (void)state;
    intern(&stack);
    load_nodes(10);
    for (uint32_t id = stack.id; id; id = file_nodes[id]->parent)
        assert_non_null(file_nodes[id]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, preload_profile_open, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_small),
        TEST(test_no_frames),
        TEST(test_markers),
        TEST(test_highest_address),
        TEST(test_random_stacks_against_model),
        TEST(test_threads),
        TEST(test_reset),
        TEST(test_equal_stacks_with_bit_63_have_equal_ids),
        TEST(test_frame_at_address_0_is_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
