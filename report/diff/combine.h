// SPDX-License-Identifier: MIT
//
// combine.h - sums of profiles by their symbolized stacks: of other runs, builds and programs. A
// combination has two sides, for a diff, whose stacks have the same numbers; a merge uses one.
// Profiles are added one after the other and may go then: memory grows with distinct stacks. The
// sum is written as a merged profile (preload/profile_format.h), which is read like any other.
#ifndef GAIAPROF_COMBINE_H
#define GAIAPROF_COMBINE_H

#include "report/model/profile.h"

#include <stdio.h>

// What makes two frames the same. Addresses never do, where a function is known.
enum combination_key {
    COMBINE_BY_LINE,     // function, file, line, module, inlined or not
    COMBINE_SAME_BUILD,  // the same, wherever the files are
    COMBINE_OTHER_BUILD, // function, and the names of file and module without their folders: what
                         // two builds have in common. The line is that of the first profile with
                         // the function, unless that has several
};

#define COMBINATION_SIDES 2

struct combination;

// NULL without memory.
struct combination *combination_new(enum combination_key key);
void combination_free(struct combination *combination);

// Adds a profile to a side. 0 or -ENOMEM; then the combination is of no use any more.
int combination_add(struct combination *combination, struct profile *profile, unsigned side);

// Writes a side. The caller looks at ferror().
void combination_write(const struct combination *combination, unsigned side, FILE *out);

// Loads a side as the model. `path` is for people and must live as long. 0 or -ENOMEM.
int combination_load(const struct combination *combination, unsigned side, const char *path,
                     struct profile *ret_profile);

// Of a side.
uint64_t combination_profile_count(const struct combination *combination, unsigned side);
size_t combination_program_count(const struct combination *combination, unsigned side);

// Distinct ones, of all sides.
size_t combination_stack_count(const struct combination *combination);

#endif
