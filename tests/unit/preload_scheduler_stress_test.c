// SPDX-License-Identifier: MIT
//
// preload_scheduler_stress_test.c - eight threads at all tables at once, under a scheduler that
// does its worst (preload_perturb.h), and figures that must be exact in the end: every event is in
// one cell, every stack has one id, every block one record, and a thread that gets another's slot
// does not get its counts.
#include "preload/compiler.h"
#include "preload/heap.h"
#include "preload/lock_table.h"
#include "preload/lock_use.h"
#include "preload/lock_wait.h"
#include "preload/profile_writer.h"
#include "preload/stack_table.h"
#include "tests/unit/preload_lock_support.h"
#include "tests/unit/preload_perturb.h"

#include <pthread.h>
#include <stdlib.h>

#define SPIN PROFILE_LOCK_SPIN
#define BLOCKS 600u
#define STACKS 200u
#define PATHS 4000u // stacks to intern
#define DEPTH 6u
#define LOCKS 40u
#define SEMAPHORES 3u
#define NEW_LOCKS 3000u  // that all come upon together
#define HOUSE_LOCKS 100u // of a block
#define HOUSE_BYTES (8u * HOUSE_LOCKS)
#define LIVES 24u    // threads that each of THREADS is, one after the other
#define EVENTS 2000u // of a life
#define SERIALS (LOCK_THREADS + THREADS * LIVES + 1)

// Each is changed by one thread at a time, and by any.
enum block_state { BLOCK_FREE, BLOCK_BUSY, BLOCK_LIVE };

static struct {
    unsigned state;
    uint32_t stack;
} blocks[BLOCKS];
static struct counts {
    uint64_t allocations, allocated_bytes, frees, freed_bytes;
} expected[STACKS + 1];
static struct {
    unsigned is_held;
    uint64_t acquisitions, try_failed;
} locks[LOCKS];
static uint64_t new_locks[NEW_LOCKS]; // tries that failed
static uint32_t path_ids[PATHS];
static uint64_t lives_allocations[SERIALS], lives_waits;
static unsigned second_ids, second_records;

// Two in each leaf of the live table.
static const void *block_address(unsigned block)
{
    return (const void *)(UINT64_C(0x100000000) + ((uint64_t)(block / 2) << LIVE_LEAF_BITS) +
                          block % 2 * 4096);
}

// All threads are near the same place at the same time, and come upon what is new together.
static unsigned near(struct random *random, unsigned limit)
{
    static unsigned progress;

    return (atomic_add(&progress, 1) / 16 + random_below(random, 4)) % limit;
}

static uint64_t block_bytes(unsigned block)
{
    return 16 + block;
}

static bool swap_state(unsigned *state, unsigned from, unsigned to)
{
    return atomic_swap_if(state, &from, to);
}

static void allocate(struct thread_state *self, const void *address, uint64_t bytes, uint32_t stack)
{
    heap_allocated(self, address, bytes, PRELOAD_FRAME(stack));
    atomic_add(&expected[stack].allocations, 1);
    atomic_add(&expected[stack].allocated_bytes, bytes);
    atomic_add(&lives_allocations[self->serial], 1);
}

static void release(struct thread_state *self, const void *address, uint64_t bytes, uint32_t stack)
{
    if (live_table_get(address).stack != stack)
        atomic_add(&second_records, 1);
    heap_freed(self, address, PRELOAD_FRAME(STACKS + 1));
    atomic_add(&expected[stack].frees, 1);
    atomic_add(&expected[stack].freed_bytes, bytes);
}

// As an allocator does, the block goes from owner to owner by a release and an acquire.
static void use_block(struct thread_state *self, struct random *random)
{
    unsigned block = near(random, BLOCKS);

    if (swap_state(&blocks[block].state, BLOCK_FREE, BLOCK_BUSY)) {
        blocks[block].stack = 1 + random_below(random, STACKS);
        allocate(self, block_address(block), block_bytes(block), blocks[block].stack);
        atomic_publish(&blocks[block].state, BLOCK_LIVE);
    } else if (swap_state(&blocks[block].state, BLOCK_LIVE, BLOCK_BUSY)) {
        release(self, block_address(block), block_bytes(block), blocks[block].stack);
        atomic_publish(&blocks[block].state, BLOCK_FREE);
    }
}

// Paths have their outer frames in common.
static void intern(struct random *random)
{
    uint32_t path = near(random, PATHS), id, known = 0;
    uintptr_t pcs[DEPTH];

    for (unsigned i = 0, rest = path; i < DEPTH; i++, rest /= 5)
        pcs[DEPTH - 1 - i] = 0x400000 + i * 4096 + rest % 5;
    pcs[0] += path * 16;
    id = stack_table_intern(pcs, DEPTH, 0);
    if (!atomic_swap_if(&path_ids[path], &known, id) && known != id)
        atomic_add(&second_ids, 1);
}

static void use_lock(struct thread_state *self, struct random *random, unsigned more)
{
    unsigned lock = random_below(random, LOCKS);
    const void *address = lock_address(lock);

    if (!swap_state(&locks[lock].is_held, 0, 1)) {
        lock_try_failed(self, address, SPIN, at(1 + lock));
        atomic_add(&locks[lock].try_failed, 1);
        return;
    }
    lock_acquired(self, address, SPIN, 0, at(1 + lock));
    atomic_add(&locks[lock].acquisitions, 1);
    if (more)
        use_lock(self, random, more - 1);
    lock_released(self, address, SPIN, at(60));
    atomic_publish(&locks[lock].is_held, 0);
}

static void wait_for_lock(struct thread_state *self, struct random *random)
{
    const void *address = lock_address(LOCKS + random_below(random, SEMAPHORES));
    struct lock_call call;

    lock_wait_begin(&call, address, PROFILE_LOCK_SEMAPHORE, 0, at(1 + random_below(random, 9)));
    call.start_ns -= 10; // the clock stands still
    lock_hand_over(self, lock_find(address), at(60 + random_below(random, 9)));
    lock_wait_end(&call, LOCK_ACQUIRED);
    atomic_add(&lives_waits, 1);
}

static const void *house_address(unsigned house)
{
    return (const void *)(UINT64_C(0x200000000) + ((uint64_t)house << LIVE_LEAF_BITS));
}

static const void *new_lock(unsigned number)
{
    return (const char *)house_address(number / HOUSE_LOCKS) + 8 * (number % HOUSE_LOCKS);
}

static void meet_new_lock(struct thread_state *self, struct random *random)
{
    unsigned number = near(random, NEW_LOCKS);

    lock_try_failed(self, new_lock(number), SPIN, at(1));
    atomic_add(&new_locks[number], 1);
}

static void live(struct thread_state *self, unsigned seed)
{
    struct random random = {seed};

    for (unsigned i = 0; i < EVENTS; i++)
        switch (random_below(&random, 5)) {
        case 0:
            intern(&random);
            break;
        case 1:
            use_lock(self, &random, 2);
            break;
        case 2:
            wait_for_lock(self, &random);
            break;
        case 3:
            meet_new_lock(self, &random);
            break;
        default:
            use_block(self, &random);
        }
    heap_send_batch(self);
}

static void build_houses(struct thread_state *self)
{
    for (unsigned house = 0; house < NEW_LOCKS / HOUSE_LOCKS; house++)
        allocate(self, house_address(house), HOUSE_BYTES, 1);
}

// Locks go with the block they are in.
static void tear_down_houses(struct thread_state *self)
{
    for (unsigned number = 0; number < NEW_LOCKS; number++)
        assert_int_equal(lock_find(new_lock(number)) != NULL, new_locks[number] != 0);
    for (unsigned house = 0; house < NEW_LOCKS / HOUSE_LOCKS; house++)
        release(self, house_address(house), HOUSE_BYTES, 1);
    for (unsigned number = 0; number < NEW_LOCKS; number++)
        assert_null(lock_find(new_lock(number)));
    heap_send_batch(self);
}

// --- threads

struct life {
    struct thread_state *self;
    unsigned number, seed;
};

#ifdef __SANITIZE_THREAD__
// Its own state of a thread is gone when the last words of ours are said: slots alone are used.
static void begin(struct life *life)
{
    thread_self = life->self;
}

static void end(struct life *life)
{
    thread_self = NULL;
    lock_thread_ends(life->self);
    thread_abandon(life->self);
}
#else
static void begin(struct life *life)
{
    thread_begin(life->self);
}

static void end(struct life *life)
{
    (void)life;
    thread_set_exit(PROFILE_THREAD_RETURNED);
}
#endif

static void *live_once(void *argument)
{
    struct life *life = argument;

    begin(life);
    perturb_join(life->number);
    live(life->self, life->seed);
    perturb_leave();
    end(life);
    return NULL;
}

static void live_many(unsigned thread)
{
    for (unsigned i = 0; i < LIVES; i++) {
        struct life life = {thread_prepare(0, false), thread, 1 + thread * LIVES + i};
        pthread_t created;

        if (!life.self || pthread_create(&created, NULL, live_once, &life) != 0)
            continue;
        pthread_join(created, NULL);
    }
}

// --- what is in the profile

static void check_cells(void)
{
    static struct counts found[STACKS + 1];
    const struct profile_chunk *chunk = NULL;

    while ((chunk = profile_copy_next(&lock_copy, chunk, PROFILE_CHUNK_CELLS)))
        for (size_t i = 0; i < profile_chunk_records(chunk); i++) {
            const struct profile_cell *cell = profile_chunk_record(chunk, i);
            uint32_t stack = cell->stack & PROFILE_CELL_STACK_MASK;

            assert_in_range(stack, 0, STACKS);
            found[stack].allocations += cell->allocations;
            found[stack].allocated_bytes += cell->allocated_bytes;
            found[stack].frees += cell->frees;
            found[stack].freed_bytes += cell->freed_bytes;
        }
    for (uint32_t stack = 1; stack <= STACKS; stack++)
        assert_memory_equal(&found[stack], &expected[stack], sizeof(found[stack]));
}

static void check_blocks(void)
{
    uint64_t live_bytes = 0;

    for (unsigned block = 0; block < BLOCKS; block++) {
        bool is_live = blocks[block].state == BLOCK_LIVE;

        assert_int_equal(live_table_get(block_address(block)).stack,
                         is_live ? blocks[block].stack : 0);
        live_bytes += is_live ? block_bytes(block) : 0;
    }
    assert_int_equal(second_records, 0);
    assert_int_equal(profile_copy_header(&lock_copy)->live_bytes, live_bytes);
    assert_int_equal(profile_copy_header(&lock_copy)->unknown_frees, 0);
}

static void check_stacks(void)
{
    size_t paths = 0;

    assert_int_equal(second_ids, 0);
    for (uint32_t path = 0; path < PATHS; path++)
        for (uint32_t other = path_ids[path] ? path + 1 : PATHS; other < PATHS; other++)
            assert_int_not_equal(path_ids[path], path_ids[other]);
    for (uint32_t path = 0; path < PATHS; path++)
        paths += path_ids[path] != 0;
    assert_true(paths > PATHS / 2);
}

static void check_locks(void)
{
    const struct profile_lock_wait *wait;
    uint64_t waits = 0;

    for (unsigned lock = 0; lock < LOCKS; lock++) {
        struct profile_lock_cell sum = lock_sum(lock_address(lock), 0);

        assert_int_equal(sum.acquisitions, locks[lock].acquisitions);
        assert_int_equal(sum.try_failed, locks[lock].try_failed);
    }
    for (unsigned lock = LOCKS; lock < LOCKS + SEMAPHORES; lock++) {
        assert_int_equal(lock_find(lock_address(lock))->waiters, 0);
        waits += lock_record_of(lock_address(lock), 0)->contentions;
    }
    for (size_t i = 0; (wait = lock_record(PROFILE_CHUNK_LOCK_WAITS, i)); i++) {
        assert_int_equal(wait->wait_ns, 10 * wait->count);
        waits += wait->count;
    }
    assert_int_equal(waits, lives_waits);
}

// What another thread's push undid would be there twice.
static void check_new_locks(void)
{
    size_t met = 0;

    for (unsigned number = 0; number < NEW_LOCKS; number++) {
        met += new_locks[number] != 0;
        if (new_locks[number])
            assert_int_equal(lock_sum(new_lock(number), 0).try_failed, new_locks[number]);
    }
    assert_true(met > NEW_LOCKS / 2);
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCKS), LOCKS + SEMAPHORES + met);
}

// Each thread has its own counts, each slot all of its threads'.
static void check_threads(void)
{
    uint64_t all = 0, of_slots = 0;

    for (uint32_t serial = 1; serial < SERIALS; serial++) {
        assert_int_equal(thread_record(serial)->allocations, lives_allocations[serial]);
        all += lives_allocations[serial];
    }
    for (uint32_t slot = 0; slot < thread_slot_count(); slot++)
        of_slots += thread_slot_totals(thread_in_slot(slot)).allocations;
    assert_int_equal(of_slots, all);
    assert_in_range(thread_slot_count(), LOCK_THREADS + 1, LOCK_THREADS + THREADS * LIVES / 2);
}

static void test_all_tables(void **state)
{
    (void)state;
    build_houses(lock_threads[0]);
    perturb_begin();
    run_threads(live_many);
    perturb_end();
    tear_down_houses(lock_threads[0]);
    for (int reason = 0; reason < PROFILE_DROP_COUNT; reason++)
        assert_int_equal(profile_header->dropped[reason], 0);
    lock_load();
    check_cells();
    check_blocks();
    check_stacks();
    check_locks();
    check_new_locks();
    check_threads();
}

static int set_up(void **state)
{
    lock_set_up(state);
    thread_table_init();
    thread_self = NULL;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_tables, set_up, lock_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
