// SPDX-License-Identifier: MIT
//
// profile_lock_trial.c - can a circle of locks be a deadlock? Each edge came about in one or more
// contexts: with a thread, other locks held, modes. It can if there is a choice of one context each
// that two threads could be in at once. The search is given up after a while.
#include "report/model/profile_lock_order.h"

#define TRIES_MAX 1000000  // of contexts of one circle, counted in locks that are compared,
#define TRIES_ALL 30000000 // and of all circles

enum { NEEDS_THREADS = 1, NEEDS_NO_GATE = 2, NEEDS_WRITER = 4, NEEDS_ALL = 7 };

const struct profile_lock_nesting *trial_nesting(const struct trial *trial, size_t edge)
{
    const struct order *order = trial->order;
    return &order->nestings[order->contexts[trial->chosen[edge]].nesting];
}

// No lock can be held by both threads at once.
static bool is_gated(struct trial *trial, size_t edge, size_t other)
{
    const struct order *order = trial->order;
    struct held a, b;
    struct held_walk outer = {.nesting = order->contexts[trial->chosen[edge]].nesting};
    while (held_walk_next(order, &outer, &a)) {
        struct held_walk inner = {.nesting = order->contexts[trial->chosen[other]].nesting};
        while (held_walk_next(order, &inner, &b)) {
            trial->tries++;
            if (a.node != ORDER_NONE && a.node == b.node &&
                !(a.mode & b.mode & PROFILE_ACQUIRE_READ))
                return true;
        }
    }
    return false;
}

static uint32_t mode_held(const struct trial *trial, size_t edge)
{
    return context_held(trial->order, &trial->order->contexts[trial->chosen[edge]]).mode;
}

// A reader does not wait for a reader.
static bool both_read(const struct trial *trial, size_t edge)
{
    size_t next = (edge + 1) % trial->circle->count;
    return trial_nesting(trial, edge)->mode & mode_held(trial, next) & PROFILE_ACQUIRE_READ;
}

// Whether the choice for `edge` goes with those before it.
static bool fits(struct trial *trial, size_t edge)
{
    bool is_last = edge + 1 == trial->circle->count;
    trial->tries++;
    if (trial->needs & NEEDS_WRITER)
        if ((edge > 0 && both_read(trial, edge - 1)) || (is_last && both_read(trial, edge)))
            return false;
    for (size_t i = 0; (trial->needs & NEEDS_NO_GATE) && i < edge; i++)
        if (is_gated(trial, i, edge))
            return false;
    return true;
}

static bool has_two_threads(const struct trial *trial)
{
    for (size_t i = 0; i < trial->circle->count; i++)
        if (trial_nesting(trial, i)->other_thread ||
            trial_nesting(trial, i)->thread != trial_nesting(trial, 0)->thread)
            return true;
    return false;
}

// Depth first, by counting `chosen` up like the digits of a number.
static bool find_choice(struct trial *trial, uint32_t needs)
{
    const struct order *order = trial->order;
    const uint32_t *arcs = trial->circle->arcs;
    size_t edge = 0;
    trial->needs = needs;
    trial->tries = 0;
    trial->chosen[0] = order->first_context[arcs[0]];
    while (trial->tries < TRIES_MAX) {
        if (trial->chosen[edge] == order->first_context[arcs[edge] + 1]) {
            if (edge == 0)
                return false;
            trial->chosen[--edge]++;
        } else if (!fits(trial, edge)) {
            trial->chosen[edge]++;
        } else if (edge + 1 < trial->circle->count) {
            edge++;
            trial->chosen[edge] = order->first_context[arcs[edge]];
        } else if (!(needs & NEEDS_THREADS) || has_two_threads(trial)) {
            return true;
        } else {
            trial->chosen[edge]++;
        }
    }
    trial->given_up = true;
    return false;
}

static bool try_needs(struct trial *trial, uint32_t needs)
{
    trial->given_up |= trial->order->tries > TRIES_ALL;
    bool found = !trial->given_up && find_choice(trial, needs);
    trial->order->tries += trial->tries;
    return found;
}

bool trial_succeeds(struct trial *trial)
{
    return try_needs(trial, NEEDS_ALL);
}

// A need that can't be met; else one without which the others can be.
const char *trial_why_not(struct trial *trial)
{
    static const struct {
        uint32_t need;
        const char *why;
    } needs[] = {
        {NEEDS_THREADS, "one thread"}, {NEEDS_NO_GATE, "gate"}, {NEEDS_WRITER, "read locks"}};
    for (size_t i = 0; i < 3; i++)
        if (!try_needs(trial, needs[i].need))
            return needs[i].why;
    for (size_t i = 0; i < 3; i++)
        if (try_needs(trial, NEEDS_ALL & ~needs[i].need))
            return needs[i].why;
    return "gate";
}
