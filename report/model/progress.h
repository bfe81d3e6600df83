// SPDX-License-Identifier: MIT
//
// progress.h - a line on a terminal that says how far a long job is. Nothing is shown of what takes
// less than a second, nor anywhere but on a terminal.
#ifndef GAIAPROF_PROGRESS_H
#define GAIAPROF_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PROGRESS_STEP 1024 // of a loop that calls

struct progress {
    FILE *terminal;        // NULL: nothing is ever shown
    bool writing_is_quiet; // what is being written goes to a terminal itself
    bool shown;
    int64_t next_ns; // no change is shown before
};

// On `terminal`, if it is one; NULL: nowhere.
void progress_init(struct progress *progress, FILE *terminal);

// Reads a clock. `what` is a word: "reading". NULL for
// `progress`: nothing is done.
void progress_show(struct progress *progress, const char *what, uint64_t done, uint64_t total);

// The same of step `done` of a loop: looks at every PROGRESS_STEPth.
static inline void progress_step(struct progress *progress, const char *what, uint64_t done,
                                 uint64_t total)
{
    if (progress && done % PROGRESS_STEP == 0)
        progress_show(progress, what, done, total);
}

// The same, between pieces of output.
void progress_show_writing(struct progress *progress, uint64_t done, uint64_t total);

// Takes the line away: before anything else is printed.
void progress_clear(struct progress *progress);

#endif
