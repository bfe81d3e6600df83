// SPDX-License-Identifier: MIT
//
// lock_table.c - finds the lock at an address, see lock_table.h. Hash tables with chains that only
// grow at their head, as in stack_table.c; the newest lock at an address comes first.
#include "preload/lock_table.h"

#include "preload/compiler.h"
#include "preload/glibc_locks.h"
#include "preload/live_table.h"
#include "preload/lock_wait.h"
#include "preload/misuse.h"
#include "preload/modules.h"
#include "preload/options.h"
#include "preload/profile_writer.h"
#include "preload/record_table.h"
#include "preload/slab.h"
#include "preload/stack_capture.h"
#include "preload/stack_walk.h"
#include "preload/thread_table.h"

#include <string.h>

#define BUCKETS (1u << 16)
#define BLOCK_BUCKETS (1u << 14)
#define CHUNK_SHIFT 5
#define CHUNKS (1u << 13)
// From here on a lock that is made anew where one of the same creation stack was before goes on
// with its record: short-lived locks must not fill the profile.
#define LOCKS_PLENTY (1u << 16)
#define JOIN_ADDRESS (UINT64_C(1) << 63) // of no memory
// Blocks from which malloc gives memory back to the kernel: what is there later may be anything.
#define LARGE_BLOCK_BYTES (64u << 10)

RECORD_TABLE(locks, PROFILE_CHUNK_LOCKS, profile_lock, CHUNK_SHIFT, CHUNKS);

static struct lock_state *states[CHUNKS]; // beside the records
static struct lock_state *buckets[BUCKETS];
static uint64_t block_buckets[BLOCK_BUCKETS]; // tagged, see head_of()

static struct lock_state **bucket_of(uint64_t address)
{
    return &buckets[address * UINT64_C(0x9e3779b97f4a7c15) >> 48];
}

static uint64_t *block_bucket_of(uintptr_t block)
{
    return &block_buckets[block * UINT64_C(0x9e3779b97f4a7c15) >> 50];
}

// The newest at an address in the chain from `lock` to `end`, ended or not.
static struct lock_state *find_in(struct lock_state *lock, const struct lock_state *end,
                                  uint64_t address)
{
    while (lock != end && lock->place != address)
        lock = lock->next;
    return lock == end ? NULL : lock;
}

static struct lock_state *find_newest(uint64_t address)
{
    return find_in(atomic_get_acquire(bucket_of(address)), NULL, address);
}

struct lock_state *lock_find(const void *address)
{
    struct lock_state *lock = find_newest((uint64_t)address);

    return lock && atomic_get(&lock->key) ? lock : NULL;
}

struct lock_state *lock_by_id(uint32_t id)
{
    struct lock_state *chunk = atomic_get_acquire(&states[(id - 1) >> CHUNK_SHIFT]);

    return &chunk[(id - 1) % (1u << CHUNK_SHIFT)];
}

static struct lock_state *reserve_state(uint32_t id)
{
    struct lock_state **chunk = &states[(id - 1) >> CHUNK_SHIFT], *none = NULL, *fresh;

    if (!atomic_get_acquire(chunk)) {
        fresh = slab_allocate(sizeof(struct lock_state) << CHUNK_SHIFT);
        if (!fresh)
            return NULL;
        atomic_swap_if(chunk, &none, fresh); // another thread's may be there by now
    }
    return lock_by_id(id);
}

static struct lock_state *reserve(void)
{
    uint32_t id;
    struct profile_lock *record = record_table_reserve(&locks, PROFILE_DROP_MEMORY, &id);
    struct lock_state *lock = record ? reserve_state(id) : NULL;

    if (!lock)
        return NULL;
    lock->id = id;
    lock->record = record;
    return lock;
}

// The chains of blocks are the only ones that locks leave and come back to. So that a head which
// did so is not taken for the same, the upper 16 bits count the changes.
static struct lock_state *head_of(uint64_t tagged)
{
    return (struct lock_state *)(uintptr_t)(tagged & (UINT64_MAX >> 16));
}

static bool swap_head(uint64_t *bucket, uint64_t *tagged, struct lock_state *head)
{
    uint64_t tag = (*tagged >> 48) + 1;

    return atomic_swap_if(bucket, tagged, tag << 48 | (uintptr_t)head);
}

static void link_to_block(struct lock_state *lock, uint64_t *bucket)
{
    uint64_t tagged = atomic_get_acquire(bucket);

    lock->block_bucket = bucket;
    do
        atomic_set(&lock->next_in_block, head_of(tagged));
    while (!swap_head(bucket, &tagged, lock));
}

// The heap block around it: its name, and its end. One that goes on is still in its chain, mostly:
// in another one it is not put.
static void find_block(struct lock_state *lock)
{
    uintptr_t start;
    struct live_block block = live_table_mark_locks((uintptr_t)lock->place, &start);
    uint64_t *bucket = block.stack ? block_bucket_of(start) : NULL;

    if (!bucket || (lock->block_bucket && lock->block_bucket != bucket))
        return;
    atomic_set(&lock->block, start);
    lock->block_bytes = block.bytes;
    lock->record->block_stack = block.stack;
    lock->record->block_offset = lock->place - start;
    if (!lock->block_bucket)
        link_to_block(lock, bucket);
}

static void find_memory(struct thread_state *self, struct lock_state *lock)
{
    if (!stack_walk_is_own(self, (uintptr_t)lock->place)) {
        find_block(lock);
        return;
    }
    if (lock->is_on_stack)
        return; // it is on the list
    lock->is_on_stack = 1;
    lock->next_in_block = self->locks.on_stack;
    self->locks.on_stack = lock;
}

// The lock that was here goes on as another one of its kind.
static bool may_go_on(const struct lock_state *lock, enum profile_lock_kind kind, uint32_t stack,
                      bool is_initialised)
{
    return atomic_get(&locks.reserved) > LOCKS_PLENTY && lock->kind == kind &&
           lock->record->initialised == is_initialised && lock->record->creation_stack == stack &&
           !atomic_get(&lock->is_ordered) && !atomic_get(&lock->block) &&
           !atomic_get(&lock->waiters);
}

static void go_on(struct thread_state *self, struct lock_state *lock)
{
    lock->end_stack = 0;
    atomic_set(&lock->record->retired, PROFILE_LOCK_LIVES);
    atomic_set(&lock->key, lock_key((const void *)(uintptr_t)lock->place, lock->kind));
    find_memory(self, lock);
}

static bool is_live(const struct lock_state *lock, enum profile_lock_kind kind)
{
    return lock && atomic_get(&lock->key) && lock->kind == kind;
}

static void retire(struct lock_state *lock, enum profile_lock_end end)
{
    atomic_set(&lock->key, 0);
    atomic_set(&lock->record->retired, end);
}

// Puts a lock into its bucket, unless another thread has put one there that is as good. Returns the
// one that is there.
static struct lock_state *push(struct lock_state *lock, bool is_first_use)
{
    struct lock_state **bucket = bucket_of(lock->place);
    struct lock_state *head = atomic_get_acquire(bucket), *seen = NULL, *newest;

    do {
        newest = find_in(head, seen, lock->place);
        if (newest && is_first_use && is_live(newest, lock->kind))
            return newest;
        if (newest) {
            lock->record->generation = newest->record->generation + 1;
            if (atomic_get(&newest->key))
                retire(newest, PROFILE_LOCK_DESTROYED);
        }
        seen = head;
        atomic_set(&lock->next, head);
    } while (!atomic_swap_if(bucket, &head, lock));
    atomic_publish(&lock->record->address, lock->place);
    return lock;
}

static cold struct lock_state *add(struct thread_state *self, uint64_t address,
                                   enum profile_lock_kind kind, uint32_t flags, uint32_t stack,
                                   bool is_initialised)
{
    struct lock_state *lock = reserve();

    if (!lock)
        return NULL;
    lock->place = address;
    lock->kind = (uint8_t)kind;
    lock->record->kind = kind;
    lock->record->flags = flags;
    lock->record->creation_stack = stack;
    lock->record->initialised = is_initialised;
    lock->record->modules_generation = modules_generation();
    atomic_set(&lock->key, lock_key((const void *)(uintptr_t)address, kind));
    if (kind != PROFILE_LOCK_JOIN)
        find_memory(self, lock);
    return push(lock, !is_initialised);
}

// It was freed with its block, is used again, and no block has taken the place of that one.
static void check_freed(struct thread_state *self, const struct lock_state *newest,
                        const struct lock_state *lock, uint32_t stack)
{
    if (newest->end_stack && options.heap == HEAP_EXACT && !lock->block &&
        newest->block_bytes < LARGE_BLOCK_BYTES && !stack_walk_is_own(self, (uintptr_t)lock->place))
        misuse_report(self, PROFILE_MISUSE_FREED, newest, stack, newest->end_stack, 0);
}

cold struct lock_state *lock_find_or_add(struct thread_state *self, const void *address,
                                         enum profile_lock_kind kind,
                                         const struct host_frame *caller)
{
    struct lock_state *newest = find_newest((uint64_t)address), *lock;
    uint32_t stack;

    if (is_live(newest, kind))
        return newest;
    stack = stack_capture(self, caller);
    if (newest && may_go_on(newest, kind, stack, false)) {
        go_on(self, newest);
        return newest;
    }
    lock = add(self, (uint64_t)address, kind, lock_flags(kind, address), stack, false);
    if (newest && lock)
        check_freed(self, newest, lock, stack);
    return lock;
}

struct lock_state *lock_of_joins(uint32_t creation_stack)
{
    uint64_t address = JOIN_ADDRESS | creation_stack;
    struct lock_state *lock = find_newest(address);

    return lock ? lock : add(NULL, address, PROFILE_LOCK_JOIN, 0, creation_stack, false);
}

void lock_initialised(struct thread_state *self, const void *address, enum profile_lock_kind kind,
                      uint32_t flags, const struct host_frame *caller)
{
    uint32_t stack = stack_capture(self, caller);
    struct lock_state *newest = find_newest((uint64_t)address);

    if (newest && may_go_on(newest, kind, stack, true))
        go_on(self, newest);
    else
        add(self, (uint64_t)address, kind, flags | lock_flags(kind, address), stack, true);
}

void lock_destroyed(const void *address)
{
    struct lock_state *lock = lock_find(address);

    if (lock)
        retire(lock, PROFILE_LOCK_DESTROYED);
}

// Chains only grow, but those of blocks lose what is freed: else each free of a block that is made
// and freed again and again would look at all its predecessors.
static void drop_freed(uint64_t *bucket)
{
    uint64_t tagged = atomic_get_acquire(bucket);
    struct lock_state *head;

    while ((head = head_of(tagged)) && !atomic_get(&head->key) && !atomic_get(&head->block)) {
        if (!swap_head(bucket, &tagged, atomic_get(&head->next_in_block)))
            continue;
        head->block_bucket = NULL;
        tagged = atomic_get_acquire(bucket);
    }
}

static void free_lock(struct thread_state *self, struct lock_state *lock, uint32_t stack)
{
    lock->end_stack = stack;
    if (atomic_get(&lock->key)) {
        if (lock_has_waiter_left(lock)) // after a realloc its memory is gone: it can't be asked
            misuse_report(self, PROFILE_MISUSE_DESTROY_WAITED, lock, stack, 0, 0);
        retire(lock, PROFILE_LOCK_FREED);
    }
    atomic_set(&lock->block, 0);
}

cold void lock_block_freed(struct thread_state *self, const void *block,
                           const struct host_frame *caller)
{
    uint64_t *bucket = block_bucket_of((uintptr_t)block);
    struct lock_state *lock = head_of(atomic_get_acquire(bucket));
    uint32_t stack = stack_capture(self, caller);

    for (; lock; lock = atomic_get(&lock->next_in_block))
        if (atomic_get(&lock->block) == (uintptr_t)block)
            free_lock(self, lock, stack);
    drop_freed(bucket);
}

void lock_stack_ends(struct thread_state *self)
{
    struct lock_state *lock = self->locks.on_stack;

    self->locks.on_stack = NULL;
    for (; lock; lock = lock->next_in_block) {
        lock->is_on_stack = 0;
        if (atomic_get(&lock->key))
            retire(lock, PROFILE_LOCK_FREED);
    }
}

void lock_table_reset(void)
{
    if (locks.reserved == 0)
        return; // nothing is touched yet
    record_table_reset(&locks);
    memset(states, 0, sizeof(states));
    memset(buckets, 0, sizeof(buckets));
    memset(block_buckets, 0, sizeof(block_buckets));
}
