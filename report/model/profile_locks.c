// SPDX-License-Identifier: MIT
//
// profile_locks.c - the locks: their figures summed over all slots, and their names. Who waited for
// them, their order and their misuse are loaded by profile_lock_*.c.
#include "report/model/lock_places.h"
#include "report/model/profile_lock_parts.h"
#include "report/model/runtime_code.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static int64_t sum(int64_t left, uint64_t right)
{
    return (int64_t)((uint64_t)left + right);
}

static struct lock lock_of_record(const struct profile_lock *record)
{
    return (struct lock){
        .id = record->next,
        .address = record->address,
        .generation = record->generation,
        .kind = record->kind,
        .flags = record->flags,
        .end = record->retired,
        .creation_stack = record->creation_stack,
        .initialised = record->initialised != 0,
        .block_stack = record->block_stack,
        .block_offset = record->block_offset,
        .modules_generation = record->modules_generation,
        .acquisitions = (int64_t)record->acquisitions,
        .contentions = (int64_t)record->contentions,
        .timeouts = (int64_t)record->timeouts,
        .try_failed = (int64_t)record->try_failed,
        .owner_died = (int64_t)record->owner_died,
        .owner_changes = (int64_t)record->owner_changes,
        .wait_ns = (int64_t)record->wait_ns,
        .wait_max_ns = (int64_t)record->wait_max_ns,
        .handoff_ns = (int64_t)record->handoff_ns,
        .wait_p50_ns = -1,
        .wait_p99_ns = -1,
        .holds = (int64_t)record->holds,
        .hold_ns = (int64_t)record->hold_ns,
        .hold_max_ns = (int64_t)record->hold_max_ns,
    };
}

static int compare_ids(const void *left, const void *right)
{
    uint32_t a = ((const struct lock *)left)->id, b = ((const struct lock *)right)->id;
    return (a > b) - (a < b);
}

static int compare_locks(const void *left, const void *right)
{
    const struct lock *a = left, *b = right;
    bool idle_a = lock_is_idle_kind(a->kind), idle_b = lock_is_idle_kind(b->kind);
    if (idle_a != idle_b)
        return idle_a ? 1 : -1;
    if (a->wait_ns != b->wait_ns)
        return a->wait_ns < b->wait_ns ? 1 : -1;
    if (a->acquisitions != b->acquisitions)
        return a->acquisitions < b->acquisitions ? 1 : -1;
    return (a->id > b->id) - (a->id < b->id);
}

static int make_locks(struct profile *profile, struct lock_records *records)
{
    const struct profile_lock *list = records->locks.records;
    size_t count = records->locks.count;
    profile->locks = region_array(&profile->region, count, sizeof(*profile->locks));
    records->by_id = region_array(&records->scratch, count, sizeof(*records->by_id));
    if (!profile->locks || !records->by_id)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        profile->locks[i] = lock_of_record(&list[i]);
        if (profile_is_merged(profile))
            profile->locks[i].address = 0;
    }
    qsort(profile->locks, count, sizeof(*profile->locks), compare_ids);
    for (size_t i = 0; i < count; i++)
        records->by_id[i] = &profile->locks[i];
    profile->lock_count = count;
    return 0;
}

struct lock *lock_find(const struct profile *profile, const struct lock_records *records,
                       uint32_t id)
{
    size_t low = 0, high = profile->lock_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (records->by_id[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < profile->lock_count && records->by_id[low]->id == id;
    return found ? records->by_id[low] : NULL;
}

static void add_cells(struct profile *profile, const struct lock_records *records)
{
    const struct profile_lock_cell *cells = records->cells.records;
    size_t stray = 0;
    for (size_t i = 0; i < records->cells.count; i++) {
        const struct profile_lock_cell *cell = &cells[i];
        struct lock *lock = lock_find(profile, records, cell->lock);
        if (!lock) {
            stray++;
            continue;
        }
        lock->acquisitions = sum(lock->acquisitions, cell->acquisitions);
        lock->try_failed = sum(lock->try_failed, cell->try_failed);
        lock->owner_changes = sum(lock->owner_changes, cell->owner_changes);
        lock->holds = sum(lock->holds, cell->holds);
        lock->hold_ns = sum(lock->hold_ns, cell->hold_ns);
        if ((int64_t)cell->hold_max_ns > lock->hold_max_ns)
            lock->hold_max_ns = (int64_t)cell->hold_max_ns;
    }
    if (stray)
        profile_note(profile, "%zu cells of locks belong to no known lock", stray);
}

// What was timed stands for all holds.
static void scale_holds(struct profile *profile)
{
    for (size_t i = 0; i < profile->lock_count; i++) {
        struct lock *lock = &profile->locks[i];
        if (lock->holds <= 0 || lock->hold_ns <= 0 || lock->acquisitions <= lock->holds)
            continue;
        double scaled =
            (double)lock->hold_ns / (double)lock->holds * (double)lock->acquisitions + 0.5;
        lock->hold_ns = scaled < 0x1p62 ? (int64_t)scaled : INT64_MAX;
    }
}

// By wait from here on: the index by id follows.
static void sort_locks(struct profile *profile, struct lock_records *records)
{
    qsort(profile->locks, profile->lock_count, sizeof(*profile->locks), compare_locks);
    for (size_t i = 0; i < profile->lock_count; i++)
        records->by_id[i] = &profile->locks[i];
}

static int compare_pointed_ids(const void *left, const void *right)
{
    return compare_ids(*(struct lock *const *)left, *(struct lock *const *)right);
}

static int load_all(struct profile *profile, struct lock_records *records)
{
    if (records->locks.count == 0)
        return 0;
    int error = make_locks(profile, records);
    if (error)
        return error;
    add_cells(profile, records);
    if (profile->header.hold_mode == PROFILE_HOLD_SAMPLED && !profile_is_merged(profile))
        scale_holds(profile);
    error = lock_waits_load(profile, records);
    if (error)
        return error;
    sort_locks(profile, records);
    qsort(records->by_id, profile->lock_count, sizeof(*records->by_id), compare_pointed_ids);
    error = profile_is_merged(profile) ? lock_merged_order_load(profile, records)
                                       : lock_deadlocks_load(profile, records);
    if (!error)
        error = lock_order_load(profile, records);
    return error ? error : lock_misuses_load(profile, records);
}

int profile_load_locks(struct profile *profile, struct profile_reader *reader)
{
    struct lock_records records;
    int error = lock_records_load(&records, reader);
    if (!error)
        error = load_all(profile, &records);
    region_release(&records.scratch);
    return error;
}

// --- names

static const struct place *known_place(const struct frame *frame)
{
    bool known = !frame->marker && (frame->place->function || frame->place->module);
    return known ? frame->place : NULL;
}

// "session_new", or "stress!0x1a2b" of a program without symbols.
static const char *place_text(struct profile *profile, const struct place *place)
{
    if (place->function)
        return place->function;
    return region_printf(&profile->region, "%s!0x%" PRIx64, path_basename(place->module),
                         place->offset);
}

static const char *name_of_join(struct profile *profile, const struct lock *lock)
{
    uint32_t stack = lock->creation_stack;
    const struct place *place = stack ? known_place(stack_user_frame(profile, stack)) : NULL;
    const char *text = place ? place_text(profile, place) : "threads";
    return text ? region_printf(&profile->region, "join of %s", text) : NULL;
}

// "stress!0x5f2c0" of a variable without a symbol; of other memory the address.
static const char *name_of_address(struct profile *profile, const struct lock *lock)
{
    const char *path;
    uint64_t bias;
    if (!module_table_bias(profile, lock->address, lock->modules_generation, &path, &bias))
        return region_printf(&profile->region, "0x%" PRIx64, lock->address);
    return region_printf(&profile->region, "%s!0x%" PRIx64, path_basename(path),
                         lock->address - bias);
}

// NULL where it is none, or without memory.
static const char *name_of_variable(struct profile *profile, struct lock *lock)
{
    lock->base = module_table_data_name(profile, lock->address, lock->modules_generation,
                                        &lock->symbol_offset);
    if (!lock->base || lock->symbol_offset == 0)
        return lock->base;
    return region_printf(&profile->region, "%s+%" PRIu64, lock->base, lock->symbol_offset);
}

static const char *name_of_block(struct profile *profile, struct lock *lock)
{
    const struct wrappers *allocators = &profile->lock_places->blocks;
    if (lock->block_stack)
        lock->block_place =
            known_place(user_place(profile, allocators, lock->block_stack, NULL).frame);
    lock->in_block = lock->block_place != NULL;
    lock->base = lock->in_block ? place_text(profile, lock->block_place) : NULL;
    if (!lock->base)
        return NULL;
    return region_printf(&profile->region, "%s+0x%" PRIx64, lock->base, lock->block_offset);
}

static const char *name_in_sum(struct profile *profile, struct lock *lock)
{
    const struct merged_lock_name *name = merged_lock_name(profile, lock->id);
    if (!name || !name->name)
        return "unnamed";
    lock->base = name->base;
    lock->in_block = lock->base && (name->flags & PROFILE_LOCK_IN_BLOCK);
    lock->in_array = lock->base && (name->flags & PROFILE_LOCK_IN_ARRAY);
    return name->name;
}

static const char *name_of(struct profile *profile, struct lock *lock)
{
    if (profile_is_merged(profile))
        return name_in_sum(profile, lock);
    if (lock->kind == PROFILE_LOCK_JOIN)
        return name_of_join(profile, lock);
    const char *name = name_of_variable(profile, lock);
    if (!name)
        name = name_of_block(profile, lock);
    return name || lock->in_block ? name : name_of_address(profile, lock);
}

// What blocks with locks in them are allocated through.
static int find_allocators(struct profile *profile)
{
    struct region scratch = {0};
    struct wrapper_use *uses = region_array(&scratch, profile->lock_count + 1, sizeof(*uses));
    size_t count = 0;
    for (size_t i = 0; uses && i < profile->lock_count; i++)
        if (profile->locks[i].block_stack)
            uses[count++] = (struct wrapper_use){.stack = profile->locks[i].block_stack};
    struct wrappers *allocators = &profile->lock_places->blocks;
    allocators->evidence = WRAPPER_BY_CALLERS;
    int error = uses ? wrappers_find(allocators, profile, uses, count) : -ENOMEM;
    region_release(&scratch);
    return error;
}

int profile_name_locks(struct profile *profile)
{
    profile->lock_places = region_alloc(&profile->region, sizeof(*profile->lock_places));
    int error = profile->lock_places ? find_allocators(profile) : -ENOMEM;
    for (size_t i = 0; !error && i < profile->lock_count; i++) {
        struct lock *lock = &profile->locks[i];
        lock->name = name_of(profile, lock);
        error = lock->name ? 0 : -ENOMEM;
    }
    return error;
}
