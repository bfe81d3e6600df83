// SPDX-License-Identifier: MIT
//
// thread_table.h - the threads of the host: their records in the profile, and the state that each
// keeps for our hooks.
//
// A *slot* (struct thread_state, with its heap counters) belongs to one living thread at a time.
// When a thread has ended its slot waits until the kernel knows the thread no more, since it frees
// memory to the very end; then another thread takes it over with its counters.
#ifndef GAIAPROF_THREAD_TABLE_H
#define GAIAPROF_THREAD_TABLE_H

#include "preload/cell_table.h"
#include "preload/lock_use.h"
#include "preload/profile_format.h"
#include "preload/sampler.h"
#include "preload/stack_capture.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/single_threaded.h>

// What threads counted that had a slot before: their records are the profile's alone by now.
struct slot_totals {
    uint32_t turn; // odd while the slot changes hands
    uint64_t allocations, allocated_bytes;
    uint64_t lock_wait_ns;
};

struct thread_state {
    // of the thread that has the slot
    struct profile_thread *record;
    // Its latest allocation, while it has not freed it: temporary if freed now. Where another
    // thread frees it, gets it again for the same stack and passes it on, this is mistaken.
    const void *last_block;
    uint32_t last_stack;
    uint64_t last_countdown_bytes; // of the sampler, at that time
    struct sampler sampler;
    // operator new and delete stepped aside (hooks_new.c): what the next malloc, free is made for
    const void *deleted_block;
    const void *forgotten_block; // an allocator's own delete is freeing it: that is counted already
    uint8_t deleted_by;          // enum profile_freed_by, of deleted_block
    uint8_t new_family;          // enum profile_family; 0: none
    int64_t unsent_bytes;        // live bytes not yet added to the global count
    int64_t batch_bytes;         // as many are
    uint64_t frees;              // of all threads of the slot, in units as a cell's
    uintptr_t stack_low, stack_high;
    uintptr_t signal_stack_low; // what sigaltstack was given
    size_t signal_stack_bytes;
    int tid;
    uint32_t serial; // of the record
    unsigned destructor_rounds;
    void *(*start_routine)(void *); // what pthread_create was given
    void *start_argument;

    struct thread_locks locks;

    // of the slot
    uint32_t slot;
    struct slot_totals earlier;
    struct cell_table cells;
    struct stack_capture_state stacks;
    void *own_stack;          // for libunwind, where the thread's has no room
    uintptr_t *libunwind_pcs; // buffer of its stacks; NULL until it was needed
    struct thread_state *next_retired;
};

// NULL until the thread has met its first hook.
extern __thread struct thread_state *thread_self __attribute__((tls_model("initial-exec")));

// Whether a second thread was ever seen: then the global live-byte count is batched. Read plainly:
// it is written once, before there is a second thread that could read it (or, of one that was not
// created through us, while the others may still go by the exact count).
extern bool thread_is_many;

// glibc says so before a second thread of any kind starts.
static inline bool thread_table_is_many(void)
{
    return thread_is_many || !__libc_single_threaded;
}

// In a child made by fork: the id of its thread in the parent. What that had locked the child
// unlocks.
extern int thread_tid_before_fork;

// While recording starts: the thread that ends is told apart by a key, made early.
void thread_table_init(void);
void thread_table_reset(void); // in a child made by fork

// Gives the calling thread a slot and a record (a thread that was not created through us). The
// thread holds the guard. NULL, counted as dropped, without memory or room.
struct thread_state *thread_adopt(void);

// For pthread_create: a slot and a record for a thread that does not run yet, by the creator.
struct thread_state *thread_prepare(uint32_t creation_stack, bool is_detached);
// The creation failed.
void thread_abandon(struct thread_state *state);
// In the new thread, before anything of the host.
void thread_begin(struct thread_state *state);
// Makes a record findable by its pthread_t. By the thread itself, before anything of the host.
void thread_publish(struct profile_thread *record, pthread_t thread);

// The record of a thread that is neither joined nor detached; NULL if there is none. A thread that
// has been created but did not run yet is waited for. Before the join: afterwards the pthread_t
// may be another thread's.
struct profile_thread *thread_find(pthread_t thread);
// The state of a thread that runs, by its serial. NULL: it has ended, or never ran.
struct thread_state *thread_by_serial(uint32_t serial);
const struct profile_thread *thread_record(uint32_t serial);
// All slots, with threads that run or none.
uint32_t thread_slot_count(void);
struct thread_state *thread_in_slot(uint32_t slot);

// What all threads that have or had a slot counted so far.
struct slot_totals thread_slot_totals(const struct thread_state *state);

// How the calling thread is about to end.
void thread_set_exit(enum profile_thread_exit kind);

// The process ends: CPU time and names of the threads that still run. The names of others than the
// caller only if descriptors may be opened.
void thread_table_finish(bool may_open);

#endif
