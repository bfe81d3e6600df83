// SPDX-License-Identifier: MIT
//
// Every allocation function of the C library, once per round, each in a function of its own.
// Bytes are those asked for: an allocator may round up, pvalloc to whole pages even. A call that
// fails counts nothing, and leaves the block it was given alone. Between an allocation and its free
// something else is allocated, so that only the separators are temporary.
#include "workload/scenarios/scenario.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 3
#define SEPARATOR_BYTES 24
#define MALLOC_BYTES 100
#define CALLOC_COUNT 7
#define CALLOC_BYTES 33
#define CALLOC_TOTAL_BYTES (CALLOC_COUNT * CALLOC_BYTES)
#define REALLOC_NULL_BYTES 200
#define GROW_FROM_BYTES 64
#define GROW_TO_BYTES 5000
#define SHRINK_FROM_BYTES 6000
#define SHRINK_TO_BYTES 70
#define REALLOC_ZERO_BYTES 90
#define REALLOC_FAIL_BYTES 120
#define ARRAY_COUNT 9
#define ARRAY_GROWN_COUNT 30
#define ARRAY_BYTES 21
#define MEMALIGN_BYTES 130
#define ALIGNED_ALLOC_BYTES 256
#define POSIX_MEMALIGN_BYTES 140
#define VALLOC_BYTES 150
#define PVALLOC_BYTES 160
#define STRDUP_TEXT "seventeen letters"
#define STRNDUP_BYTES 5

// Volatile, lest the compiler sees that the calls must fail and says so.
static volatile size_t huge = SIZE_MAX / 2 + 1;

SCENARIO_SITE static void api_separator(void)
{
    void *block = malloc(SEPARATOR_BYTES);
    scenario_escape(block);
    free(block);
}

static void separate_and_free(void *block)
{
    scenario_escape(block);
    api_separator();
    free(block);
}

SCENARIO_SITE static void api_malloc(void)
{
    separate_and_free(malloc(MALLOC_BYTES));
}

SCENARIO_SITE static void api_malloc_zero(void)
{
    separate_and_free(malloc(0));
}

SCENARIO_SITE static void api_malloc_fail(void)
{
    separate_and_free(malloc(huge));
}

SCENARIO_SITE static void api_calloc(void)
{
    separate_and_free(calloc(CALLOC_COUNT, CALLOC_BYTES));
}

SCENARIO_SITE static void api_calloc_overflow(void)
{
    separate_and_free(calloc(huge, 4));
}

SCENARIO_SITE static void api_realloc_null(void)
{
    separate_and_free(realloc(NULL, REALLOC_NULL_BYTES));
}

SCENARIO_SITE static void api_realloc_grow(void)
{
    void *block = malloc(GROW_FROM_BYTES);
    api_separator();
    separate_and_free(realloc(block, GROW_TO_BYTES));
}

SCENARIO_SITE static void api_realloc_shrink(void)
{
    void *block = malloc(SHRINK_FROM_BYTES);
    api_separator();
    separate_and_free(realloc(block, SHRINK_TO_BYTES));
}

// glibc frees the block and returns NULL.
SCENARIO_SITE static void api_realloc_zero(void)
{
    void *block = malloc(REALLOC_ZERO_BYTES);
    api_separator();
    separate_and_free(realloc(block, 0));
}

SCENARIO_SITE static void api_realloc_fail(void)
{
    void *block = malloc(REALLOC_FAIL_BYTES);
    if (!realloc(block, huge))
        separate_and_free(block);
}

SCENARIO_SITE static void api_reallocarray(void)
{
    void *block = reallocarray(NULL, ARRAY_COUNT, ARRAY_BYTES);
    api_separator();
    if (!reallocarray(block, huge, 4))
        separate_and_free(reallocarray(block, ARRAY_GROWN_COUNT, ARRAY_BYTES));
}

SCENARIO_SITE static void api_memalign(void)
{
    separate_and_free(memalign(64, MEMALIGN_BYTES));
}

SCENARIO_SITE static void api_aligned_alloc(void)
{
    separate_and_free(aligned_alloc(128, ALIGNED_ALLOC_BYTES));
}

SCENARIO_SITE static void api_posix_memalign(void)
{
    void *block = NULL;
    if (posix_memalign(&block, 256, POSIX_MEMALIGN_BYTES) == 0)
        separate_and_free(block);
}

// 24 is not a power of two.
SCENARIO_SITE static void api_posix_memalign_fail(void)
{
    void *block = NULL;
    if (posix_memalign(&block, 24, POSIX_MEMALIGN_BYTES) == 0)
        separate_and_free(block);
}

SCENARIO_SITE static void api_valloc(void)
{
    separate_and_free(valloc(VALLOC_BYTES));
}

SCENARIO_SITE static void api_pvalloc(void)
{
    separate_and_free(pvalloc(PVALLOC_BYTES));
}

SCENARIO_SITE static void api_strdup(void)
{
    separate_and_free(strdup(STRDUP_TEXT));
}

SCENARIO_SITE static void api_strndup(void)
{
    separate_and_free(strndup(STRDUP_TEXT, STRNDUP_BYTES));
}

SCENARIO_SITE static void api_free_null(void)
{
    free(NULL);
}

static void (*const calls[])(void) = {
    api_malloc,        api_malloc_zero,     api_malloc_fail,
    api_calloc,        api_calloc_overflow, api_realloc_null,
    api_realloc_grow,  api_realloc_shrink,  api_realloc_zero,
    api_realloc_fail,  api_reallocarray,    api_memalign,
    api_aligned_alloc, api_posix_memalign,  api_posix_memalign_fail,
    api_valloc,        api_pvalloc,         api_strdup,
    api_strndup,       api_free_null,
};

#define CALL_COUNT (sizeof calls / sizeof calls[0])
// Each call but free(NULL) and the failing posix_memalign makes one, and the three that realloc a
// block and the one that reallocs it away make another.
#define SEPARATORS (ROUNDS * (CALL_COUNT - 2 + 4))

static void alloc_api(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < CALL_COUNT; i++)
            calls[i]();
    }
}

// A site of `blocks` allocations per round, `bytes` in all of them, everything freed.
#define FREED_SITE(name, blocks, bytes)                                                            \
    .function = (name), .allocations = ROUNDS * (blocks), .allocated_bytes = ROUNDS * (bytes),     \
    .frees = ROUNDS * (blocks), .freed_bytes = ROUNDS * (bytes)

// The duplicators call malloc themselves: we are their callers.
const struct scenario alloc_api_scenario = {
    .name = "alloc-api",
    .summary = "every allocation function of the C library, failing calls too",
    .run = alloc_api,
    .expected =
        {
            .sites =
                (const struct expected_site[]){
                    {.function = "api_separator",
                     .allocations = SEPARATORS,
                     .allocated_bytes = SEPARATORS * SEPARATOR_BYTES,
                     .frees = SEPARATORS,
                     .freed_bytes = SEPARATORS * SEPARATOR_BYTES,
                     .temporary = SEPARATORS},
                    {FREED_SITE("api_malloc", 1, MALLOC_BYTES)},
                    {FREED_SITE("api_malloc_zero", 1, 0)},
                    {FREED_SITE("api_malloc_fail", 0, 0)},
                    {FREED_SITE("api_calloc", 1, CALLOC_TOTAL_BYTES)},
                    {FREED_SITE("api_calloc_overflow", 0, 0)},
                    {FREED_SITE("api_realloc_null", 1, REALLOC_NULL_BYTES)},
                    {FREED_SITE("api_realloc_grow", 2, GROW_FROM_BYTES + GROW_TO_BYTES)},
                    {FREED_SITE("api_realloc_shrink", 2, SHRINK_FROM_BYTES + SHRINK_TO_BYTES)},
                    {FREED_SITE("api_realloc_zero", 1, REALLOC_ZERO_BYTES)},
                    {FREED_SITE("api_realloc_fail", 1, REALLOC_FAIL_BYTES)},
                    {FREED_SITE("api_reallocarray", 2,
                                (ARRAY_COUNT + ARRAY_GROWN_COUNT) * ARRAY_BYTES)},
                    {FREED_SITE("api_memalign", 1, MEMALIGN_BYTES)},
                    {FREED_SITE("api_aligned_alloc", 1, ALIGNED_ALLOC_BYTES)},
                    {FREED_SITE("api_posix_memalign", 1, POSIX_MEMALIGN_BYTES)},
                    {FREED_SITE("api_posix_memalign_fail", 0, 0)},
                    {FREED_SITE("api_valloc", 1, VALLOC_BYTES)},
                    {FREED_SITE("api_pvalloc", 1, PVALLOC_BYTES)},
                    {FREED_SITE("api_strdup", 1, sizeof STRDUP_TEXT), .frame = 1},
                    {FREED_SITE("api_strndup", 1, STRNDUP_BYTES + 1), .frame = 1},
                    {FREED_SITE("api_free_null", 0, 0)},
                    {0},
                },
        },
};
