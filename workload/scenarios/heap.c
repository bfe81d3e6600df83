// SPDX-License-Identifier: MIT
//
// Blocks whose lives are known: freed at once, at a known peak, grown, freed by another thread,
// allocated a hundred frames deep. Everything is freed. Pointers are kept in static arrays, so that
// the bookkeeping itself allocates nothing.
#include "workload/scenarios/scenario.h"
#include "workload/work.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// --- nothing ---

static void nothing(void) {}

const struct scenario nothing_scenario = {
    .name = "nothing",
    .summary = "allocates nothing, starts nothing: the baseline of the others",
    .run = nothing,
    .expected =
        {
            .sites = (const struct expected_site[]){{0}},
            .leaks =
                (const struct expected_class[]){
                    {"definite", 0, 0}, {"indirect", 0, 0}, {"possible", 0, 0}, {0}},
            .locks = (const struct expected_lock[]){{0}},
            .threads = (const struct expected_thread[]){{0}},
        },
};

// --- temporary: the inner block is freed before anything else is allocated, the outer one after
// ---

#define TEMPORARY_ROUNDS 1000
#define TEMPORARY_INNER_BYTES 48
#define TEMPORARY_OUTER_BYTES 80

SCENARIO_SITE static void *temporary_outer(void)
{
    return malloc(TEMPORARY_OUTER_BYTES);
}

SCENARIO_SITE static void temporary_inner(void)
{
    void *block = malloc(TEMPORARY_INNER_BYTES);
    scenario_escape(block);
    free(block);
}

static void temporary(void)
{
    for (int i = 0; i < TEMPORARY_ROUNDS; i++) {
        void *outer = temporary_outer();
        temporary_inner();
        free(outer);
    }
}

const struct scenario temporary_scenario = {
    .name = "temporary",
    .summary = "blocks freed before the next allocation, and blocks freed after it",
    .run = temporary,
    .expected =
        {
            .sites =
                (const struct expected_site[]){
                    {.function = "temporary_outer",
                     .allocations = TEMPORARY_ROUNDS,
                     .allocated_bytes = TEMPORARY_ROUNDS * TEMPORARY_OUTER_BYTES,
                     .frees = TEMPORARY_ROUNDS,
                     .freed_bytes = TEMPORARY_ROUNDS * TEMPORARY_OUTER_BYTES},
                    {.function = "temporary_inner",
                     .allocations = TEMPORARY_ROUNDS,
                     .allocated_bytes = TEMPORARY_ROUNDS * TEMPORARY_INNER_BYTES,
                     .frees = TEMPORARY_ROUNDS,
                     .freed_bytes = TEMPORARY_ROUNDS * TEMPORARY_INNER_BYTES,
                     .temporary = TEMPORARY_ROUNDS},
                    {0},
                },
        },
};

// --- peak: low and high are alive together, then both go, then after makes a smaller hill ---

#define PEAK_LOW_BLOCKS 100
#define PEAK_LOW_BYTES 1024
#define PEAK_HIGH_BLOCKS 50
#define PEAK_HIGH_BYTES 4096
#define PEAK_AFTER_BLOCKS 10
#define PEAK_AFTER_BYTES 2048

static void *peak_lows[PEAK_LOW_BLOCKS], *peak_highs[PEAK_HIGH_BLOCKS],
    *peak_afters[PEAK_AFTER_BLOCKS];

SCENARIO_SITE static void peak_low(void)
{
    for (int i = 0; i < PEAK_LOW_BLOCKS; i++)
        peak_lows[i] = malloc(PEAK_LOW_BYTES);
}

SCENARIO_SITE static void peak_high(void)
{
    for (int i = 0; i < PEAK_HIGH_BLOCKS; i++)
        peak_highs[i] = malloc(PEAK_HIGH_BYTES);
}

SCENARIO_SITE static void peak_after(void)
{
    for (int i = 0; i < PEAK_AFTER_BLOCKS; i++)
        peak_afters[i] = malloc(PEAK_AFTER_BYTES);
}

static void free_all(void **blocks, int count)
{
    for (int i = 0; i < count; i++)
        free(blocks[i]);
}

static void peak(void)
{
    peak_low();
    peak_high();
    free_all(peak_lows, PEAK_LOW_BLOCKS);
    free_all(peak_highs, PEAK_HIGH_BLOCKS);
    peak_after();
    free_all(peak_afters, PEAK_AFTER_BLOCKS);
}

// The last block of high, and of after, is freed with no allocation in between: temporary.
const struct scenario peak_scenario = {
    .name = "peak",
    .summary = "a known peak, made by two places, and a smaller hill after it",
    .run = peak,
    .expected =
        {
            .sites =
                (const struct expected_site[]){
                    {.function = "peak_low",
                     .allocations = PEAK_LOW_BLOCKS,
                     .allocated_bytes = PEAK_LOW_BLOCKS * PEAK_LOW_BYTES,
                     .frees = PEAK_LOW_BLOCKS,
                     .freed_bytes = PEAK_LOW_BLOCKS * PEAK_LOW_BYTES,
                     .says_peak = true,
                     .peak_bytes = PEAK_LOW_BLOCKS * PEAK_LOW_BYTES},
                    {.function = "peak_high",
                     .allocations = PEAK_HIGH_BLOCKS,
                     .allocated_bytes = PEAK_HIGH_BLOCKS * PEAK_HIGH_BYTES,
                     .frees = PEAK_HIGH_BLOCKS,
                     .freed_bytes = PEAK_HIGH_BLOCKS * PEAK_HIGH_BYTES,
                     .temporary = 1,
                     .says_peak = true,
                     .peak_bytes = PEAK_HIGH_BLOCKS * PEAK_HIGH_BYTES},
                    {.function = "peak_after",
                     .allocations = PEAK_AFTER_BLOCKS,
                     .allocated_bytes = PEAK_AFTER_BLOCKS * PEAK_AFTER_BYTES,
                     .frees = PEAK_AFTER_BLOCKS,
                     .freed_bytes = PEAK_AFTER_BLOCKS * PEAK_AFTER_BYTES,
                     .temporary = 1,
                     .says_peak = true,
                     .peak_bytes = 0},
                    {0},
                },
            .peak_bytes_at_least =
                PEAK_LOW_BLOCKS * PEAK_LOW_BYTES + PEAK_HIGH_BLOCKS * PEAK_HIGH_BYTES,
        },
};

// --- realloc-growth: two buffers grow in turn, so that each step has another's between ---

#define GROWTH_STEPS 200
#define GROWTH_STEP_BYTES 100
#define GROWTH_TOTAL_BYTES (GROWTH_STEP_BYTES * GROWTH_STEPS * (GROWTH_STEPS + 1) / 2)

SCENARIO_SITE static void *growth_keys(void *buffer, size_t steps)
{
    return realloc(buffer, steps * GROWTH_STEP_BYTES);
}

SCENARIO_SITE static void *growth_values(void *buffer, size_t steps)
{
    return realloc(buffer, steps * GROWTH_STEP_BYTES);
}

static void realloc_growth(void)
{
    void *keys = NULL, *values = NULL;
    for (size_t steps = 1; steps <= GROWTH_STEPS; steps++) {
        keys = growth_keys(keys, steps);
        values = growth_values(values, steps);
    }
    free(keys);
    free(values);
}

// The first step of each buffer has no block to grow: an allocation, but not a realloc. Only the
// last step of the values is freed with no allocation in between.
const struct scenario realloc_growth_scenario = {
    .name = "realloc-growth",
    .summary = "two buffers grown by a constant, step by step, with realloc",
    .run = realloc_growth,
    .expected =
        {
            .sites =
                (const struct expected_site[]){
                    {.function = "growth_keys",
                     .allocations = GROWTH_STEPS,
                     .allocated_bytes = GROWTH_TOTAL_BYTES,
                     .frees = GROWTH_STEPS,
                     .freed_bytes = GROWTH_TOTAL_BYTES},
                    {.function = "growth_values",
                     .allocations = GROWTH_STEPS,
                     .allocated_bytes = GROWTH_TOTAL_BYTES,
                     .frees = GROWTH_STEPS,
                     .freed_bytes = GROWTH_TOTAL_BYTES,
                     .temporary = 1},
                    {0},
                },
            .says_reallocs = true,
            .reallocs = 2 * (GROWTH_STEPS - 1),
        },
};

// --- cross-thread-free: one thread allocates, another frees ---

#define CROSS_BLOCKS 500
#define CROSS_BYTES 112

static void *cross_blocks[CROSS_BLOCKS];

SCENARIO_SITE static void cross_thread_allocate(void)
{
    for (int i = 0; i < CROSS_BLOCKS; i++)
        cross_blocks[i] = malloc(CROSS_BYTES);
}

static void *cross_thread_free_main(void *unused)
{
    free_all(cross_blocks, CROSS_BLOCKS);
    return unused;
}

SCENARIO_SITE static void cross_thread_start(void)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, cross_thread_free_main, NULL);
    if (error)
        work_die("pthread_create", error);
    pthread_join(thread, NULL);
}

static void cross_thread_free(void)
{
    cross_thread_allocate();
    cross_thread_start();
}

const struct scenario cross_thread_free_scenario = {
    .name = "cross-thread-free",
    .summary = "blocks that another thread frees: none is temporary, none leaks",
    .run = cross_thread_free,
    .expected =
        {
            .sites =
                (const struct expected_site[]){
                    {.function = "cross_thread_allocate",
                     .allocations = CROSS_BLOCKS,
                     .allocated_bytes = CROSS_BLOCKS * CROSS_BYTES,
                     .frees = CROSS_BLOCKS,
                     .freed_bytes = CROSS_BLOCKS * CROSS_BYTES},
                    {0},
                },
            .threads =
                (const struct expected_thread[]){
                    {"cross_thread_start", "return", "joined", 1},
                    {0},
                },
        },
};

// --- deep-stack ---

#define DEEP_FRAMES 100
#define DEEP_BLOCKS 20
#define DEEP_BYTES 64

SCENARIO_SITE static void *deep_stack_allocate(void)
{
    return malloc(DEEP_BYTES);
}

SCENARIO_SITE static void *deep_stack_descend(unsigned frames_left)
{
    return frames_left > 1 ? deep_stack_descend(frames_left - 1) : deep_stack_allocate();
}

// Freed from here: all but the frames of the allocation is gone by then.
static void deep_stack(void)
{
    void *blocks[DEEP_BLOCKS];
    for (int i = 0; i < DEEP_BLOCKS; i++)
        blocks[i] = deep_stack_descend(DEEP_FRAMES);
    free_all(blocks, DEEP_BLOCKS);
}

const struct scenario deep_stack_scenario = {
    .name = "deep-stack",
    .summary = "allocations below a hundred recursive frames",
    .run = deep_stack,
    .expected =
        {
            .sites =
                (const struct expected_site[]){
                    {.function = "deep_stack_allocate",
                     .allocations = DEEP_BLOCKS,
                     .allocated_bytes = DEEP_BLOCKS * DEEP_BYTES,
                     .frees = DEEP_BLOCKS,
                     .freed_bytes = DEEP_BLOCKS * DEEP_BYTES,
                     .temporary = 1,
                     .frames = (const struct expected_frames[]){{"deep_stack_allocate", 1},
                                                                {"deep_stack_descend", DEEP_FRAMES},
                                                                {0}}},
                    {0},
                },
        },
};
