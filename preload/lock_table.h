// SPDX-License-Identifier: MIT
//
// lock_table.h - which lock is at an address. A lock begins with its initialisation, or its first
// use, and ends when it is destroyed, or the heap block around it is freed: what is at that address
// afterwards is another lock, with the next generation. Any thread in a hook; lock-free.
#ifndef GAIAPROF_LOCK_TABLE_H
#define GAIAPROF_LOCK_TABLE_H

#include "preload/compiler.h"
#include "preload/profile_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_frame;
struct lock_handovers; // lock_wait.c
struct thread_state;

// What we keep of a lock beside its record. Never given back: threads remember where it is.
struct lock_state {
    uint64_t key;        // lock_key(), 0 once it has ended
    uint32_t id;         // of its record
    uint32_t waiters;    // threads in a hook that waits for it
    uint32_t last_owner; // serial
    uint8_t kind;        // enum profile_lock_kind
    uint8_t is_ordered;  // a nesting names it
    uint8_t is_on_stack; // of a thread, see lock_stack_ends()
    uint8_t is_foreign;  // was unlocked by a thread that did not have it: nobody owns it
    struct lock_handovers *handovers;

    struct profile_lock *record;
    struct lock_state *next;          // in its bucket
    struct lock_state *next_in_block; // in its bucket, of those in heap blocks; or in on_stack
    uint64_t place;                   // the address, for ever
    uintptr_t block;                  // 0: in none
    uint64_t block_bytes;
    uint32_t end_stack;     // of the free
    uint32_t held_at;       // of an owner that holds very many: where on its list it may be
    uint64_t *block_bucket; // it is in that chain; NULL: in none
};

// The lock of that kind at an address; if there is none it begins here, at its first use. NULL
// without room.
struct lock_state *lock_find_or_add(struct thread_state *self, const void *address,
                                    enum profile_lock_kind kind, const struct host_frame *caller);
// NULL: none.
struct lock_state *lock_find(const void *address);

// The joins of all threads of one creation stack. NULL without room.
struct lock_state *lock_of_joins(uint32_t creation_stack);

// The host initialised the lock at `address`: whatever lock was there is gone.
void lock_initialised(struct thread_state *self, const void *address, enum profile_lock_kind kind,
                      uint32_t flags, const struct host_frame *caller);
void lock_destroyed(const void *address);

// The host frees a heap block that has locks (struct live_block).
void lock_block_freed(struct thread_state *self, const void *block,
                      const struct host_frame *caller);

// The calling thread ends, and with it what lies on its stack.
void lock_stack_ends(struct thread_state *self);

// By the id of a record.
struct lock_state *lock_by_id(uint32_t id);

void lock_table_reset(void); // in a child made by fork

// A kind and an address of user space in one word, which for a mutex is its address.
static inline uint64_t lock_key(const void *address, enum profile_lock_kind kind)
{
    return (uint64_t)address | (uint64_t)kind << 56;
}

static inline bool lock_is(const struct lock_state *lock, const void *address,
                           enum profile_lock_kind kind)
{
    return atomic_get(&lock->key) == lock_key(address, kind);
}

#endif
