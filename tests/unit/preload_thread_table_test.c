// SPDX-License-Identifier: MIT
//
// preload_thread_table_test.c - thread records and slots, with real threads. The tests do by hand
// what hooks_thread.c does around pthread_create.
#include "preload/guard.h"
#include "preload/profile_writer.h"
#include "preload/sys.h"
#include "preload/thread_table.h"
#include "tests/unit/preload_support.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

static struct profile_copy copy;

static int set_up(void **state)
{
    preload_profile_open(state);
    thread_table_init();
    return 0;
}

static int tear_down(void **state)
{
    profile_copy_release(&copy);
    copy.bytes = NULL;
    return preload_profile_close(state);
}

static const struct profile_thread *load(uint32_t serial)
{
    profile_copy_release(&copy);
    profile_copy_load(&copy, preload_scratch.path);
    return profile_copy_record(&copy, PROFILE_CHUNK_THREADS, serial);
}

static struct thread_state *adopt(void)
{
    struct thread_state *self;

    guard_enter();
    self = thread_adopt();
    guard_leave();
    return self;
}

struct start {
    struct thread_state *state; // NULL: not created through us
    void (*body)(void);
};

static void *trampoline(void *argument)
{
    struct start start = *(struct start *)argument;

    if (start.state)
        thread_begin(start.state);
    start.body();
    if (start.state)
        thread_set_exit(PROFILE_THREAD_RETURNED);
    return NULL;
}

static pthread_t create(struct start *start)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, trampoline, start), 0);
    return thread;
}

static void nothing(void) {}

static uint32_t run_one(void (*body)(void))
{
    struct start start = {thread_prepare(7, false), body};
    uint32_t id = start.state->record->claim;
    pthread_t thread = create(&start);

    pthread_join(thread, NULL);
    return id;
}

static void test_main_thread(void **state)
{
    struct thread_state *self = adopt();
    const struct profile_thread *record;
    int local;

    (void)state;
    assert_non_null(self);
    assert_ptr_equal(thread_self, self);
    assert_int_equal(self->tid, sys_thread_id());
    assert_true((uintptr_t)&local >= self->stack_low && (uintptr_t)&local < self->stack_high);
    assert_false(thread_is_many);
    assert_false(guard_is_held());
    record = load(1);
    assert_int_equal(record->serial, 1);
    assert_int_equal(record->tid, sys_thread_id());
    assert_int_equal(record->origin, PROFILE_ORIGIN_MAIN);
    assert_int_equal(record->pthread, pthread_self());
    assert_true(record->start_ns >= record->create_ns && record->create_ns > 0);
    assert_int_equal(record->end_ns, 0);
    assert_int_equal(profile_header->threads_alive, 1);
    assert_int_equal(profile_header->threads_peak, 1);
}

static uintptr_t seen_sp;
static struct thread_state seen;

static void look(void)
{
    seen_sp = arch_stack_pointer();
    seen = *thread_self;
}

static void test_created_thread(void **state)
{
    const struct profile_thread *record;
    uint32_t id;

    (void)state;
    adopt();
    id = run_one(look);
    assert_int_equal(id, 2);
    assert_true(thread_is_many);
    assert_true(seen_sp >= seen.stack_low && seen_sp < seen.stack_high);
    record = load(id);
    assert_int_equal(record->serial, id);
    assert_int_equal(record->origin, PROFILE_ORIGIN_CREATED);
    assert_int_equal(record->creation_stack, 7);
    assert_int_equal(record->exit_kind, PROFILE_THREAD_RETURNED);
    assert_int_equal(record->join_kind, PROFILE_JOIN_NONE);
    assert_true(record->create_ns <= record->start_ns && record->start_ns <= record->end_ns);
    assert_int_equal(profile_header->threads_alive, 1);
    assert_int_equal(profile_header->threads_peak, 2);
}

static void *exit_by_call(void *argument)
{
    thread_begin(argument);
    thread_set_exit(PROFILE_THREAD_PTHREAD_EXIT);
    pthread_exit(NULL);
    return NULL;
}

static void *exit_by_cancel(void *argument)
{
    thread_begin(argument);
    for (;;)
        pthread_testcancel();
    return NULL;
}

static void test_exit_kinds(void **state)
{
    pthread_t thread;

    (void)state;
    adopt();
    assert_int_equal(pthread_create(&thread, NULL, exit_by_call, thread_prepare(7, false)), 0);
    pthread_join(thread, NULL);
    assert_int_equal(load(2)->exit_kind, PROFILE_THREAD_PTHREAD_EXIT);
    assert_int_equal(pthread_create(&thread, NULL, exit_by_cancel, thread_prepare(7, false)), 0);
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    if (load(3)->tid) // else cancelled before it began
        assert_int_equal(load(3)->exit_kind, PROFILE_THREAD_CANCELLED);
}

static void adopt_here(void)
{
    adopt();
}

static void test_adopted_thread(void **state)
{
    struct start start = {NULL, adopt_here};

    (void)state;
    adopt();
    pthread_join(create(&start), NULL);
    assert_int_equal(load(2)->origin, PROFILE_ORIGIN_ADOPTED);
    assert_int_equal(load(2)->creation_stack, 0);
    assert_true(load(2)->end_ns > 0);
    assert_true(thread_is_many);
}

static void name_itself(void)
{
    pthread_setname_np(pthread_self(), "its own name");
}

static void test_name_at_the_end(void **state)
{
    (void)state;
    adopt();
    assert_string_equal(load(run_one(name_itself))->name, "its own name");
}

static void test_detached(void **state)
{
    struct thread_state *created = thread_prepare(1, true);

    (void)state;
    assert_int_equal(created->record->join_kind, PROFILE_JOIN_DETACHED);
    thread_abandon(created);
}

static void test_abandoned(void **state)
{
    struct thread_state *first, *second;

    (void)state;
    adopt();
    first = thread_prepare(1, false);
    thread_abandon(first);
    second = thread_prepare(1, false);
    assert_ptr_equal(second, first); // the slot is free at once
    assert_int_equal(second->record->claim, 3);
    assert_int_equal(load(2)->serial, 0); // a record that nobody sees
    assert_int_equal(profile_header->threads_alive, 1);
}

// A slot comes back once the kernel knows its thread no more.
static void test_slot_is_used_again(void **state)
{
    struct thread_state *next;
    uint32_t slot;

    (void)state;
    adopt();
    run_one(look);
    slot = seen.slot;
    for (int i = 0; i < 1000000 && sys_thread_is_alive(seen.tid); i++)
        sched_yield();
    next = thread_prepare(7, false);
    assert_int_equal(next->slot, slot);
    assert_int_equal(next->record->claim, 3); // another thread all the same
    assert_null(next->last_block);
    assert_int_equal(next->destructor_rounds, 0);
}

static pthread_barrier_t meeting;

static void meet(void)
{
    pthread_barrier_wait(&meeting);
    pthread_barrier_wait(&meeting);
}

static void test_find(void **state)
{
    struct start starts[THREADS];
    pthread_t threads[THREADS];

    (void)state;
    adopt();
    assert_null(thread_find((pthread_t)1));
    pthread_barrier_init(&meeting, NULL, THREADS + 1);
    for (unsigned i = 0; i < THREADS; i++) {
        starts[i] = (struct start){thread_prepare(i + 1, false), meet};
        threads[i] = create(&starts[i]);
    }
    pthread_barrier_wait(&meeting);
    for (unsigned i = 0; i < THREADS; i++) {
        assert_ptr_equal(thread_find(threads[i]), starts[i].state->record);
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(starts[i].state->slot, starts[j].state->slot);
    }
    assert_int_equal(profile_header->threads_alive, THREADS + 1);
    pthread_barrier_wait(&meeting);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&meeting);
    assert_int_equal(profile_header->threads_alive, 1);
    assert_int_equal(profile_header->threads_peak, THREADS + 1);
}

// A pthread_t that comes back means the newest thread.
static void test_find_newest(void **state)
{
    struct thread_state *first = thread_prepare(1, false), *second = thread_prepare(2, false);

    (void)state;
    thread_publish(first->record, (pthread_t)0x1000);
    assert_ptr_equal(thread_find((pthread_t)0x1000), first->record);
    thread_publish(second->record, (pthread_t)0x1000);
    assert_ptr_equal(thread_find((pthread_t)0x1000), second->record);
    assert_int_equal(load(1)->serial, 1);
    assert_int_equal(load(2)->serial, 2);
}

// thread_table.h: "neither joined nor detached; NULL if there is none".
static void test_find_only_what_can_be_joined(void **state)
{
    struct thread_state *first = thread_prepare(1, false), *second = thread_prepare(2, true);

    (void)state;
    thread_publish(first->record, (pthread_t)0x1000);
    first->record->join_kind = PROFILE_JOIN_JOINED;
    thread_publish(second->record, (pthread_t)0x2000);
    assert_null(thread_find((pthread_t)0x1000));
    assert_null(thread_find((pthread_t)0x2000));
}

static void test_finish(void **state)
{
    struct start start;
    pthread_t thread;

    (void)state;
    adopt();
    pthread_barrier_init(&meeting, NULL, 2);
    start = (struct start){thread_prepare(1, false), meet};
    thread = create(&start);
    pthread_barrier_wait(&meeting);
    pthread_setname_np(thread, "still running");
    pthread_setname_np(pthread_self(), "ending");
    thread_table_finish(false);
    assert_string_equal(load(1)->name, "ending");
    assert_string_not_equal(load(2)->name, "still running");
    thread_table_finish(true);
    pthread_barrier_wait(&meeting);
    assert_string_equal(load(2)->name, "still running");
    assert_true(load(1)->cpu_ns > 0);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&meeting);
}

#define STORM 500

static void storm(unsigned thread)
{
    (void)thread;
    for (int i = 0; i < STORM; i++) {
        struct start start = {thread_prepare(7, false), nothing};
        pthread_t created;

        if (!start.state || pthread_create(&created, NULL, trampoline, &start) != 0)
            continue;
        pthread_join(created, NULL);
    }
}

static void test_storm(void **state)
{
    const struct profile_thread *record;

    (void)state;
    adopt();
    run_threads(storm);
    for (uint32_t id = 2; id <= THREADS * STORM + 1; id += 50) {
        record = load(id);
        assert_int_equal(record->serial, id);
        assert_int_equal(record->exit_kind, PROFILE_THREAD_RETURNED);
        assert_true(record->end_ns >= record->start_ns);
    }
    assert_int_equal(profile_header->threads_alive, 1);
    // slots come back, or this would be THREADS * STORM
    assert_true(thread_prepare(7, false)->slot < THREADS * STORM / 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_main_thread),
        TEST(test_created_thread),
        TEST(test_exit_kinds),
        TEST(test_adopted_thread),
        TEST(test_name_at_the_end),
        TEST(test_detached),
        TEST(test_abandoned),
        TEST(test_slot_is_used_again),
        TEST(test_find),
        TEST(test_find_newest),
        TEST(test_find_only_what_can_be_joined),
        TEST(test_finish),
        TEST(test_storm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
