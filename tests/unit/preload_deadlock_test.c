// SPDX-License-Identifier: MIT
//
// preload_deadlock_test.c - circles of waiting threads. One thread plays them all, so that none
// waits; at the end several do at once.
#include "preload/deadlock.h"
#include "preload/glibc_locks.h"
#include "preload/lock_use.h"
#include "preload/lock_wait.h"
#include "preload/sys.h"
#include "tests/unit/preload_lock_support.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUTEX PROFILE_LOCK_MUTEX
#define RWLOCK PROFILE_LOCK_RWLOCK
#define SPIN PROFILE_LOCK_SPIN
#define READ PROFILE_ACQUIRE_READ
#define TRY PROFILE_ACQUIRE_TRY

static pthread_mutex_t mutexes[LOCK_THREADS];
static pthread_rwlock_t rwlock;
static struct lock_call calls[LOCK_THREADS];

// Called by preload/ between all it reads of other threads: `at_question` at number `question`.
struct thread_state *__real_thread_by_serial(uint32_t serial);
struct thread_state *__wrap_thread_by_serial(uint32_t serial);
static unsigned questions, question;
static void (*at_question)(void);

struct thread_state *__wrap_thread_by_serial(uint32_t serial)
{
    if (at_question && ++questions == question)
        at_question();
    return __real_thread_by_serial(serial);
}

static int set_up(void **state)
{
    memset(mutexes, 0, sizeof(mutexes));
    memset(&rwlock, 0, sizeof(rwlock));
    memset(calls, 0, sizeof(calls));
    at_question = NULL;
    return lock_set_up(state);
}

static void acquire(unsigned thread, unsigned mutex)
{
    mutexes[mutex].__data.__owner = lock_threads[thread]->tid;
    mutexes[mutex].__data.__lock = 1;
    lock_acquired(lock_threads[thread], &mutexes[mutex], MUTEX, 0, at(100 + mutex));
}

static void acquire_rwlock(unsigned thread, unsigned mode)
{
    if (!(mode & READ))
        rwlock.__data.__cur_writer = lock_threads[thread]->tid;
    lock_acquired(lock_threads[thread], &rwlock, RWLOCK, mode, at(200 + thread));
}

static void wait_as(unsigned thread, const void *lock, enum profile_lock_kind kind, unsigned mode)
{
    lock_be(thread);
    lock_wait_begin(&calls[thread], lock, kind, mode, at(300 + thread));
}

static void wait_for(unsigned thread, unsigned mutex)
{
    wait_as(thread, &mutexes[mutex], MUTEX, 0);
}

static void join(unsigned thread, unsigned other)
{
    lock_be(thread);
    calls[thread].start_ns = lock_clock_ns;
    lock_wait_begin_join(&calls[thread], lock_threads[other]->record, 0, at(300 + thread));
}

static size_t count_links(void)
{
    lock_load();
    return lock_count_records(PROFILE_CHUNK_DEADLOCKS);
}

static const struct profile_deadlock_link *link_of(uint32_t deadlock, uint32_t link)
{
    const struct profile_deadlock_link *found;

    for (size_t i = 0; (found = lock_record(PROFILE_CHUNK_DEADLOCKS, i)); i++)
        if (found->deadlock == deadlock && found->link == link)
            return found;
    fail_msg("no link %u of deadlock %u", link, deadlock);
    return NULL;
}

// A deadlock of those threads, each waiting for the next.
static void assert_circle(uint32_t deadlock, const unsigned *threads, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct profile_deadlock_link *link = link_of(deadlock, i);

        assert_int_equal(link->kind, PROFILE_DEADLOCK_CYCLE);
        assert_int_equal(link->link_count, count);
        assert_int_equal(link->thread, lock_threads[threads[i]]->serial);
        assert_int_equal(link->owner, lock_threads[threads[(i + 1) % count]]->serial);
        assert_int_equal(link->wait_stack, 300 + threads[i]);
        assert_int_equal(link->time_ns, lock_clock_ns);
    }
}
#define CIRCLE(deadlock, ...)                                                                      \
    assert_circle((deadlock), (const unsigned[]){__VA_ARGS__},                                     \
                  sizeof((unsigned[]){__VA_ARGS__}) / sizeof(unsigned))

static void assert_none(void)
{
    assert_int_equal(lock_reports, 0);
    assert_int_equal(count_links(), 0);
}

static void test_two(void **state)
{
    (void)state;
    acquire(0, 0);
    acquire(1, 1);
    wait_for(0, 1);
    assert_none();
    wait_for(1, 0);
    assert_int_equal(lock_reports, 1);
    assert_int_equal(lock_report_latest, 1);
    assert_int_equal(count_links(), 2);
    CIRCLE(1, 1, 0); // who closed it comes first
    assert_int_equal(link_of(1, 0)->lock, lock_id_of(&mutexes[0], 0));
    assert_int_equal(link_of(1, 0)->owner_stack, 100);
    assert_int_equal(link_of(1, 1)->lock, lock_id_of(&mutexes[1], 0));
    assert_int_equal(link_of(1, 1)->owner_stack, 101);
    deadlock_check(lock_threads[0]); // it has been said
    deadlock_check(lock_threads[1]);
    assert_int_equal(lock_reports, 1);
}

static void make_circle(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        acquire(i, i);
    for (unsigned i = 0; i < count; i++)
        wait_for(i, (i + 1) % count);
}

static void test_three(void **state)
{
    (void)state;
    make_circle(3);
    assert_int_equal(lock_reports, 1);
    assert_int_equal(count_links(), 3);
    CIRCLE(1, 2, 0, 1);
}

static void test_five(void **state)
{
    (void)state;
    make_circle(5);
    assert_int_equal(lock_reports, 1);
    assert_int_equal(count_links(), 5);
    CIRCLE(1, 4, 0, 1, 2, 3);
}

// Whoever comes last, in any order.
static void test_closed_by_any(void **state)
{
    for (unsigned last = 0; last < 4; last++) {
        if (last > 0)
            lock_tear_down(state), set_up(state);
        for (unsigned i = 0; i < 4; i++)
            acquire(i, i);
        for (unsigned i = 1; i <= 4; i++)
            wait_for((last + i * 3) % 4, (last + i * 3 + 1) % 4);
        assert_int_equal(lock_reports, 1);
        assert_int_equal(count_links(), 4);
        CIRCLE(1, last, (last + 1) % 4, (last + 2) % 4, (last + 3) % 4);
    }
}

// Those who wait for a thread of the circle are not of it.
static void test_tail(void **state)
{
    (void)state;
    acquire(0, 0);
    acquire(0, 4);
    acquire(1, 1);
    acquire(2, 2);
    wait_for(2, 4); // before, and after
    wait_for(0, 1);
    wait_for(1, 0);
    acquire(3, 3);
    wait_for(3, 2);
    assert_int_equal(lock_reports, 1);
    assert_int_equal(count_links(), 2);
    CIRCLE(1, 1, 0);
}

static void test_two_deadlocks(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        acquire(i, i);
    wait_for(0, 1);
    wait_for(2, 3);
    wait_for(1, 0);
    wait_for(3, 4);
    wait_for(4, 2);
    assert_int_equal(lock_reports, 2);
    assert_int_equal(lock_report_latest, 2);
    assert_int_equal(count_links(), 5);
    CIRCLE(1, 1, 0);
    CIRCLE(2, 4, 2, 3);
}

static void test_no_circle(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        acquire(i, i);
    for (unsigned i = 0; i < 4; i++)
        wait_for(i, i + 1); // the last one runs
    assert_none();
    wait_for(4, 5); // for a lock that nobody holds
    assert_none();
}

// A wait that ends by itself, or that others than the holder may end.
static void test_waits_that_end(void **state)
{
    (void)state;
    acquire(0, 0);
    acquire(1, 1);
    acquire(2, 2);
    lock_acquired(lock_threads[2], lock_address(1), SPIN, 0, at(1));
    wait_as(0, &mutexes[1], MUTEX, TRY);
    wait_for(1, 0);
    assert_none();
    wait_for(1, 2);
    wait_as(2, &mutexes[1], MUTEX, TRY); // the last one likewise
    assert_none();
    wait_as(2, lock_address(7), PROFILE_LOCK_SEMAPHORE, 0);
    wait_as(2, lock_address(8), PROFILE_LOCK_CONDITION, 0);
    assert_none();
}

static void test_waits_that_ended(void **state)
{
    (void)state;
    acquire(0, 0);
    acquire(1, 1);
    wait_for(0, 1);
    lock_be(0);
    lock_wait_end(&calls[0], LOCK_FAILED);
    wait_for(1, 0);
    assert_none();
    wait_for(0, 2); // for another one than it did
    assert_none();
}

static void test_released(void **state)
{
    (void)state;
    acquire(0, 0);
    acquire(1, 1);
    acquire(1, 2);
    wait_for(0, 1);
    lock_released(lock_threads[1], &mutexes[1], MUTEX, at(1)); // 0 is about to go on
    wait_for(1, 0);
    assert_none();
}

static void test_self(void **state)
{
    (void)state;
    acquire(0, 0);
    wait_for(0, 0);
    assert_int_equal(lock_reports, 1);
    assert_int_equal(count_links(), 1);
    CIRCLE(1, 0);
    assert_int_equal(link_of(1, 0)->owner_stack, 100);
}

// To a mutex that counts, or refuses, its owner can't wait for itself.
static void test_self_that_does_not_block(void **state)
{
    (void)state;
    mutexes[0].__data.__kind = PTHREAD_MUTEX_ERRORCHECK;
    acquire(0, 0);
    wait_for(0, 0);
    mutexes[1].__data.__kind = PTHREAD_MUTEX_RECURSIVE;
    acquire(1, 1);
    wait_for(1, 1);
    acquire_rwlock(2, 0);
    wait_as(2, &rwlock, RWLOCK, 0);
    assert_none();
}

static void test_spin_with_itself(void **state)
{
    (void)state;
    lock_acquired(lock_threads[0], lock_address(1), SPIN, 0, at(1));
    wait_as(0, lock_address(1), SPIN, 0);
    assert_int_equal(lock_reports, 1);
}

// --- rwlocks

static void test_writers(void **state)
{
    (void)state;
    acquire_rwlock(0, 0);
    acquire(1, 1);
    wait_for(0, 1);
    wait_as(1, &rwlock, RWLOCK, READ); // reads what another one writes
    assert_int_equal(lock_reports, 1);
    CIRCLE((lock_load(), 1), 1, 0);
    assert_int_equal(link_of(1, 0)->mode, READ);
    assert_int_equal(link_of(1, 0)->owner_stack, 200);
}

static void test_readers(void **state)
{
    (void)state;
    acquire_rwlock(0, READ);
    acquire_rwlock(1, READ);
    acquire_rwlock(3, READ);
    acquire(2, 2);
    wait_for(1, 2);
    assert_none();
    wait_as(2, &rwlock, RWLOCK, 0); // 0 and 3 run
    assert_int_equal(lock_reports, 1);
    assert_int_equal(count_links(), 2);
    CIRCLE(1, 2, 1);
    assert_int_equal(link_of(1, 0)->owner_stack, 201);
}

static void test_readers_closed_by_a_reader(void **state)
{
    (void)state;
    acquire_rwlock(0, READ);
    acquire_rwlock(1, READ);
    acquire(2, 2);
    wait_as(2, &rwlock, RWLOCK, 0);
    assert_none();
    wait_for(1, 2);
    assert_int_equal(lock_reports, 1);
    CIRCLE((lock_load(), 1), 1, 2);
}

// Two who read want to write: each waits for the other, and for itself.
static void test_upgrade(void **state)
{
    (void)state;
    acquire_rwlock(0, READ);
    wait_as(0, &rwlock, RWLOCK, 0);
    assert_int_equal(lock_reports, 1);
    assert_int_equal(count_links(), 1);
    CIRCLE(1, 0);
}

// Readers don't wait for readers, unless writers go first and one waits.
static void test_reader_of_readers(void **state)
{
    (void)state;
    acquire_rwlock(0, READ);
    acquire(1, 1);
    wait_for(0, 1);
    rwlock.__data.__readers = 1 << RWLOCK_READER_SHIFT;
    wait_as(1, &rwlock, RWLOCK, READ);
    rwlock.__data.__flags = PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
    wait_as(1, &rwlock, RWLOCK, READ);
    assert_none();
    rwlock.__data.__readers |= RWLOCK_WRITER_WAITS;
    wait_as(2, &rwlock, RWLOCK, 0); // the one that goes first
    assert_none();
    wait_as(1, &rwlock, RWLOCK, READ);
    assert_int_equal(lock_reports, 1);
    CIRCLE((lock_load(), 1), 1, 0);
}

// --- joins

static void test_join(void **state)
{
    (void)state;
    acquire(0, 0);
    lock_threads[1]->record->creation_stack = 70;
    join(0, 1);
    assert_none();
    wait_for(1, 0);
    assert_int_equal(lock_reports, 1);
    assert_int_equal(count_links(), 2);
    CIRCLE(1, 1, 0);
    assert_int_equal(link_of(1, 1)->owner_stack, 0);
    assert_int_equal(link_of(1, 1)->lock, lock_of_joins(70)->id);
}

static void test_closed_by_a_join(void **state)
{
    (void)state;
    acquire(0, 0);
    wait_for(1, 0);
    join(0, 1);
    assert_int_equal(lock_reports, 1);
    CIRCLE((lock_load(), 1), 0, 1);
}

static void test_joins_of_each_other(void **state)
{
    (void)state;
    join(0, 1);
    join(1, 2);
    assert_none();
    join(2, 0);
    assert_int_equal(lock_reports, 1);
    CIRCLE((lock_load(), 1), 2, 0, 1);
}

static void test_join_of_one_that_ended(void **state)
{
    (void)state;
    acquire(0, 0);
    wait_for(1, 0);
    lock_threads[1]->record->end_ns = 1;
    join(0, 1);
    assert_none();
}

static void test_all_kinds(void **state)
{
    (void)state;
    acquire(0, 0);
    acquire_rwlock(1, 0);
    lock_acquired(lock_threads[2], lock_address(1), SPIN, 0, at(1));
    acquire_rwlock(4, READ); // no circle by it: the lock is written
    wait_as(0, &rwlock, RWLOCK, 0);
    wait_as(1, lock_address(1), SPIN, 0);
    join(2, 3);
    assert_none();
    wait_for(3, 0);
    assert_int_equal(lock_reports, 1);
    assert_int_equal(count_links(), 4);
    CIRCLE(1, 3, 0, 1, 2);
}

// --- what changes meanwhile

static void go_on(void)
{
    struct thread_locks *locks = &lock_threads[0]->locks;

    locks->waiting.turn += 2; // its wait has ended, and there is another one
}

static void let_go(void)
{
    lock_threads[0]->locks.held_count--;
}

// Closes a circle of 3 while `change` happens at that question about other threads.
static unsigned reports_if(void (*change)(void), unsigned number)
{
    for (unsigned i = 0; i < 3; i++)
        acquire(i, i);
    wait_for(0, 1);
    wait_for(1, 2);
    questions = 0;
    question = number;
    at_question = change;
    wait_for(2, 0);
    at_question = NULL;
    return lock_reports;
}

static void test_not_stable(void **state)
{
    unsigned count, none_of_turns = 0;

    reports_if(go_on, UINT32_MAX);
    count = questions;
    assert_int_equal(lock_reports, 1);
    assert_in_range(count, 5, 50);
    for (unsigned i = 1; i <= count; i++) {
        lock_tear_down(state), set_up(state);
        none_of_turns += reports_if(go_on, i) == 0;
    }
    assert_in_range(none_of_turns, 2, count - 2); // from the first look on to the second
    for (unsigned i = 1; i <= count / 2; i++) {
        lock_tear_down(state), set_up(state);
        assert_int_equal(reports_if(let_go, i), 0);
    }
}

// The join of thread 1 has ended, and it waits for something else, with a time limit: what
// lock_wait.c stores in itself.
static void join_ends(void)
{
    struct lock_waiting *waiting = &lock_threads[1]->locks.waiting;

    waiting->turn = (waiting->turn + 1) & ~1u;
    waiting->joined = NULL;
}

// Looks for a circle by way of thread 1, which joins at first. Exits with 1 if one is told.
static void search_by_way_of_a_join(unsigned number)
{
    signal(SIGSEGV, SIG_DFL); // not cmocka's
    acquire(0, 0);
    acquire(1, 1);
    join(1, 2);
    questions = 0;
    question = number;
    at_question = join_ends;
    wait_for(0, 1);
    _exit(lock_reports != 0);
}

// What is read of a thread that goes on meanwhile leads nowhere, but not to a crash of the host.
static void test_join_that_ends_meanwhile(void **state)
{
    (void)state;
    for (unsigned number = 1; number < 10; number++) {
        pid_t child = fork();
        int status;

        if (child == 0)
            search_by_way_of_a_join(number);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

// --- a thread that has ended

static void test_orphan(void **state)
{
    const struct profile_deadlock_link *link;

    (void)state;
    acquire(0, 0);
    deadlock_orphaned(lock_threads[0], lock_threads[0]->locks.held[0].lock);
    lock_threads[0]->record->end_ns = 1;
    wait_for(1, 0);
    assert_int_equal(lock_reports, 1);
    assert_int_equal(count_links(), 1);
    link = link_of(1, 0);
    assert_int_equal(link->kind, PROFILE_DEADLOCK_ORPHAN);
    assert_int_equal(link->link_count, 1);
    assert_int_equal(link->thread, 2);
    assert_int_equal(link->lock, lock_id_of(&mutexes[0], 0));
    assert_int_equal(link->owner, 1);
    assert_int_equal(link->wait_stack, 301);
}

static void test_no_orphan(void **state)
{
    (void)state;
    acquire(0, 0);
    mutexes[0].__data.__owner = 0; // unlocked before it ended
    mutexes[1].__data.__kind = MUTEX_ROBUST;
    acquire(0, 1);
    acquire(0, 2);
    mutexes[2].__data.__owner = sys_thread_id(); // by another thread
    lock_threads[0]->record->end_ns = 1;
    wait_for(1, 0);
    wait_for(1, 1);
    wait_for(1, 2);
    wait_as(1, &rwlock, RWLOCK, 0);
    assert_none();
}

static void test_orphaned_while_waited_for(void **state)
{
    const struct profile_deadlock_link *link;

    (void)state;
    acquire(0, 0);
    acquire(0, 1);
    wait_for(1, 0);
    wait_as(2, &mutexes[1], MUTEX, TRY);
    assert_none();
    lock_be(0);
    lock_thread_ends(lock_threads[0]);
    assert_int_equal(lock_reports, 1);
    assert_int_equal(count_links(), 1);
    link = link_of(1, 0);
    assert_int_equal(link->kind, PROFILE_DEADLOCK_ORPHAN);
    assert_int_equal(link->thread, 2);
    assert_int_equal(link->owner, 1);
    assert_int_equal(link->owner_stack, 100);
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_MISUSES), 2);
}

// --- many at once

#define ROUNDS 400

static pthread_barrier_t meeting;

static void close_circles(unsigned thread)
{
    struct thread_state *self = lock_be(thread);
    const void *own = lock_address(thread), *next = lock_address((thread + 1) % THREADS);

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct lock_call call;

        lock_acquired(self, own, SPIN, 0, at(1));
        pthread_barrier_wait(&meeting);
        lock_wait_begin(&call, next, SPIN, 0, at(2));
        pthread_barrier_wait(&meeting);
        lock_wait_end(&call, LOCK_FAILED);
        lock_released(self, own, SPIN, at(3));
        pthread_barrier_wait(&meeting);
    }
    thread_self = NULL;
}

// All close the circle at once: one of them sees it, and only one says so.
static void test_threads_close_at_once(void **state)
{
    (void)state;
    pthread_barrier_init(&meeting, NULL, THREADS);
    run_threads(close_circles);
    pthread_barrier_destroy(&meeting);
    assert_int_equal(lock_reports, ROUNDS);
    assert_int_equal(count_links(), ROUNDS * THREADS);
    for (size_t i = 0; i < ROUNDS * THREADS; i++) {
        const struct profile_deadlock_link *link = lock_record(PROFILE_CHUNK_DEADLOCKS, i);

        assert_int_equal(link->link_count, THREADS);
        assert_int_equal(link->owner, link->thread % THREADS + 1);
    }
}

static void lock_in_order(struct thread_state *self, pthread_mutex_t *mutex)
{
    struct lock_call call;

    if (pthread_mutex_trylock(mutex) != 0) {
        lock_wait_begin(&call, mutex, MUTEX, 0, at(1));
        pthread_mutex_lock(mutex);
        lock_wait_end(&call, LOCK_ACQUIRED);
    }
    lock_acquired(self, mutex, MUTEX, 0, at(2));
}

static void unlock(struct thread_state *self, pthread_mutex_t *mutex)
{
    lock_released(self, mutex, MUTEX, at(3));
    pthread_mutex_unlock(mutex);
}

static void use_in_order(unsigned thread)
{
    struct thread_state *self = lock_be(thread);
    struct random random = {80 + thread};

    self->tid = sys_thread_id();
    for (unsigned i = 0; i < 5000; i++) {
        unsigned first = random_below(&random, 5);
        unsigned second = first + 1 + random_below(&random, 5 - first);

        lock_in_order(self, &mutexes[first]);
        lock_in_order(self, &mutexes[second]);
        if (i % 8 == 0)
            sys_yield(); // others come
        unlock(self, &mutexes[random_below(&random, 2) ? first : second]);
        unlock(self,
               &mutexes[self->locks.held[0].lock->place == (uintptr_t)&mutexes[first] ? first
                                                                                      : second]);
    }
    thread_self = NULL;
}

// Real mutexes, in an order that no deadlock comes of: nobody sees one.
static void test_threads_without_deadlock(void **state)
{
    (void)state;
    run_threads(use_in_order);
    assert_none();
    assert_true(lock_count_records(PROFILE_CHUNK_LOCK_WAITS) > 0);
}

static void test_reset(void **state)
{
    (void)state;
    make_circle(2);
    deadlock_reset();
    for (unsigned i = 0; i < 2; i++) {
        lock_be(i);
        lock_wait_end(&calls[i], LOCK_FAILED);
    }
    make_circle(2);
    assert_int_equal(lock_reports, 2);
    assert_int_equal(lock_report_latest, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, lock_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_two),
        TEST(test_three),
        TEST(test_five),
        TEST(test_closed_by_any),
        TEST(test_tail),
        TEST(test_two_deadlocks),
        TEST(test_no_circle),
        TEST(test_waits_that_end),
        TEST(test_waits_that_ended),
        TEST(test_released),
        TEST(test_self),
        TEST(test_self_that_does_not_block),
        TEST(test_spin_with_itself),
        TEST(test_writers),
        TEST(test_readers),
        TEST(test_readers_closed_by_a_reader),
        TEST(test_upgrade),
        TEST(test_reader_of_readers),
        TEST(test_join),
        TEST(test_closed_by_a_join),
        TEST(test_joins_of_each_other),
        TEST(test_join_of_one_that_ended),
        TEST(test_all_kinds),
        TEST(test_not_stable),
        TEST(test_join_that_ends_meanwhile),
        TEST(test_orphan),
        TEST(test_no_orphan),
        TEST(test_orphaned_while_waited_for),
        TEST(test_threads_close_at_once),
        TEST(test_threads_without_deadlock),
        TEST(test_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
