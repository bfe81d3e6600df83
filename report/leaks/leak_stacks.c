// SPDX-License-Identifier: MIT
//
// leak_stacks.c - see leak_stacks.h. Where anything is unknown, a stack is in use as a whole.
//
// glibc keeps the stacks of threads that have ended for new ones. Nothing but its own lists tells
// such a stack from one that was unmapped, or that the program made and uses for something else by
// now; so the thread's descriptor (struct pthread, at the address pthread_t is) is looked at.
#include "report/leaks/leak_stacks.h"

#include "report/leaks/leak_registers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RED_ZONE_BYTES 128
#define DTV_ENTRIES_MAX 4096

// Of struct pthread on x86-64, the same in all versions since 2.10.
struct descriptor {
    uint64_t tcb;
    uint64_t dtv; // addresses of the thread's blocks of TLS
    uint64_t self;
    char other[704 - 24];
    uint64_t next, previous; // of the list of stacks it is in
    int32_t tid;             // 0: has ended
};

struct dtv_entry {
    uint64_t block, to_free;
};

// A thread of the process with its record; or a record alone, of one that has ended.
struct stack {
    uint32_t tid, serial;
    bool has_ended, is_released; // joined or detached
    uint64_t low, high, descriptor;
};

struct stack_list {
    struct stack *stacks;
    size_t count, room;
};

int leak_stacks_use_help(struct leak_stop *stop, const struct leak_help *help)
{
    const struct profile_scan_help *head = &help->head;
    int error = 0;
    for (size_t i = 0; i < stop->count && !error; i++) {
        struct leak_thread *thread = &stop->threads[i];
        const struct profile_held_thread *held = leak_help_held(help, (uint32_t)thread->tid);
        if (head->ending_tid == (uint32_t)thread->tid) {
            thread->is_stopped = true;
            thread->sp = head->ending_sp;
            error = leak_words_add(&stop->registers, head->ending_registers,
                                   sizeof(head->ending_registers) / sizeof(uint64_t));
        } else if (held && held->is_stopped) {
            thread->is_stopped = true;
            thread->sp = leak_registers_sp(held->registers);
            error = leak_registers_add_held(held, &stop->registers);
        } else if (held) {
            stop->running++;
        } else if (leak_stop_is_running(stop, thread->tid)) {
            return -EPERM;
        }
    }
    return error;
}

// --- the records

static struct stack stack_of(const struct profile_thread *record)
{
    return (struct stack){.tid = record->tid,
                          .serial = record->serial,
                          .has_ended = record->end_ns != 0,
                          .is_released = record->join_kind != PROFILE_JOIN_NONE,
                          .low = record->stack_low,
                          .high = record->stack_high,
                          .descriptor = record->pthread};
}

static int by_tid(const void *a, const void *b)
{
    const struct stack *one = a, *other = b;
    return (one->tid > other->tid) - (one->tid < other->tid);
}

static struct stack *find_live(const struct stack_list *live, uint32_t tid)
{
    struct stack key = {.tid = tid};
    if (live->count == 0)
        return NULL;
    return bsearch(&key, live->stacks, live->count, sizeof(key), by_tid);
}

// The threads of the process, with the latest record of each, one that has not ended if there is.
static int list_live(const struct leak_stacks *from, struct stack_list *ret_live)
{
    struct leak_thread_cursor cursor = {0};
    struct profile_thread record;
    ret_live->count = from->stop->count;
    ret_live->stacks = calloc(ret_live->count + 1, sizeof(ret_live->stacks[0]));
    if (!ret_live->stacks)
        return -ENOMEM;
    for (size_t i = 0; i < ret_live->count; i++)
        ret_live->stacks[i].tid = (uint32_t)from->stop->threads[i].tid;
    if (ret_live->count)
        qsort(ret_live->stacks, ret_live->count, sizeof(ret_live->stacks[0]), by_tid);
    while (leak_profile_next_thread(from->profile, &cursor, &record)) {
        struct stack *stack = find_live(ret_live, record.tid);
        if (stack && (stack->serial == 0 || record.end_ns == 0 || stack->has_ended))
            *stack = stack_of(&record);
    }
    return 0;
}

static int add(struct stack_list *list, const struct stack *stack)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        struct stack *stacks = reallocarray(list->stacks, room, sizeof(stacks[0]));
        if (!stacks)
            return -ENOMEM;
        list->stacks = stacks;
        list->room = room;
    }
    list->stacks[list->count++] = *stack;
    return 0;
}

static int by_descriptor(const void *a, const void *b)
{
    const struct stack *one = a, *other = b;
    if (one->descriptor != other->descriptor)
        return one->descriptor > other->descriptor ? 1 : -1;
    return (one->serial > other->serial) - (one->serial < other->serial);
}

static int list_ended(const struct leak_stacks *from, const struct stack_list *live,
                      struct stack_list *ret_ended)
{
    struct leak_thread_cursor cursor = {0};
    struct profile_thread record;
    int error = 0;
    while (!error && leak_profile_next_thread(from->profile, &cursor, &record)) {
        struct stack stack = stack_of(&record);
        const struct stack *of_thread = find_live(live, record.tid);
        bool is_live = of_thread && of_thread->serial == record.serial;
        if (stack.has_ended && !is_live && stack.descriptor >= stack.low &&
            stack.descriptor < stack.high && stack.descriptor % 16 == 0)
            error = add(ret_ended, &stack);
    }
    if (ret_ended->count)
        qsort(ret_ended->stacks, ret_ended->count, sizeof(ret_ended->stacks[0]), by_descriptor);
    return error;
}

// --- what is dead of them

static bool is_word(const struct leak_memory *memory, uint64_t address, uint64_t expected)
{
    uint64_t word;
    return leak_memory_read(memory, address, &word, sizeof(word)) && word == expected;
}

// True if glibc has the stack in one of its lists, and no thread runs on it.
static bool is_kept(const struct leak_memory *memory, uint64_t address,
                    struct descriptor *ret_descriptor)
{
    struct descriptor *it = ret_descriptor;
    uint64_t link = address + offsetof(struct descriptor, next);
    return leak_memory_read(memory, address, it, sizeof(*it)) && it->self == address &&
           it->tid <= 0 && is_word(memory, it->next + 8, link) &&
           is_word(memory, it->previous, link);
}

// The lowest block of static TLS, which lies between the stack and the descriptor. 0: unknown.
static uint64_t tls_start(const struct leak_memory *memory, const struct stack *stack,
                          const struct descriptor *descriptor)
{
    struct dtv_entry entries[DTV_ENTRIES_MAX], length;
    uint64_t lowest = stack->descriptor;
    if (!leak_memory_read(memory, descriptor->dtv - sizeof(length), &length, sizeof(length)) ||
        length.block == 0 || length.block > DTV_ENTRIES_MAX ||
        !leak_memory_read(memory, descriptor->dtv + sizeof(length), entries,
                          (size_t)length.block * sizeof(length)))
        return 0;
    for (uint64_t i = 0; i < length.block; i++)
        if (entries[i].block >= stack->low && entries[i].block < lowest)
            lowest = entries[i].block;
    return lowest;
}

// A thread that was joined, or detached, has left nothing. Of another its TLS and its result are
// still there to be used.
static void add_ended(const struct leak_stacks *from, const struct stack_list *ended,
                      struct leak_ranges *ret_dead)
{
    for (size_t i = 0; i < ended->count; i++) {
        const struct stack *stack = &ended->stacks[i];
        struct descriptor descriptor;
        if ((i + 1 < ended->count && stack[1].descriptor == stack->descriptor) ||
            !is_kept(from->memory, stack->descriptor, &descriptor))
            continue;
        leak_ranges_add(ret_dead, stack->low,
                        stack->is_released ? stack->high
                                           : tls_start(from->memory, stack, &descriptor));
    }
}

static void add_used_of_ours(const struct leak_help *help, uint64_t sp,
                             struct leak_ranges *ret_extra)
{
    for (size_t i = 0; i < help->region_count; i++) {
        const struct profile_region *region = &help->regions[i];
        if (sp - region->start < region->bytes)
            leak_ranges_add(ret_extra, (sp - RED_ZONE_BYTES) & ~UINT64_C(7),
                            region->start + region->bytes);
    }
}

// Of the main thread the kernel knows the stack best.
static void add_below(const struct leak_stacks *from, const struct leak_thread *thread,
                      const struct stack *stack, struct leak_ranges *ret_dead)
{
    uint64_t low = stack->low, high = stack->high;
    const struct leak_map *map = leak_maps_find(from->maps, thread->sp);
    if (map && map->kind == LEAK_MAP_STACK && thread->tid == from->stop->pid) {
        low = map->start;
        high = map->end;
    }
    if (thread->sp >= low && thread->sp < high)
        leak_ranges_add(ret_dead, low, (thread->sp - RED_ZONE_BYTES) & ~UINT64_C(7));
}

int leak_stacks_find(const struct leak_stacks *stacks, struct leak_ranges *ret_dead,
                     struct leak_ranges *ret_extra)
{
    struct stack_list live = {0}, ended = {0};
    struct leak_ranges left = {0}, used = {0};
    int error = list_live(stacks, &live);
    if (!error)
        error = list_ended(stacks, &live, &ended);
    if (!error) {
        add_ended(stacks, &ended, &left);
        for (size_t i = 0; i < live.count; i++)
            leak_ranges_add(&used, live.stacks[i].low, live.stacks[i].high);
        leak_ranges_sort(&left);
        leak_ranges_sort(&used);
        leak_ranges_subtract(ret_dead, &left, &used);
    }
    for (size_t i = 0; i < stacks->stop->count && !error; i++) {
        const struct leak_thread *thread = &stacks->stop->threads[i];
        if (!thread->is_stopped || thread->sp == 0)
            continue;
        add_below(stacks, thread, find_live(&live, (uint32_t)thread->tid), ret_dead);
        add_used_of_ours(stacks->help, thread->sp, ret_extra);
    }
    error = error || ret_dead->out_of_memory ? -ENOMEM : 0;
    leak_ranges_release(&left);
    leak_ranges_release(&used);
    free(live.stacks);
    free(ended.stacks);
    return error;
}
