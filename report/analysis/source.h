// SPDX-License-Identifier: MIT
//
// source.h - source files of the profiled program, where they can be found on this machine.
#ifndef GAIAPROF_SOURCE_H
#define GAIAPROF_SOURCE_H

#include <stddef.h>
#include <stdint.h>

struct source {
    const char *path;         // where it was found
    const char *const *lines; // without their ends; line 1 is lines[0]
    size_t line_count;
};

struct source_finder;

// Looks at a file's own path first, then below `directories` (separated by colons; NULL: none),
// each time with one leading directory of the path less. NULL without memory. One thread uses it;
// each file is looked for and read once.
struct source_finder *source_finder_new(const char *directories);
void source_finder_free(struct source_finder *finder);

// `file` as struct place has it. NULL: not found, not a text file, too large, not called as source
// files are (anything goes below `directories`), or NULL given. Lives
// until source_finder_free().
const struct source *source_find(struct source_finder *finder, const char *file);

#endif
