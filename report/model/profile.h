// SPDX-License-Identifier: MIT
//
// profile.h - the model: one loaded profile, checked, summed over thread slots and sorted, with
// stacks that are symbolized when somebody looks at them. Every renderer and view reads this and
// nothing else. Values are signed where a difference of two profiles could be negative.
//
// One thread uses a profile. All of it lives in its region and its symbolizer, and goes with
// profile_release(); the bytes it was loaded from may go right after profile_load().
#ifndef GAIAPROF_PROFILE_H
#define GAIAPROF_PROFILE_H

#include "preload/profile_format.h"
#include "report/model/profile_leaks.h"
#include "report/model/profile_locks.h"
#include "report/model/progress.h"
#include "report/model/region.h"
#include "symbolize/symbolize.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A line of source, or a function where lines are unknown. Frames that name the same place share
// one struct, so places are compared by address.
struct place {
    const char *function; // NULL: unknown
    const char *file;     // NULL: unknown
    uint32_t line;
    const char *module; // path; NULL: the address is in no known module
    uint64_t offset;    // where `function` is unknown
    uint32_t number;    // from 0, in order of appearance
};

// One frame of source code. Leaf first, inlined frames before the function they are inlined into.
struct frame {
    const struct place *place;
    const char *file;
    uint64_t offset; // address in the module's file
    bool inlined;
    bool runtime; // C or C++ runtime, allocator, loader: not what the user wrote
    bool marker;  // stands for frames that are not known
};

struct leak_scan;
struct location; // the frames of one code address

// What users of the model keep with a location; all zero at first.
struct location_notes {
    const char *json;  // its frames, rendered
    unsigned selected; // bits of selection.c
};

// What estimates rest on, where the heap was sampled; else all 0. See struct profile_cell_samples.
struct heap_samples {
    int64_t taken, freed;
    double variance_blocks, variance_bytes;
    double freed_variance_blocks, freed_variance_bytes;
};

// Exact or, of a sampled heap, estimates in whole blocks and bytes. Rounded so that they still add
// up: the sites to the total, live + frees to the allocations.
struct heap_counts {
    int64_t allocations, allocated_bytes;
    int64_t frees, freed_bytes;
    int64_t temporary;
    int64_t live_blocks, live_bytes;
    int64_t peak_blocks, peak_bytes; // at the peak of the process
    struct heap_samples samples;
};

// Half widths of 95 % confidence intervals (normal approximation: too narrow for few samples).
struct heap_error {
    int64_t allocations, allocated_bytes;
    int64_t live_blocks, live_bytes;
};

struct site {
    uint32_t stack;
    bool hidden; // by --focus or --ignore
    struct heap_counts counts;
    int64_t first_ns, last_ns; // of its allocations, of the run; -1: unknown
};

// What one thread slot allocated at a stack. All of it is 0 where the slot freed blocks only.
struct heap_part {
    uint32_t stack;
    uint32_t slot; // struct profile_thread.slot
    int64_t allocations, allocated_bytes;
};

struct heap {
    struct heap_counts total; // of all sites, hidden or not
    int64_t reallocs;
    struct site *sites; // most bytes first
    size_t site_count;
    struct heap_part *parts; // by stack, then slot; a site's add up to its allocations
    size_t part_count;       // 0: only one slot has any, or a profile of several
};

// Of one stack; 0 where parts are not known.
size_t heap_parts(const struct heap *heap, uint32_t stack, const struct heap_part **ret_parts);

struct thread {
    struct profile_thread record;
    int64_t count;    // 1; of profiles that were put together: how many it is the sum of
    const char *exit; // "return", "pthread_exit", "cancelled", "process end"; "running"
    const char *join; // "joined", "detached", "leaked", "running"
    const struct suppression *suppressed;
    bool hidden;
};

// How many threads of one creation stack were alive or not joined, at the ends of equal windows.
#define GROWTH_WINDOWS 8
struct thread_growth {
    uint32_t creation_stack;
    const struct suppression *suppressed;
    bool hidden;
    int64_t counts[GROWTH_WINDOWS];
};

struct thread_moment {
    int64_t time_ns; // of the run
    int64_t alive, unjoined;
};

struct threads {
    struct thread *records; // by serial
    size_t record_count;
    // of those that pthread_create made
    int64_t created, finished, joined, detached, leaked, running;
    int64_t suppressed_leaked, suppressed_running; // of leaked, and of running
    int64_t adopted;
    int64_t peak;
    struct thread_growth *growth; // most first
    size_t growth_count;
    struct thread_moment *timeline;
    size_t moment_count;
};

// What the process was like at one moment of the run. Between two moments figures may have been
// anything; the peak, which is exact, may lie between them.
struct moment {
    int64_t time_ns;    // of the run, from 0, never less than the one before
    int64_t live_bytes; // requested; of several threads to a bound (struct profile_moment)
    int64_t live_blocks;
    int64_t rss_bytes;   // -1: unknown
    bool rss_is_highest; // the highest so far, in place of what there was
    int64_t threads;     // that run
    // since the start; of a sampled heap estimates
    int64_t allocations, allocated_bytes;
    int64_t lock_wait_ns; // of all threads together, for what another thread held
    int64_t cpu_ns;       // of all threads together; -1: unknown
};

struct merged_program {
    const char *name;
    int64_t profile_count;
};

// What a profile was put together of.
struct merged {
    struct profile_merged record; // profile_count 0: it is of one process
    struct merged_program *programs;
    size_t program_count;
    const char *why_no_leaks;
    size_t note_count; // of the profile's notes those that it was written with
};

enum profile_state { STATE_EXITED, STATE_SIGNALED, STATE_EXECED, STATE_RUNNING, STATE_KILLED };

#define PROFILE_NO_DURATION INT64_MIN

struct profile {
    struct region region;
    struct progress *progress;    // told how far long work is; NULL: nobody
    const char *path;             // of the file, for people
    struct profile_header header; // as it was when loading began
    const char *exe;
    const char **args;
    size_t arg_count;
    enum profile_state state;
    int64_t duration_ns; // -1: unknown; of a diff PROFILE_NO_DURATION

    bool complete;
    const char **notes; // what a reader of the report must know
    size_t note_count;
    const char *peak_note; // the one of them that says how exact the peak is; NULL: none does

    struct merged merged;
    struct profile *old; // of a diff, whose values are new - old: the old ones, with the same
                         // stacks; else NULL

    const char *not_seen[8]; // what this run could not see of its locks
    size_t not_seen_count;

    struct heap heap;
    struct leaks leaks;
    struct heap_misuse *heap_misuses; // most often first
    size_t heap_misuse_count;
    struct lock *locks; // longest wait first; those that are waited for idly at the end
    size_t lock_count;
    struct lock_places *lock_places;
    struct order_cycle *order; // deadlocks, potential ones, inconsistencies
    size_t order_count;
    struct lock_misuse *misuses; // most often first
    size_t misuse_count;
    struct threads threads;
    struct moment *timeline; // by time
    size_t timeline_count;   // 0: not recorded
    // The peak was reached after the first, no later than the second; -1: unknown. Later than the
    // last moment where only the first is known.
    int64_t peak_after_ns, peak_until_ns;

    struct stack_table *stacks;
    struct module_table *modules;
    struct location_table *locations;
    struct merged_names *merged_names;
};

struct profile_source {
    const char *path;
    const void *bytes; // aligned to 8
    uint64_t length_bytes;
    bool running;                         // the process still lives
    uint64_t now_ns;                      // CLOCK_MONOTONIC; of a running process
    const struct leak_scan *scan;         // NULL: what the profile has
    const struct leak_scan *earlier_scan; // of the same process; NULL: none
    struct progress *progress;            // outlives the profile; NULL: none
};

// 0; -EINVAL, -EPROTO or -EFBIG where the bytes are no profile this version reads, -ENOMEM.
int profile_load(struct profile *profile, const struct profile_source *source,
                 const char **ret_why);
void profile_release(struct profile *profile);

// Add a note; silently dropped without memory or after too many.
void profile_note(struct profile *profile, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline bool profile_is_merged(const struct profile *profile)
{
    return profile->header.is_merged != 0;
}

// Sums: `to` += `from`.
void heap_counts_add(struct heap_counts *to, const struct heap_counts *from);

// Of counts of a sampled heap; 0 where they are exact.
struct heap_error heap_error(const struct heap_counts *counts);

// Whether figures of the heap (blocks and bytes of threads, too) are estimates.
static inline bool profile_is_sampled(const struct profile *profile)
{
    return profile->header.heap_mode == PROFILE_HEAP_SAMPLED;
}

// --- stacks

// From the leaf outwards. Start: {.node = stack}; gaiaprof's own frames are left out.
struct stack_walk {
    uint32_t node; // 0: at the end
    uint32_t depth;
    bool interrupted;           // the node inside was a signal trampoline
    const struct frame *frames; // of the address at hand
    size_t frame_count, next_frame;
};
const struct frame *stack_walk_next(struct profile *profile, struct stack_walk *walk);

// The ids of all stacks that lead anywhere are below. No more than the profile has room for,
// whatever ids its records speak of.
uint32_t profile_stack_limit(const struct profile *profile);

// The next address's frames at once. NULL at the end.
struct location *stack_walk_location(struct profile *profile, struct stack_walk *walk);
size_t location_frames(const struct location *location, const struct frame **ret_frames);
struct location_notes *location_notes(struct location *location);

// Dense, from 0, in order of appearance; there are profile_location_count() so far.
uint32_t location_number(const struct location *location);
size_t profile_location_count(const struct profile *profile);

// The run-time address that was looked up: of a call, the return address - 1. 0: of none (a marker,
// a profile that was put together of others).
uint64_t location_address(const struct location *location);

// --- mappings: the executable segment of each module that was loaded

struct profile_mapping {
    uint64_t start, end; // run-time addresses, end is one past
    uint64_t file_offset;
    const char *path;
    const uint8_t *build_id;
    size_t build_id_bytes; // 0: it has none
};

// How many there are; a module that was loaded twice has two.
size_t profile_mapping_count(const struct profile *profile);
struct profile_mapping profile_mapping(const struct profile *profile, size_t number);

// The mapping of a location's address. -1: none.
long location_mapping(const struct profile *profile, const struct location *location);

// The innermost frame that is the user's own; else the leaf. Never NULL.
const struct frame *stack_user_frame(struct profile *profile, uint32_t stack);

static inline bool thread_has_finished(const struct profile_thread *record)
{
    return record->end_ns != 0 || record->exit_kind != PROFILE_THREAD_RUNNING;
}

// NULL if no record has the serial.
const struct thread *profile_thread(const struct profile *profile, uint32_t serial);

// How many of the modules that recorded code was in are in a state, and the path of the first:
// SYMBOLIZER_OK, _MISSING or _REPLACED.
size_t profile_modules_in_state(const struct profile *profile, enum symbolizer_state state,
                                const char **ret_path);

// How many places there are so far: numbers are below.
size_t profile_place_count(const struct profile *profile);

#endif
