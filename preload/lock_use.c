// SPDX-License-Identifier: MIT
//
// lock_use.c - acquisitions and holds of one thread, see lock_use.h.
#include "preload/lock_use.h"

#include "preload/deadlock.h"
#include "preload/glibc_locks.h"
#include "preload/lock_nesting.h"
#include "preload/lock_wait.h"
#include "preload/misuse.h"
#include "preload/options.h"
#include "preload/profile_writer.h"
#include "preload/slab.h"
#include "preload/stack_capture.h"
#include "preload/stack_table.h"
#include "preload/sys.h"
#include "preload/thread_table.h"

#include <string.h>

#define HELD_ROOM_FIRST 16
#define HOLD_INTERVAL 64u // acquisitions for one hold that is timed, of a sampled run

static struct met_lock no_cache[1]; // stays empty: of a thread without room yet

void thread_locks_init(struct thread_locks *locks)
{
    locks->cache = no_cache;
}

void thread_locks_begin(struct thread_locks *locks, uint32_t serial)
{
    if (locks->nestings) // it says what the thread before did
        memset(locks->nestings, 0, sizeof(*locks->nestings));
    locks->held_count = 0;
    locks->pending.lock = NULL;
    locks->random = serial * 0x9e3779b9u;
    locks->until_timed = options.hold == HOLD_SAMPLED ? 1 + locks->random % HOLD_INTERVAL : 1;
    atomic_set(&locks->waiting.turn, (locks->waiting.turn + 1) & ~1u);
}

// Those it has stay in the profile with what they have counted.
static bool reserve_cells(struct thread_state *self, uint32_t count)
{
    struct thread_locks *locks = &self->locks;
    struct profile_chunk *chunk;
    struct met_lock *cache = slab_allocate(count * sizeof(cache[0]));

    if (!cache) {
        profile_drop(PROFILE_DROP_MEMORY);
        return false;
    }
    chunk = profile_writer_add(PROFILE_CHUNK_LOCK_CELLS, sizeof(struct profile_lock_cell),
                               count * sizeof(struct profile_lock_cell), 0, self->slot);
    if (!chunk)
        return false;
    locks->cell_mask = 0;
    locks->cells = profile_chunk_payload(chunk);
    locks->cache = cache;
    locks->cell_mask = count - 1;
    locks->cell_misses = 0;
    return true;
}

// More locks than cells: each miss takes longer than all that is spared by small tables.
static cold void grow_cells(struct thread_state *self)
{
    uint32_t count = self->locks.cell_mask + 1, used = 0;
    uint64_t signals;

    self->locks.cell_misses = 0;
    for (uint32_t i = 0; i < count; i++)
        used += self->locks.cache[i].lock != NULL;
    if (count >= LOCK_CELLS_MAX || used < count / 4) // few locks that meet in one cell
        return;
    sys_block_signals(&signals);
    reserve_cells(self, count < LOCK_CELLS_MAX / 4 ? count * 4 : LOCK_CELLS_MAX);
    sys_restore_signals(&signals);
}

static void move(uint64_t *to, uint64_t *from)
{
    if (*from)
        atomic_add(to, *from);
    atomic_set(from, 0);
}

// The cell counts for another lock from now on. What it has counted goes to the record first, so
// that a reader sees it twice for a moment, but never not at all.
static void empty_cell(struct profile_lock_cell *cell)
{
    struct profile_lock *record = lock_by_id(cell->lock)->record;

    atomic_raise(&record->hold_max_ns, cell->hold_max_ns);
    move(&record->acquisitions, &cell->acquisitions);
    move(&record->try_failed, &cell->try_failed);
    move(&record->owner_changes, &cell->owner_changes);
    move(&record->holds, &cell->holds);
    move(&record->hold_ns, &cell->hold_ns);
    atomic_set(&cell->hold_max_ns, 0);
    atomic_publish(&cell->lock, 0);
}

// In an order in which a handler that jumps away leaves nothing wrong behind.
static void set_cell(struct thread_locks *locks, unsigned index, struct lock_state *lock)
{
    struct profile_lock_cell *cell = &locks->cells[index];

    locks->cache[index] = (struct met_lock){.stacks_until = LOCK_STACKS};
    __asm__ volatile("" ::: "memory");
    if (cell->lock && cell->lock != lock->id)
        empty_cell(cell);
    atomic_publish(&cell->lock, lock->id);
    __asm__ volatile("" ::: "memory");
    locks->cache[index].lock = lock;
}

static cold struct lock_state *add_lock(struct thread_state *self, const void *address,
                                        enum profile_lock_kind kind,
                                        const struct host_frame *caller)
{
    struct lock_state *lock = NULL;
    uint64_t signals;

    sys_block_signals(&signals);
    if (self->locks.cells || reserve_cells(self, LOCK_CELLS_FIRST))
        lock = lock_find_or_add(self, address, kind, caller);
    sys_restore_signals(&signals);
    return lock;
}

// The thread has not met the lock yet, or others since.
static __attribute__((noinline)) struct lock_state *lock_of_slowly(struct thread_state *self,
                                                                   const void *address,
                                                                   enum profile_lock_kind kind,
                                                                   const struct host_frame *caller)
{
    struct lock_state *lock = lock_find(address);

    if (!lock || lock->kind != kind || !self->locks.cells)
        lock = add_lock(self, address, kind, caller);
    if (!lock)
        return NULL;
    if (++self->locks.cell_misses > 2 * self->locks.cell_mask)
        grow_cells(self);
    set_cell(&self->locks, lock_cell_of(&self->locks, address), lock);
    return lock;
}

static inline __attribute__((always_inline)) struct lock_state *
find_lock(struct thread_state *self, const void *address, enum profile_lock_kind kind,
          const struct host_frame *caller, struct profile_lock_cell **ret_cell)
{
    struct lock_state *lock = self->locks.cache[lock_cell_of(&self->locks, address)].lock;

    if (unlikely(!lock) || unlikely(!lock_is(lock, address, kind)))
        lock = lock_of_slowly(self, address, kind, caller);
    *ret_cell = &self->locks.cells[lock_cell_of(&self->locks, address)];
    return lock;
}

struct lock_state *lock_of(struct thread_state *self, const void *address,
                           enum profile_lock_kind kind, const struct host_frame *caller,
                           struct profile_lock_cell **ret_cell)
{
    return find_lock(self, address, kind, caller, ret_cell);
}

// --- what a thread holds

static cold bool grow_held(struct thread_locks *locks)
{
    uint32_t room = locks->held_room ? locks->held_room * 2 : HELD_ROOM_FIRST;
    struct held_lock *held = slab_allocate(room * sizeof(*held));

    if (!held) {
        profile_drop(PROFILE_DROP_MEMORY);
        return false;
    }
    if (locks->held_count)
        memcpy(held, locks->held, locks->held_count * sizeof(*held));
    atomic_publish(&locks->held, held); // others may be looking at the old one
    locks->held_room = room;
    locks->quick_room = options.hold == HOLD_OFF ? room : 0;
    return true;
}

static uint32_t next_interval(struct thread_locks *locks)
{
    locks->random = locks->random * 1664525u + 1013904223u;
    return 1 + (locks->random >> 16) % (2 * HOLD_INTERVAL - 1); // HOLD_INTERVAL on average
}

// When the hold begins. 0: not to be timed.
static cold uint64_t begin_hold(struct thread_locks *locks)
{
    if (options.hold == HOLD_SAMPLED) {
        if (--locks->until_timed)
            return 0;
        locks->until_timed = next_interval(locks);
    }
    return sys_monotonic_ns();
}

static cold void end_hold(struct thread_state *self, const struct held_lock *held)
{
    uint64_t hold_ns = sys_monotonic_ns() - held->start_ns;
    const void *address = (const void *)(uintptr_t)held->lock->place;
    struct profile_lock_cell *cell = &self->locks.cells[lock_cell_of(&self->locks, address)];

    if (cell->lock != held->lock->id) { // it counts for another lock meanwhile
        atomic_add(&held->lock->record->holds, 1);
        atomic_add(&held->lock->record->hold_ns, hold_ns);
        atomic_raise(&held->lock->record->hold_max_ns, hold_ns);
        return;
    }
    counter_add(&cell->holds, 1);
    counter_add(&cell->hold_ns, hold_ns);
    if (hold_ns > cell->hold_max_ns)
        atomic_set(&cell->hold_max_ns, hold_ns);
}

// Whether one thread can have it twice. If not, and it is on the list still, it was let go unseen.
static bool may_be_held_twice(const struct lock_state *lock, unsigned mode)
{
    return mode & PROFILE_ACQUIRE_READ || lock->record->flags & PROFILE_LOCK_RECURSIVE;
}

// What the acquisition is nested in.
static uint32_t nest(struct thread_state *self, const struct lock_state *lock, unsigned mode,
                     const struct host_frame *caller)
{
    struct thread_locks *locks = &self->locks;
    uint32_t nesting = locks->held_count ? lock_nest(self, lock, mode, caller) : 0;

    if (nesting != NESTING_HELD || may_be_held_twice(lock, mode))
        return nesting;
    lock_forget_held(locks, (uint32_t)lock_find_held(locks, lock));
    return locks->held_count ? lock_nest(self, lock, mode, caller) : 0;
}

// The lock is held already: the order is what it was.
static bool set_recursive(const struct thread_locks *locks, struct held_lock *held)
{
    const struct held_lock *before = held - 1;

    if (locks->held_count == 0 || lock_find_held(locks, held->lock) < 0)
        return false;
    held->order = before->order;
    held->order_mode = before->order_mode;
    return true;
}

static struct met_lock *met(const struct thread_locks *locks, const struct lock_state *lock)
{
    return &locks->cache[lock_cell_of(locks, (const void *)(uintptr_t)lock->place)];
}

static void remember(struct thread_locks *locks, const struct held_lock *held)
{
    struct met_lock *entry = met(locks, held->lock);

    entry->pc = held->pc;
    entry->sp = held->sp;
    entry->stack = held->stack;
}

void lock_want_stacks(struct thread_locks *locks, const struct held_lock *held)
{
    unsigned cell = lock_cell_of(locks, (const void *)(uintptr_t)held->lock->place);

    if (locks->cache[cell].lock == held->lock)
        locks->cache[cell].stacks_until =
            (uint32_t)locks->cells[cell].acquisitions + LOCK_STACKS_MORE;
}

// Of many locks that are met in turn each is new to the thread again and again.
static bool wants_stack(const struct thread_locks *locks, const struct lock_state *lock,
                        const struct profile_lock_cell *cell)
{
    uint32_t until = met(locks, lock)->stacks_until;

    return cell->acquisitions <= until &&
           (until > LOCK_STACKS || atomic_get(&lock->record->acquisitions) <= LOCK_STACKS);
}

static void hold(struct thread_state *self, struct lock_state *lock, unsigned mode, bool has_stack,
                 const struct host_frame *caller)
{
    struct thread_locks *locks = &self->locks;
    uint32_t nesting = nest(self, lock, mode, caller);
    uint32_t count = locks->held_count;
    struct held_lock *held;

    if (unlikely(count == locks->held_room) && !grow_held(locks))
        return;
    held = &locks->held[count];
    atomic_set(&held->lock, lock);
    held->pc = caller->pc;
    held->sp = host_frame_sp(caller);
    atomic_set(&held->mode, (uint16_t)mode);
    if (nesting != NESTING_HELD || !set_recursive(locks, held)) {
        held->order = lock_order(lock, nesting);
        held->order_mode = (uint16_t)mode;
    }
    held->stack = has_stack ? stack_capture(self, caller) : 0;
    if (held->stack)
        remember(locks, held);
    held->start_ns = unlikely(options.hold) ? begin_hold(locks) : 0;
    if (held->start_ns == 0 && locks->pending.lock == lock)
        held->start_ns = HELD_PENDING;
    if (unlikely(count > HELD_IN_ORDER))
        lock->held_at = count;
    atomic_publish(&locks->held_count, count + 1);
}

static cold void change_owner(struct thread_state *self, struct lock_state *lock,
                              struct profile_lock_cell *cell)
{
    uint32_t before = lock->last_owner;

    atomic_set(&lock->last_owner, self->serial);
    if (before)
        counter_add(&cell->owner_changes, 1);
}

void lock_acquired(struct thread_state *self, const void *address, enum profile_lock_kind kind,
                   unsigned mode, const struct host_frame *caller)
{
    struct profile_lock_cell *cell;
    struct lock_state *lock = find_lock(self, address, kind, caller, &cell);

    if (unlikely(!lock))
        return;
    counter_add(&cell->acquisitions, 1);
    if (unlikely(atomic_get(&lock->last_owner) != self->serial) && !(mode & PROFILE_ACQUIRE_READ))
        change_owner(self, lock, cell);
    hold(self, lock, mode, wants_stack(&self->locks, lock, cell), caller);
}

void lock_passed(struct thread_state *self, const void *address, enum profile_lock_kind kind,
                 const struct host_frame *caller)
{
    struct profile_lock_cell *cell;

    if (find_lock(self, address, kind, caller, &cell))
        counter_add(&cell->acquisitions, 1);
}

void lock_try_failed(struct thread_state *self, const void *address, enum profile_lock_kind kind,
                     const struct host_frame *caller)
{
    struct profile_lock_cell *cell;

    if (find_lock(self, address, kind, caller, &cell))
        counter_add(&cell->try_failed, 1);
}

void lock_owner_died(struct thread_state *self, const void *address,
                     const struct host_frame *caller)
{
    struct profile_lock_cell *cell;
    struct lock_state *lock = find_lock(self, address, PROFILE_LOCK_MUTEX, caller, &cell);

    if (lock)
        atomic_add(&lock->record->owner_died, 1);
}

int lock_find_held(const struct thread_locks *locks, const struct lock_state *lock)
{
    int index = (int)atomic_get_acquire(&locks->held_count) - 1;
    const struct held_lock *held = atomic_get_acquire(&locks->held); // at least that long

    while (index >= 0 && atomic_get(&held[index].lock) != lock)
        index--;
    return index;
}

// Others may be looking, and find a lock twice or not at all for a moment. Who needs it exactly
// (deadlock.c) looks only while the thread waits, and sees by its turn whether it still did after.
static void move_held(struct held_lock *to, const struct held_lock *from)
{
    struct lock_state *lock = from->lock;
    uint16_t mode = from->mode;

    to->pc = from->pc;
    to->sp = from->sp;
    to->start_ns = from->start_ns;
    to->order = from->order;
    to->order_mode = from->order_mode;
    to->stack = from->stack;
    atomic_set(&to->mode, mode);
    atomic_set(&to->lock, lock);
}

void lock_forget_held(struct thread_locks *locks, uint32_t index)
{
    uint32_t last = locks->held_count - 1;

    if (last > HELD_IN_ORDER) { // their order is not looked at
        move_held(&locks->held[index], &locks->held[last]);
        locks->held[index].lock->held_at = index;
        index = last;
    }
    for (uint32_t i = index; i + 1 < locks->held_count; i++) {
        move_held(&locks->held[i], &locks->held[i + 1]);
        locks->held[i].order |= NESTING_STALE;
    }
    atomic_set(&locks->held_count, locks->held_count - 1);
}

static int find_held_between(const struct thread_locks *locks, int low, int high, uint64_t key)
{
    while (high >= low && atomic_get(&locks->held[high].lock->key) != key)
        high--;
    return high >= low ? high : -1;
}

// Of very many where the lock says, which may be wrong, or among the oldest.
static int find_held_of_many(const struct thread_locks *locks, uint64_t key, const void *address)
{
    const struct lock_state *lock = lock_find(address);
    uint32_t at = lock ? lock->held_at : 0;

    if (at < locks->held_count && locks->held[at].lock == lock)
        return (int)at;
    return find_held_between(locks, 0, HELD_IN_ORDER, key);
}

static int find_held_at(const struct thread_locks *locks, const void *address,
                        enum profile_lock_kind kind)
{
    uint64_t key = lock_key(address, kind);
    int index = locks->held_count > HELD_IN_ORDER + 1 ? find_held_of_many(locks, key, address) : -1;

    return index >= 0 ? index : find_held_between(locks, 0, (int)locks->held_count - 1, key);
}

static struct lock_state *take_off(struct thread_state *self, const void *address,
                                   enum profile_lock_kind kind)
{
    struct thread_locks *locks = &self->locks;
    int index = find_held_at(locks, address, kind);
    struct lock_state *lock;

    if (index < 0) {
        lock = lock_find(address); // acquired before we looked, or by another thread
        return lock && lock->kind == kind ? lock : NULL;
    }
    lock = locks->held[index].lock;
    if (locks->held[index].start_ns > HELD_PENDING)
        end_hold(self, &locks->held[index]);
    lock_forget_held(locks, (uint32_t)index);
    return lock;
}

struct lock_state *lock_released(struct thread_state *self, const void *address,
                                 enum profile_lock_kind kind, const struct host_frame *caller)
{
    struct lock_state *lock = take_off(self, address, kind);

    if (lock && lock_has_waiters(lock))
        lock_hand_over(self, lock, caller);
    return lock;
}

struct lock_state *lock_release_begins(struct thread_state *self, const void *address,
                                       enum profile_lock_kind kind, struct lock_release *release,
                                       const struct host_frame *caller)
{
    struct lock_state *lock = take_off(self, address, kind);

    release->handover = lock && lock_has_waiters(lock) ? lock_begin_handover(lock, caller) : NULL;
    return lock;
}

void lock_release_ends(struct thread_state *self, const struct lock_release *release,
                       const struct host_frame *caller)
{
    if (release->handover)
        lock_end_handover(self, release->handover, caller);
    lock_count_pending(self, false);
}

// The lock's memory may be gone: a mapping that was undone with the lock held, or a once_flag whose
// routine was left by an exception.
bool lock_is_still_held(const struct thread_state *self, const struct held_lock *held)
{
    const struct lock_state *lock = held->lock;
    const void *address = (const void *)(uintptr_t)lock->place;
    union {
        pthread_mutex_t mutex;
        pthread_rwlock_t rwlock;
        pthread_once_t once;
    } copy;

    if (!atomic_get(&lock->key))
        return false;
    if (lock->kind == PROFILE_LOCK_MUTEX)
        return sys_copy_memory(&copy, address, sizeof(copy.mutex)) &&
               (!mutex_has_owner(&copy.mutex) || mutex_owner(&copy.mutex) == self->tid);
    if (lock->kind == PROFILE_LOCK_RWLOCK && !(held->mode & PROFILE_ACQUIRE_READ))
        return sys_copy_memory(&copy, address, sizeof(copy.rwlock)) &&
               rwlock_writer(&copy.rwlock) == self->tid;
    if (lock->kind == PROFILE_LOCK_ONCE)
        return sys_copy_memory(&copy, address, sizeof(copy.once)) && once_is_running(&copy.once);
    return true;
}

uint32_t held_lock_stack(const struct thread_state *thread, const struct held_lock *held)
{
    const struct met_lock *entry = met(&thread->locks, held->lock);

    if (held->stack)
        return held->stack;
    if (entry->lock == held->lock && entry->pc == held->pc && entry->sp == held->sp && entry->stack)
        return entry->stack;
    return stack_capture_earlier(thread, held->pc, held->sp);
}

// Of another thread that runs just the place of the call: its stack is changing.
uint32_t lock_owner_stack(const struct thread_state *self, const struct thread_state *owner,
                          const struct lock_state *lock)
{
    int index = owner ? lock_find_held(&owner->locks, lock) : -1;
    const struct held_lock *held = index < 0 ? NULL : &owner->locks.held[index];

    if (!held)
        return 0;
    return owner == self || held->stack ? held_lock_stack(owner, held)
                                        : stack_table_intern(&held->pc, 1, PROFILE_MARKER_RETURNED);
}

// Where the thread ended there is no stack to put theirs together from.
cold void lock_thread_ends(struct thread_state *self)
{
    struct thread_locks *locks = &self->locks;

    lock_count_pending(self, true);
    lock_wait_undo(self);
    lock_stack_ends(self);
    for (uint32_t i = 0; i < locks->held_count; i++) {
        struct held_lock *held = &locks->held[i];

        if (held->lock->kind == PROFILE_LOCK_ONCE || !lock_is_still_held(self, held) ||
            held->lock->record->flags & PROFILE_LOCK_ROBUST)
            continue;
        misuse_report(self, PROFILE_MISUSE_EXIT_HOLDING, held->lock,
                      held->stack ? held->stack
                                  : stack_table_intern(&held->pc, 1, PROFILE_MARKER_RETURNED),
                      0, 0);
        if (held->lock->kind == PROFILE_LOCK_MUTEX)
            deadlock_orphaned(self, held->lock);
    }
    atomic_set(&locks->held_count, 0);
}
