// SPDX-License-Identifier: MIT
//
// hooks_memory.c - mlockall: the host keeps its memory in RAM, and what is ours with it. There is a
// limit for most (RLIMIT_MEMLOCK), and what we take of it the host's own calls don't get.
#include "preload/compiler.h"
#include "preload/live_table.h"
#include "preload/own_regions.h"
#include "preload/profile_writer.h"
#include "preload/real.h"
#include "preload/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

// Our static tables: from one symbol of the linker's to the other. Hidden: other modules have their
// own of these names.
extern char __bss_start[] __attribute__((visibility("hidden")));
extern char _end[] __attribute__((visibility("hidden")));

#define PAGE_BYTES 4096u
#define TABLES_START (((uintptr_t)__bss_start + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1))
#define TABLES_END ((uintptr_t)_end & ~(uintptr_t)(PAGE_BYTES - 1))

// All that is mapped counts for this call, locked or not; what of it is ours is no less than said.
// To see it takes a descriptor, whose number another thread could count on.
static bool is_refused_for_us(int flags)
{
    uint64_t limit = sys_lock_limit_bytes(), ours, mapped;

    if (!(flags & MCL_CURRENT) || sys_thread_count() != 1)
        return false;
    ours = own_regions_bytes() + profile_writer_mapped_bytes() + (TABLES_END - TABLES_START);
    mapped = sys_address_space_bytes();
    return mapped > limit && mapped - ours <= limit;
}

// /proc/self/maps, a character at a time: START-END and the rest of each line.
struct maps {
    int fd;
    long length, at;
    char text[512];
};

// 0: there is no more.
static char next_of(struct maps *maps)
{
    if (maps->at == maps->length) {
        maps->length = sys_read(maps->fd, maps->text, sizeof(maps->text));
        maps->at = 0;
        if (maps->length <= 0) {
            maps->length = 0;
            return 0;
        }
    }
    return maps->text[maps->at++];
}

// A hexadecimal number, and the character behind it.
static uint64_t number_of(struct maps *maps)
{
    uint64_t number = 0;
    char c;

    while ((c = next_of(maps)) && c != '-' && c != ' ')
        number = number << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    return number;
}

static void skip_line(struct maps *maps)
{
    char c;

    do
        c = next_of(maps);
    while (c && c != '\n');
}

// As mlockall does, whether it can be filled or not.
static void lock(uint64_t start, uint64_t end, int flags)
{
    if (start < end && !profile_writer_has_mapped(start))
        sys_lock(start, end - start, flags & MCL_ONFAULT);
}

static void lock_around_tables(uint64_t start, uint64_t end, int flags)
{
    lock(start, end < TABLES_START ? end : TABLES_START, flags);
    lock(start > TABLES_END ? start : TABLES_END, end, flags);
}

// What is the host's, piece by piece.
static bool lock_others(int flags)
{
    struct maps maps = {.fd = sys_open("/proc/self/maps", O_RDONLY)};
    uint64_t start, end, gap_end;

    if (maps.fd < 0)
        return false;
    while ((start = number_of(&maps))) {
        end = number_of(&maps);
        skip_line(&maps);
        for (; start < end; start = gap_end) {
            gap_end = own_regions_next_gap(&start, end);
            lock_around_tables(start, gap_end, flags);
        }
    }
    sys_close(maps.fd);
    return true;
}

// The same in pieces: what will come is locked (MCL_FUTURE), or no longer.
static int lock_in_pieces(int flags)
{
    if (!(flags & MCL_FUTURE))
        sys_unlock_all();
    if (!lock_others(flags)) {
        errno = ENOMEM;
        return -1;
    }
    return flags & MCL_FUTURE ? real.mlockall(flags & ~MCL_CURRENT) : 0;
}

// Without the room that the profile has ahead, and without all that is ours, if it takes that.
static int lock_all(int flags)
{
    int result = real.mlockall(flags);

    if (result == 0 || errno != ENOMEM || !(flags & MCL_CURRENT))
        return result;
    profile_writer_forgo_hole();
    result = real.mlockall(flags);
    if (result == 0 || errno != ENOMEM || !is_refused_for_us(flags))
        return result;
    return lock_in_pieces(flags);
}

// A child of fork has all that is ours, recorded or not: daemons lock their memory there.
EXPORT int mlockall(int flags)
{
    unsigned unlocked = sys_unlocks;
    int saved_errno = errno, result;

    real_find();
    if (!profile_writer_mapped_bytes() || sys_filters)
        return real.mlockall(flags);
    if (flags & MCL_FUTURE)
        atomic_set(&sys_unlocks, 1u);
    result = lock_all(flags);
    if (result == 0) {
        sys_unlock(TABLES_START, TABLES_END - TABLES_START);
        own_regions_unlock();
        live_table_unlock();
        profile_writer_unlock();
        errno = saved_errno;
    } else
        atomic_set(&sys_unlocks, unlocked);
    return result;
}
