// SPDX-License-Identifier: MIT
//
// preload_heap_test.c - what allocations and frees add up to, against models that take a picture of
// everything at every event. Events come by the functions the hooks call; preload_fake_capture.c
// says which stack they come from. Blocks are mere numbers.
#include "preload/heap.h"
#include "preload/options.h"
#include "preload/profile_writer.h"
#include "preload/thread_table.h"
#include "tests/unit/preload_support.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STACKS 60
#define BLOCKS 1000

static struct thread_state *selves[THREADS];
static struct profile_thread records[THREADS];

static int set_up(void **state)
{
    preload_profile_open(state);
    thread_is_many = false;
    memset(records, 0, sizeof(records));
    for (uint32_t i = 0; i < THREADS; i++) {
        selves[i] = calloc(1, sizeof(struct thread_state));
        selves[i]->record = &records[i];
        selves[i]->slot = i;
    }
    return 0;
}

static int tear_down(void **state)
{
    for (unsigned i = 0; i < THREADS; i++)
        free(selves[i]);
    live_table_reset();
    return preload_profile_close(state);
}

static const void *address(uint32_t block)
{
    return (const void *)(UINT64_C(0x100000) + block * UINT64_C(32));
}

// What the reader makes of the cells, all slots together.
struct totals {
    uint64_t allocations, allocated_bytes, frees, freed_bytes, temporary;
    int64_t peak_blocks, peak_bytes;
};

static struct totals seen[STACKS + 1], whole;

static void add_cell(struct totals *totals, const struct profile_cell *cell,
                     const struct profile_header *header)
{
    bool is_live = header->live_bytes >= header->peak_bytes || cell->epoch != header->peak_epoch;

    totals->allocations += cell->allocations;
    totals->allocated_bytes += cell->allocated_bytes;
    totals->frees += cell->frees;
    totals->freed_bytes += cell->freed_bytes;
    totals->temporary += cell->temporary;
    totals->peak_blocks +=
        is_live ? (int64_t)(cell->allocations - cell->frees) : cell->at_peak_blocks;
    totals->peak_bytes +=
        is_live ? (int64_t)(cell->allocated_bytes - cell->freed_bytes) : cell->at_peak_bytes;
}

static void read_totals(void)
{
    struct profile_copy copy;
    const struct profile_chunk *chunk = NULL;

    memset(seen, 0, sizeof(seen));
    memset(&whole, 0, sizeof(whole));
    profile_copy_load(&copy, preload_scratch.path);
    while ((chunk = profile_copy_next(&copy, chunk, PROFILE_CHUNK_CELLS)))
        for (size_t i = 0; i < profile_chunk_records(chunk); i++) {
            const struct profile_cell *cell = profile_chunk_record(chunk, i);

            if (!cell->stack)
                continue;
            assert_in_range(cell->stack, 1, STACKS);
            add_cell(&seen[cell->stack], cell, profile_copy_header(&copy));
            add_cell(&whole, cell, profile_copy_header(&copy));
        }
    profile_copy_release(&copy);
}

// The model: every block, every stack, and a picture of all stacks at each new maximum.
static struct {
    struct {
        bool is_live;
        uint32_t stack;
        uint64_t bytes;
    } blocks[BLOCKS];
    struct totals stacks[STACKS + 1];
    uint64_t live_bytes, peak_bytes, missed, unknown, reallocs;
    int64_t then_blocks[STACKS + 1], then_bytes[STACKS + 1]; // at the first maximum
    bool is_at_peak;                                         // since then nothing was freed
} model;

static int64_t model_live_blocks(uint32_t stack)
{
    return (int64_t)(model.stacks[stack].allocations - model.stacks[stack].frees);
}

static int64_t model_live_bytes(uint32_t stack)
{
    return (int64_t)(model.stacks[stack].allocated_bytes - model.stacks[stack].freed_bytes);
}

static void model_take_picture(void)
{
    for (uint32_t stack = 1; stack <= STACKS; stack++) {
        model.then_blocks[stack] = model_live_blocks(stack);
        model.then_bytes[stack] = model_live_bytes(stack);
    }
}

static void model_free(uint32_t block)
{
    struct totals *totals = &model.stacks[model.blocks[block].stack];

    totals->frees++;
    totals->freed_bytes += model.blocks[block].bytes;
    model.live_bytes -= model.blocks[block].bytes;
    model.blocks[block].is_live = false;
    model.is_at_peak = false;
}

static void model_allocate(uint32_t block, uint32_t stack, uint64_t bytes)
{
    if (model.blocks[block].is_live) {
        model.missed++;
        model_free(block);
    }
    model.blocks[block].is_live = true;
    model.blocks[block].stack = stack;
    model.blocks[block].bytes = bytes;
    model.stacks[stack].allocations++;
    model.stacks[stack].allocated_bytes += bytes;
    model.live_bytes += bytes;
    if (model.live_bytes > model.peak_bytes) {
        model.peak_bytes = model.live_bytes;
        model.is_at_peak = true;
    }
    if (model.is_at_peak) // blocks of 0 bytes may still come
        model_take_picture();
}

static void check_against_model(void)
{
    bool is_now = model.live_bytes == model.peak_bytes;
    uint64_t peak = profile_header->peak_bytes;

    if (profile_header->live_bytes > peak)
        peak = profile_header->live_bytes;
    assert_int_equal(profile_header->live_bytes, model.live_bytes);
    assert_int_equal(peak, model.peak_bytes);
    read_totals();
    for (uint32_t stack = 1; stack <= STACKS; stack++) {
        const struct totals *expected = &model.stacks[stack];

        assert_int_equal(seen[stack].allocations, expected->allocations);
        assert_int_equal(seen[stack].allocated_bytes, expected->allocated_bytes);
        assert_int_equal(seen[stack].frees, expected->frees);
        assert_int_equal(seen[stack].freed_bytes, expected->freed_bytes);
        assert_int_equal(seen[stack].peak_blocks,
                         is_now ? model_live_blocks(stack) : model.then_blocks[stack]);
        assert_int_equal(seen[stack].peak_bytes,
                         is_now ? model_live_bytes(stack) : model.then_bytes[stack]);
    }
    assert_int_equal(whole.peak_bytes, model.peak_bytes);
}

// Sizes as programs have them, 0 and the same ones again among them.
static uint64_t random_bytes(struct random *random)
{
    switch (random_below(random, 8)) {
    case 0:
        return 0;
    case 1:
        return UINT64_C(1) << random_below(random, 24);
    default:
        return 1 + random_below(random, 200);
    }
}

static void random_event(struct random *random, unsigned grow_percent)
{
    uint32_t block = random_below(random, BLOCKS), moved = random_below(random, BLOCKS);
    uint32_t stack = 1 + random_below(random, STACKS);
    uint64_t bytes = random_bytes(random);
    bool is_live = model.blocks[block].is_live;

    if (random_below(random, 10) == 0 && is_live) { // realloc, to anywhere but a live block
        if (model.blocks[moved].is_live)
            moved = block;
        heap_reallocated(selves[0], address(block), live_table_take(address(block)), address(moved),
                         bytes, PRELOAD_FRAME(stack));
        model_free(block);
        model_allocate(moved, stack, bytes);
        model.reallocs++;
    } else if (random_below(random, 100) < grow_percent) {
        if (is_live && random_below(random, 50)) // now and then a free passes us by
            return;
        heap_allocated(selves[0], address(block), bytes, PRELOAD_FRAME(stack));
        model_allocate(block, stack, bytes);
    } else {
        heap_freed(selves[0], address(block), NULL);
        if (is_live)
            model_free(block);
        else
            model.unknown++;
    }
}

static void test_random_events_against_model(void **state)
{
    struct random random = {12345};

    (void)state;
    memset(&model, 0, sizeof(model));
    for (unsigned i = 1; i <= 200000; i++) {
        // tides, so that there are many peaks, and long times far below one
        random_event(&random, i / 2000 % 3 == 0 ? 70 : i / 2000 % 3 == 1 ? 30 : 50);
        if (i % 997 == 0 || i < 50)
            check_against_model();
    }
    check_against_model();
    assert_true(model.missed > 100 && profile_header->peak_epoch > 20);
    assert_int_equal(profile_header->dropped[PROFILE_DROP_REUSED], model.missed);
    assert_int_equal(profile_header->unknown_frees, model.unknown);
    assert_int_equal(records[0].reallocs, model.reallocs);
    assert_int_equal(records[0].allocations, whole.allocations);
    assert_int_equal(records[0].allocated_bytes, whole.allocated_bytes);
    assert_int_equal(profile_header->peak_slack_bytes, 0);
}

static void test_peak_by_hand(void **state)
{
    (void)state;
    heap_allocated(selves[0], address(1), 100, PRELOAD_FRAME(1));
    heap_allocated(selves[0], address(2), 50, PRELOAD_FRAME(2));
    heap_freed(selves[0], address(1), NULL);
    heap_allocated(selves[0], address(3), 20, PRELOAD_FRAME(3)); // not at the peak
    heap_freed(selves[0], address(2), NULL);
    read_totals();
    assert_int_equal(profile_header->peak_bytes, 150);
    assert_int_equal(seen[1].peak_bytes, 100);
    assert_int_equal(seen[2].peak_bytes, 50);
    assert_int_equal(seen[3].peak_bytes, 0);
    heap_allocated(selves[0], address(4), 1000, PRELOAD_FRAME(3));
    read_totals();
    assert_int_equal(seen[1].peak_bytes, 0);
    assert_int_equal(seen[3].peak_bytes, 1020);
    assert_int_equal(seen[3].peak_blocks, 2);
}

static void test_temporary(void **state)
{
    (void)state;
    heap_allocated(selves[0], address(1), 10, PRELOAD_FRAME(1));
    heap_freed(selves[0], address(1), NULL); // temporary
    heap_allocated(selves[0], address(2), 10, PRELOAD_FRAME(1));
    heap_allocated(selves[0], address(3), 10, PRELOAD_FRAME(1));
    heap_freed(selves[0], address(2), NULL); // another allocation in between
    heap_freed(selves[0], address(3), NULL); // temporary: only a free in between
    heap_allocated(selves[0], address(4), 10, PRELOAD_FRAME(2));
    heap_freed(selves[1], address(4), NULL); // by another thread
    heap_allocated(selves[0], address(5), 10, PRELOAD_FRAME(3));
    heap_freed(selves[0], address(5), NULL); // temporary
    heap_allocated(selves[1], address(5), 10, PRELOAD_FRAME(3));
    heap_freed(selves[0], address(5), NULL); // not twice
    read_totals();
    assert_int_equal(seen[1].temporary, 2);
    assert_int_equal(seen[2].temporary, 0);
    assert_int_equal(seen[3].temporary, 1);
}

// DESIGN 4: "freed by the allocating thread". The address came back by way of another thread.
static void test_temporary_only_of_the_allocating_thread(void **state)
{
    (void)state;
    heap_allocated(selves[0], address(1), 10, PRELOAD_FRAME(1));
    heap_freed(selves[1], address(1), NULL);
    heap_allocated(selves[1], address(1), 10, PRELOAD_FRAME(2));
    heap_freed(selves[0], address(1), NULL);
    read_totals();
    assert_int_equal(whole.frees, 2);
    assert_int_equal(whole.temporary, 0);
}

static void test_latest(void **state)
{
    (void)state;
    assert_false(heap_is_latest(selves[0], address(1)));
    heap_allocated(selves[0], address(1), 10, PRELOAD_FRAME(1));
    assert_true(heap_is_latest(selves[0], address(1)));
    assert_false(heap_is_latest(selves[1], address(1)));
    heap_allocated(selves[0], address(2), 20, PRELOAD_FRAME(2));
    assert_false(heap_is_latest(selves[0], address(1)));
    heap_freed(selves[0], address(2), NULL);
    assert_false(heap_is_latest(selves[0], address(2)));
    heap_allocated(selves[0], address(2), 20, PRELOAD_FRAME(2));
    heap_freed(selves[1], address(2), NULL); // by another thread
    assert_false(heap_is_latest(selves[0], address(2)));
}

static void test_stack_without_room(void **state)
{
    (void)state;
    heap_allocated(selves[0], address(1), 10, PRELOAD_FRAME(0));
    assert_int_equal(live_table_get(address(1)).stack, 0);
    heap_freed(selves[0], address(1), NULL);
    read_totals();
    assert_int_equal(whole.allocations + whole.frees, 0);
    assert_int_equal(profile_header->live_bytes, 0);
    assert_int_equal(profile_header->unknown_frees, 1);
}

static void test_address_beyond_the_table(void **state)
{
    const void *far = (const void *)(UINT64_C(1) << 47);

    (void)state;
    heap_allocated(selves[0], far, 10, PRELOAD_FRAME(1));
    heap_freed(selves[0], far, NULL);
    read_totals();
    assert_int_equal(whole.allocations, 0);
    assert_int_equal(profile_header->live_bytes, 0);
    assert_int_equal(profile_header->dropped[PROFILE_DROP_MEMORY], 1);
}

static void test_largest_size(void **state)
{
    (void)state;
    heap_allocated(selves[0], address(1), LIVE_SIZE_MAX, PRELOAD_FRAME(1));
    heap_freed(selves[0], address(1), NULL);
    read_totals();
    assert_int_equal(profile_header->live_bytes, 0);
    assert_int_equal(whole.freed_bytes, LIVE_SIZE_MAX);
}

// A block of 256 GiB and more (sparse arrays, overcommit_memory=1) is counted with its size and
// freed with 2^38 - 1: the rest stays live for ever.
static void test_freed_as_it_was_allocated(void **state)
{
    (void)state;
    heap_allocated(selves[0], address(1), LIVE_SIZE_MAX + 1000, PRELOAD_FRAME(1));
    heap_freed(selves[0], address(1), NULL);
    read_totals();
    assert_int_equal(whole.allocated_bytes, whole.freed_bytes);
    assert_int_equal(profile_header->live_bytes, 0);
}

// Many threads: the global count is off by what they keep back, and says by how much at most.
static void test_batches(void **state)
{
    static uint64_t bytes[BLOCKS];
    struct random random = {77};
    uint64_t live = 0, peak = 0;
    int64_t kept_back = 0;

    (void)state;
    thread_is_many = true;
    profile_header->threads_alive = profile_header->threads_peak = THREADS;
    memset(bytes, 0, sizeof(bytes));
    for (unsigned i = 0; i < 300000; i++) {
        uint32_t block = random_below(&random, BLOCKS);
        struct thread_state *self = selves[random_below(&random, THREADS)];
        bool is_growing = i / 3000 % 2 == 0;

        if (bytes[block] && random_below(&random, 100) < (is_growing ? 30u : 70u)) {
            heap_freed(self, address(block), NULL);
            live -= bytes[block];
            bytes[block] = 0;
        } else if (!bytes[block]) {
            bytes[block] = 1 + random_bytes(&random) % 100000;
            heap_allocated(self, address(block), bytes[block], PRELOAD_FRAME(1 + block % STACKS));
            live += bytes[block];
        }
        peak = live > peak ? live : peak;
    }
    for (unsigned i = 0; i < THREADS; i++)
        kept_back += selves[i]->unsent_bytes;
    assert_int_equal(profile_header->live_bytes + (uint64_t)kept_back, live);
    for (unsigned i = 0; i < THREADS; i++)
        heap_send_batch(selves[i]);
    assert_int_equal(profile_header->live_bytes, live);
    assert_true(profile_header->peak_slack_bytes > 0);
    assert_true(peak <= profile_header->peak_bytes + profile_header->peak_slack_bytes);
    assert_true(profile_header->peak_bytes <= peak + profile_header->peak_slack_bytes);
    read_totals();
    assert_int_equal(whole.allocated_bytes - whole.freed_bytes, live);
    assert_true(llabs(whole.peak_bytes - (int64_t)profile_header->peak_bytes) <=
                (int64_t)profile_header->peak_slack_bytes);
}

static void allocate_in_thread(unsigned thread)
{
    for (uint32_t i = 0; i < 20000; i++) {
        const void *block = address(thread * 100 + i % 100);

        if (i >= 100)
            heap_freed(selves[thread], block, NULL);
        heap_allocated(selves[thread], block, 8 + i % 64, PRELOAD_FRAME(1 + i % STACKS));
    }
}

static void test_threads(void **state)
{
    (void)state;
    thread_is_many = true;
    profile_header->threads_alive = profile_header->threads_peak = THREADS;
    run_threads(allocate_in_thread);
    for (unsigned i = 0; i < THREADS; i++)
        heap_send_batch(selves[i]);
    read_totals();
    assert_int_equal(whole.allocations, THREADS * 20000);
    assert_int_equal(whole.allocations - whole.frees, THREADS * 100);
    assert_int_equal(profile_header->live_bytes, whole.allocated_bytes - whole.freed_bytes);
}

// --- a sampled heap: each event stands for many

#define SAMPLE_BYTES 4096u

static int set_up_sampled(void **state)
{
    set_up(state);
    options.heap = HEAP_SAMPLED;
    options.sample_bytes = SAMPLE_BYTES;
    options.sample_seed = 5;
    sampler_start();
    for (uint32_t i = 0; i < THREADS; i++)
        sampler_init(&selves[i]->sampler, i + 1);
    live_table_init(32);
    return 0;
}

static int tear_down_sampled(void **state)
{
    options.heap = HEAP_EXACT;
    return tear_down(state);
}

static void assert_filter_is_empty(void)
{
    for (size_t i = 0; i < 1 << LIVE_FILTER_BITS; i++)
        assert_int_equal(live_filter[i], 0);
}

static struct profile_cell_samples samples_of(uint32_t stack)
{
    struct profile_cell *cell = cell_table_get(&selves[0]->cells, 0, stack);

    assert_non_null(cell);
    return *cell_samples(cell);
}

// What a block adds its free takes away, whatever came in between.
static void test_sampled_weights_cancel(void **state)
{
    static uint64_t bytes[BLOCKS];
    struct random random = {21};

    (void)state;
    memset(bytes, 0xff, sizeof(bytes));
    for (unsigned i = 0; i < 100000; i++) {
        uint32_t block = random_below(&random, BLOCKS);

        if (bytes[block] != UINT64_MAX) {
            assert_true(live_filter_may_have(address(block)));
            heap_freed(selves[0], address(block), NULL);
            bytes[block] = UINT64_MAX;
        } else {
            bytes[block] = random_bytes(&random);
            heap_sampled(selves[0], address(block), bytes[block],
                         PRELOAD_FRAME(1 + block % STACKS));
        }
    }
    for (uint32_t block = 0; block < BLOCKS; block++)
        if (bytes[block] != UINT64_MAX)
            heap_freed(selves[0], address(block), NULL);
    read_totals();
    for (uint32_t stack = 1; stack <= STACKS; stack++) {
        struct profile_cell_samples samples = samples_of(stack);

        assert_true(seen[stack].allocations > 1000 * PROFILE_SAMPLED_UNIT);
        assert_int_equal(seen[stack].allocations, seen[stack].frees);
        assert_int_equal(seen[stack].allocated_bytes, seen[stack].freed_bytes);
        assert_int_equal(samples.samples, samples.freed_samples);
        assert_true(fabs(samples.variance_blocks - samples.freed_variance_blocks) <=
                    1e-9 * samples.variance_blocks);
    }
    assert_int_equal(profile_header->live_bytes, 0);
    assert_int_equal(profile_header->dropped[PROFILE_DROP_REUSED], 0);
    assert_filter_is_empty();
}

static void test_sampled_weights(void **state)
{
    struct sampler_weight weight;

    (void)state;
    heap_sampled(selves[0], address(1), 100, PRELOAD_FRAME(1));
    heap_sampled(selves[0], address(2), 0, PRELOAD_FRAME(2));
    heap_sampled(selves[0], address(3), 100 << 20, PRELOAD_FRAME(3));
    read_totals();
    weight = sampler_weigh(100);
    assert_int_equal(seen[1].allocations, weight.blocks);
    assert_int_equal(seen[1].allocated_bytes, weight.bytes);
    assert_in_range(weight.bytes, 4100, 4200); // of 4096 bytes one is taken
    assert_int_equal(seen[2].allocations, sampler_weigh(0).blocks);
    assert_int_equal(seen[2].allocated_bytes, 0);
    assert_int_equal(seen[3].allocations, PROFILE_SAMPLED_UNIT); // for sure
    assert_int_equal(seen[3].allocated_bytes, 100 << 20);
    assert_int_equal(records[0].allocated_bytes, whole.allocated_bytes);
}

static void test_sampled_unknown_frees_are_not_counted(void **state)
{
    (void)state;
    heap_freed(selves[0], address(1), NULL);
    assert_int_equal(profile_header->unknown_frees, 0);
}

static void test_sampled_realloc(void **state)
{
    struct live_block taken;

    (void)state;
    heap_sampled(selves[0], address(1), 100, PRELOAD_FRAME(1));
    taken = heap_take(address(1));
    assert_int_equal(taken.stack, 1);
    assert_filter_is_empty();
    heap_put_back(address(1), taken); // it failed
    assert_true(live_filter_may_have(address(1)));
    assert_int_equal(live_table_get(address(1)).bytes, 100);
    sampler_countdown = 1000;
    heap_reallocated(selves[0], address(1), heap_take(address(1)), address(2), 300,
                     PRELOAD_FRAME(2)); // not taken
    assert_int_equal(sampler_countdown, 700);
    assert_false(live_filter_may_have(address(2)));
    heap_reallocated(selves[0], address(2), heap_take(address(2)), address(3), 701,
                     PRELOAD_FRAME(3));
    assert_true(live_filter_may_have(address(3)));
    assert_int_equal(records[0].reallocs, sampler_weigh(701).blocks);
    heap_put_back(address(9), (struct live_block){0}); // nothing was known
    heap_freed(selves[0], address(3), NULL);
    read_totals();
    assert_int_equal(whole.allocated_bytes, whole.freed_bytes);
    assert_filter_is_empty();
}

// The free of a sampled block passes us by; the address comes back, or that of the other block
// which the same slot serves. The new block's free must not pass us by too.
static void check_missed_free(const void *missed, const void *block)
{
    heap_sampled(selves[0], missed, 100, PRELOAD_FRAME(1));
    heap_sampled(selves[0], block, 200, PRELOAD_FRAME(2));
    assert_true(live_filter_may_have(block));
    heap_freed(selves[0], block, NULL);
    read_totals();
    assert_int_equal(whole.allocated_bytes, whole.freed_bytes);
    assert_int_equal(profile_header->live_bytes, 0);
    assert_int_equal(live_table_get(block).stack, 0);
}

static void test_sampled_missed_free(void **state)
{
    (void)state;
    check_missed_free(address(1), address(1));
}

static void test_sampled_missed_free_of_the_other_place(void **state)
{
    (void)state;
    check_missed_free((const char *)address(1) + 16, address(1));
}

// Freed with no allocation in between, sampled or not.
static void test_sampled_temporary(void **state)
{
    (void)state;
    heap_sampled(selves[0], address(1), 10, PRELOAD_FRAME(1));
    heap_freed(selves[0], address(1), NULL);
    heap_sampled(selves[0], address(1), 10, PRELOAD_FRAME(2));
    sampler_countdown = 1000;
    selves[0]->last_countdown_bytes = 1000;
    assert_true(sampler_skips(0));
    heap_freed(selves[0], address(1), NULL);
    heap_sampled(selves[0], address(1), 10, PRELOAD_FRAME(3));
    heap_freed(selves[1], address(1), NULL);
    read_totals();
    assert_int_equal(seen[1].temporary, sampler_weigh(10).blocks);
    assert_int_equal(seen[2].temporary, 0);
    assert_int_equal(seen[3].temporary, 0);
}

// The sampler takes each of many with the right probability: what is counted is what there was.
static void test_sampled_sums(void **state)
{
    uint64_t bytes = 0, blocks = 0;
    struct random random = {31};

    (void)state;
    for (uint32_t i = 0; i < 2000000; i++) {
        uint64_t size = 1 + random_below(&random, 400);

        blocks++;
        bytes += size;
        if (!sampler_skips(size)) {
            heap_sampled(selves[0], address(i % BLOCKS), size, PRELOAD_FRAME(1));
            heap_freed(selves[0], address(i % BLOCKS), NULL);
        }
    }
    read_totals();
    assert_in_range(whole.allocations / PROFILE_SAMPLED_UNIT, blocks * 97 / 100,
                    blocks * 103 / 100);
    assert_in_range(whole.allocated_bytes, bytes * 98 / 100, bytes * 102 / 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TEST_SAMPLED(name) cmocka_unit_test_setup_teardown(name, set_up_sampled, tear_down_sampled)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_random_events_against_model),
        TEST(test_peak_by_hand),
        TEST(test_temporary),
        TEST(test_temporary_only_of_the_allocating_thread),
        TEST(test_latest),
        TEST(test_stack_without_room),
        TEST(test_address_beyond_the_table),
        TEST(test_largest_size),
        TEST(test_freed_as_it_was_allocated),
        TEST(test_batches),
        TEST(test_threads),
        TEST_SAMPLED(test_sampled_weights_cancel),
        TEST_SAMPLED(test_sampled_weights),
        TEST_SAMPLED(test_sampled_unknown_frees_are_not_counted),
        TEST_SAMPLED(test_sampled_realloc),
        TEST_SAMPLED(test_sampled_missed_free),
        TEST_SAMPLED(test_sampled_missed_free_of_the_other_place),
        TEST_SAMPLED(test_sampled_temporary),
        TEST_SAMPLED(test_sampled_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
