// SPDX-License-Identifier: MIT
//
// leak_memory.c - see leak_memory.h. process_vm_readv copies up to a page that can't be read; the
// rest is then read page by page.
#include "report/leaks/leak_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define RANGES_AT_ONCE 64
#define REGIONS_AT_ONCE 256
#define ENTRIES_AT_ONCE 4096
#define ENTRY_HAS_MEMORY (UINT64_C(3) << 62) // present or swapped

// Of <linux/fs.h>, since Linux 6.7.
struct pages_scan {
    uint64_t size, flags, start, end, walk_end, regions, region_count, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
struct pages_region {
    uint64_t start, end, categories;
};
#define PAGES_SCAN _IOWR('f', 16, struct pages_scan)
#define PAGES_PRESENT_OR_SWAPPED (1u << 3 | 1u << 4)

static int open_of(pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static ssize_t read_vm(const struct leak_memory *memory, const struct leak_range *ranges,
                       size_t count, void *bytes, size_t length)
{
    struct iovec local = {bytes, length}, remote[RANGES_AT_ONCE];
    for (size_t i = 0; i < count; i++)
        remote[i] =
            (struct iovec){(void *)(uintptr_t)ranges[i].start, ranges[i].end - ranges[i].start};
    return process_vm_readv(memory->pid, &local, 1, remote, count, 0);
}

bool leak_memory_read(const struct leak_memory *memory, uint64_t address, void *ret_bytes,
                      size_t bytes)
{
    if (address > INT64_MAX - bytes)
        return false;
    if (memory->mem_fd >= 0)
        return pread(memory->mem_fd, ret_bytes, bytes, (off_t)address) == (ssize_t)bytes;
    struct leak_range range = {address, address + bytes};
    return read_vm(memory, &range, 1, ret_bytes, bytes) == (ssize_t)bytes;
}

int leak_memory_open(struct leak_memory *memory, pid_t pid, uint64_t probe_address)
{
    struct pages_scan scan = {.size = sizeof(scan), .end = LEAK_PAGE_BYTES};
    uint64_t word;
    *memory = (struct leak_memory){.pid = pid, .mem_fd = -1, .pagemap_fd = -1};
    memory->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    if (!leak_memory_read(memory, probe_address, &word, sizeof(word))) {
        int error = errno;
        memory->mem_fd = open_of(pid, "mem");
        if (memory->mem_fd < 0)
            return -error;
        if (!leak_memory_read(memory, probe_address, &word, sizeof(word))) {
            leak_memory_close(memory);
            return -error;
        }
    }
    memory->pagemap_fd = open_of(pid, "pagemap");
    memory->has_pagemap_scan =
        memory->pagemap_fd >= 0 && ioctl(memory->pagemap_fd, PAGES_SCAN, &scan) >= 0;
    return 0;
}

void leak_memory_close(struct leak_memory *memory)
{
    if (memory->mem_fd >= 0)
        close(memory->mem_fd);
    if (memory->pagemap_fd >= 0)
        close(memory->pagemap_fd);
    memory->mem_fd = memory->pagemap_fd = -1;
}

static void read_by_page(const struct leak_memory *memory, uint64_t start, uint64_t end,
                         unsigned char *bytes)
{
    while (start < end) {
        uint64_t next = (start | (LEAK_PAGE_BYTES - 1)) + 1;
        size_t part = (size_t)((next < end ? next : end) - start);
        if (!leak_memory_read(memory, start, bytes, part))
            memset(bytes, 0, part);
        bytes += part;
        start += part;
    }
}

// `done` bytes of the ranges are there already.
static void read_the_rest(const struct leak_memory *memory, const struct leak_range *ranges,
                          size_t count, unsigned char *bytes, size_t done)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = (size_t)(ranges[i].end - ranges[i].start);
        if (done < length)
            read_by_page(memory, ranges[i].start + done, ranges[i].end, bytes + done);
        done = done < length ? 0 : done - length;
        bytes += length;
    }
}

void leak_memory_read_ranges(const struct leak_memory *memory, const struct leak_range *ranges,
                             size_t count, void *ret_bytes)
{
    unsigned char *bytes = ret_bytes;
    for (size_t i = 0; i < count; i += RANGES_AT_ONCE) {
        size_t part = count - i < RANGES_AT_ONCE ? count - i : RANGES_AT_ONCE, length = 0;
        for (size_t j = 0; j < part; j++)
            length += (size_t)(ranges[i + j].end - ranges[i + j].start);
        ssize_t done = memory->mem_fd < 0 ? read_vm(memory, &ranges[i], part, bytes, length) : 0;
        if (done != (ssize_t)length)
            read_the_rest(memory, &ranges[i], part, bytes, done > 0 ? (size_t)done : 0);
        bytes += length;
    }
}

// --- which pages have memory

static void add_by_scan(const struct leak_memory *memory, uint64_t start, uint64_t end,
                        struct leak_ranges *ret_present)
{
    struct pages_region regions[REGIONS_AT_ONCE];
    while (start < end) {
        struct pages_scan scan = {.size = sizeof(scan),
                                  .start = start,
                                  .end = end,
                                  .regions = (uintptr_t)regions,
                                  .region_count = REGIONS_AT_ONCE,
                                  .category_anyof_mask = PAGES_PRESENT_OR_SWAPPED,
                                  .return_mask = PAGES_PRESENT_OR_SWAPPED};
        int found = ioctl(memory->pagemap_fd, PAGES_SCAN, &scan);
        if (found < 0) {
            leak_ranges_add(ret_present, start, end);
            return;
        }
        for (int i = 0; i < found; i++)
            leak_ranges_add(ret_present, regions[i].start, regions[i].end);
        if (scan.walk_end <= start)
            return;
        start = scan.walk_end;
    }
}

static void add_by_entries(const struct leak_memory *memory, uint64_t start, uint64_t end,
                           struct leak_ranges *ret_present)
{
    uint64_t entries[ENTRIES_AT_ONCE], page = memory->page_bytes, run = start;
    while (start < end) {
        size_t count = (size_t)((end - start + page - 1) / page);
        if (count > ENTRIES_AT_ONCE)
            count = ENTRIES_AT_ONCE;
        ssize_t got = pread(memory->pagemap_fd, entries, count * sizeof(entries[0]),
                            (off_t)(start / page * sizeof(entries[0])));
        if (got <= 0)
            break;
        for (size_t i = 0; i < (size_t)got / sizeof(entries[0]); i++, start += page) {
            if (entries[i] & ENTRY_HAS_MEMORY)
                continue;
            leak_ranges_add(ret_present, run, start);
            run = start + page;
        }
    }
    leak_ranges_add(ret_present, run, end);
}

// Merges what lies side by side, and cuts off what of the outer pages was not asked for.
static void tidy(struct leak_ranges *present, size_t first, uint64_t start, uint64_t end)
{
    size_t kept = first;
    for (size_t i = first; i < present->count; i++) {
        struct leak_range range = present->ranges[i];
        range.start = range.start > start ? range.start : start;
        range.end = range.end < end ? range.end : end;
        if (range.start >= range.end)
            continue;
        if (kept > first && present->ranges[kept - 1].end == range.start)
            present->ranges[kept - 1].end = range.end;
        else
            present->ranges[kept++] = range;
    }
    present->count = kept;
}

void leak_memory_add_present(const struct leak_memory *memory, uint64_t start, uint64_t end,
                             struct leak_ranges *ret_present)
{
    size_t first = ret_present->count;
    uint64_t page_start = start & ~(memory->page_bytes - 1);
    uint64_t page_end = (end + memory->page_bytes - 1) & ~(memory->page_bytes - 1);
    if (memory->pagemap_fd < 0)
        leak_ranges_add(ret_present, start, end);
    else if (memory->has_pagemap_scan)
        add_by_scan(memory, page_start, page_end, ret_present);
    else
        add_by_entries(memory, page_start, page_end, ret_present);
    tidy(ret_present, first, start, end);
}
