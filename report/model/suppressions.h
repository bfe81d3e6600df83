// SPDX-License-Identifier: MIT
//
// suppressions.h - what the user knows and does not want to hear of: patterns in LSan's form.
//
//   # comment
//   leak:PATTERN    leaks (definite, possible, and what is lost with them) and misuse of the heap
//                   with a frame that matches; of a definite one in the stack of its allocation
//   thread:PATTERN  threads created by such a stack, or of such a name
//   lock:PATTERN    misuse of locks, and waits: by the name of the lock or a frame of the stacks
//   order:PATTERN   circles and deadlocks: by the name of a lock or a frame of the stacks
//
// A pattern is a part of a function's name (as tables have it, or with its parameters), a source
// file or a module; `*` stands for anything, a `^` in front for the beginning and a `$` behind it
// for the end. Blanks around a line and a pattern, and empty lines, mean nothing.
#ifndef GAIAPROF_SUPPRESSIONS_H
#define GAIAPROF_SUPPRESSIONS_H

#include "report/model/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum suppression_kind {
    SUPPRESS_LEAK,
    SUPPRESS_THREAD,
    SUPPRESS_LOCK,
    SUPPRESS_ORDER,
    SUPPRESS_KIND_COUNT
};

struct suppression {
    enum suppression_kind kind;
    const char *pattern;
    const char *file; // NULL: built in
    unsigned line;
    int64_t used_count; // records that it suppressed
    int64_t blocks, bytes;
};

struct suppressions {
    struct region region;
    struct suppression *list; // files first, then those that are built in
    size_t count;
};

// The built-in list and `files`, separated by commas (NULL or "": none). 0; -errno with a reason
// that names file and line: "leaks.supp:3: no such kind 'leek' (leak, thread, lock, order)", until
// the next call; then nothing is to be released.
int suppressions_load(struct suppressions *suppressions, const char *files, const char **ret_why);
void suppressions_release(struct suppressions *suppressions);

// Marks in the model what is suppressed, sums up leaks.totals and leaks.suppressed anew, and counts
// what was used. 0 or -ENOMEM.
int suppressions_apply(struct suppressions *suppressions, struct profile *profile);

// "leak", "thread", "lock", "order"
const char *suppression_kind_name(enum suppression_kind kind);

// An empty text matches nothing.
bool suppression_matches(const char *pattern, const char *text);

// The text of the built-in list with the reasons, as a file would have it.
void suppressions_print_builtin(FILE *out);
// Suppressions for what a profile has and none suppresses yet, most important first. 0 or -ENOMEM.
int suppressions_generate(struct profile *profile, FILE *out);

#endif
