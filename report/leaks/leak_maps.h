// SPDX-License-Identifier: MIT
//
// leak_maps.h - /proc/PID/maps as a leak scan sees it.
#ifndef GAIAPROF_LEAK_MAPS_H
#define GAIAPROF_LEAK_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum leak_map_kind {
    LEAK_MAP_OTHER,
    LEAK_MAP_BRK,    // [heap]
    LEAK_MAP_STACK,  // [stack]
    LEAK_MAP_KERNEL, // [vdso] and its like
    LEAK_MAP_DEVICE,
    LEAK_MAP_MEMORY, // of a file that is memory, and has no name: what a program shares by itself
    LEAK_MAP_LOADER, // ld.so
    LEAK_MAP_LIBC,   // glibc's libc.so
};

struct leak_map {
    uint64_t start, end;
    uint64_t offset; // in the file
    uint64_t inode;  // 0: no file
    enum leak_map_kind kind;
    bool readable, writable, executable, shared;
};

struct leak_maps {
    struct leak_map *maps; // ascending
    size_t count, room;
};

// 0 or -errno; -ESRCH where there are none: the process has ended.
int leak_maps_read(struct leak_maps *maps, pid_t pid);
int leak_maps_parse(struct leak_maps *maps, FILE *file);
void leak_maps_release(struct leak_maps *maps);

// NULL: nothing is mapped there.
const struct leak_map *leak_maps_find(const struct leak_maps *maps, uint64_t address);

// What may hold pointers to blocks, whatever it is used for.
bool leak_map_is_data(const struct leak_map *map);

// Of a file, and read-only now: pages may be the process's own from when they could be written to.
bool leak_map_is_copied(const struct leak_map *map);

#endif
