// SPDX-License-Identifier: MIT
//
// thread_table.c - thread records and slots, see thread_table.h.
#include "preload/thread_table.h"

#include "preload/compiler.h"
#include "preload/guard.h"
#include "preload/heap.h"
#include "preload/lock_wait.h"
#include "preload/options.h"
#include "preload/profile_writer.h"
#include "preload/record_table.h"
#include "preload/recording.h"
#include "preload/slab.h"
#include "preload/spinlock.h"
#include "preload/stack_walk.h"
#include "preload/sys.h"
#include "preload/text.h"
#include "preload/timeline.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/auxv.h>

#define BUCKETS 4096u
#define SLOTS_KNOWN (1u << 15) // threads at once that thread_in_slot() finds
#define MAIN_STACK_BYTES_MAX (64u << 20)
#define RETIRED_TRIES 4
#define TOTALS_TRIES 100
#define BIRTH_TRIES 10000 // half a second

RECORD_TABLE(threads, PROFILE_CHUNK_THREADS, profile_thread, 5, 1u << 16);

__thread struct thread_state *thread_self __attribute__((tls_model("initial-exec")));
bool thread_is_many;
int thread_tid_before_fork;

static pthread_key_t exit_key;
static bool has_exit_key;
static uint32_t slot_count;
static struct thread_state *slots[SLOTS_KNOWN];

// The lock's, but that whoever looks for a slot first peeks without it: if there is none after all,
// or one the peek missed, it makes do.
static struct spinlock retired_lock;
static struct thread_state *retired_first, *retired_last; // a queue: the longest dead comes first

// Created, not running yet. Less by one is said after the record is in its chain (a release): who
// reads it first and then finds nothing in the chain is right.
static uint32_t unborn_count;

static uint32_t buckets[BUCKETS]; // thread ids by pthread_t, newest first

static void append_retired(struct thread_state *state)
{
    state->next_retired = NULL;
    if (retired_last)
        retired_last->next_retired = state;
    else
        atomic_set(&retired_first, state);
    retired_last = state;
}

static void retire(struct thread_state *state)
{
    if (!spinlock_take(&retired_lock))
        return;
    append_retired(state);
    spinlock_give(&retired_lock);
}

// Runs in each round of key destructors; only the last round is the end. Frees that come later
// still find the slot.
static void at_thread_exit(void *value)
{
    struct thread_state *self = value;

    if (self != thread_self || !recording_gate.is_open) // a forked child's other life
        return;
    if (++self->destructor_rounds < PTHREAD_DESTRUCTOR_ITERATIONS) {
        pthread_setspecific(exit_key, self);
        return;
    }
    struct profile_thread *record = self->record;
    if (record->exit_kind == PROFILE_THREAD_RUNNING) // neither returned nor called pthread_exit
        record->exit_kind = PROFILE_THREAD_CANCELLED;
    sys_thread_name(record->name);
    record->cpu_ns = sys_thread_cpu_ns(0);
    heap_send_batch(self);
    if ((self->locks.held_count || self->locks.waiting.counted || self->locks.on_stack ||
         self->locks.pending.lock) &&
        guard_enter()) {
        lock_thread_ends(self);
        guard_leave();
    }
    atomic_publish(&record->end_ns, sys_monotonic_ns());
    __atomic_fetch_sub(&profile_header->threads_alive, 1, __ATOMIC_RELAXED);
    timeline_look(record->end_ns);

    retire(self);
}

void thread_table_init(void)
{
    if (!has_exit_key)
        has_exit_key = pthread_key_create(&exit_key, at_thread_exit) == 0;
}

void thread_table_reset(void)
{
    thread_tid_before_fork = thread_self ? thread_self->tid : 0;
    record_table_reset(&threads);
    memset(buckets, 0, sizeof(buckets));
    retired_lock.is_taken = 0;
    retired_first = retired_last = NULL;
    memset(slots, 0, (slot_count < SLOTS_KNOWN ? slot_count : SLOTS_KNOWN) * sizeof(slots[0]));
    slot_count = 0;
    thread_self = NULL;
    thread_is_many = false;
    unborn_count = 0;
}

static struct thread_state *take_first(void)
{
    struct thread_state *state = retired_first;

    if (!state)
        return NULL;
    atomic_set(&retired_first, state->next_retired);
    if (!retired_first)
        retired_last = NULL;
    return state;
}

// One that still runs, or whose thread id is another thread's by now, goes to the end.
static struct thread_state *find_dead(void)
{
    for (int i = 0; i < RETIRED_TRIES; i++) {
        struct thread_state *state = take_first();

        if (!state || !sys_thread_is_alive(state->tid))
            return state;
        append_retired(state);
    }
    return NULL;
}

static struct thread_state *pop_retired(void)
{
    struct thread_state *state;

    if (!atomic_get(&retired_first) || !spinlock_take(&retired_lock))
        return NULL;
    state = find_dead();
    spinlock_give(&retired_lock);
    return state;
}

static struct thread_state *new_state(void)
{
    struct thread_state *state = pop_retired();

    if (state)
        return state;
    state = slab_allocate(sizeof(*state));
    if (!state) {
        profile_drop(PROFILE_DROP_MEMORY);
        return NULL;
    }
    state->slot = atomic_add(&slot_count, 1);
    thread_locks_init(&state->locks);
    if (state->slot < SLOTS_KNOWN)
        atomic_publish(&slots[state->slot], state);
    return state;
}

// A slot whose thread never came to be.
static void put_back(struct thread_state *state)
{
    state->tid = INT_MAX; // no such thread
    retire(state);
}

static struct profile_thread *new_record(enum profile_thread_origin origin)
{
    uint32_t serial;
    struct profile_thread *record = record_table_reserve(&threads, PROFILE_DROP_MEMORY, &serial);

    if (!record)
        return NULL;
    record->origin = origin;
    record->create_ns = sys_monotonic_ns();
    record->claim = serial;
    return record;
}

static void add_record(struct slot_totals *totals, const struct profile_thread *record)
{
    counter_add(&totals->allocations, atomic_get(&record->allocations));
    counter_add(&totals->allocated_bytes, atomic_get(&record->allocated_bytes));
    counter_add(&totals->lock_wait_ns, atomic_get(&record->lock_wait_ns));
}

// The slot changes hands: what the thread before counted stays the slot's. Whoever adds up looks at
// `turn` first and last: it is odd before anything changes (the fence), and even when all has.
static void set_record(struct thread_state *state, struct profile_thread *record)
{
    struct slot_totals *earlier = &state->earlier;

    atomic_set(&earlier->turn, earlier->turn + 1);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    if (state->record)
        add_record(earlier, state->record);
    atomic_publish(&state->record, record);
    atomic_publish(&earlier->turn, earlier->turn + 1);
}

struct slot_totals thread_slot_totals(const struct thread_state *state)
{
    struct slot_totals totals = {0};

    for (int i = 0; i < TOTALS_TRIES; i++) {
        uint32_t turn = atomic_get_acquire(&state->earlier.turn);
        const struct profile_thread *record = atomic_get_acquire(&state->record);

        totals.allocations = atomic_get(&state->earlier.allocations);
        totals.allocated_bytes = atomic_get(&state->earlier.allocated_bytes);
        totals.lock_wait_ns = atomic_get(&state->earlier.lock_wait_ns);
        if (record)
            add_record(&totals, record);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (turn % 2 == 0 && atomic_get(&state->earlier.turn) == turn)
            break;
    }
    return totals;
}

// A slot with a fresh record. Everything that belongs to the thread starts anew.
static struct thread_state *new_thread(enum profile_thread_origin origin)
{
    struct thread_state *state = new_state();
    struct profile_thread *record = state ? new_record(origin) : NULL;

    if (!state)
        return NULL;
    if (!record) {
        put_back(state);
        return NULL;
    }
    record->slot = state->slot;
    set_record(state, record);
    atomic_set(&state->serial, record->claim);
    thread_locks_begin(&state->locks, state->serial);
    state->last_block = NULL;
    state->destructor_rounds = 0;
    state->signal_stack_bytes = 0;
    sampler_init(&state->sampler, record->claim);
    stack_capture_begin_thread(&state->stacks);
    return state;
}

static uint32_t *bucket_of(pthread_t thread)
{
    return &buckets[((uint64_t)thread * UINT64_C(0x9e3779b97f4a7c15) >> 32) % BUCKETS];
}

void thread_publish(struct profile_thread *record, pthread_t thread)
{
    uint32_t *bucket = bucket_of(thread);
    uint32_t head = atomic_get_acquire(bucket);

    record->pthread = (uint64_t)thread;
    do
        atomic_set(&record->next, head);
    while (!atomic_swap_if(bucket, &head, record->claim));
    atomic_publish(&record->serial, record->claim);
    if (record->origin == PROFILE_ORIGIN_CREATED)
        __atomic_fetch_sub(&unborn_count, 1, __ATOMIC_RELEASE);
}

static uintptr_t main_stack_high(void)
{
    // the kernel puts the program's name at the very top
    return (getauxval(AT_EXECFN) + 4095) & ~(uintptr_t)4095;
}

static void set_main_stack(struct thread_state *state)
{
    uint64_t limit = sys_stack_limit_bytes();

    if (limit > MAIN_STACK_BYTES_MAX) // without a limit others lie below: as a fiber's
        limit = MAIN_STACK_BYTES_MAX;

    state->stack_high = main_stack_high();
    state->stack_low = limit < state->stack_high ? state->stack_high - limit : 0;
}

static void set_stack(struct thread_state *state)
{
    pthread_attr_t attributes;
    void *low;
    size_t bytes;

    state->stack_low = state->stack_high = 0; // unknown: as a fiber's
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return;
    if (pthread_attr_getstack(&attributes, &low, &bytes) == 0) {
        state->stack_low = (uintptr_t)low;
        state->stack_high = state->stack_low + bytes;
    }
    pthread_attr_destroy(&attributes);
}

static void note_second_thread(void)
{
    if (!thread_is_many)
        thread_is_many = true;
}

static void count_alive(void)
{
    uint32_t alive = atomic_add(&profile_header->threads_alive, 1) + 1;
    uint32_t peak = atomic_get(&profile_header->threads_peak);

    while (alive > peak && !atomic_swap_if(&profile_header->threads_peak, &peak, alive))
        continue;
    if (alive > 1)
        note_second_thread();
}

// What any thread does first, in itself, with the guard held.
static void bind(struct thread_state *state)
{
    struct profile_thread *record = state->record;
    bool is_main = sys_thread_id() == sys_process_id();
    struct guard_pin hook;
    uint64_t signals;

    // pthread_getattr_np allocates, pthread_setspecific may; a handler must not jump out of it
    sys_block_signals(&signals);
    hook = guard_pin();
    state->tid = sys_thread_id();
    if (is_main)
        set_main_stack(state);
    if (!is_main || !stack_walk_is_own(state, arch_stack_pointer()))
        set_stack(state); // also of a child's only thread that another one's thread has forked
    record->stack_low = state->stack_low;
    record->stack_high = state->stack_high;
    record->tid = (uint32_t)state->tid;
    record->start_ns = sys_monotonic_ns();
    sys_thread_name(record->name);
    count_alive();
    if (has_exit_key)
        pthread_setspecific(exit_key, state);
    guard_unpin(hook);
    thread_self = state;
    if (options.heap == HEAP_SAMPLED)
        sampler_draw(&state->sampler);
    thread_publish(record, pthread_self());
    timeline_look(record->start_ns);
    sys_restore_signals(&signals);
}

cold struct thread_state *thread_adopt(void)
{
    bool is_main = sys_thread_id() == sys_process_id();
    struct thread_state *state = new_thread(is_main ? PROFILE_ORIGIN_MAIN : PROFILE_ORIGIN_ADOPTED);

    if (state)
        bind(state);
    return state;
}

struct thread_state *thread_prepare(uint32_t creation_stack, bool is_detached)
{
    struct thread_state *state = new_thread(PROFILE_ORIGIN_CREATED);

    if (!state)
        return NULL;
    note_second_thread();
    atomic_add(&unborn_count, 1);
    state->record->creation_stack = creation_stack;
    state->record->join_kind = is_detached ? PROFILE_JOIN_DETACHED : PROFILE_JOIN_NONE;
    return state;
}

void thread_abandon(struct thread_state *state)
{
    __atomic_fetch_sub(&unborn_count, 1, __ATOMIC_RELEASE);
    put_back(state); // its record stays unpublished
}

void thread_begin(struct thread_state *state)
{
    if (!guard_enter())
        return;
    bind(state);
    guard_leave();
}

// Not if another thread is about to say that it joined it: then the pthread_t may be that of a
// thread which is not published yet.
static bool may_be_joined(const struct profile_thread *record)
{
    return atomic_get(&record->join_kind) == PROFILE_JOIN_NONE && !atomic_get(&record->join_claim);
}

static struct profile_thread *find_published(pthread_t thread)
{
    uint32_t id = atomic_get_acquire(bucket_of(thread));

    while (id) {
        struct profile_thread *record = record_table_at(&threads, id);

        if (record->pthread == (uint64_t)thread)
            return may_be_joined(record) ? record : NULL;
        id = atomic_get(&record->next);
    }
    return NULL;
}

struct profile_thread *thread_find(pthread_t thread)
{
    for (int i = 0; i < BIRTH_TRIES; i++) {
        uint32_t unborn =
            atomic_get_acquire(&unborn_count); // before the look, or one slips through
        struct profile_thread *record = find_published(thread);

        // one that has ended may have been joined where we don't see it, and left its pthread_t
        if (!unborn || (record && !atomic_get(&record->end_ns)))
            return record;
        sys_sleep_us(i < BIRTH_TRIES / 2 ? 0 : 100);
    }
    return find_published(thread);
}

uint32_t thread_slot_count(void)
{
    uint32_t count = atomic_get(&slot_count);

    return count < SLOTS_KNOWN ? count : SLOTS_KNOWN;
}

struct thread_state *thread_in_slot(uint32_t slot)
{
    return atomic_get_acquire(&slots[slot]);
}

const struct profile_thread *thread_record(uint32_t serial)
{
    return record_table_at(&threads, serial);
}

struct thread_state *thread_by_serial(uint32_t serial)
{
    uint32_t slot = serial ? thread_record(serial)->slot : SLOTS_KNOWN;
    struct thread_state *state = slot < SLOTS_KNOWN ? thread_in_slot(slot) : NULL;

    if (!state || atomic_get(&state->serial) != serial)
        return NULL;
    return atomic_get(&atomic_get_acquire(&state->record)->end_ns) ? NULL : state;
}

void thread_set_exit(enum profile_thread_exit kind)
{
    if (thread_self && recording_gate.is_open)
        thread_self->record->exit_kind = kind;
}

static void read_name(struct profile_thread *record)
{
    char path[64];
    struct text text;
    long length;
    int fd;

    text_init(&text, path, sizeof(path));
    text_add(&text, "/proc/self/task/");
    text_add_number(&text, record->tid);
    text_add(&text, "/comm");
    fd = sys_open(path, O_RDONLY);
    if (fd < 0)
        return;
    char name[16];
    length = sys_read(fd, name, sizeof(name));
    sys_close(fd);
    if (length < 1)
        return;
    name[length - 1] = '\0'; // the line end
    memcpy(record->name, name, sizeof(name));
}

void thread_table_finish(bool may_open)
{
    int self = sys_thread_id();

    for (uint32_t slot = 0; slot < thread_slot_count(); slot++)
        if (thread_in_slot(slot))
            lock_count_pending(thread_in_slot(slot), true);
    for (uint32_t id = 1; id <= threads.reserved; id++) {
        struct profile_thread *record = record_table_at(&threads, id);

        if (!atomic_get_acquire(&record->serial) || record->end_ns || atomic_get(&sys_filters))
            continue;
        record->cpu_ns = sys_thread_cpu_ns((int)record->tid);
        if ((int)record->tid == self)
            sys_thread_name(record->name);
        else if (may_open)
            read_name(record);
    }
}
