// SPDX-License-Identifier: MIT
//
// leak_memory.h - reads the memory of another process without changing it: pages that it has never
// touched are not read, where the kernel says which ones those are. Any thread may read.
#ifndef GAIAPROF_LEAK_MEMORY_H
#define GAIAPROF_LEAK_MEMORY_H

#include "report/leaks/leak_ranges.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LEAK_PAGE_BYTES 4096u // of pagemap's entries it is the system's; no smaller one exists

struct leak_memory {
    pid_t pid;
    int mem_fd;     // /proc/PID/mem, where process_vm_readv is refused; -1
    int pagemap_fd; // -1: it can't be read
    bool has_pagemap_scan;
    uint64_t page_bytes;
};

// 0 or -errno: none of the process's memory can be read.
int leak_memory_open(struct leak_memory *memory, pid_t pid, uint64_t probe_address);
void leak_memory_close(struct leak_memory *memory);

// All of it, or false.
bool leak_memory_read(const struct leak_memory *memory, uint64_t address, void *ret_bytes,
                      size_t bytes);

// The ranges one behind the other into `ret_bytes`. What can't be read becomes zeros.
void leak_memory_read_ranges(const struct leak_memory *memory, const struct leak_range *ranges,
                             size_t count, void *ret_bytes);

// Adds the pages of [start, end) that have memory (or are swapped out), in ascending order.
void leak_memory_add_present(const struct leak_memory *memory, uint64_t start, uint64_t end,
                             struct leak_ranges *ret_present);

#endif
