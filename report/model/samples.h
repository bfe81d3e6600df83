// SPDX-License-Identifier: MIT
//
// samples.h - a view of a profile as samples: a stack and what it has of each of the view's values.
// That is what pprof calls a profile; every exchange format, the call tree, annotated source and
// the flame graph are made of it. Names of views and values are Go's where Go has them.
#ifndef GAIAPROF_SAMPLES_H
#define GAIAPROF_SAMPLES_H

#include "report/model/profile.h"

#define SAMPLE_VALUES_MAX 4

struct sample_type {
    const char *type; // "alloc_space"
    const char *unit; // "bytes", "count", "nanoseconds"
    const char *help;
};

struct sample {
    uint32_t stack;
    int64_t values[SAMPLE_VALUES_MAX]; // of a diff: new - old
    int64_t old[SAMPLE_VALUES_MAX];    // of a diff; else 0
    // What is known beside the stack; NULL, 0: nothing
    int64_t block_bytes; // mean size of its allocations
    const struct lock *lock;
    const struct thread *thread;
    const char *thread_name; // "worker/3", of several threads of one name "worker", or "several"
    const char *class;       // of leaks
};

struct sample_set {
    struct region region; // of what follows
    const struct sample_view *view;
    struct sample *samples; // two may have the same stack: what each thread did, each lock, ...
    size_t count;
    int64_t totals[SAMPLE_VALUES_MAX]; // sums over the samples
    int64_t old_totals[SAMPLE_VALUES_MAX];
};

struct sample_view {
    const char *name;
    struct sample_type types[SAMPLE_VALUES_MAX];
    size_t type_count;
    size_t default_type;
    // Why the profile has nothing of the kind, with how to record it. NULL: it has been recorded.
    const char *(*why_not)(const struct profile *profile);
    // 0 or -ENOMEM
    int (*collect)(struct profile *profile, struct sample_set *set);
};

extern const struct sample_view sample_views[]; // ends with name NULL

const struct sample_view *sample_view_find(const char *name); // NULL: no such view

// The number of a value of the view, by its type; -1: it has none of that name.
int sample_type_find(const struct sample_view *view, const char *type);

// What is hidden or suppressed, and samples whose values are all 0, are left out. -ENOMEM without
// memory; then nothing is to be released.
int sample_set_init(struct sample_set *set, struct profile *profile,
                    const struct sample_view *view);
void sample_set_release(struct sample_set *set);

// Of a diff: adds what the old profile has of each stack. Internal to samples*.c.
int sample_set_join_old(struct sample_set *set, struct profile *old);

#endif
