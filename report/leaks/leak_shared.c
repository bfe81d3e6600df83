// SPDX-License-Identifier: MIT
//
// leak_shared.c - see leak_shared.h.
#include "report/leaks/leak_shared.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)1 << 18)
#define ALL_BYTES_MAX ((uint64_t)1 << 30)

struct shared {
    struct leak_sweep *sweep;
    uint64_t *buffer;
    uint64_t bytes; // read so far
    bool complete;
};

// The very file, whatever its path means by now. -1: we may not.
static int open_file(pid_t pid, const struct leak_map *map)
{
    char path[96];
    struct stat status;
    snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, (int)pid, map->start,
             map->end);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool read_data(struct shared *shared, int fd, uint64_t from, uint64_t to)
{
    while (from < to) {
        size_t part = to - from < BUFFER_BYTES ? (size_t)(to - from) : BUFFER_BYTES;
        if (shared->bytes > ALL_BYTES_MAX)
            return false;
        ssize_t got = pread(fd, shared->buffer, part, (off_t)from);
        if (got <= 0)
            return got == 0;
        leak_sweep_words(shared->sweep, shared->buffer, (size_t)got / sizeof(uint64_t));
        shared->bytes += (uint64_t)got;
        from += (uint64_t)got & ~UINT64_C(7);
        if (got < 8)
            return true;
    }
    return true;
}

// What a part of a file has data for.
static bool read_part(struct shared *shared, int fd, uint64_t from, uint64_t to)
{
    while (from < to) {
        off_t data = lseek(fd, (off_t)from, SEEK_DATA);
        if (data < 0)
            return errno == ENXIO; // none behind it
        off_t hole = lseek(fd, data, SEEK_HOLE);
        if (hole <= data || (uint64_t)data >= to)
            return hole > data;
        uint64_t end = (uint64_t)hole < to ? (uint64_t)hole : to;
        if (!read_data(shared, fd, (uint64_t)data & ~UINT64_C(7), end))
            return false;
        from = end;
    }
    return true;
}

static void sweep_map(struct shared *shared, const struct leak_map *map)
{
    struct leak_ranges whole = {0}, present = {0}, absent = {0};
    leak_ranges_add(&whole, map->start, map->end);
    leak_memory_add_present(shared->sweep->memory, map->start, map->end, &present);
    leak_ranges_subtract(&absent, &whole, &present);
    int fd = absent.count ? open_file(shared->sweep->memory->pid, map) : -1;
    if (absent.count && fd < 0)
        shared->complete = false;
    for (size_t i = 0; fd >= 0 && i < absent.count; i++)
        if (!read_part(shared, fd, absent.ranges[i].start - map->start + map->offset,
                       absent.ranges[i].end - map->start + map->offset)) {
            shared->complete = false;
            break;
        }
    if (fd >= 0)
        close(fd);
    leak_ranges_release(&whole);
    leak_ranges_release(&present);
    leak_ranges_release(&absent);
}

int leak_shared_sweep(struct leak_sweep *sweep, const struct leak_ranges *own,
                      uint64_t profile_inode, bool *ret_complete)
{
    struct shared shared = {.sweep = sweep, .complete = true};
    shared.buffer = malloc(BUFFER_BYTES);
    if (!shared.buffer)
        return -ENOMEM;
    for (size_t i = 0; i < sweep->maps->count; i++) {
        const struct leak_map *map = &sweep->maps->maps[i];
        if (map->shared && leak_map_is_data(map) && map->inode != profile_inode &&
            !leak_ranges_find(own, map->start))
            sweep_map(&shared, map);
    }
    free(shared.buffer);
    sweep->scanned_bytes += shared.bytes;
    *ret_complete = shared.complete;
    return 0;
}
