// SPDX-License-Identifier: MIT
//
// preload_lock_use_test.c - what threads do with locks: counts in cells and records add up, the
// list of what is held is what is held, and the quick way does what the slow one does.
#include "preload/glibc_locks.h"
#include "preload/lock_nesting.h"
#include "preload/lock_use.h"
#include "preload/options.h"
#include "preload/stack_table.h"
#include "tests/unit/preload_lock_support.h"

#include <stdlib.h>
#include <string.h>

#define SPIN PROFILE_LOCK_SPIN
#define MUTEX PROFILE_LOCK_MUTEX

static void acquire(unsigned thread, const void *lock, uint32_t stack)
{
    lock_acquired(lock_threads[thread], lock, SPIN, 0, at(stack));
}

static struct lock_state *release(unsigned thread, const void *lock)
{
    return lock_released(lock_threads[thread], lock, SPIN, at(99));
}

static void acquire_and_release(unsigned thread, const void *lock, unsigned mode)
{
    lock_acquired(lock_threads[thread], lock, SPIN, mode, at(1));
    release(thread, lock);
}

static void test_counts(void **state)
{
    struct profile_lock_cell sum;

    (void)state;
    for (int i = 0; i < 5; i++)
        acquire_and_release(0, lock_address(1), 0);
    lock_passed(lock_threads[0], lock_address(1), SPIN, at(1));
    lock_try_failed(lock_threads[1], lock_address(1), SPIN, at(2));
    lock_try_failed(lock_threads[1], lock_address(2), SPIN, at(3));
    lock_load();
    sum = lock_sum(lock_address(1), 0);
    assert_int_equal(sum.acquisitions, 6);
    assert_int_equal(sum.try_failed, 1);
    assert_int_equal(sum.owner_changes, 0);
    assert_int_equal(lock_sum(lock_address(2), 0).try_failed, 1);
    assert_int_equal(lock_record_of(lock_address(1), 0)->acquisitions, 0); // in cells
    assert_int_equal(lock_threads[0]->locks.held_count, 0);
}

static void test_owner_died(void **state)
{
    static pthread_mutex_t mutex;

    (void)state;
    lock_owner_died(lock_threads[0], &mutex, at(1));
    lock_owner_died(lock_threads[1], &mutex, at(1));
    lock_load();
    assert_int_equal(lock_record_of(&mutex, 0)->owner_died, 2);
}

// Acquisitions by another thread than the one before; readers are no owners.
static void test_owner_changes(void **state)
{
    (void)state;
    acquire_and_release(0, lock_address(1), 0);
    acquire_and_release(0, lock_address(1), 0);
    acquire_and_release(1, lock_address(1), 0);
    acquire_and_release(0, lock_address(1), PROFILE_ACQUIRE_READ);
    acquire_and_release(1, lock_address(1), PROFILE_ACQUIRE_TRY);
    acquire_and_release(0, lock_address(1), PROFILE_ACQUIRE_TRY);
    acquire_and_release(2, lock_address(1), 0);
    lock_load();
    assert_int_equal(lock_sum(lock_address(1), 0).owner_changes, 3);
    assert_int_equal(lock_find(lock_address(1))->last_owner, lock_threads[2]->serial);
}

#define MANY (LOCK_CELLS_FIRST * 8)

static struct profile_lock_cell counted[MANY];

static void random_use(struct random *random)
{
    static uint32_t owners[MANY];
    uint32_t lock = random_below(random, MANY);
    unsigned thread = random_below(random, 3);

    switch (random_below(random, 4)) {
    case 0:
        lock_try_failed(lock_threads[thread], lock_address(lock), SPIN, at(1));
        counted[lock].try_failed++;
        break;
    case 1:
        lock_passed(lock_threads[thread], lock_address(lock), SPIN, at(1));
        counted[lock].acquisitions++;
        break;
    default:
        acquire_and_release(thread, lock_address(lock), 0);
        counted[lock].acquisitions++;
        counted[lock].owner_changes += owners[lock] && owners[lock] != thread + 1;
        owners[lock] = thread + 1;
    }
}

// More locks than cells: what leaves a cell goes to the record.
static void test_cells_change(void **state)
{
    struct random random = {3};
    uint64_t in_records = 0;

    (void)state;
    memset(counted, 0, sizeof(counted));
    for (unsigned i = 0; i < 100000; i++)
        random_use(&random);
    lock_load();
    for (uint32_t i = 0; i < MANY; i++) {
        struct profile_lock_cell sum = lock_sum(lock_address(i), 0);

        assert_int_equal(sum.acquisitions, counted[i].acquisitions);
        assert_int_equal(sum.try_failed, counted[i].try_failed);
        assert_int_equal(sum.owner_changes, counted[i].owner_changes);
        in_records += lock_record_of(lock_address(i), 0)->acquisitions;
    }
    assert_true(in_records > 100);
    assert_true(lock_threads[0]->locks.cell_mask >= LOCK_CELLS_FIRST);
}

static const void *other_of_cell(const void *lock)
{
    const struct thread_locks *locks = &lock_threads[0]->locks;

    for (uint64_t i = 100000;; i++)
        if (lock_cell_of(locks, lock_address(i)) == lock_cell_of(locks, lock))
            return lock_address(i);
}

// A lock that shares its cell with none of the first 64.
static const void *own_cell(void)
{
    const struct thread_locks *locks = &lock_threads[0]->locks;
    uint64_t number = 1000;

    lock_passed(lock_threads[0], lock_address(999), SPIN, at(1)); // now there are cells
    for (uint64_t i = 0; i < 64; i++)
        if (lock_cell_of(locks, lock_address(i)) == lock_cell_of(locks, lock_address(number))) {
            number++;
            i = UINT64_MAX; // from the first again
        }
    return lock_address(number);
}

// Two locks of one cell, in turn: it takes as many misses as there are cells until there are more.
static void test_one_cell_of_two_locks(void **state)
{
    const void *one = lock_address(1), *other;

    (void)state;
    acquire_and_release(0, one, 0);
    other = other_of_cell(one);
    for (unsigned i = 0; i < LOCK_CELLS_FIRST / 2; i++) {
        acquire_and_release(0, other, 0);
        acquire_and_release(0, one, 0);
    }
    assert_int_equal(lock_threads[0]->locks.cell_mask, LOCK_CELLS_FIRST - 1);
    lock_load();
    assert_int_equal(lock_sum(one, 0).acquisitions, 1 + LOCK_CELLS_FIRST / 2);
    assert_int_equal(lock_sum(other, 0).acquisitions, LOCK_CELLS_FIRST / 2);
    assert_int_equal(lock_record_of(one, 0)->acquisitions, LOCK_CELLS_FIRST / 2);
}

// As many cells as a slot can have, and more locks.
static void test_most_cells(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 6; turn++)
        for (uint64_t i = 0; i < 2 * LOCK_CELLS_MAX; i++)
            lock_passed(lock_threads[0], lock_address(i), SPIN, at(1));
    assert_in_range(lock_threads[0]->locks.cell_mask + 1, LOCK_CELLS_MAX / 4, LOCK_CELLS_MAX);
    lock_load();
    for (size_t i = 0; i < 2 * LOCK_CELLS_MAX; i += 9999)
        assert_int_equal(lock_sum(lock_address(i), 0).acquisitions, 6);
}

static size_t count_cells(const struct thread_locks *locks, uint64_t stride_bytes)
{
    static bool is_used[LOCK_CELLS_MAX];
    size_t count = 0;

    memset(is_used, 0, sizeof(is_used));
    for (uint64_t i = 0; i <= locks->cell_mask; i++) {
        unsigned cell = lock_cell_of(locks, lock_address(i * stride_bytes / 8));

        count += !is_used[cell];
        is_used[cell] = true;
    }
    return count;
}

// As many locks as there are cells use half of them, at any distance from each other: by chance it
// would be two thirds.
static void test_cells_are_spread(void **state)
{
    static const uint64_t strides[] = {8, 16, 40, 48, 56, 64, 72, 128};
    struct thread_locks *locks = &lock_threads[0]->locks;

    (void)state;
    for (uint64_t i = 0; i <= LOCK_CELLS_MAX; i++) {
        lock_passed(lock_threads[0], lock_address(i), SPIN, at(1)); // now and then more cells
        if (locks->cell_misses > 0)
            continue;
        for (size_t j = 0; j < sizeof(strides) / sizeof(strides[0]); j++)
            assert_in_range(count_cells(locks, strides[j]), locks->cell_mask / 2,
                            locks->cell_mask + 1);
    }
}

// A cell is of the lock that lives, not of the one that was there.
static void test_cell_of_a_lock_that_ended(void **state)
{
    (void)state;
    acquire_and_release(0, lock_address(1), 0);
    acquire_and_release(0, lock_address(1), 0);
    lock_destroyed(lock_address(1));
    acquire_and_release(0, lock_address(1), 0);
    lock_initialised(lock_threads[1], lock_address(1), SPIN, 0, at(1));
    acquire_and_release(0, lock_address(1), 0);
    lock_load();
    assert_int_equal(lock_sum(lock_address(1), 0).acquisitions, 2);
    assert_int_equal(lock_sum(lock_address(1), 1).acquisitions, 1);
    assert_int_equal(lock_sum(lock_address(1), 2).acquisitions, 1);
}

static void use_many(unsigned thread)
{
    struct random random = {20 + thread};

    for (unsigned i = 0; i < 20000; i++) {
        const void *lock = lock_address(random_below(&random, 300));

        lock_passed(lock_threads[thread], lock, SPIN, at(1));
        lock_try_failed(lock_threads[thread], lock, SPIN, at(1));
    }
}

static void test_threads_count(void **state)
{
    uint64_t passed = 0, failed = 0;

    (void)state;
    run_threads(use_many);
    lock_load();
    for (uint64_t i = 0; i < 300; i++) {
        passed += lock_sum(lock_address(i), 0).acquisitions;
        failed += lock_sum(lock_address(i), 0).try_failed;
    }
    assert_int_equal(passed, THREADS * 20000);
    assert_int_equal(failed, THREADS * 20000);
}

// --- what is held

static void assert_held(const uint64_t *numbers, uint32_t count)
{
    const struct thread_locks *locks = &lock_threads[0]->locks;

    assert_int_equal(locks->held_count, count);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(locks->held[i].lock->place, (uintptr_t)lock_address(numbers[i]));
}

static void test_held(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 5; i++)
        acquire(0, lock_address(i), i);
    assert_held((const uint64_t[]){1, 2, 3, 4, 5}, 5);
    assert_int_equal(lock_threads[0]->locks.held[2].pc, 3);
    assert_int_equal(lock_threads[0]->locks.held[2].sp, (uintptr_t)(at(3) + 1));
    assert_ptr_equal(release(0, lock_address(5)), lock_find(lock_address(5)));
    assert_held((const uint64_t[]){1, 2, 3, 4}, 4);
    release(0, lock_address(2)); // in the middle
    assert_held((const uint64_t[]){1, 3, 4}, 3);
    release(0, lock_address(1));
    assert_held((const uint64_t[]){3, 4}, 2);
    acquire(0, lock_address(4), 6); // not recursive: it was let go where nobody saw
    assert_held((const uint64_t[]){3, 4}, 2);
    assert_int_equal(lock_threads[0]->locks.held[1].pc, 6);
    lock_find(lock_address(4))->record->flags = PROFILE_LOCK_RECURSIVE;
    acquire(0, lock_address(4), 6); // the latest goes first
    assert_held((const uint64_t[]){3, 4, 4}, 3);
    assert_int_equal(lock_find_held(&lock_threads[0]->locks, lock_find(lock_address(4))), 2);
    release(0, lock_address(4));
    assert_held((const uint64_t[]){3, 4}, 2);
    assert_int_equal(lock_find_held(&lock_threads[0]->locks, lock_find(lock_address(1))), -1);
    release(0, lock_address(3));
    release(0, lock_address(4));
    release(0, lock_address(4)); // more often than acquired
    assert_held(NULL, 0);
    assert_null(release(0, lock_address(1000)));
}

static void test_held_grows(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 200; i++)
        acquire(0, lock_address(i), 1 + i);
    for (uint32_t i = 0; i < 200; i++) {
        const struct held_lock *held = &lock_threads[0]->locks.held[i];

        assert_int_equal(held->lock->place, (uintptr_t)lock_address(i));
        assert_int_equal(held->pc, 1 + i);
    }
    for (uint32_t i = 0; i < 200; i += 2)
        release(0, lock_address(i));
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(lock_threads[0]->locks.held[i].lock->place,
                         (uintptr_t)lock_address(2 * i + 1));
    for (uint32_t i = 1; i < 200; i += 2)
        release(0, lock_address(i));
    assert_int_equal(lock_threads[0]->locks.held_count, 0);
}

static void test_held_by_another(void **state)
{
    (void)state;
    acquire(0, lock_address(1), 1);
    assert_ptr_equal(release(1, lock_address(1)), lock_find(lock_address(1)));
    assert_held((const uint64_t[]){1}, 1); // its list is its own
}

// Of so many acquisitions the stack is captured at once; of later ones when it is asked for.
static void test_stacks(void **state)
{
    const struct thread_locks *locks = &lock_threads[0]->locks;

    (void)state;
    for (uint32_t i = 1; i <= LOCK_STACKS + 5; i++) {
        acquire(0, lock_address(1), i);
        assert_int_equal(locks->held[0].stack, i <= LOCK_STACKS ? i : 0);
        assert_int_equal(held_lock_stack(lock_threads[0], &locks->held[0]),
                         i <= LOCK_STACKS ? i : PRELOAD_EARLIER(i));
        release(0, lock_address(1));
    }
}

static void test_owner_stack(void **state)
{
    struct lock_state *lock;
    uint32_t stack;

    (void)state;
    for (uint32_t i = 1; i <= LOCK_STACKS; i++)
        acquire_and_release(0, lock_address(1), 0);
    lock = lock_find(lock_address(1));
    assert_int_equal(lock_owner_stack(lock_threads[0], lock_threads[0], lock), 0);
    assert_int_equal(lock_owner_stack(lock_threads[0], NULL, lock), 0);
    acquire(0, lock_address(1), 5070);
    assert_int_equal(lock_owner_stack(lock_threads[0], lock_threads[0], lock),
                     PRELOAD_EARLIER(5070));
    stack = lock_owner_stack(lock_threads[1], lock_threads[0], lock); // it runs: the place only
    assert_int_equal(stack_table_take_frame(&stack), 5070);
    assert_int_equal(stack_table_take_frame(&stack), 0);
    acquire(1, lock_address(2), 71);
    assert_int_equal(lock_owner_stack(lock_threads[0], lock_threads[1], lock_find(lock_address(2))),
                     71);
}

static pthread_mutex_t mutex;

static void test_is_still_held(void **state)
{
    static pthread_rwlock_t rwlock;
    static pthread_once_t once;
    const struct thread_state *self = lock_threads[0];
    const struct held_lock *held;

    (void)state;
    mutex.__data.__owner = self->tid;
    rwlock.__data.__cur_writer = self->tid;
    once = 1;
    lock_acquired(lock_threads[0], &mutex, MUTEX, 0, at(1));
    lock_acquired(lock_threads[0], &rwlock, PROFILE_LOCK_RWLOCK, 0, at(1));
    lock_acquired(lock_threads[0], &once, PROFILE_LOCK_ONCE, 0, at(1));
    lock_acquired(lock_threads[0], lock_address(1), SPIN, 0, at(1));
    held = self->locks.held;
    assert_int_equal(self->locks.held_count, 4);
    for (int i = 0; i < 4; i++)
        assert_true(lock_is_still_held(self, &held[i]));
    mutex.__data.__owner = self->tid + 1;
    rwlock.__data.__cur_writer = 0;
    once = 2;
    lock_destroyed(lock_address(1));
    for (int i = 0; i < 4; i++)
        assert_false(lock_is_still_held(self, &held[i]));
    mutex.__data.__kind = MUTEX_ELISION; // whose it is nobody knows
    assert_true(lock_is_still_held(self, &held[0]));
    mutex = (pthread_mutex_t){0};
}

// --- holds

static void hold_for(unsigned thread, const void *lock, uint64_t hold_ns)
{
    acquire(thread, lock, 1);
    lock_clock_ns += hold_ns;
    release(thread, lock);
}

static void test_no_holds(void **state)
{
    (void)state;
    assert_int_equal(options.hold, HOLD_OFF); // by default
    hold_for(0, lock_address(1), 100);
    lock_load();
    assert_int_equal(lock_sum(lock_address(1), 0).holds, 0);
    assert_int_equal(lock_sum(lock_address(1), 0).hold_ns, 0);
}

static void test_exact_holds(void **state)
{
    struct profile_lock_cell sum;

    (void)state;
    options.hold = HOLD_EXACT;
    hold_for(0, lock_address(1), 100);
    hold_for(0, lock_address(1), 300);
    hold_for(1, lock_address(1), 50);
    acquire(0, lock_address(2), 1); // overlapping, not nested
    lock_clock_ns += 7;
    acquire(0, lock_address(3), 1);
    lock_clock_ns += 20;
    release(0, lock_address(2));
    lock_clock_ns += 400;
    release(0, lock_address(3));
    lock_load();
    sum = lock_sum(lock_address(1), 0);
    assert_int_equal(sum.holds, 3);
    assert_int_equal(sum.hold_ns, 450);
    assert_int_equal(sum.hold_max_ns, 300);
    assert_int_equal(lock_sum(lock_address(2), 0).hold_ns, 27);
    assert_int_equal(lock_sum(lock_address(3), 0).hold_ns, 420);
}

// The cell of a lock that is held goes to another one: its hold ends in the record.
static void test_hold_of_a_lock_without_cell(void **state)
{
    const void *one = lock_address(1), *other;

    (void)state;
    options.hold = HOLD_EXACT;
    hold_for(0, one, 5);
    other = other_of_cell(one);
    acquire(0, one, 1);
    hold_for(0, other, 100);
    lock_clock_ns += 10;
    release(0, one);
    hold_for(0, other, 200);
    hold_for(0, one, 20);
    lock_load();
    assert_int_equal(lock_sum(one, 0).holds, 3);
    assert_int_equal(lock_sum(one, 0).hold_ns, 135);
    assert_int_equal(lock_sum(one, 0).hold_max_ns, 110);
    assert_int_equal(lock_sum(one, 0).acquisitions, 3);
    assert_int_equal(lock_sum(other, 0).holds, 2);
    assert_int_equal(lock_sum(other, 0).hold_ns, 300);
    assert_int_equal(lock_sum(other, 0).hold_max_ns, 200);
}

static void test_sampled_holds(void **state)
{
    struct profile_lock_cell sum;

    (void)state;
    options.hold = HOLD_SAMPLED;
    thread_locks_begin(&lock_threads[0]->locks, 1);
    for (int i = 0; i < 64000; i++)
        hold_for(0, lock_address(1), 10);
    lock_load();
    sum = lock_sum(lock_address(1), 0);
    assert_int_equal(sum.acquisitions, 64000);
    assert_in_range(sum.holds, 900, 1100); // one in 64
    assert_int_equal(sum.hold_ns, 10 * sum.holds);
    assert_int_equal(sum.hold_max_ns, 10);
}

// No period of the host's meets that of the sample.
static void test_sampled_holds_of_a_cycle(void **state)
{
    (void)state;
    options.hold = HOLD_SAMPLED;
    thread_locks_begin(&lock_threads[0]->locks, 1);
    for (int i = 0; i < 256000; i++)
        hold_for(0, lock_address((uint64_t)i % 64), 10);
    lock_load();
    for (uint64_t i = 0; i < 64; i++)
        assert_in_range(lock_sum(lock_address(i), 0).holds, 30, 105); // 62.5
}

// --- the quick way

#define QUICK_LOCKS 40

static void acquire_either_way(bool is_quick, unsigned thread, const void *lock, unsigned mode,
                               uint32_t stack)
{
    struct thread_state *self = lock_threads[thread];

    if (!is_quick ||
        !lock_acquired_quickly(&self->locks, self->serial, lock, SPIN, mode, at(stack)))
        lock_acquired(self, lock, SPIN, mode, at(stack));
}

static unsigned quick_releases;

static void release_either_way(bool is_quick, unsigned thread, const void *lock)
{
    struct thread_state *self = lock_threads[thread];

    if (is_quick && lock_release_quickly(&self->locks, lock, SPIN))
        quick_releases++;
    else
        lock_released(self, lock, SPIN, at(98));
}

static void release_any(bool is_quick, struct random *random, unsigned thread)
{
    const struct thread_locks *locks = &lock_threads[thread]->locks;
    uint32_t index;

    if (locks->held_count == 0)
        return;
    index =
        random_below(random, 4) ? locks->held_count - 1 : random_below(random, locks->held_count);
    release_either_way(is_quick, thread, (const void *)(uintptr_t)locks->held[index].lock->place);
}

static void run_sequence(bool is_quick)
{
    static const unsigned modes[] = {0, 0, 0, PROFILE_ACQUIRE_TRY, PROFILE_ACQUIRE_READ};
    struct random random = {17};

    for (unsigned i = 0; i < 200000; i++) {
        unsigned thread = i / 1000 % 3, mode = modes[random_below(&random, 5)];
        const void *lock = lock_address(random_below(&random, QUICK_LOCKS));
        uint32_t stack = 1 + random_below(&random, 50);

        if (random_below(&random, 5000) == 0)
            lock_destroyed(lock);
        else if (lock_threads[thread]->locks.held_count < 3 && random_below(&random, 2))
            acquire_either_way(is_quick, thread, lock, mode, stack);
        else
            release_any(is_quick, &random, thread);
    }
    for (unsigned thread = 0; thread < 3; thread++)
        while (lock_threads[thread]->locks.held_count)
            release_any(is_quick, &random, thread);
}

static void assert_same_chunks(const struct profile_copy *a, const struct profile_copy *b,
                               enum profile_chunk_type type)
{
    const struct profile_chunk *first = NULL, *second = NULL;
    size_t count = 0;

    while ((first = profile_copy_next(a, first, type))) {
        second = profile_copy_next(b, second, type);
        assert_non_null(second);
        assert_int_equal(first->length_bytes, second->length_bytes);
        assert_memory_equal(first, second, first->length_bytes);
        count++;
    }
    assert_null(profile_copy_next(b, second, type));
    assert_true(count > 0);
}

static void test_quick_and_slow_agree(void **state)
{
    struct profile_copy slow;

    run_sequence(false);
    lock_load();
    slow = lock_copy;
    lock_copy.bytes = NULL;
    lock_tear_down(state);
    lock_set_up(state);
    quick_releases = 0;
    run_sequence(true);
    assert_true(quick_releases > 10000);
    lock_load();
    assert_same_chunks(&slow, &lock_copy, PROFILE_CHUNK_LOCKS);
    assert_same_chunks(&slow, &lock_copy, PROFILE_CHUNK_LOCK_CELLS);
    assert_same_chunks(&slow, &lock_copy, PROFILE_CHUNK_LOCK_NESTINGS);
    profile_copy_release(&slow);
}

static void warm_up(unsigned thread, const void *lock)
{
    for (int i = 0; i < LOCK_STACKS; i++)
        acquire_and_release(thread, lock, 0);
}

static bool is_quick(unsigned thread, const void *lock, enum profile_lock_kind kind, unsigned mode)
{
    struct thread_state *self = lock_threads[thread];
    bool is_done = lock_acquired_quickly(&self->locks, self->serial, lock, kind, mode, at(1));

    if (is_done)
        release(thread, lock);
    return is_done;
}

static void test_when_it_is_not_quick(void **state)
{
    const void *lock = own_cell();

    (void)state;
    assert_false(is_quick(0, lock, SPIN, 0)); // unknown
    warm_up(0, lock);
    assert_true(is_quick(0, lock, SPIN, 0));
    assert_false(is_quick(0, lock, PROFILE_LOCK_SEMAPHORE, 0));
    assert_false(is_quick(0, lock_address(2), SPIN, 0));
    assert_false(is_quick(1, lock, SPIN, 0)); // its first
    acquire_and_release(1, lock, 0);
    assert_false(is_quick(0, lock, SPIN, 0)); // another owner
    assert_true(is_quick(0, lock, SPIN, PROFILE_ACQUIRE_READ));
    acquire_and_release(0, lock, 0);
    assert_true(is_quick(0, lock, SPIN, 0));
    acquire(0, lock_address(3), 1);
    assert_false(is_quick(0, lock, SPIN, 0)); // nested as never before
    acquire_and_release(0, lock, 0);
    assert_true(is_quick(0, lock, SPIN, 0));
    lock_destroyed(lock);
    assert_false(is_quick(0, lock, SPIN, 0));
}

static void test_not_quick_with_holds(void **state)
{
    (void)state;
    options.hold = HOLD_SAMPLED;
    warm_up(0, lock_address(1));
    assert_false(is_quick(0, lock_address(1), SPIN, 0));
}

static void test_quick_to_the_end_of_the_list(void **state)
{
    const void *lock = own_cell();

    (void)state;
    warm_up(0, lock);
    for (uint32_t i = 0; i < 16; i++)
        acquire(0, lock_address(i), 1);
    acquire_and_release(0, lock, 0); // the nesting is known, and the list has grown
    assert_true(is_quick(0, lock, SPIN, 0));
    for (uint32_t i = 16; i < 32; i++)
        acquire(0, lock_address(i), 1);
    assert_int_equal(lock_threads[0]->locks.held_count, 32);
    assert_false(is_quick(0, lock, SPIN, 0));
}

static void test_not_released_quickly(void **state)
{
    struct thread_locks *locks = &lock_threads[0]->locks;

    (void)state;
    acquire(0, lock_address(1), 1);
    acquire(0, lock_address(2), 1);
    assert_false(lock_release_quickly(locks, lock_address(1), SPIN));
    assert_false(lock_release_quickly(locks, lock_address(2), MUTEX));
    lock_find(lock_address(2))->waiters = 1;
    assert_false(lock_release_quickly(locks, lock_address(2), SPIN));
    lock_find(lock_address(2))->waiters = 0;
    assert_true(lock_release_quickly(locks, lock_address(2), SPIN));
    assert_true(lock_release_quickly(locks, lock_address(1), SPIN));
    assert_int_equal(locks->held_count, 0);
    options.hold = HOLD_EXACT;
    acquire(0, lock_address(1), 1);
    assert_false(lock_release_quickly(locks, lock_address(1), SPIN));
    release(0, lock_address(1));
}

// Nothing held: not even by a thread that never held anything.
static void test_nothing_to_release_quickly(void **state)
{
    (void)state;
    assert_false(lock_release_quickly(&lock_threads[3]->locks, lock_address(1), SPIN));
    acquire_and_release(0, lock_address(1), 0);
    assert_false(lock_release_quickly(&lock_threads[0]->locks, lock_address(1), SPIN));
}

// --- the end of a thread

static pthread_mutex_t held_still, unlocked_elsewhere, robust;

static void acquire_mutex(pthread_mutex_t *what, int kind, int owner, uint32_t stack)
{
    *what = (pthread_mutex_t){0};
    what->__data.__kind = kind;
    what->__data.__owner = lock_threads[0]->tid; // while it is acquired
    what->__data.__lock = lock_threads[0]->tid;
    lock_acquired(lock_threads[0], what, MUTEX, 0, at(stack));
    what->__data.__owner = owner;
}

static void test_thread_ends(void **state)
{
    const struct profile_lock_misuse *first, *second;
    static pthread_once_t once = 1;

    (void)state;
    acquire_mutex(&held_still, 0, lock_threads[0]->tid, 11);
    acquire_mutex(&robust, MUTEX_ROBUST, lock_threads[0]->tid, 12);
    acquire_mutex(&unlocked_elsewhere, 0, 0, 13);
    lock_acquired(lock_threads[0], &once, PROFILE_LOCK_ONCE, 0, at(14));
    acquire(0, lock_address(1), 15);
    lock_thread_ends(lock_threads[0]);
    assert_int_equal(lock_threads[0]->locks.held_count, 0);
    lock_load();
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_MISUSES), 2);
    first = lock_record(PROFILE_CHUNK_LOCK_MISUSES, 0);
    second = lock_record(PROFILE_CHUNK_LOCK_MISUSES, 1);
    assert_int_equal(first->kind, PROFILE_MISUSE_EXIT_HOLDING);
    assert_int_equal(first->lock, lock_id_of(&held_still, 0));
    assert_int_equal(first->stack, 11);
    assert_int_equal(first->thread, 1);
    assert_int_equal(second->kind, PROFILE_MISUSE_EXIT_HOLDING);
    assert_int_equal(second->lock, lock_id_of(lock_address(1), 0));
}

// A slot goes on with another thread: its counts stay, what it held is gone.
static void test_slot_goes_on(void **state)
{
    struct thread_locks *locks = &lock_threads[0]->locks;

    (void)state;
    acquire(0, lock_address(1), 1);
    locks->waiting.turn = 3;
    thread_locks_begin(locks, 77);
    assert_int_equal(locks->held_count, 0);
    assert_int_equal(locks->waiting.turn, 4);
    lock_threads[0]->serial = 77;
    acquire_and_release(0, lock_address(1), 0);
    lock_load();
    assert_int_equal(lock_sum(lock_address(1), 0).acquisitions, 2);
    assert_int_equal(lock_sum(lock_address(1), 0).owner_changes, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lock_set_up, lock_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_counts),
        TEST(test_owner_died),
        TEST(test_owner_changes),
        TEST(test_cells_change),
        TEST(test_one_cell_of_two_locks),
        TEST(test_most_cells),
        TEST(test_cells_are_spread),
        TEST(test_cell_of_a_lock_that_ended),
        TEST(test_threads_count),
        TEST(test_held),
        TEST(test_held_grows),
        TEST(test_held_by_another),
        TEST(test_stacks),
        TEST(test_owner_stack),
        TEST(test_is_still_held),
        TEST(test_no_holds),
        TEST(test_exact_holds),
        TEST(test_hold_of_a_lock_without_cell),
        TEST(test_sampled_holds),
        TEST(test_sampled_holds_of_a_cycle),
        TEST(test_quick_and_slow_agree),
        TEST(test_when_it_is_not_quick),
        TEST(test_not_quick_with_holds),
        TEST(test_quick_to_the_end_of_the_list),
        TEST(test_not_released_quickly),
        TEST(test_nothing_to_release_quickly),
        TEST(test_thread_ends),
        TEST(test_slot_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
