// SPDX-License-Identifier: MIT
//
// lock_places.c - see lock_places.h.
#include "report/model/lock_places.h"

#include "report/model/profile_parts.h"
#include "report/model/runtime_code.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// Locks that nobody initialised are an array if there are this many, and at most half as many
// places that were the first to use them.
#define ARRAY_MIN 4

static int compare_numbers(uint64_t left, uint64_t right)
{
    return (left > right) - (left < right);
}

// --- makers

// A lock of an allocator or of the C library is the business of its own frames: the module's path.
static const char *runtime_owner(struct profile *profile, const struct lock *lock)
{
    const char *path;
    uint64_t bias;
    if (module_table_bias(profile, lock->address, lock->modules_generation, &path, &bias))
        return module_is_runtime(path) ? path : NULL;
    if (lock->in_block || !lock->initialised || !lock->creation_stack)
        return NULL;
    struct stack_walk walk = {.node = lock->creation_stack};
    const struct frame *leaf = stack_walk_next(profile, &walk);
    return leaf && !leaf->marker && module_is_runtime(leaf->place->module) ? leaf->place->module
                                                                           : NULL;
}

static bool has_maker(const struct lock *lock)
{
    return lock->creation_stack != 0 && lock->kind != PROFILE_LOCK_JOIN;
}

static int find_makers(struct profile *profile)
{
    struct region scratch = {0};
    struct wrapper_use *uses = region_array(&scratch, profile->lock_count + 1, sizeof(*uses));
    size_t count = 0;
    for (size_t i = 0; uses && i < profile->lock_count; i++) {
        struct lock *lock = &profile->locks[i];
        lock->owner = runtime_owner(profile, lock);
        if (has_maker(lock) && lock->initialised)
            uses[count++] = (struct wrapper_use){.stack = lock->creation_stack};
    }
    struct wrappers *makers = &profile->lock_places->makers;
    makers->evidence = WRAPPER_BY_CALLERS;
    int error = uses ? wrappers_find(makers, profile, uses, count) : -ENOMEM;
    region_release(&scratch);
    for (size_t i = 0; !error && i < profile->lock_count; i++) {
        struct lock *lock = &profile->locks[i];
        if (!has_maker(lock))
            continue;
        struct user_place made = user_place(profile, makers, lock->creation_stack, lock->owner);
        lock->maker = made.frame;
        lock->maker_wrapper = made.wrapper;
    }
    return error;
}

// --- arrays

// Where the block or the variable around a lock begins.
static uint64_t container_start(const struct lock *lock)
{
    return lock->address - (lock->in_block ? lock->block_offset : lock->symbol_offset);
}

static int compare_containers(const struct lock *a, const struct lock *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->in_block != b->in_block)
        return a->in_block ? -1 : 1;
    if (a->initialised != b->initialised)
        return a->initialised ? -1 : 1;
    int order = compare_numbers(container_start(a), container_start(b));
    if (order == 0 && a->initialised) // in a loop: by the same stack
        order = compare_numbers(a->creation_stack, b->creation_stack);
    return order ? order : compare_numbers(a->block_stack, b->block_stack);
}

static int compare_elements(const void *left, const void *right)
{
    const struct lock *a = *(struct lock *const *)left, *b = *(struct lock *const *)right;
    int order = compare_containers(a, b);
    return order ? order : compare_numbers(a->address, b->address);
}

static int compare_sites(const void *left, const void *right)
{
    const struct lock *a = *(struct lock *const *)left, *b = *(struct lock *const *)right;
    if (!a->maker || !b->maker)
        return (a->maker == NULL) - (b->maker == NULL);
    return frame_compare_sites(a->maker, b->maker);
}

// Of locks in one container, by address; leaves them in another order.
static bool is_array(struct lock **locks, size_t count)
{
    size_t elements = 1, sites = 1;
    for (size_t i = 1; i < count; i++)
        elements += locks[i - 1]->address != locks[i]->address;
    if (elements < 2 || locks[0]->initialised)
        return elements >= 2;
    qsort(locks, count, sizeof(*locks), compare_sites);
    for (size_t i = 1; i < count; i++)
        sites += compare_sites(&locks[i - 1], &locks[i]) != 0;
    return elements >= ARRAY_MIN && 2 * sites <= elements;
}

static int find_arrays(struct profile *profile)
{
    struct region scratch = {0};
    struct lock **locks = region_array(&scratch, profile->lock_count + 1, sizeof(*locks));
    size_t count = 0, next;
    if (!locks)
        return -ENOMEM;
    for (size_t i = 0; i < profile->lock_count && !profile_is_merged(profile); i++)
        if (has_maker(&profile->locks[i]) && profile->locks[i].base)
            locks[count++] = &profile->locks[i];
    qsort(locks, count, sizeof(*locks), compare_elements);
    for (size_t first = 0; first < count; first = next) {
        for (next = first; next < count && compare_containers(locks[first], locks[next]) == 0;)
            next++;
        if (!is_array(&locks[first], next - first))
            continue;
        for (size_t i = first; i < next; i++)
            locks[i]->in_array = true;
    }
    region_release(&scratch);
    return 0;
}

// --- rows

enum row_class { ROW_ARRAY, ROW_BLOCK, ROW_JOIN, ROW_ADDRESS };

static enum row_class row_class(const struct lock *lock)
{
    return lock->in_array                    ? ROW_ARRAY
           : lock->in_block                  ? ROW_BLOCK
           : lock->kind == PROFILE_LOCK_JOIN ? ROW_JOIN
                                             : ROW_ADDRESS;
}

// Where a lock was used first is chance.
static int compare_makers(const struct lock *a, const struct lock *b,
                          int (*compare)(const struct frame *, const struct frame *))
{
    const struct frame *maker_a = a->initialised ? a->maker : NULL;
    const struct frame *maker_b = b->initialised ? b->maker : NULL;
    if (!maker_a || !maker_b)
        return (maker_a == NULL) - (maker_b == NULL);
    return compare(maker_a, maker_b);
}

int lock_compare_rows(const struct lock *a, const struct lock *b)
{
    enum row_class class = row_class(a), other = row_class(b);
    int order = 0;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (class != other)
        return class < other ? -1 : 1;
    switch (class) {
    case ROW_ARRAY:
        order = strcmp(a->base, b->base);
        if (order == 0 && a->in_block != b->in_block)
            order = a->in_block ? -1 : 1;
        return order ? order : compare_makers(a, b, frame_compare_sites);
    case ROW_BLOCK:
        order = strcmp(a->name, b->name);
        return order ? order : compare_makers(a, b, frame_compare_functions);
    case ROW_JOIN:
        return strcmp(a->name, b->name);
    default:
        order = compare_numbers(a->address, b->address);
        return order || a->address ? order : strcmp(a->name, b->name);
    }
}

static int compare_locks(const void *left, const void *right)
{
    return lock_compare_rows(*(struct lock *const *)left, *(struct lock *const *)right);
}

// --- users

static size_t count_stacks(const struct profile *profile)
{
    size_t count = 0;
    for (size_t i = 0; i < profile->lock_count; i++)
        count += profile->locks[i].wait_count + profile->locks[i].holder_count;
    return count;
}

static size_t add_uses(const struct lock *lock, uint32_t row, struct wrapper_use *ret_uses)
{
    size_t count = 0;
    for (size_t i = 0; i < lock->wait_count; i++)
        ret_uses[count++] = (struct wrapper_use){lock->waits[i].stack, row, lock->owner};
    for (size_t i = 0; i < lock->holder_count; i++)
        ret_uses[count++] = (struct wrapper_use){lock->holders[i].stack, row, lock->owner};
    return count;
}

static int find_wrappers_of_users(struct profile *profile)
{
    struct region scratch = {0};
    struct lock **locks = region_array(&scratch, profile->lock_count + 1, sizeof(*locks));
    struct wrapper_use *uses = region_array(&scratch, count_stacks(profile) + 1, sizeof(*uses));
    struct wrappers *users = &profile->lock_places->users;
    size_t count = 0;
    uint32_t row = 0;
    users->evidence = WRAPPER_BY_LOCKS;
    for (size_t i = 0; locks && i < profile->lock_count; i++)
        locks[i] = &profile->locks[i];
    if (locks)
        qsort(locks, profile->lock_count, sizeof(*locks), compare_locks);
    for (size_t i = 0; locks && uses && i < profile->lock_count; i++) {
        row += i > 0 && lock_compare_rows(locks[i - 1], locks[i]) != 0;
        count += add_uses(locks[i], row, &uses[count]);
    }
    int error = locks && uses ? wrappers_find(users, profile, uses, count) : -ENOMEM;
    region_release(&scratch);
    return error;
}

static bool is_header(const char *file)
{
    const char *end = file ? strrchr(file, '.') : NULL;
    return end && end[1] == 'h';
}

// Of a wait for a condition: a header's function that was inlined says less than what it is in.
static const struct place *past_inlined_header(struct profile *profile, uint32_t stack,
                                               const struct place *place)
{
    struct stack_walk walk = {.node = stack};
    const struct frame *frame = stack_walk_next(profile, &walk);
    while (frame && frame->place != place)
        frame = stack_walk_next(profile, &walk);
    while (frame && frame->inlined && is_header(frame->place->file) && frame->place->file &&
           strcmp(frame->place->file, place->file) == 0)
        frame = stack_walk_next(profile, &walk);
    return frame && !frame->marker && !frame->runtime ? frame->place : place;
}

const struct place *lock_user_place(struct profile *profile, const struct lock *lock,
                                    uint32_t stack)
{
    const struct wrappers *users = &profile->lock_places->users;
    const struct place *place = user_place(profile, users, stack, lock->owner).frame->place;
    return lock_is_idle_kind(lock->kind) && is_header(place->file)
               ? past_inlined_header(profile, stack, place)
               : place;
}

static void set_places(struct profile *profile, struct lock *lock)
{
    for (size_t i = 0; i < lock->wait_count; i++)
        lock->waits[i].place = lock_user_place(profile, lock, lock->waits[i].stack);
    for (size_t i = 0; i < lock->holder_count; i++)
        lock->holders[i].place = lock_user_place(profile, lock, lock->holders[i].stack);
}

int lock_places_find(struct profile *profile)
{
    if (profile->lock_places->found)
        return 0;
    int error = find_makers(profile);
    if (!error)
        error = find_arrays(profile);
    if (!error)
        error = find_wrappers_of_users(profile);
    for (size_t i = 0; !error && i < profile->lock_count; i++)
        set_places(profile, &profile->locks[i]);
    profile->lock_places->found = !error;
    return error;
}
