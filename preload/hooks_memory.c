// SPDX-License-Identifier: MIT
//
// hooks_memory.c - mlockall: the host keeps its memory in RAM, and what is ours with it. There is a
// limit for most (RLIMIT_MEMLOCK), and what we take of it the host's own calls don't get.
#include "preload/compiler.h"
#include "preload/own_regions.h"
#include "preload/profile_writer.h"
#include "preload/real.h"
#include "preload/reporter.h"
#include "preload/sys.h"
#include "preload/text.h"

#include <errno.h>
#include <sys/mman.h>

// All that is mapped counts for this call, locked or not. What of it is ours is no less than said.
// To see it takes a descriptor, whose number another thread could count on.
static bool is_refused_for_us(int flags)
{
    uint64_t limit = sys_lock_limit_bytes(), ours, mapped;

    if (!(flags & MCL_CURRENT) || sys_thread_count() != 1)
        return false;
    ours = own_regions_bytes() + profile_writer_mapped_bytes();
    mapped = sys_address_space_bytes();
    return mapped > limit && mapped - ours <= limit;
}

static void after(int flags, int result)
{
    int saved_errno = errno, fd;

    if (result == 0) {
        own_regions_unlock();
        profile_writer_unlock();
    } else if (saved_errno == ENOMEM && is_refused_for_us(flags)) {
        fd = reporter_stderr();
        if (fd >= 0)
            text_warn(fd, "mlockall", "refused, as what is mapped for the profiler counts too");
    }
    errno = saved_errno;
}

// Without the room that the profile has ahead, if that is what it takes.
static int lock_all(int flags)
{
    int result = real.mlockall(flags);

    if (result == 0 || errno != ENOMEM || !(flags & MCL_CURRENT))
        return result;
    profile_writer_forgo_hole();
    return real.mlockall(flags);
}

// A child of fork has all that is ours, recorded or not: daemons lock their memory there.
EXPORT int mlockall(int flags)
{
    unsigned unlocked = sys_unlocks;
    int result;

    real_find();
    if (!profile_writer_mapped_bytes() || sys_filters)
        return real.mlockall(flags);
    if (flags & MCL_FUTURE)
        atomic_set(&sys_unlocks, 1u);
    result = lock_all(flags);
    if (result != 0)
        atomic_set(&sys_unlocks, unlocked);
    after(flags, result);
    return result;
}
