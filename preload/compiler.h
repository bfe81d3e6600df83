// SPDX-License-Identifier: MIT
//
// compiler.h - the few words for the compiler that preload/ uses everywhere.
#ifndef GAIAPROF_COMPILER_H
#define GAIAPROF_COMPILER_H

#include <stdint.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define cold __attribute__((cold, noinline))

// Visible to the host: the name takes the place of libc's. Everything else is hidden. Aligns the
// stack where the function needs it: a host that misaligns its own by a word gets along with libc's
// functions, most of which never notice.
#define EXPORT __attribute__((visibility("default"), force_align_arg_pointer))
// Visible to the host, and only jumps on, to libc's function or to a HOOK: never has a frame.
#define ENTRY __attribute__((visibility("default")))
// The same with a frame, for CALLER: what it calls of ours is a HOOK, the rest does not mind a
// stack that is misaligned.
#define LEAN_EXPORT __attribute__((visibility("default")))
// Behind an ENTRY: to it the host's code is the caller (CALLER). Neither it nor a function it calls
// has arguments on the stack: the compiler would align its frame by a copy of the return address,
// and CALLER was not right below the host's frame.
#define HOOK __attribute__((noinline, noipa, force_align_arg_pointer))
// The frame of the host's code that called the hook this stands in (struct host_frame). Makes the
// compiler keep a frame pointer in the hook.
#define CALLER ((const struct host_frame *)__builtin_frame_address(0))

// Orders of memory, each as weak as its argument allows. What one place needs beyond these, or does
// with less than one would think, it says itself.
//
// atomic_get, atomic_set: the value is all there is to know; nothing else is read because of it.
//     Counters that one thread stores and others add up; flags that may be seen late (who acts on
//     one too early looks again under a lock); words of libc's. Also what was published before, by
//     another word: members of a record whose id or address came by an acquire.
// atomic_publish, atomic_get_acquire: a record is filled, then published; who sees the word sees
//     the record. Every count, chain and pointer to what is new. The profile's readers rely on it,
//     too.
// atomic_add: a sum or a ticket. Nobody concludes anything else from it.
// atomic_swap_if: a push publishes the node and sees what those before it published, a claim sees
//     what the last owner left. When it fails the value found is as one by atomic_get_acquire.
// seq_cst (only where the order of two words counts): lock_wait.c and deadlock.c, where each stores
//     its wait before it looks for others'; rule_cache.c and modules.c, a generation and its cache.
//
// On x86-64 all loads and stores but those of seq_cst are plain instructions; it is the compiler
// that is told.
#define atomic_get(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define atomic_get_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define atomic_set(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define atomic_publish(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define atomic_add(p, v) __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)
#define atomic_swap_if(p, old, new)                                                                \
    __atomic_compare_exchange_n((p), (old), (new), 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

// Makes *maximum at least `value`. Any threads.
static inline void atomic_raise(uint64_t *maximum, uint64_t value)
{
    uint64_t before = atomic_get(maximum);

    while (value > before && !atomic_swap_if(maximum, &before, value))
        continue;
}

// A counter that only the calling thread stores to, and another process reads. (Not `+=`: the one
// instruction that gcc makes of it costs a tenth of a hook more than these three.)
#define counter_add(p, v) atomic_set((p), *(p) + (v))

#endif
