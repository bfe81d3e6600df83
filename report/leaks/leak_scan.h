// SPDX-License-Identifier: MIT
//
// leak_scan.h - classifies the live blocks of a process as Memcheck does: definite, indirect,
// possible, reachable. Reads the process's memory from outside; the process does nothing for it.
//
// A result lives in the region it was made in.
#ifndef GAIAPROF_LEAK_SCAN_H
#define GAIAPROF_LEAK_SCAN_H

#include "preload/profile_format.h"
#include "report/model/profile_file.h"
#include "report/model/region.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct leak_scan {
    struct profile_leak_scan head;
    const char *why; // NULL if head.is_classified
    struct profile_leak *leaks;
    size_t leak_count;
    const char *notes[8]; // what was not as it should be, though classified
    size_t note_count;
};

// Of a running process: stops all of its threads, reads, lets them go on as if nothing had been.
// Of one that is ending (is_ending): its threads are held already. 0, also when it could not be
// classified: `why` says why; -ENOMEM.
int leak_scan_make(struct leak_scan *scan, struct region *region, const struct profile_file *file,
                   pid_t pid, bool is_ending);

// What a profile says of the scan made when its process ended. 0; -ENOENT: nothing; -ENOMEM.
struct profile_reader;
int leak_scan_load(struct leak_scan *scan, struct region *region, struct profile_reader *reader);

// Adds it to a profile that nobody writes any more. 0 or -errno.
int leak_scan_append(const struct leak_scan *scan, const char *path);

#endif
