// SPDX-License-Identifier: MIT
//
// sampler.h - which allocations a sampled heap records (heap=BYTES), and what each stands for.
//
// Every thread lays a Poisson process over the bytes it allocates: points at exponential distances
// of mean R = options.sample_bytes. An allocation is sampled where a point falls into it, so with
// probability p = 1 - exp(-bytes / R), whatever came before (the process has no memory) and
// whatever other threads do. It then stands for 1/p blocks and bytes/p bytes; sums of these are
// unbiased for any mixture of sizes (Horvitz and Thompson, 1952). A block of 0 bytes counts as one
// of 1 byte, so that the number of blocks is right too.
//
// A *sampler* belongs to one thread. No malloc, no system call, and only libc's string.h: the
// logarithm and the exponential are our own. The host's floating-point state is left as it was.
#ifndef GAIAPROF_SAMPLER_H
#define GAIAPROF_SAMPLER_H

#include "preload/compiler.h"
#include "preload/profile_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sampler {
    uint64_t random; // state of splitmix64
};

// Of the calling thread: whole bytes before the one with the next point. So much may be allocated
// without a look at anything else (hooks_pass.c). 0 also where each allocation must be looked at:
// by a thread that is not known yet, in an exact heap, and while the guard is pinned (guard.h).
extern __thread uint64_t sampler_countdown __attribute__((tls_model("initial-exec")));

// What a sampled allocation adds to the counters of its stack, and its free to the others.
struct sampler_weight {
    uint64_t blocks; // in units of 1/PROFILE_SAMPLED_UNIT
    uint64_t bytes;
    double variance_blocks, variance_bytes; // see struct profile_cell_samples
};

// While recording starts, after the options are read: the seed of the run.
void sampler_start(void);

// Before the thread's first sampler_draw(). Every stream (the serial of the thread) gives other
// samples; with options.sample_seed the same ones in every run.
void sampler_init(struct sampler *sampler, uint64_t stream);

// An allocation passes by. True: nothing to record. False: record it, with sampler_draw() first.
static inline bool sampler_skips(size_t bytes)
{
    uint64_t left;

    if (unlikely(__builtin_sub_overflow(sampler_countdown, bytes + (bytes == 0), &left)))
        return false;
    sampler_countdown = left;
    return true;
}

// Where the next point lies, from the end of the allocation that was sampled. In the thread itself.
void sampler_draw(struct sampler *sampler);

// The same for the same size throughout a run: what an allocation adds its free takes away. At most
// LIVE_SIZE_MAX bytes.
struct sampler_weight sampler_weigh(uint64_t bytes);

// Add to the variances of a cell that the calling thread owns, and to its numbers of samples.
void sampler_count_allocation(struct profile_cell_samples *samples, struct sampler_weight weight);
void sampler_count_free(struct profile_cell_samples *samples, struct sampler_weight weight);

// --- for the tests: relative error below 1e-14 of what libm gives

// Natural logarithm of a normal number above 0.
double sampler_log(double value);
// 1 - exp(-value) for any value >= 0, and exp(-value).
double sampler_probability(double value, double *ret_complement);

#endif
