// SPDX-License-Identifier: MIT
//
// stack_capture.c - captures the host's stack, see stack_capture.h.
//
// libunwind is loaded with RTLD_LOCAL, so that its _Unwind_* never take the place of libgcc's.
// unw_backtrace needs some KiB of stack. On a thread's own stack with room to spare it runs where
// it is called. Anywhere else (a small signal stack, a fiber, the last pages) it runs on a stack
// of its own with all signals blocked, so no handler of the host ever finds itself on our stack.
#include "preload/stack_capture.h"

#include "preload/arch/stack.h"
#include "preload/compiler.h"
#include "preload/guard.h"
#include "preload/modules.h"
#include "preload/options.h"
#include "preload/profile_writer.h"
#include "preload/stack_table.h"
#include "preload/symbols.h"
#include "preload/sys.h"
#include "preload/text.h"
#include "preload/thread_table.h"
#include "preload/unwinder_calls.h"

#include <dlfcn.h>
#include <errno.h>

#define HOST_STACK_ROOM_BYTES (16u << 10)
#define OWN_STACK_BYTES (128u << 10)
#define OWN_FRAMES_MAX 12 // of ours, at the leaf

static int (*unw_backtrace)(void **, int);
static struct modules_range unwinder, loader; // they allocate while they unwind

struct capture {
    void **pcs;
    int capacity;
    int count;
};

static __attribute__((noinline)) void unwind(void *argument)
{
    struct capture *capture = argument;

    capture->count = unw_backtrace(capture->pcs, capture->capacity);
}

void stack_capture_init(void)
{
    void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    void *warm_up[8];

    int (*function)(void **, int) =
        library ? (int (*)(void **, int))dlsym(library, "unw_backtrace") : NULL;

    if (!function) {
        text_warn(2, "stacks have one frame only", "libunwind.so.8 can't be loaded");
        return;
    }
    unwinder_calls_redirect(library);
    unwinder = modules_range_of((uintptr_t)function);
    loader = modules_range_of((uintptr_t)symbols_find("__tls_get_addr"));
    function(warm_up, 8); // initialises itself here, where allocating and locking is harmless
    atomic_publish(&unw_backtrace, function);
}

static bool is_in(struct modules_range range, uintptr_t pc)
{
    return pc - range.start < range.end - range.start;
}

int stack_capture_is_internal(uintptr_t pc)
{
    return is_in(unwinder, pc) || is_in(loader, pc);
}

static bool has_room(const struct thread_state *self)
{
    uintptr_t sp = arch_stack_pointer();

    // a signal stack may lie inside the thread's own
    if (sp - self->signal_stack_low < self->signal_stack_bytes)
        return false;
    return sp < self->stack_high && sp - HOST_STACK_ROOM_BYTES > self->stack_low &&
           sp > HOST_STACK_ROOM_BYTES;
}

static cold bool unwind_on_own_stack(struct thread_state *self, struct capture *capture)
{
    uint64_t signals;
    uintptr_t hook;

    if (!self->own_stack && !(self->own_stack = sys_map_private(OWN_STACK_BYTES)))
        return false;
    sys_block_signals(&signals);
    hook = guard_pin();
    arch_call_on_stack(unwind, capture, (char *)self->own_stack + OWN_STACK_BYTES);
    guard_unpin(hook);
    sys_restore_signals(&signals);
    return true;
}

// Frames inside the hook are ours: the host's begin at `caller`.
static int skip_own(const struct capture *capture, uintptr_t caller)
{
    for (int i = 0; i < capture->count && i < OWN_FRAMES_MAX; i++)
        if ((uintptr_t)capture->pcs[i] == caller)
            return i;
    return capture->count;
}

static uint32_t intern_one(uintptr_t caller, enum profile_marker marker)
{
    return stack_table_intern(&caller, 1, marker);
}

static uint32_t intern(const struct capture *capture, uintptr_t caller)
{
    int first = skip_own(capture, caller);
    size_t count = (size_t)(capture->count - first);
    uint32_t marker = 0;

    if (count == 0)
        return intern_one(caller, PROFILE_MARKER_UNWIND_FAILED);
    if (count > options.max_frames) {
        count = options.max_frames;
        marker = PROFILE_MARKER_TRUNCATED;
        atomic_add(&profile_header->truncated_stacks, 1);
    }
    return stack_table_intern((const uintptr_t *)&capture->pcs[first], count, marker);
}

uint32_t stack_capture(struct thread_state *self, uintptr_t caller)
{
    struct capture capture = {self->frames, (int)options.max_frames + OWN_FRAMES_MAX, 0};
    int saved_errno = errno;

    if (!atomic_get_acquire(&unw_backtrace))
        return intern_one(caller, PROFILE_MARKER_STARTUP);
    if (has_room(self))
        unwind(&capture);
    else if (!unwind_on_own_stack(self, &capture))
        capture.count = 0;
    errno = saved_errno;
    return intern(&capture, caller);
}
