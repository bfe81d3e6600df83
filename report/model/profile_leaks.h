// SPDX-License-Identifier: MIT
//
// profile_leaks.h - the part of the model that is about leaks: the live blocks by class, and blocks
// that were freed as they must not be. Belongs to profile.h.
#ifndef GAIAPROF_PROFILE_LEAKS_H
#define GAIAPROF_PROFILE_LEAKS_H

#include "preload/profile_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct suppression;

struct leak_total {
    int64_t blocks, bytes;
};

// The live blocks of one stack and class.
struct leak {
    uint32_t stack;
    uint32_t class; // enum profile_leak_class
    int64_t blocks, bytes;
    int64_t indirect_blocks, indirect_bytes; // of definite ones: lost with them, each counted once
    int64_t first_ns, last_ns;               // when the stack allocated, of the run; -1: unknown
    int64_t grown_blocks, grown_bytes;       // more than in the scan before; of leaks.has_growth
    const struct suppression *suppressed;    // NULL: it is not
    bool hidden;                             // by --focus or --ignore
};

struct leaks {
    bool classified;
    const char *why;                                    // they are not; NULL if classified
    struct leak_total totals[PROFILE_LEAK_CLASS_COUNT]; // without what is suppressed
    struct leak_total suppressed;                       // of definite, possible and their indirect
    struct leak *records; // definite first, then possible, indirect, reachable; most bytes first,
                          // those lost with them included
    size_t record_count;
    bool has_growth;
    int64_t growth_ns; // between the two scans
    int64_t stopped_ns;
    int64_t scanned_bytes;
};

struct heap_misuse {
    struct profile_heap_misuse record;
    const struct suppression *suppressed;
    bool hidden;
};

// "definite", "indirect", "possible", "reachable"
const char *leak_class_name(uint32_t class);
// "mismatch", "interior free", "double free"
const char *heap_misuse_name(uint32_t kind);
// "malloc", "new", "new[]"; "free", "delete", "delete[]", "realloc"
const char *family_name(uint32_t allocated_by);
const char *freed_by_name(uint32_t freed_by);

#endif
