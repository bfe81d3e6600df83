// SPDX-License-Identifier: MIT
//
// libunwind.c - loads libunwind and asks it for stacks, see libunwind.h.
//
// It is loaded with RTLD_LOCAL, so that its _Unwind_* never take the place of libgcc's.
// unw_backtrace needs some KiB of stack (own_stack.h).
#include "preload/libunwind.h"

#include "preload/arch/stack.h"
#include "preload/compiler.h"
#include "preload/modules.h"
#include "preload/options.h"
#include "preload/own_stack.h"
#include "preload/slab.h"
#include "preload/symbols.h"
#include "preload/thread_table.h"
#include "preload/unwinder_calls.h"

#include <dlfcn.h>
#include <errno.h>

#define OWN_FRAMES_MAX 12 // of ours, at the leaf

static int (*unw_backtrace)(void **, int);
static void (*flush_cache)(void *, uintptr_t, uintptr_t);
static void **address_space;
static uint32_t known_generation;
static struct modules_range unwinder, loader; // they allocate while they unwind

struct capture {
    void **pcs;
    int capacity;
    int count;
};

// What it has learnt of code that is unloaded now. Known to all once it is done; several threads
// may do it.
static void forget_old_code(void)
{
    uint32_t generation = modules_generation();

    if (likely(atomic_get_acquire(&known_generation) == generation) || !flush_cache ||
        !address_space)
        return;
    flush_cache(*address_space, 0, 0);
    atomic_publish(&known_generation, generation);
}

static __attribute__((noinline)) void unwind(void *argument)
{
    struct capture *capture = argument;

    forget_old_code();
    capture->count = unw_backtrace(capture->pcs, capture->capacity);
}

bool libunwind_init(void)
{
    void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    void *warm_up[8];

    int (*function)(void **, int) =
        library ? (int (*)(void **, int))dlsym(library, "unw_backtrace") : NULL;

    if (!function)
        return false;
    flush_cache = (void (*)(void *, uintptr_t, uintptr_t))dlsym(library, "_Ux86_64_flush_cache");
    address_space = dlsym(library, "_ULx86_64_local_addr_space");
    unwinder_calls_redirect(library);
    unwinder = modules_range_of((uintptr_t)function);
    loader = modules_range_of((uintptr_t)symbols_find("__tls_get_addr"));
    function(warm_up, 8); // initialises itself here, where allocating and locking is harmless
    atomic_publish(&unw_backtrace, function);
    return true;
}

bool libunwind_is_ready(void)
{
    return atomic_get_acquire(&unw_backtrace) != NULL;
}

static bool is_in(struct modules_range range, uintptr_t pc)
{
    return pc - range.start < range.end - range.start;
}

bool libunwind_is_internal(uintptr_t pc)
{
    return is_in(unwinder, pc) || is_in(loader, pc);
}

// Frames inside the hook are ours: the host's begin at `caller`.
static size_t skip_own(struct capture *capture, uintptr_t caller)
{
    for (int i = 0; i < capture->count && i < OWN_FRAMES_MAX; i++)
        if ((uintptr_t)capture->pcs[i] == caller) {
            capture->pcs += i;
            return (size_t)(capture->count - i);
        }
    return 0;
}

size_t libunwind_backtrace(struct thread_state *self, const struct host_frame *caller,
                           uintptr_t **ret_pcs)
{
    size_t capacity = options.max_frames + OWN_FRAMES_MAX + 1, count;
    struct capture capture = {NULL, (int)capacity, 0};
    uint64_t countdown = sampler_countdown;
    int saved_errno = errno;

    if (!self->libunwind_pcs)
        self->libunwind_pcs = slab_allocate(capacity * sizeof(void *));
    capture.pcs = (void **)self->libunwind_pcs;
    if (!capture.pcs || !libunwind_is_ready())
        return 0;
    sampler_countdown = 0; // what it allocates is looked at: it is ours
    own_stack_call(unwind, &capture);
    sampler_countdown = countdown;
    errno = saved_errno;
    count = skip_own(&capture, caller->pc);
    *ret_pcs = (uintptr_t *)capture.pcs;
    return count <= options.max_frames ? count : options.max_frames + 1u;
}
