// SPDX-License-Identifier: MIT
//
// preload_lock_wait_test.c - waits: how long, from where, because of whom. Time is what the test
// says, and one thread plays all.
#include "preload/guard.h"
#include "preload/lock_use.h"
#include "preload/lock_wait.h"
#include "preload/profile_writer.h"
#include "preload/recording.h"
#include "tests/unit/preload_lock_support.h"

#include <string.h>

#define SPIN PROFILE_LOCK_SPIN
#define CONDITION PROFILE_LOCK_CONDITION
#define HANDOVERS 16 // remembered, see lock_wait.c

static struct lock_call calls[LOCK_THREADS];

static void begin(unsigned thread, const void *lock, enum profile_lock_kind kind, unsigned mode,
                  uint32_t stack)
{
    lock_be(thread);
    lock_wait_begin(&calls[thread], lock, kind, mode, at(stack));
}

static void end(unsigned thread, enum lock_outcome outcome)
{
    lock_be(thread);
    lock_wait_end(&calls[thread], outcome);
}

static void wait_for(unsigned thread, const void *lock, enum profile_lock_kind kind,
                     uint64_t wait_ns, uint32_t stack)
{
    begin(thread, lock, kind, 0, stack);
    lock_clock_ns += wait_ns;
    end(thread, LOCK_ACQUIRED);
}

static void hand_over(unsigned thread, const void *lock, uint32_t stack)
{
    lock_hand_over(lock_threads[thread], lock_find(lock), at(stack));
}

// The wait records of a lock and a stack, together.
static struct profile_lock_wait wait_of(const void *lock, uint32_t stack)
{
    struct profile_lock_wait sum = {0};
    const struct profile_lock_wait *wait;
    uint32_t id = lock_id_of(lock, 0);

    for (size_t i = 0; (wait = lock_record(PROFILE_CHUNK_LOCK_WAITS, i)); i++) {
        if (wait->lock != id || wait->stack != stack)
            continue;
        sum.count += wait->count;
        sum.wait_ns += wait->wait_ns;
        sum.timeouts += wait->timeouts;
        sum.handoff_ns += wait->handoff_ns;
        sum.wait_max_ns = wait->wait_max_ns > sum.wait_max_ns ? wait->wait_max_ns : sum.wait_max_ns;
        for (int bucket = 0; bucket < PROFILE_WAIT_BUCKETS; bucket++)
            sum.histogram[bucket] += wait->histogram[bucket];
    }
    return sum;
}

// The figures of a lock: of its record and its waits.
static struct profile_lock all_of(uint32_t id, const struct profile_lock *record)
{
    struct profile_lock sum = *record;
    const struct profile_lock_wait *wait;

    for (size_t i = 0; (wait = lock_record(PROFILE_CHUNK_LOCK_WAITS, i)); i++) {
        if (wait->lock != id)
            continue;
        sum.contentions += wait->count;
        sum.wait_ns += wait->wait_ns;
        sum.timeouts += wait->timeouts;
        sum.handoff_ns += wait->handoff_ns;
        sum.wait_max_ns = wait->wait_max_ns > sum.wait_max_ns ? wait->wait_max_ns : sum.wait_max_ns;
    }
    return sum;
}

static struct profile_lock waits_at(const void *lock)
{
    return all_of(lock_id_of(lock, 0), lock_record_of(lock, 0));
}

static struct profile_lock_pair pair_of(const void *lock, uint32_t stack, uint32_t holder_stack)
{
    struct profile_lock_pair sum = {0};
    const struct profile_lock_pair *pair;

    for (size_t i = 0; (pair = lock_record(PROFILE_CHUNK_LOCK_PAIRS, i)); i++) {
        const struct profile_lock_wait *wait =
            profile_copy_record(&lock_copy, PROFILE_CHUNK_LOCK_WAITS, pair->wait);

        if (wait->lock != lock_id_of(lock, 0) || wait->stack != stack ||
            pair->holder_stack != holder_stack)
            continue;
        sum.count += pair->count;
        sum.wait_ns += pair->wait_ns;
    }
    return sum;
}

static void assert_pair(uint32_t stack, uint32_t holder_stack, uint64_t count, uint64_t wait_ns)
{
    struct profile_lock_pair pair = pair_of(lock_address(1), stack, holder_stack);

    assert_int_equal(pair.count, count);
    assert_int_equal(pair.wait_ns, wait_ns);
}

static void test_waits(void **state)
{
    struct profile_lock lock;

    (void)state;
    wait_for(0, lock_address(1), SPIN, 100, 7);
    wait_for(1, lock_address(1), SPIN, 300, 7);
    wait_for(0, lock_address(1), SPIN, 50, 8);
    wait_for(0, lock_address(2), SPIN, 5, 7);
    lock_load();
    lock = waits_at(lock_address(1));
    assert_int_equal(lock.acquisitions, 0); // the caller's to count
    assert_int_equal(lock.contentions, 3);
    assert_int_equal(lock.wait_ns, 450);
    assert_int_equal(lock.wait_max_ns, 300);
    assert_int_equal(lock.timeouts, 0);
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_WAITS), 3);
    assert_int_equal(wait_of(lock_address(1), 7).count, 2);
    assert_int_equal(wait_of(lock_address(1), 7).wait_ns, 400);
    assert_int_equal(wait_of(lock_address(1), 7).wait_max_ns, 300);
    assert_int_equal(wait_of(lock_address(1), 8).wait_ns, 50);
    assert_int_equal(wait_of(lock_address(2), 7).count, 1);
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_PAIRS), 0); // of no holder we know
    assert_int_equal(lock_threads[0]->record->lock_wait_ns, 155);
    assert_int_equal(lock_threads[1]->record->lock_wait_ns, 300);
    assert_int_equal(lock_find(lock_address(1))->waiters, 0);
}

static void test_histogram(void **state)
{
    static const uint64_t waits[] = {0,
                                     1,
                                     2,
                                     3,
                                     4,
                                     1023,
                                     1024,
                                     UINT64_C(1) << 39,
                                     (UINT64_C(1) << 40) - 1,
                                     UINT64_C(1) << 40,
                                     UINT64_C(1) << 62};
    static const uint32_t buckets[PROFILE_WAIT_BUCKETS] = {
        [0] = 2, [1] = 2, [2] = 1, [9] = 1, [10] = 1, [39] = 4};
    struct profile_lock_wait wait;

    (void)state;
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
        wait_for(0, lock_address(1), SPIN, waits[i], 7);
    lock_load();
    wait = wait_of(lock_address(1), 7);
    for (int i = 0; i < PROFILE_WAIT_BUCKETS; i++)
        assert_int_equal(wait.histogram[i], buckets[i]);
    assert_int_equal(wait.wait_max_ns, UINT64_C(1) << 62);
}

static void test_timeouts_and_failures(void **state)
{
    (void)state;
    begin(0, lock_address(1), SPIN, PROFILE_ACQUIRE_TRY, 7);
    assert_int_equal(lock_find(lock_address(1))->waiters, 1);
    lock_clock_ns += 100;
    end(0, LOCK_TIMED_OUT);
    begin(0, lock_address(1), SPIN, 0, 7);
    lock_clock_ns += 1000;
    end(0, LOCK_FAILED); // no wait
    wait_for(0, lock_address(1), SPIN, 10, 7);
    lock_load();
    assert_int_equal(waits_at(lock_address(1)).contentions, 2);
    assert_int_equal(waits_at(lock_address(1)).timeouts, 1);
    assert_int_equal(waits_at(lock_address(1)).wait_ns, 110);
    assert_int_equal(wait_of(lock_address(1), 7).timeouts, 1);
    assert_int_equal(wait_of(lock_address(1), 7).count, 2);
    assert_int_equal(lock_find(lock_address(1))->waiters, 0);
}

// Idle time is none that anybody took from the thread.
static void test_idle_kinds(void **state)
{
    (void)state;
    wait_for(0, lock_address(1), CONDITION, 100, 7);
    wait_for(0, lock_address(2), PROFILE_LOCK_BARRIER, 100, 7);
    wait_for(0, lock_address(3), PROFILE_LOCK_FUTEX, 100, 7);
    wait_for(0, lock_address(4), PROFILE_LOCK_SEMAPHORE, 1, 7);
    wait_for(0, lock_address(5), PROFILE_LOCK_ONCE, 2, 7);
    lock_load();
    assert_int_equal(waits_at(lock_address(1)).wait_ns, 100);
    assert_int_equal(waits_at(lock_address(3)).contentions, 1);
    assert_int_equal(lock_threads[0]->record->lock_wait_ns, 3);
}

// --- pairs

static void test_one_holder(void **state)
{
    (void)state;
    begin(0, lock_address(1), SPIN, 0, 7);
    lock_clock_ns += 100;
    hand_over(1, lock_address(1), 50);
    lock_clock_ns += 20;
    end(0, LOCK_ACQUIRED);
    lock_clock_ns += 1000;
    begin(0, lock_address(1), SPIN, 0, 7); // that handover was before
    lock_clock_ns += 30;
    end(0, LOCK_ACQUIRED);
    begin(0, lock_address(1), SPIN, 0, 7);
    lock_clock_ns += 5;
    hand_over(1, lock_address(1), 50);
    end(0, LOCK_ACQUIRED);
    lock_load();
    assert_int_equal(wait_of(lock_address(1), 7).count, 3);
    assert_int_equal(wait_of(lock_address(1), 7).wait_ns, 155);
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_PAIRS), 1);
    assert_pair(7, 50, 2, 125);
}

// Each holder has what lies between the handover before it and its own, the last the rest as well.
static void test_several_holders(void **state)
{
    (void)state;
    begin(0, lock_address(1), SPIN, 0, 7);
    lock_clock_ns += 100;
    hand_over(1, lock_address(1), 51);
    begin(2, lock_address(1), SPIN, 0, 8); // another one that waits, for less
    lock_clock_ns += 40;
    hand_over(3, lock_address(1), 52);
    lock_clock_ns += 3;
    hand_over(1, lock_address(1), 51);
    lock_clock_ns += 7;
    end(0, LOCK_ACQUIRED);
    lock_clock_ns += 60;
    hand_over(0, lock_address(1), 53);
    lock_clock_ns += 1;
    end(2, LOCK_ACQUIRED);
    lock_load();
    assert_pair(7, 51, 1, 100 + 3 + 7);
    assert_pair(7, 52, 0, 40);
    assert_pair(7, 53, 0, 0);
    assert_pair(8, 51, 0, 3);
    assert_pair(8, 52, 0, 40);
    assert_pair(8, 53, 1, 7 + 60 + 1);
}

// A wait that outlasts more than is remembered gives the rest to the oldest of those.
static void test_many_holders(void **state)
{
    uint64_t sum = 0;

    (void)state;
    begin(0, lock_address(1), SPIN, 0, 7);
    for (uint32_t i = 1; i <= 100; i++) {
        lock_clock_ns += i;
        hand_over(1, lock_address(1), 100 + i);
    }
    lock_clock_ns += 1000;
    end(0, LOCK_ACQUIRED);
    lock_load();
    for (uint32_t i = 1; i <= 100; i++)
        sum += pair_of(lock_address(1), 7, 100 + i).wait_ns;
    assert_int_equal(sum, wait_of(lock_address(1), 7).wait_ns);
    assert_int_equal(sum, 5050 + 1000);
    assert_pair(7, 200, 1, 100 + 1000);
    assert_pair(7, 199, 0, 99);
    assert_pair(7, 100 - HANDOVERS + 102, 0, 100 - HANDOVERS + 2);
    assert_pair(7, 100 - HANDOVERS, 0, 0);
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_PAIRS), HANDOVERS);
}

// Handovers that come while the waiter counts are after its time.
static void test_handover_after_the_end(void **state)
{
    struct lock_state *lock;

    (void)state;
    begin(0, lock_address(1), SPIN, 0, 7);
    begin(2, lock_address(1), SPIN, 0, 8);
    lock_clock_ns += 100;
    hand_over(1, lock_address(1), 51);
    lock_clock_ns += 50;
    hand_over(1, lock_address(1), 52); // thread 0 has read its clock before
    lock_clock_ns -= 30;
    end(0, LOCK_ACQUIRED);
    lock_clock_ns += 30;
    end(2, LOCK_ACQUIRED);
    lock_load();
    lock = lock_find(lock_address(1));
    assert_pair(7, 51, 1, 120);
    assert_pair(7, 52, 0, 0);
    assert_pair(8, 51, 0, 100);
    assert_pair(8, 52, 1, 50);
    assert_int_equal(lock->waiters, 0);
}

// "Its count goes to the last": also where the clock says the same twice.
static void test_handovers_at_the_same_time(void **state)
{
    (void)state;
    begin(0, lock_address(1), SPIN, 0, 7);
    lock_clock_ns += 100;
    hand_over(1, lock_address(1), 51);
    hand_over(1, lock_address(1), 52);
    end(0, LOCK_ACQUIRED);
    lock_load();
    assert_pair(7, 52, 1, 0);
    assert_pair(7, 51, 0, 100);
}

// What timed out was in somebody's way; who only waits for news has nobody in the way.
static void test_pairs_of_timeouts(void **state)
{
    (void)state;
    begin(0, lock_address(1), SPIN, PROFILE_ACQUIRE_TRY, 7);
    lock_clock_ns += 10;
    hand_over(1, lock_address(1), 51);
    lock_clock_ns += 10;
    end(0, LOCK_TIMED_OUT);
    begin(0, lock_address(2), CONDITION, PROFILE_ACQUIRE_TRY, 7);
    lock_clock_ns += 10;
    hand_over(1, lock_address(2), 51); // for another one
    lock_clock_ns += 10;
    end(0, LOCK_TIMED_OUT);
    lock_load();
    assert_pair(7, 51, 1, 20);
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_PAIRS), 1);
    assert_int_equal(waits_at(lock_address(2)).handoff_ns, 0);
}

// Of a condition the latest signal has it all, and what comes after is the handoff.
static void test_condition(void **state)
{
    (void)state;
    begin(0, lock_address(1), CONDITION, 0, 7);
    lock_clock_ns += 100;
    hand_over(1, lock_address(1), 51);
    lock_clock_ns += 200;
    hand_over(1, lock_address(1), 52);
    lock_clock_ns += 30;
    end(0, LOCK_ACQUIRED);
    begin(0, lock_address(1), CONDITION, 0, 7); // woken by nobody
    lock_clock_ns += 1;
    end(0, LOCK_ACQUIRED);
    lock_load();
    assert_pair(7, 52, 1, 330);
    assert_pair(7, 51, 0, 0);
    assert_int_equal(waits_at(lock_address(1)).handoff_ns, 30);
    assert_int_equal(wait_of(lock_address(1), 7).handoff_ns, 30);
    assert_int_equal(wait_of(lock_address(1), 7).wait_ns, 331);
}

static void test_hand_over_to_nobody(void **state)
{
    (void)state;
    lock_find_or_add(lock_threads[0], lock_address(1), SPIN, at(1));
    hand_over(0, lock_address(1), 51);
    wait_for(1, lock_address(1), SPIN, 10, 7);
    lock_load();
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_PAIRS), 0);
}

// Who releases a lock that others wait for says so without being asked.
static void test_release_hands_over(void **state)
{
    (void)state;
    lock_acquired(lock_threads[1], lock_address(1), SPIN, 0, at(1));
    begin(0, lock_address(1), SPIN, 0, 7);
    lock_clock_ns += 10;
    assert_false(lock_release_quickly(&lock_threads[1]->locks, lock_address(1), SPIN));
    lock_released(lock_threads[1], lock_address(1), SPIN, at(51));
    end(0, LOCK_ACQUIRED);
    lock_load();
    assert_pair(7, 51, 1, 10);
}

// --- who waits

static void test_waiters(void **state)
{
    const struct lock_state *lock;

    (void)state;
    begin(0, lock_address(1), SPIN, 0, 7);
    lock = lock_find(lock_address(1));
    assert_ptr_equal(lock_threads[0]->locks.waiting.counted, lock);
    begin(1, lock_address(1), SPIN, 0, 7);
    assert_int_equal(lock->waiters, 2);
    end(0, LOCK_ACQUIRED);
    assert_null(lock_threads[0]->locks.waiting.counted);
    assert_int_equal(lock->waiters, 1);
    end(1, LOCK_FAILED);
    assert_int_equal(lock->waiters, 0);
}

// A turn is odd while the thread waits for what may never come.
static void test_turns(void **state)
{
    const struct lock_waiting *waiting = &lock_threads[0]->locks.waiting;
    uint32_t turn = waiting->turn;

    (void)state;
    assert_false(turn & 1);
    begin(0, lock_address(1), SPIN, 0, 7);
    assert_int_equal(waiting->turn, turn + 1);
    assert_ptr_equal(waiting->lock, lock_find(lock_address(1)));
    assert_int_equal(waiting->stack, 7);
    end(0, LOCK_ACQUIRED);
    assert_int_equal(waiting->turn, turn + 2);
    begin(0, lock_address(1), SPIN, PROFILE_ACQUIRE_TRY, 7);
    assert_false(waiting->turn & 1);
    end(0, LOCK_ACQUIRED);
    for (unsigned kind = PROFILE_LOCK_SEMAPHORE; kind < PROFILE_LOCK_KIND_COUNT; kind++) {
        bool is_for_ever = kind == PROFILE_LOCK_ONCE || kind == PROFILE_LOCK_JOIN;

        if (kind == PROFILE_LOCK_JOIN)
            continue; // by its own way
        begin(0, lock_address(10 + kind), (enum profile_lock_kind)kind, 0, 7);
        assert_int_equal(waiting->turn & 1, is_for_ever);
        end(0, LOCK_ACQUIRED);
        assert_false(waiting->turn & 1);
    }
}

// A wait that never ended: cancelled, or jumped out of.
static void test_cancelled_wait(void **state)
{
    struct lock_waiting *waiting = &lock_threads[0]->locks.waiting;

    (void)state;
    begin(0, lock_address(1), SPIN, 0, 7);
    lock_clock_ns += 100;
    begin(0, lock_address(2), SPIN, 0, 8);
    assert_int_equal(lock_find(lock_address(1))->waiters, 0);
    assert_int_equal(lock_find(lock_address(2))->waiters, 1);
    assert_int_equal(waiting->turn & 1, 1);
    lock_wait_undo(lock_threads[0]);
    assert_int_equal(lock_find(lock_address(2))->waiters, 0);
    assert_int_equal(waiting->turn & 1, 0);
    lock_wait_undo(lock_threads[0]); // nothing more to undo
    assert_int_equal(lock_find(lock_address(2))->waiters, 0);
    begin(0, lock_address(2), SPIN, 0, 8);
    lock_thread_ends(lock_threads[0]);
    assert_int_equal(lock_find(lock_address(2))->waiters, 0);
    lock_load();
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_WAITS), 0);
}

// A handler of a thread that waits waits itself: what was the thread's wait is no more seen, but
// counted at its end.
static void test_wait_in_a_handler(void **state)
{
    struct lock_call inner;

    (void)state;
    begin(0, lock_address(1), SPIN, 0, 7);
    lock_clock_ns += 10;
    lock_wait_begin(&inner, lock_address(2), SPIN, 0, at(8));
    lock_clock_ns += 100;
    lock_wait_end(&inner, LOCK_ACQUIRED);
    lock_clock_ns += 1000;
    end(0, LOCK_ACQUIRED);
    assert_int_equal(lock_find(lock_address(1))->waiters, 0);
    assert_int_equal(lock_find(lock_address(2))->waiters, 0);
    lock_load();
    assert_int_equal(wait_of(lock_address(1), 7).wait_ns, 1110);
    assert_int_equal(wait_of(lock_address(2), 8).wait_ns, 100);
}

static void test_waiter_left(void **state)
{
    struct lock_state *lock = lock_find_or_add(lock_threads[0], lock_address(1), CONDITION, at(1));

    (void)state;
    assert_false(lock_has_waiter_left(lock));
    begin(1, lock_address(1), CONDITION, 0, 7);
    assert_true(lock_has_waiter_left(lock));
    lock_clock_ns += 10;
    hand_over(0, lock_address(1), 51);
    assert_false(lock_has_waiter_left(lock)); // on its way out
    lock_clock_ns += 10;
    begin(2, lock_address(1), CONDITION, 0, 7);
    assert_true(lock_has_waiter_left(lock));
    end(2, LOCK_ACQUIRED);
    assert_false(lock_has_waiter_left(lock));
    begin(2, lock_address(2), CONDITION, 0, 7);
    assert_false(lock_has_waiter_left(lock)); // for another one
}

// --- joins

static void test_joins(void **state)
{
    struct profile_thread *joined = lock_threads[1]->record;
    struct lock_call call = {.start_ns = lock_clock_ns - 7}; // the caller's to say

    (void)state;
    joined->creation_stack = 77;
    joined->join_claim = 1;
    lock_wait_begin_join(&call, joined, 0, at(7));
    assert_int_equal(lock_joins_waiting, 1);
    assert_int_equal(lock_threads[0]->locks.waiting.turn & 1, 1);
    assert_ptr_equal(lock_threads[0]->locks.waiting.joined, joined);
    lock_clock_ns += 100;
    lock_wait_end(&call, LOCK_ACQUIRED);
    assert_int_equal(lock_joins_waiting, 0);
    assert_int_equal(joined->join_claim, 1); // it was joined
    lock_load();
    assert_int_equal(all_of(lock_of_joins(77)->id, lock_of_joins(77)->record).wait_ns, 107);
    assert_int_equal(lock_threads[0]->record->lock_wait_ns, 0);
    lock_wait_begin_join(&call, joined, PROFILE_ACQUIRE_TRY, at(7));
    assert_int_equal(lock_threads[0]->locks.waiting.turn & 1, 0);
    lock_wait_undo(lock_threads[0]); // cancelled: another thread may join it
    assert_int_equal(lock_joins_waiting, 0);
    assert_int_equal(joined->join_claim, 0);
    lock_load();
    assert_int_equal(lock_record(PROFILE_CHUNK_LOCKS, 0) != NULL, 1);
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_WAITS), 1);
}

// --- not recorded

static void test_not_recorded(void **state)
{
    struct lock_call call;

    (void)state;
    recording_gate.is_open = 0;
    lock_wait_begin(&call, lock_address(1), SPIN, 0, at(7));
    assert_null(call.lock);
    recording_gate.is_open = 1;
    lock_wait_end(&call, LOCK_ACQUIRED);
    begin(0, lock_address(1), SPIN, 0, 7);
    recording_gate.is_open = 0; // a fork in between
    end(0, LOCK_ACQUIRED);
    recording_gate.is_open = 1;
    assert_int_equal(lock_find(lock_address(1))->waiters, 0);
    assert_false(guard_is_held());
    lock_load();
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_WAITS), 0);
}

// --- many

static void test_many_stacks_wait(void **state)
{
    (void)state;
    for (uint32_t turn = 0; turn < 2; turn++)
        for (uint32_t stack = 1; stack < 9000; stack++) {
            begin(0, lock_address(1), SPIN, 0, stack);
            lock_clock_ns += stack;
            hand_over(1, lock_address(1), 9000 - stack);
            end(0, LOCK_ACQUIRED);
        }
    lock_load();
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_WAITS), 8999);
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_PAIRS), 8999);
    for (uint32_t stack = 1; stack < 9000; stack += 2999) {
        assert_int_equal(wait_of(lock_address(1), stack).wait_ns, 2 * stack);
        assert_pair(stack, 9000 - stack, 2, 2 * stack);
    }
}

static void wait_much(unsigned thread)
{
    struct random random = {40 + thread};

    lock_be(thread);
    for (unsigned i = 0; i < 3000; i++) {
        const void *lock = lock_address(random_below(&random, 3));
        struct lock_call call;

        lock_wait_begin(&call, lock, PROFILE_LOCK_SEMAPHORE, 0, at(1 + random_below(&random, 3)));
        call.start_ns -= 10; // the clock stands still
        lock_hand_over(lock_threads[thread], lock_find(lock), at(60 + thread));
        lock_wait_end(&call, LOCK_ACQUIRED);
    }
    thread_self = NULL;
}

static void test_threads_wait(void **state)
{
    uint64_t count = 0, wait_ns = 0;

    (void)state;
    run_threads(wait_much);
    lock_load();
    for (uint64_t i = 0; i < 3; i++) {
        struct profile_lock lock = waits_at(lock_address(i));

        assert_int_equal(lock.wait_ns, 10 * lock.contentions);
        assert_int_equal(lock.wait_max_ns, 10);
        assert_int_equal(lock_find(lock_address(i))->waiters, 0);
        count += lock.contentions;
        for (uint32_t stack = 1; stack <= 3; stack++)
            wait_ns += wait_of(lock_address(i), stack).wait_ns;
    }
    assert_int_equal(count, THREADS * 3000);
    assert_int_equal(wait_ns, 10 * count);
}

static void test_reset(void **state)
{
    (void)state;
    wait_for(0, lock_address(1), SPIN, 10, 7);
    lock_joins_waiting = 5;
    lock_wait_reset();
    assert_int_equal(lock_joins_waiting, 0);
    wait_for(0, lock_address(1), SPIN, 10, 7); // found in no chain of the old ones
    lock_load();
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_WAITS), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lock_set_up, lock_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_waits),
        TEST(test_histogram),
        TEST(test_timeouts_and_failures),
        TEST(test_idle_kinds),
        TEST(test_one_holder),
        TEST(test_several_holders),
        TEST(test_many_holders),
        TEST(test_handover_after_the_end),
        TEST(test_handovers_at_the_same_time),
        TEST(test_pairs_of_timeouts),
        TEST(test_condition),
        TEST(test_hand_over_to_nobody),
        TEST(test_release_hands_over),
        TEST(test_waiters),
        TEST(test_turns),
        TEST(test_cancelled_wait),
        TEST(test_wait_in_a_handler),
        TEST(test_waiter_left),
        TEST(test_joins),
        TEST(test_not_recorded),
        TEST(test_many_stacks_wait),
        TEST(test_threads_wait),
        TEST(test_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
