// SPDX-License-Identifier: MIT
//
// preload_lock_support.h - what the tests of locks share: threads that one real thread plays, a
// clock that stands still, and what the profile says. With preload_fake_capture.c.
#ifndef GAIAPROF_PRELOAD_LOCK_SUPPORT_H
#define GAIAPROF_PRELOAD_LOCK_SUPPORT_H

#include "preload/thread_table.h"
#include "tests/unit/preload_support.h"

#define LOCK_THREADS 8
#define LOCK_TID 0x10000000 // of the first of them: no such thread

// A profile, the threads with slots 0.. and serials 1..; the first is the calling one. cmocka
// fixtures.
extern struct thread_state *lock_threads[LOCK_THREADS];
int lock_set_up(void **state);
int lock_tear_down(void **state);

// The calling thread is that one from now on. Returns it.
struct thread_state *lock_be(unsigned thread);

// A frame of the host, below 10000, that stands for a stack.
const struct host_frame *at(uint32_t stack);

// The time that preload/ sees.
extern uint64_t lock_clock_ns;

// An address of no memory: for locks whose inside nobody looks at (PROFILE_LOCK_SPIN).
static inline const void *lock_address(uint64_t number)
{
    return (const void *)(uintptr_t)(UINT64_C(0x10000000) + number * 8);
}

// Reports of deadlocks: how many, and the latest.
extern unsigned lock_reports, lock_report_latest;

// A copy of the profile as it is now; what was returned before is gone.
extern struct profile_copy lock_copy;
void lock_load(void);

// The record of a lock, by its address and generation. NULL: none.
const struct profile_lock *lock_record_of(const void *address, uint32_t generation);
uint32_t lock_id_of(const void *address, uint32_t generation);
// Published records: those whose first word is not 0 (of locks the first two).
size_t lock_count_records(enum profile_chunk_type type);
// The nth published record. NULL: no more.
const void *lock_record(enum profile_chunk_type type, size_t index);

// What a reader makes of a lock: the record and all cells.
struct profile_lock_cell lock_sum(const void *address, uint32_t generation);

#endif
