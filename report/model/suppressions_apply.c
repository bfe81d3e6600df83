// SPDX-License-Identifier: MIT
//
// suppressions_apply.c - marks what is suppressed in a profile. Each place is compared with the
// patterns of a kind once, when a stack with it is first looked at. Of several patterns that match
// the first in the list counts: those of files, in their order, before those that are built in.
#include "report/model/function_name.h"
#include "report/model/suppressions_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// 1 + index in the list, 0: not compared yet.
#define NOTHING UINT32_MAX
struct answers {
    uint32_t first[SUPPRESS_KIND_COUNT];
};

struct matcher {
    struct suppressions *suppressions;
    struct profile *profile;
    struct answers *places; // by number
    size_t room;
    bool is_wanted[SUPPRESS_KIND_COUNT]; // there are patterns of that kind
    bool failed;                         // without memory
};

// --- what matches

static bool place_matches(const struct place *place, const char *pattern)
{
    size_t length = 0;
    const char *name = place->function ? function_short_name(place->function, &length) : "";
    return suppression_matches_part(pattern, name, length) ||
           (place->function && suppression_matches(pattern, place->function)) ||
           (place->file && suppression_matches(pattern, place->file)) ||
           (place->module && suppression_matches(pattern, place->module));
}

static uint32_t compare_place(const struct matcher *matcher, const struct place *place,
                              enum suppression_kind kind)
{
    const struct suppressions *suppressions = matcher->suppressions;
    for (size_t i = 0; i < suppressions->count; i++)
        if (suppressions->list[i].kind == kind &&
            place_matches(place, suppressions->list[i].pattern))
            return (uint32_t)i + 1;
    return NOTHING;
}

static uint32_t place_answer(struct matcher *matcher, const struct place *place,
                             enum suppression_kind kind)
{
    if (place->number >= matcher->room) {
        size_t room = 2 * (size_t)place->number + 64;
        struct answers *larger = realloc(matcher->places, room * sizeof(*larger));
        if (!larger) {
            matcher->failed = true;
            return NOTHING;
        }
        memset(larger + matcher->room, 0, (room - matcher->room) * sizeof(*larger));
        matcher->places = larger;
        matcher->room = room;
    }
    uint32_t *answer = &matcher->places[place->number].first[kind];
    if (*answer == 0)
        *answer = compare_place(matcher, place, kind);
    return *answer;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t stack_answer(struct matcher *matcher, uint32_t stack, enum suppression_kind kind)
{
    struct stack_walk walk = {.node = matcher->is_wanted[kind] ? stack : 0};
    uint32_t answer = NOTHING;
    for (const struct frame *frame; (frame = stack_walk_next(matcher->profile, &walk));)
        answer = smaller(answer, place_answer(matcher, frame->place, kind));
    return answer;
}

static uint32_t text_answer(const struct matcher *matcher, const char *text,
                            enum suppression_kind kind)
{
    const struct suppressions *suppressions = matcher->suppressions;
    for (size_t i = 0; matcher->is_wanted[kind] && i < suppressions->count; i++)
        if (suppressions->list[i].kind == kind &&
            suppression_matches(suppressions->list[i].pattern, text))
            return (uint32_t)i + 1;
    return NOTHING;
}

static struct suppression *used(const struct matcher *matcher, uint32_t answer)
{
    struct suppression *suppression =
        answer == NOTHING ? NULL : &matcher->suppressions->list[answer - 1];
    if (suppression)
        suppression->used_count++;
    return suppression;
}

// --- leaks

static void add(struct leak_total *total, int64_t blocks, int64_t bytes)
{
    total->blocks += blocks;
    total->bytes += bytes;
}

static void apply_to_leak(struct matcher *matcher, struct leak *leak)
{
    struct leaks *leaks = &matcher->profile->leaks;
    bool counts = leak->class == PROFILE_LEAK_DEFINITE || leak->class == PROFILE_LEAK_POSSIBLE;
    struct suppression *suppression =
        counts ? used(matcher, stack_answer(matcher, leak->stack, SUPPRESS_LEAK)) : NULL;
    leak->suppressed = suppression;
    if (!suppression) {
        add(&leaks->totals[leak->class], leak->blocks, leak->bytes);
        return;
    }
    int64_t blocks = leak->blocks + leak->indirect_blocks;
    int64_t bytes = leak->bytes + leak->indirect_bytes;
    add(&leaks->totals[PROFILE_LEAK_INDIRECT], -leak->indirect_blocks, -leak->indirect_bytes);
    add(&leaks->suppressed, blocks, bytes);
    suppression->blocks += blocks;
    suppression->bytes += bytes;
}

static void apply_to_leaks(struct matcher *matcher)
{
    struct leaks *leaks = &matcher->profile->leaks;
    memset(leaks->totals, 0, sizeof(leaks->totals));
    leaks->suppressed = (struct leak_total){0};
    for (size_t i = 0; i < leaks->record_count; i++)
        apply_to_leak(matcher, &leaks->records[i]);
}

static void apply_to_heap_misuses(struct matcher *matcher)
{
    struct profile *profile = matcher->profile;
    for (size_t i = 0; i < profile->heap_misuse_count; i++) {
        struct heap_misuse *misuse = &profile->heap_misuses[i];
        uint32_t allocation = stack_answer(matcher, misuse->record.stack, SUPPRESS_LEAK);
        uint32_t freed = stack_answer(matcher, misuse->record.free_stack, SUPPRESS_LEAK);
        misuse->suppressed = used(matcher, smaller(allocation, freed));
    }
}

// --- threads

static void apply_to_thread(struct matcher *matcher, struct thread *thread)
{
    struct threads *threads = &matcher->profile->threads;
    bool leaked = thread->join && strcmp(thread->join, "leaked") == 0;
    bool running = thread->record.end_ns == 0 && thread->record.exit_kind == PROFILE_THREAD_RUNNING;
    thread->suppressed = NULL;
    if (thread->record.origin != PROFILE_ORIGIN_CREATED || (!leaked && !running))
        return;
    uint32_t by_stack = stack_answer(matcher, thread->record.creation_stack, SUPPRESS_THREAD);
    uint32_t by_name = text_answer(matcher, thread->record.name, SUPPRESS_THREAD);
    thread->suppressed = used(matcher, smaller(by_stack, by_name));
    threads->suppressed_leaked += thread->suppressed && leaked ? thread->count : 0;
    threads->suppressed_running += thread->suppressed && running ? thread->count : 0;
}

// What grows is suppressed without being counted: its threads are.
static void apply_to_threads(struct matcher *matcher)
{
    struct threads *threads = &matcher->profile->threads;
    threads->suppressed_leaked = threads->suppressed_running = 0;
    for (size_t i = 0; i < threads->record_count; i++)
        apply_to_thread(matcher, &threads->records[i]);
    for (size_t i = 0; i < threads->growth_count; i++) {
        struct thread_growth *growth = &threads->growth[i];
        uint32_t answer = stack_answer(matcher, growth->creation_stack, SUPPRESS_THREAD);
        growth->suppressed = answer == NOTHING ? NULL : &matcher->suppressions->list[answer - 1];
    }
}

// --- locks

// By its name or where it was made; else all that waited for it must match.
static uint32_t lock_answer(struct matcher *matcher, const struct lock *lock)
{
    uint32_t answer = smaller(text_answer(matcher, lock->name, SUPPRESS_LOCK),
                              stack_answer(matcher, lock->creation_stack, SUPPRESS_LOCK));
    if (answer != NOTHING || lock->wait_count == 0)
        return answer;
    for (size_t i = 0; i < lock->wait_count; i++) {
        uint32_t one = stack_answer(matcher, lock->waits[i].stack, SUPPRESS_LOCK);
        if (one == NOTHING)
            return NOTHING;
        answer = smaller(answer, one);
    }
    return answer;
}

static void apply_to_locks(struct matcher *matcher)
{
    struct profile *profile = matcher->profile;
    for (size_t i = 0; i < profile->lock_count; i++) {
        struct lock *lock = &profile->locks[i];
        bool waited = lock->contentions != 0;
        lock->suppressed = waited ? used(matcher, lock_answer(matcher, lock)) : NULL;
    }
    for (size_t i = 0; i < profile->misuse_count; i++) {
        struct lock_misuse *misuse = &profile->misuses[i];
        uint32_t answer = smaller(text_answer(matcher, misuse->lock->name, SUPPRESS_LOCK),
                                  stack_answer(matcher, misuse->record.stack, SUPPRESS_LOCK));
        answer = smaller(answer, stack_answer(matcher, misuse->record.other_stack, SUPPRESS_LOCK));
        misuse->suppressed = used(matcher, answer);
    }
}

static uint32_t cycle_answer(struct matcher *matcher, const struct order_cycle *cycle)
{
    uint32_t answer = NOTHING;
    for (size_t i = 0; i < cycle->lock_count; i++)
        answer = smaller(answer, text_answer(matcher, cycle->locks[i]->name, SUPPRESS_ORDER));
    for (size_t i = 0; i < cycle->edge_count; i++) {
        answer = smaller(answer, stack_answer(matcher, cycle->edges[i].stack_from, SUPPRESS_ORDER));
        answer = smaller(answer, stack_answer(matcher, cycle->edges[i].stack_to, SUPPRESS_ORDER));
    }
    return answer;
}

static void apply_to_order(struct matcher *matcher)
{
    struct profile *profile = matcher->profile;
    for (size_t i = 0; i < profile->order_count; i++)
        profile->order[i].suppressed = used(matcher, cycle_answer(matcher, &profile->order[i]));
}

int suppressions_apply(struct suppressions *suppressions, struct profile *profile)
{
    struct matcher matcher = {.suppressions = suppressions, .profile = profile};
    for (size_t i = 0; i < suppressions->count; i++) {
        struct suppression *suppression = &suppressions->list[i];
        matcher.is_wanted[suppression->kind] = true;
        suppression->used_count = suppression->blocks = suppression->bytes = 0;
    }
    apply_to_leaks(&matcher);
    apply_to_heap_misuses(&matcher);
    apply_to_threads(&matcher);
    apply_to_locks(&matcher);
    apply_to_order(&matcher);
    free(matcher.places);
    return matcher.failed ? -ENOMEM : 0;
}
