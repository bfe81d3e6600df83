// SPDX-License-Identifier: MIT
//
// preload_lock_support.c - see preload_lock_support.h.
#include "tests/unit/preload_lock_support.h"

#include "preload/arch/stack.h"
#include "preload/compiler.h"
#include "preload/live_table.h"
#include "preload/reporter.h"

#define FRAMES 10000

struct thread_state *lock_threads[LOCK_THREADS];
struct profile_copy lock_copy;
uint64_t lock_clock_ns;
unsigned lock_reports, lock_report_latest;

static struct host_frame frames[FRAMES];

// --- in place of preload/reporter.c, and of the clock

void reporter_init(void) {}

void reporter_keep_stderr(void) {}

void reporter_begin(bool is_possible)
{
    (void)is_possible;
}

void reporter_reset(void) {}

bool reporter_run(void)
{
    return true;
}

void reporter_show_deadlock(unsigned number)
{
    atomic_add(&lock_reports, 1);
    atomic_set(&lock_report_latest, number);
}

uint64_t __wrap_sys_monotonic_ns(void);

uint64_t __wrap_sys_monotonic_ns(void)
{
    return atomic_get(&lock_clock_ns);
}

// --- fixtures

int lock_set_up(void **state)
{
    preload_profile_open(state);
    live_table_init(32);
    lock_clock_ns = 1000000;
    lock_reports = lock_report_latest = 0;
    for (uint32_t i = 0; i < FRAMES; i++)
        frames[i].pc = i;
    for (int i = 0; i < LOCK_THREADS; i++) {
        lock_threads[i] = thread_prepare(0, false);
        assert_non_null(lock_threads[i]);
        assert_int_equal(lock_threads[i]->slot, i);
        assert_int_equal(lock_threads[i]->serial, i + 1);
        lock_threads[i]->tid = LOCK_TID + i;
        lock_threads[i]->record->tid = (uint32_t)lock_threads[i]->tid;
        thread_publish(lock_threads[i]->record, (pthread_t)(1000 + i));
    }
    lock_be(0);
    return 0;
}

int lock_tear_down(void **state)
{
    profile_copy_release(&lock_copy);
    lock_copy.bytes = NULL;
    live_table_reset();
    return preload_profile_close(state);
}

struct thread_state *lock_be(unsigned thread)
{
    thread_self = lock_threads[thread];
    return thread_self;
}

const struct host_frame *at(uint32_t stack)
{
    return &frames[stack % FRAMES];
}

// --- the profile

void lock_load(void)
{
    profile_copy_release(&lock_copy);
    profile_copy_load(&lock_copy, preload_scratch.path);
}

static bool is_published(const struct profile_chunk *chunk, size_t index)
{
    const void *record = profile_chunk_record(chunk, index);

    return chunk->type == PROFILE_CHUNK_LOCKS ? *(const uint64_t *)record != 0
                                              : *(const uint32_t *)record != 0;
}

static const struct profile_lock *find_lock(const void *address, uint32_t generation,
                                            uint32_t *ret_id)
{
    const struct profile_chunk *chunk = NULL;

    while ((chunk = profile_copy_next(&lock_copy, chunk, PROFILE_CHUNK_LOCKS)))
        for (size_t i = 0; i < profile_chunk_records(chunk); i++) {
            const struct profile_lock *lock = profile_chunk_record(chunk, i);

            *ret_id = chunk->first_id + (uint32_t)i;
            if (lock->address == (uint64_t)address && lock->generation == generation)
                return lock;
        }
    return NULL;
}

const struct profile_lock *lock_record_of(const void *address, uint32_t generation)
{
    uint32_t id;

    return find_lock(address, generation, &id);
}

uint32_t lock_id_of(const void *address, uint32_t generation)
{
    uint32_t id = 0;

    return find_lock(address, generation, &id) ? id : 0;
}

const void *lock_record(enum profile_chunk_type type, size_t index)
{
    const struct profile_chunk *chunk = NULL;

    while ((chunk = profile_copy_next(&lock_copy, chunk, type)))
        for (size_t i = 0; i < profile_chunk_records(chunk); i++)
            if (is_published(chunk, i) && index-- == 0)
                return profile_chunk_record(chunk, i);
    return NULL;
}

size_t lock_count_records(enum profile_chunk_type type)
{
    const struct profile_chunk *chunk = NULL;
    size_t count = 0;

    while ((chunk = profile_copy_next(&lock_copy, chunk, type)))
        for (size_t i = 0; i < profile_chunk_records(chunk); i++)
            count += is_published(chunk, i);
    return count;
}

static void add_cell(struct profile_lock_cell *sum, const struct profile_lock_cell *cell)
{
    sum->acquisitions += cell->acquisitions;
    sum->try_failed += cell->try_failed;
    sum->owner_changes += cell->owner_changes;
    sum->holds += cell->holds;
    sum->hold_ns += cell->hold_ns;
    if (cell->hold_max_ns > sum->hold_max_ns)
        sum->hold_max_ns = cell->hold_max_ns;
}

struct profile_lock_cell lock_sum(const void *address, uint32_t generation)
{
    uint32_t id = 0;
    const struct profile_lock *lock = find_lock(address, generation, &id);
    const struct profile_chunk *chunk = NULL;
    struct profile_lock_cell sum = {.lock = lock ? id : 0};

    if (!lock)
        return sum;
    sum.acquisitions = lock->acquisitions;
    sum.try_failed = lock->try_failed;
    sum.owner_changes = lock->owner_changes;
    sum.holds = lock->holds;
    sum.hold_ns = lock->hold_ns;
    sum.hold_max_ns = lock->hold_max_ns;
    while ((chunk = profile_copy_next(&lock_copy, chunk, PROFILE_CHUNK_LOCK_CELLS)))
        for (size_t i = 0; i < profile_chunk_records(chunk); i++) {
            const struct profile_lock_cell *cell = profile_chunk_record(chunk, i);

            if (cell->lock == id)
                add_cell(&sum, cell);
        }
    return sum;
}
