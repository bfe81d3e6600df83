// SPDX-License-Identifier: MIT
//
// samples.c - the table of sample views, and how each is collected from the model.
#include "report/model/samples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_NUMBERED 32

// --- collecting

struct collector {
    struct sample_set *set;
    size_t room;
    struct slot_name *slots; // by slot; NULL: all is of one slot
    size_t slot_count;
    bool failed;
};

static bool has_values(const struct sample *sample)
{
    for (size_t i = 0; i < SAMPLE_VALUES_MAX; i++)
        if (sample->values[i] != 0 || sample->old[i] != 0)
            return true;
    return false;
}

// Room for as many samples as there can be, so that they need not move.
static void expect(struct collector *collector, size_t count)
{
    struct sample_set *set = collector->set;
    set->samples = region_array(&set->region, count, sizeof(*set->samples));
    collector->room = set->samples ? count : 0;
}

static void add(struct collector *collector, const struct sample *sample)
{
    struct sample_set *set = collector->set;
    if (!has_values(sample) || collector->failed)
        return;
    void *samples = set->samples;
    struct sample *added =
        region_push(&set->region, &samples, &set->count, &collector->room, sizeof(*added));
    if (!added) {
        collector->failed = true;
        return;
    }
    set->samples = samples;
    *added = *sample;
    for (size_t i = 0; i < set->view->type_count; i++) {
        set->totals[i] += sample->values[i];
        set->old_totals[i] += sample->old[i];
    }
}

static int finish(const struct collector *collector)
{
    free(collector->slots);
    return collector->failed ? -ENOMEM : 0;
}

// --- names of threads

// The threads that had a slot, one after the other.
struct slot_name {
    uint32_t slot;
    const struct thread *thread; // the first
    bool has_more;               // of its name
    bool has_others;
    const char *name;
};

static int compare_slots(const void *left, const void *right)
{
    const struct slot_name *a = left, *b = right;
    return (a->slot > b->slot) - (a->slot < b->slot);
}

static struct slot_name *find_slot(const struct collector *collector, uint32_t slot)
{
    const struct slot_name key = {.slot = slot};
    return bsearch(&key, collector->slots, collector->slot_count, sizeof(key), compare_slots);
}

static const char *slot_name(const struct collector *collector, uint32_t slot)
{
    const struct slot_name *found = find_slot(collector, slot);
    return found ? found->name : NULL;
}

// The main thread has the name of the program, and is the one that has it without a number.
static const char *thread_name(struct collector *collector, const struct thread *thread)
{
    struct region *region = &collector->set->region;
    const char *name = *thread->record.name ? thread->record.name : "thread";
    const char *text = thread->record.origin == PROFILE_ORIGIN_MAIN
                           ? region_strndup(region, name, strlen(name))
                           : region_printf(region, "%s/%u", name, thread->record.serial);
    collector->failed |= !text;
    return text;
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

// One for each slot that has a part.
static void list_slots(struct collector *collector, const struct heap *heap)
{
    uint32_t *numbers = calloc(heap->part_count, sizeof(*numbers));
    size_t count = 0;
    for (size_t i = 0; numbers && i < heap->part_count; i++)
        numbers[i] = heap->parts[i].slot;
    if (numbers)
        qsort(numbers, heap->part_count, sizeof(*numbers), compare_numbers);
    for (size_t i = 0; numbers && i < heap->part_count; i++)
        if (i == 0 || numbers[i] != numbers[count - 1])
            numbers[count++] = numbers[i];
    collector->slots = numbers ? calloc(count, sizeof(*collector->slots)) : NULL;
    collector->slot_count = collector->slots ? count : 0;
    for (size_t i = 0; i < collector->slot_count; i++)
        collector->slots[i].slot = numbers[i];
    collector->failed |= !collector->slots;
    free(numbers);
}

static void add_thread_to_slot(struct collector *collector, const struct thread *thread)
{
    struct slot_name *slot = find_slot(collector, thread->record.slot);
    if (!slot || thread->record.tid == 0)
        return;
    if (!slot->thread)
        slot->thread = thread;
    else if (strcmp(slot->thread->record.name, thread->record.name) == 0)
        slot->has_more = true;
    else
        slot->has_others = true;
}

static void name_slots(struct collector *collector, const struct profile *profile)
{
    if (profile->heap.part_count == 0)
        return;
    list_slots(collector, &profile->heap);
    for (size_t i = 0; collector->slots && i < profile->threads.record_count; i++)
        add_thread_to_slot(collector, &profile->threads.records[i]);
    for (size_t i = 0; i < collector->slot_count; i++) {
        struct slot_name *slot = &collector->slots[i];
        if (slot->has_others)
            slot->name = "several";
        else if (slot->has_more)
            slot->name = slot->thread->record.name;
        else if (slot->thread)
            slot->name = thread_name(collector, slot->thread);
    }
}

// --- heap

enum { ALLOC_OBJECTS, ALLOC_SPACE, INUSE_OBJECTS, INUSE_SPACE };

static const char *heap_why_not(const struct profile *profile)
{
    if (profile->header.heap_mode == PROFILE_HEAP_OFF)
        return "the heap was not recorded (GAIAPROF_HEAP=exact)";
    if (profile->header.heap_bypassed)
        return "the program has its own malloc, which comes before gaiaprof's";
    return NULL;
}

static struct sample heap_sample(const struct site *site)
{
    const struct heap_counts *counts = &site->counts;
    return (struct sample){
        .stack = site->stack,
        .values = {[ALLOC_OBJECTS] = counts->allocations,
                   [ALLOC_SPACE] = counts->allocated_bytes,
                   [INUSE_OBJECTS] = counts->live_blocks,
                   [INUSE_SPACE] = counts->live_bytes},
        .block_bytes = counts->allocations ? counts->allocated_bytes / counts->allocations : 0,
    };
}

// What is in use belongs to no thread where several have to do with the stack: a block counts as
// freed where it was freed, not where it was allocated.
static void add_heap_sample(struct collector *collector, const struct profile *profile,
                            const struct sample *whole)
{
    const struct heap_part *parts;
    size_t count = collector->slots ? heap_parts(&profile->heap, whole->stack, &parts) : 0;
    struct sample sample = *whole;
    if (count == 1)
        sample.thread_name = slot_name(collector, parts[0].slot);
    for (size_t i = 0; count > 1 && i < count; i++) {
        struct sample part = {.stack = whole->stack, .block_bytes = whole->block_bytes};
        part.thread_name = slot_name(collector, parts[i].slot);
        part.values[ALLOC_OBJECTS] = parts[i].allocations;
        part.values[ALLOC_SPACE] = parts[i].allocated_bytes;
        sample.values[ALLOC_OBJECTS] -= parts[i].allocations;
        sample.values[ALLOC_SPACE] -= parts[i].allocated_bytes;
        add(collector, &part);
    }
    add(collector, &sample);
}

static int collect_heap(struct profile *profile, struct sample_set *set)
{
    struct collector collector = {.set = set};
    name_slots(&collector, profile);
    expect(&collector, profile->heap.site_count + profile->heap.part_count);
    for (size_t i = 0; i < profile->heap.site_count; i++) {
        const struct site *site = &profile->heap.sites[i];
        struct sample sample = heap_sample(site);
        if (!site->hidden)
            add_heap_sample(&collector, profile, &sample);
    }
    return finish(&collector);
}

static int collect_peak(struct profile *profile, struct sample_set *set)
{
    struct collector collector = {.set = set};
    name_slots(&collector, profile);
    expect(&collector, profile->heap.site_count + profile->heap.part_count);
    for (size_t i = 0; i < profile->heap.site_count; i++) {
        const struct site *site = &profile->heap.sites[i];
        struct sample sample = heap_sample(site);
        sample.values[INUSE_OBJECTS] = site->counts.peak_blocks;
        sample.values[INUSE_SPACE] = site->counts.peak_bytes;
        if (!site->hidden)
            add_heap_sample(&collector, profile, &sample);
    }
    return finish(&collector);
}

static int collect_temporary(struct profile *profile, struct sample_set *set)
{
    struct collector collector = {.set = set};
    for (size_t i = 0; i < profile->heap.site_count; i++) {
        const struct site *site = &profile->heap.sites[i];
        struct sample sample = {.stack = site->stack, .values = {site->counts.temporary}};
        if (!site->hidden)
            add(&collector, &sample);
    }
    return finish(&collector);
}

// --- leaks

static const char *leaks_why_not(const struct profile *profile)
{
    const char *why = heap_why_not(profile);
    if (why || profile->leaks.classified)
        return why;
    return profile->leaks.why ? profile->leaks.why : "they are not classified";
}

static int compare_stacks(const void *left, const void *right)
{
    const struct site *a = *(const struct site *const *)left;
    const struct site *b = *(const struct site *const *)right;
    return (a->stack > b->stack) - (a->stack < b->stack);
}

static const struct site **sites_by_stack(const struct profile *profile)
{
    size_t count = profile->heap.site_count;
    const struct site **sites = calloc(count + 1, sizeof(*sites));
    if (!sites)
        return NULL;
    for (size_t i = 0; i < count; i++)
        sites[i] = &profile->heap.sites[i];
    qsort(sites, count, sizeof(*sites), compare_stacks);
    return sites;
}

// A stack has a sample for each class of its leaks; what it allocated in all is with the first.
static void add_leak(struct collector *collector, const struct heap *heap, const struct leak *leak,
                     const struct site *site, bool is_first)
{
    const struct heap_part *parts;
    struct sample sample = {.stack = leak->stack};
    if (site) {
        sample = heap_sample(site);
        if (!is_first)
            memset(sample.values, 0, sizeof(sample.values));
    }
    sample.class = leak_class_name(leak->class);
    if (collector->slots && heap_parts(heap, leak->stack, &parts) == 1)
        sample.thread_name = slot_name(collector, parts[0].slot);
    sample.values[INUSE_OBJECTS] = leak->blocks;
    sample.values[INUSE_SPACE] = leak->bytes;
    add(collector, &sample);
}

static int collect_live(struct profile *profile, struct sample_set *set, bool reachable)
{
    struct collector collector = {.set = set};
    size_t count = profile->heap.site_count;
    const struct site **sites = sites_by_stack(profile);
    name_slots(&collector, profile);
    bool *seen = calloc(count + 1, sizeof(*seen));
    for (size_t i = 0; sites && seen && i < profile->leaks.record_count; i++) {
        const struct leak *leak = &profile->leaks.records[i];
        bool is_reachable = leak->class == PROFILE_LEAK_REACHABLE;
        if (leak->hidden || leak->suppressed || is_reachable != reachable)
            continue;
        const struct site key = {.stack = leak->stack}, *wanted = &key;
        const struct site **found = bsearch(&wanted, sites, count, sizeof(*sites), compare_stacks);
        bool *is_seen = found ? &seen[found - sites] : &seen[count];
        add_leak(&collector, &profile->heap, leak, found ? *found : NULL, !*is_seen);
        *is_seen = true;
    }
    collector.failed |= !sites || !seen;
    free(sites);
    free(seen);
    return finish(&collector);
}

static int collect_leaks(struct profile *profile, struct sample_set *set)
{
    return collect_live(profile, set, false);
}

static int collect_reachable(struct profile *profile, struct sample_set *set)
{
    return collect_live(profile, set, true);
}

// --- locks

static const char *locks_why_not(const struct profile *profile)
{
    return profile->header.locks_on ? NULL : "locks were not recorded (GAIAPROF_LOCKS=on)";
}

static void add_wait(struct collector *collector, const struct lock *lock, uint32_t stack,
                     int64_t count, int64_t wait_ns)
{
    struct sample sample = {.stack = stack, .lock = lock, .values = {count, wait_ns}};
    add(collector, &sample);
}

static int collect_block(struct profile *profile, struct sample_set *set)
{
    struct collector collector = {.set = set};
    for (size_t i = 0; i < profile->lock_count; i++) {
        const struct lock *lock = &profile->locks[i];
        for (size_t j = 0; j < lock->wait_count; j++) {
            const struct lock_wait *wait = &lock->waits[j];
            if (!wait->hidden)
                add_wait(&collector, lock, wait->stack, wait->count, wait->wait_ns);
        }
    }
    return finish(&collector);
}

static int collect_mutex(struct profile *profile, struct sample_set *set)
{
    struct collector collector = {.set = set};
    for (size_t i = 0; i < profile->lock_count; i++) {
        const struct lock *lock = &profile->locks[i];
        for (size_t j = 0; j < lock->holder_count; j++) {
            const struct lock_holder *holder = &lock->holders[j];
            if (!holder->hidden)
                add_wait(&collector, lock, holder->stack, holder->count, holder->wait_ns);
        }
    }
    return finish(&collector);
}

// --- threads

static const char *threads_why_not(const struct profile *profile)
{
    return profile->header.threads_on ? NULL : "threads were not recorded (GAIAPROF_THREADS=on)";
}

static bool was_created(const struct thread *thread)
{
    return !thread->hidden && thread->record.creation_stack != 0 &&
           thread->record.origin != PROFILE_ORIGIN_MAIN &&
           thread->record.origin != PROFILE_ORIGIN_ADOPTED;
}

static int compare_threads(const void *left, const void *right)
{
    const struct profile_thread *a = &(*(const struct thread *const *)left)->record;
    const struct profile_thread *b = &(*(const struct thread *const *)right)->record;
    if (a->creation_stack != b->creation_stack)
        return a->creation_stack < b->creation_stack ? -1 : 1;
    int order = strcmp(a->name, b->name);
    return order ? order : (a->serial > b->serial) - (a->serial < b->serial);
}

static bool are_alike(const struct thread *a, const struct thread *b)
{
    return a->record.creation_stack == b->record.creation_stack &&
           strcmp(a->record.name, b->record.name) == 0;
}

// Threads that only their number tells apart: where there are many, numbers say nothing.
static void add_alike_threads(struct collector *collector, const struct thread **threads,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct thread *thread = threads[i];
        struct sample sample = {
            .stack = thread->record.creation_stack,
            .thread = thread,
            .thread_name =
                count > THREADS_NUMBERED ? thread->record.name : thread_name(collector, thread),
            .values = {thread->count},
        };
        add(collector, &sample);
    }
}

static void add_threads(struct collector *collector, const struct profile *profile, bool running)
{
    size_t count = 0, next;
    const struct thread **threads = calloc(profile->threads.record_count + 1, sizeof(*threads));
    collector->failed |= !threads;
    for (size_t i = 0; threads && i < profile->threads.record_count; i++) {
        const struct thread *thread = &profile->threads.records[i];
        if (was_created(thread) && (!running || !thread_has_finished(&thread->record)))
            threads[count++] = thread;
    }
    if (count)
        qsort(threads, count, sizeof(*threads), compare_threads);
    for (size_t first = 0; first < count; first = next) {
        for (next = first + 1; next < count && are_alike(threads[first], threads[next]); next++)
            ;
        add_alike_threads(collector, threads + first, next - first);
    }
    free(threads);
}

static int collect_threadcreate(struct profile *profile, struct sample_set *set)
{
    struct collector collector = {.set = set};
    add_threads(&collector, profile, false);
    return finish(&collector);
}

static int collect_goroutine(struct profile *profile, struct sample_set *set)
{
    struct collector collector = {.set = set};
    add_threads(&collector, profile, true);
    return finish(&collector);
}

// --- CPU

static const char *cpu_why_not(const struct profile *profile)
{
    (void)profile;
    return "CPU time by stack is not recorded by this version";
}

static int collect_cpu(struct profile *profile, struct sample_set *set)
{
    (void)profile;
    (void)set;
    return 0;
}

// --- the table

#define HEAP_TYPES(objects, space)                                                                 \
    {                                                                                              \
        [ALLOC_OBJECTS] = {"alloc_objects", "count", "blocks allocated, freed or not"},            \
        [ALLOC_SPACE] = {"alloc_space", "bytes", "bytes allocated, freed or not"},                 \
        [INUSE_OBJECTS] = {"inuse_objects", "count", "blocks " objects},                           \
        [INUSE_SPACE] = {"inuse_space", "bytes", "bytes " space},                                  \
    }
#define WAIT_TYPES(contentions, delay)                                                             \
    {                                                                                              \
        {"contentions", "count", contentions}, {"delay", "nanoseconds", delay},                    \
    }

const struct sample_view sample_views[] = {
    {"heap", HEAP_TYPES("not freed", "not freed"), 4, INUSE_SPACE, heap_why_not, collect_heap},
    {"allocs", HEAP_TYPES("not freed", "not freed"), 4, ALLOC_SPACE, heap_why_not, collect_heap},
    {"peak", HEAP_TYPES("live at the peak", "live at the peak"), 4, INUSE_SPACE, heap_why_not,
     collect_peak},
    {"temporary",
     {{"temporary_objects", "count", "blocks freed before their thread's next allocation"}},
     1,
     0,
     heap_why_not,
     collect_temporary},
    {"leaks", HEAP_TYPES("leaked", "leaked"), 4, INUSE_SPACE, leaks_why_not, collect_leaks},
    {"reachable", HEAP_TYPES("still pointed to", "still pointed to"), 4, INUSE_SPACE, leaks_why_not,
     collect_reachable},
    {"block", WAIT_TYPES("waits", "time waited"), 2, 1, locks_why_not, collect_block},
    {"mutex", WAIT_TYPES("waits of others ended", "time others waited"), 2, 1, locks_why_not,
     collect_mutex},
    {"threadcreate",
     {{"threadcreate", "count", "threads created"}},
     1,
     0,
     threads_why_not,
     collect_threadcreate},
    {"goroutine",
     {{"goroutine", "count", "threads that run, by where they were created"}},
     1,
     0,
     threads_why_not,
     collect_goroutine},
    {"cpu",
     {{"samples", "count", "samples"}, {"cpu", "nanoseconds", "CPU time"}},
     2,
     1,
     cpu_why_not,
     collect_cpu},
    {.name = NULL},
};

const struct sample_view *sample_view_find(const char *name)
{
    for (const struct sample_view *view = sample_views; view->name; view++)
        if (strcmp(view->name, name) == 0)
            return view;
    return NULL;
}

int sample_type_find(const struct sample_view *view, const char *type)
{
    for (size_t i = 0; i < view->type_count; i++)
        if (strcmp(view->types[i].type, type) == 0)
            return (int)i;
    return -1;
}

// --- sets

int sample_set_init(struct sample_set *set, struct profile *profile, const struct sample_view *view)
{
    *set = (struct sample_set){.view = view};
    int error = view->collect(profile, set);
    if (!error && profile->old)
        error = sample_set_join_old(set, profile->old);
    if (error)
        sample_set_release(set);
    return error;
}

void sample_set_release(struct sample_set *set)
{
    region_release(&set->region);
    *set = (struct sample_set){0};
}
