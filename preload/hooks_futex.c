// SPDX-License-Identifier: MIT
//
// hooks_futex.c - futexes that the host waits for by libc's syscall(): C++20's atomic::wait, Rust's
// locks, parking lots. What they are built into is unknown, so a wait is idle time and a wake the
// end of it. Other system calls pass by here, by a jump.
#include "preload/arch/syscall.h"
#include "preload/hooks_lock.h"
#include "preload/hooks_pass.h"

#include <linux/futex.h>
#include <sys/syscall.h>

#define KIND PROFILE_LOCK_FUTEX

struct futex_call {
    long address, operation, value, timeout, address2, value3;
};

static bool waits(long operation)
{
    long command = operation & FUTEX_CMD_MASK;

    return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI;
}

static bool wakes(long operation)
{
    long command = operation & FUTEX_CMD_MASK;

    return command == FUTEX_WAKE || command == FUTEX_WAKE_BITSET || command == FUTEX_UNLOCK_PI;
}

// Its call has an argument on the stack, so a hook does not contain it (HOOK).
static __attribute__((__noinline__)) long call_real(const struct futex_call *futex)
{
    return real.syscall(SYS_futex, futex->address, futex->operation, futex->value, futex->timeout,
                        futex->address2, futex->value3);
}

static long wait_for(const struct futex_call *futex, const struct host_frame *caller)
{
    const void *address = (const void *)futex->address;
    int saved_errno = errno;
    struct lock_call call;
    long result;

    lock_wait_begin(&call, address, KIND, futex->timeout ? PROFILE_ACQUIRE_TRY : 0, caller);
    errno = saved_errno;
    result = call_real(futex);
    saved_errno = errno;
    lock_wait_end(&call, result == 0                ? LOCK_ACQUIRED
                         : saved_errno == ETIMEDOUT ? LOCK_TIMED_OUT
                                                    : LOCK_FAILED);
    errno = saved_errno;
    return result;
}

HOOK long hook_futex(long address, long operation, long value, long timeout, long address2,
                     long value3)
{
    const struct futex_call futex = {address, operation, value, timeout, address2, value3};

    if (waits(operation))
        return wait_for(&futex, CALLER);
    if (wakes(operation))
        hook_hand_over((const void *)address, CALLER);
    return call_real(&futex);
}
