// SPDX-License-Identifier: MIT
//
// profile_lock_order.h - how profile_lock_order.c, which makes edges and circles of the records,
// and profile_lock_trial.c, which decides whether a circle can be a deadlock, share one profile's
// nestings. Internal to them.
#ifndef GAIAPROF_PROFILE_LOCK_ORDER_H
#define GAIAPROF_PROFILE_LOCK_ORDER_H

#include "report/model/profile_lock_parts.h"

#define ORDER_NONE UINT32_MAX

// A lock that is held while another is acquired.
struct held {
    uint32_t node; // index of the lock; ORDER_NONE: not known
    uint32_t mode;
    uint32_t stack; // where it was acquired
};

// One way an edge came about.
struct context {
    struct arc arc;
    uint32_t nesting; // index
    uint32_t held;    // which of the locks held: 0 is the one acquired last
};

struct order {
    struct profile *profile;
    struct region *region;
    const struct profile_lock_nesting *nestings; // by id
    size_t nesting_count;
    uint32_t *parents; // by index of the nesting: index of the one it refers to, or ORDER_NONE
    uint32_t *nodes;   // by index of the nesting: the lock that is acquired
    uint32_t *held_nodes;
    struct context *contexts; // of circles, by arc
    size_t context_count;
    uint32_t *first_context; // by arc of the graph, and one more at the end
    struct graph graph;
    uint64_t tries;
    bool cut; // something was left out
};

// Walks what was held, from the lock acquired last outwards. Start: {.nesting = index}.
struct held_walk {
    uint32_t nesting, depth;
};
bool held_walk_next(const struct order *order, struct held_walk *walk, struct held *ret_held);

// The lock a context's edge comes from.
struct held context_held(const struct order *order, const struct context *context);

// Looks for one context of each edge of a circle, such that together they are a deadlock.
struct trial {
    struct order *order;
    const struct circle *circle;
    uint32_t *chosen; // by edge of the circle: index of a context
    uint32_t needs;
    uint64_t tries;
    bool given_up; // it took too long: nothing is known
};

// True: `chosen` is one.
bool trial_succeeds(struct trial *trial);

// What prevents it, of a trial that did not succeed.
const char *trial_why_not(struct trial *trial);

const struct profile_lock_nesting *trial_nesting(const struct trial *trial, size_t edge);

#endif
