// SPDX-License-Identifier: MIT
//
// own_regions.h - private memory of ours that a leak scan must pass over: what it holds of the
// host's pointers is no sign that the host still has them. The kernel merges neighbouring mappings,
// so the scan could not tell them from the host's without this list. (Not on it: the levels of the
// live-block table, which the scan finds by itself.)
//
// Any thread, signal handlers too.
#ifndef GAIAPROF_OWN_REGIONS_H
#define GAIAPROF_OWN_REGIONS_H

#include "preload/profile_format.h"

#include <stddef.h>

// What a leak scan reads in our memory. The list is kept here; the rest is the reporter's.
extern struct profile_scan_help scan_help;

// Zeroed memory, as sys_map_private(). NULL without memory.
void *own_regions_map(size_t bytes);
void own_regions_unmap(void *address, size_t bytes);
uint64_t own_regions_bytes(void);
// The first part of [*start, end) that is in none of them: *start is moved to where it begins, and
// its end returned. Both are `end` where nothing is left.
uint64_t own_regions_next_gap(uint64_t *start, uint64_t end);
// They may be swapped out, whatever the host has asked for.
void own_regions_unlock(void);

#endif
