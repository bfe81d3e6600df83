// SPDX-License-Identifier: MIT
//
// wrappers.c - see wrappers.h. All stacks are looked at side by side, each at its innermost frame;
// those that are at a wrapper move on to its caller, and so on.
#include "report/model/wrappers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CALLERS_MIN 4
#define CALLERS_OF_CALLER_MIN 8 // os::malloc is called by AllocateHeap alone
#define LOCKS_MIN 3
#define LOCKS_MIN_OF_MANY_CALLERS 2

struct cursor {
    struct stack_walk walk; // beyond `caller`
    const struct frame *at, *caller;
    const struct frame *beyond; // the caller's
    const char *owner;
    uint32_t lock;
};

static int compare_numbers(uint64_t left, uint64_t right)
{
    return (left > right) - (left < right);
}

int frame_compare_functions(const struct frame *left, const struct frame *right)
{
    const struct place *a = left->place, *b = right->place;
    if (a == b)
        return 0;
    if (!a->function || !b->function)
        return a->function || b->function ? (a->function ? -1 : 1)
                                          : compare_numbers(a->number, b->number);
    int order = strcmp(a->function, b->function);
    return order ? order : strcmp(a->module ? a->module : "", b->module ? b->module : "");
}

int frame_compare_sites(const struct frame *left, const struct frame *right)
{
    int order = compare_numbers(left->place->number, right->place->number);
    bool by_address = left->place->function && left->place->line == 0;
    return order || !by_address ? order : compare_numbers(left->offset, right->offset);
}

// --- walks

static bool is_user_frame(const struct frame *frame, const char *owner)
{
    if (frame->marker)
        return false;
    const char *module = frame->place->module;
    return !frame->runtime || (owner && module && strcmp(owner, module) == 0);
}

static const struct frame *next_user_frame(struct profile *profile, struct stack_walk *walk,
                                           const char *owner)
{
    for (const struct frame *frame; (frame = stack_walk_next(profile, walk));)
        if (is_user_frame(frame, owner))
            return frame;
    return NULL;
}

// What lies beyond a signal or a gap did not call.
static const struct frame *next_caller(struct profile *profile, struct stack_walk *walk,
                                       const struct frame *callee, const char *owner)
{
    for (const struct frame *frame; (frame = stack_walk_next(profile, walk));) {
        if (frame->marker)
            return NULL;
        if (is_user_frame(frame, owner) && frame_compare_functions(frame, callee) != 0)
            return frame;
    }
    return NULL;
}

// --- evidence

static int compare_frames(const struct wrappers *wrappers, const struct frame *left,
                          const struct frame *right)
{
    return wrappers->evidence == WRAPPER_BY_LOCKS ? frame_compare_sites(left, right)
                                                  : frame_compare_functions(left, right);
}

static int compare_by_caller(const void *left, const void *right, void *wrappers)
{
    const struct cursor *a = left, *b = right;
    int order = compare_frames(wrappers, a->at, b->at);
    return order ? order : frame_compare_functions(a->caller, b->caller);
}

static int compare_by_lock(const void *left, const void *right)
{
    return compare_numbers(((const struct cursor *)left)->lock,
                           ((const struct cursor *)right)->lock);
}

static int compare_beyond(const void *left, const void *right)
{
    const struct cursor *a = left, *b = right;
    if (!a->beyond || !b->beyond)
        return (a->beyond == NULL) - (b->beyond == NULL);
    return frame_compare_functions(a->beyond, b->beyond);
}

static bool caller_has_many(struct profile *profile, struct cursor *cursors, size_t count)
{
    size_t callers = 0;
    for (size_t i = 0; i < count; i++) {
        struct stack_walk walk = cursors[i].walk;
        cursors[i].beyond = next_caller(profile, &walk, cursors[i].caller, cursors[i].owner);
    }
    qsort(cursors, count, sizeof(*cursors), compare_beyond);
    for (size_t i = 0; i < count && cursors[i].beyond; i++)
        callers += i == 0 || compare_beyond(&cursors[i - 1], &cursors[i]) != 0;
    return callers >= CALLERS_OF_CALLER_MIN;
}

// Of cursors by caller; leaves them in another order.
static bool is_wrapper(const struct wrappers *wrappers, struct profile *profile,
                       struct cursor *cursors, size_t count)
{
    size_t callers = 1, locks = 1;
    for (size_t i = 1; i < count; i++)
        callers += frame_compare_functions(cursors[i - 1].caller, cursors[i].caller) != 0;
    bool many =
        callers >= CALLERS_MIN || (callers == 1 && caller_has_many(profile, cursors, count));
    if (wrappers->evidence == WRAPPER_BY_CALLERS)
        return many;
    qsort(cursors, count, sizeof(*cursors), compare_by_lock);
    for (size_t i = 1; i < count; i++)
        locks += cursors[i - 1].lock != cursors[i].lock;
    return locks >= LOCKS_MIN || (many && locks >= LOCKS_MIN_OF_MANY_CALLERS);
}

static void move_on(struct profile *profile, struct cursor *cursor)
{
    cursor->at = cursor->caller;
    cursor->caller = next_caller(profile, &cursor->walk, cursor->at, cursor->owner);
}

// Cursors that cannot move any more are none of the first `return` ones.
static size_t keep_movable(struct cursor *cursors, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (cursors[i].caller)
            cursors[kept++] = cursors[i];
    return kept;
}

static int compare_found(const void *left, const void *right, void *wrappers)
{
    return compare_frames(wrappers, *(const struct frame *const *)left,
                          *(const struct frame *const *)right);
}

static bool contains(const struct wrappers *wrappers, const struct frame *frame)
{
    size_t low = 0, high = wrappers->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_frames(wrappers, wrappers->frames[middle], frame);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

// One level: adds the wrappers that cursors are at, and moves those. False: found no more.
static bool pass_level(struct wrappers *wrappers, struct profile *profile, struct cursor *cursors,
                       size_t count)
{
    size_t known = wrappers->count, next;
    qsort_r(cursors, count, sizeof(*cursors), compare_by_caller, wrappers);
    for (size_t first = 0; first < count; first = next) {
        const struct frame *at = cursors[first].at;
        for (next = first; next < count && compare_frames(wrappers, at, cursors[next].at) == 0;)
            next++;
        if (!is_wrapper(wrappers, profile, &cursors[first], next - first))
            continue;
        wrappers->frames[wrappers->count++] = at;
        for (size_t i = first; i < next; i++)
            move_on(profile, &cursors[i]);
    }
    qsort_r(wrappers->frames, wrappers->count, sizeof(*wrappers->frames), compare_found, wrappers);
    return wrappers->count > known;
}

static size_t set_out(struct profile *profile, const struct wrapper_use *uses, size_t count,
                      struct cursor *ret_cursors)
{
    for (size_t i = 0; i < count; i++) {
        struct cursor *cursor = &ret_cursors[i];
        *cursor = (struct cursor){
            .walk = {.node = uses[i].stack}, .owner = uses[i].owner, .lock = uses[i].lock};
        cursor->caller = next_user_frame(profile, &cursor->walk, cursor->owner);
        if (cursor->caller)
            move_on(profile, cursor);
    }
    return keep_movable(ret_cursors, count);
}

static int compare_uses(const void *left, const void *right)
{
    const struct wrapper_use *a = left, *b = right;
    return a->stack != b->stack ? compare_numbers(a->stack, b->stack)
                                : compare_numbers(a->lock, b->lock);
}

static size_t drop_copies(struct wrapper_use *uses, size_t count)
{
    size_t kept = 0;
    qsort(uses, count, sizeof(*uses), compare_uses);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || compare_uses(&uses[kept - 1], &uses[i]) != 0)
            uses[kept++] = uses[i];
    return kept;
}

int wrappers_find(struct wrappers *wrappers, struct profile *profile, struct wrapper_use *uses,
                  size_t count)
{
    struct region scratch = {0};
    count = drop_copies(uses, count);
    wrappers->frames = region_array(&profile->region, WRAPPER_LEVELS_MAX * count + 1,
                                    sizeof(const struct frame *));
    struct cursor *cursors = region_array(&scratch, count + 1, sizeof(*cursors));
    bool ready = cursors && wrappers->frames;
    wrappers->count = 0;
    if (ready)
        count = set_out(profile, uses, count, cursors);
    for (int level = 0; ready && level < WRAPPER_LEVELS_MAX; level++) {
        if (!pass_level(wrappers, profile, cursors, count))
            break;
        count = keep_movable(cursors, count);
    }
    region_release(&scratch);
    return ready ? 0 : -ENOMEM;
}

struct user_place user_place(struct profile *profile, const struct wrappers *wrappers,
                             uint32_t stack, const char *owner)
{
    struct stack_walk walk = {.node = stack};
    const struct frame *innermost = next_user_frame(profile, &walk, owner), *at = innermost;
    if (!innermost)
        return (struct user_place){.frame = stack_user_frame(profile, stack)};
    for (int level = 0; level < WRAPPER_LEVELS_MAX && contains(wrappers, at); level++) {
        const struct frame *caller = next_caller(profile, &walk, at, owner);
        if (!caller)
            break;
        at = caller;
    }
    return (struct user_place){.frame = at, .wrapper = at == innermost ? NULL : innermost};
}
