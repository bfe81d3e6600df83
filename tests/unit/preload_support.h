// SPDX-License-Identifier: MIT
//
// preload_support.h - what the tests of preload/ share: a profile in a directory of its own, a
// small parser that is independent of report/, what was written to fd 2, and random numbers.
//
// Tests named bug_... state a contract that preload/ does not keep yet; they fail until it does.
#ifndef GAIAPROF_PRELOAD_SUPPORT_H
#define GAIAPROF_PRELOAD_SUPPORT_H

#include "preload/profile_format.h"

// clang-format off
// cmocka.h needs the others before it
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
// clang-format on

#define THREADS 8

// Where preload_fake_capture.c is used: the frame that stands for a stack.
#define PRELOAD_FRAME(stack) ((const struct host_frame *)(uintptr_t)(stack))
// And what a stack is that was put together later.
#define PRELOAD_EARLIER(stack) ((uint32_t)(stack) | UINT32_C(1) << 25)

// A fresh empty directory, the working file in it. Removed by release.
struct scratch {
    char directory[PATH_MAX];
    char path[PATH_MAX]; // directory/profile
};
void scratch_init(struct scratch *scratch);
void scratch_release(struct scratch *scratch);

// Opens the profile of this process in the scratch directory, with empty tables. cmocka fixtures;
// the scratch is `preload_scratch`.
extern struct scratch preload_scratch;
int preload_profile_open(void **state);
int preload_profile_close(void **state);

// A copy of a profile file. Loading asserts every rule of profile_format.h that can be checked
// without knowing the content.
struct profile_copy {
    char *bytes;
    uint64_t length_bytes;
};
void profile_copy_load(struct profile_copy *copy, const char *path);
void profile_copy_release(struct profile_copy *copy);
const struct profile_header *profile_copy_header(const struct profile_copy *copy);
// The next chunk of `type` (0: any) behind `chunk` (NULL: from the start). NULL: no more.
const struct profile_chunk *profile_copy_next(const struct profile_copy *copy,
                                              const struct profile_chunk *chunk, uint32_t type);
size_t profile_chunk_records(const struct profile_chunk *chunk);
const void *profile_chunk_record(const struct profile_chunk *chunk, size_t index);
// A record by its id. NULL: no such chunk.
const void *profile_copy_record(const struct profile_copy *copy, uint32_t type, uint32_t id);

// Redirects fd 2 until captured_end(), which returns all that was written. One at a time.
void captured_begin(void);
const char *captured_end(void);
size_t count_lines(const char *text);

// Small and fast, the same in every run: xorshift64*.
struct random {
    uint64_t state;
};
uint64_t random_next(struct random *random);
uint32_t random_below(struct random *random, uint32_t limit);

// Runs `body` in THREADS threads with the arguments 0..THREADS-1 and waits for them. They start
// together. Bodies must not assert.
void run_threads(void (*body)(unsigned thread));

// The lowest file descriptor that is free.
int lowest_free_fd(void);

#endif
