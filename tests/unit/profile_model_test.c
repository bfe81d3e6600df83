// SPDX-License-Identifier: MIT
//
// profile_model_test.c - what the model makes of records: sums over slots, the peak, threads,
// locks, stacks with markers and signals.
#include "tests/unit/profile_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void load_demo(void)
{
    profile_builder_fill_demo(&built);
    load_built(&profile, &built);
}

// --- heap

static void test_sums_over_slots(void **state)
{
    (void)state;
    load_demo();
    const struct heap_counts *busy = &profile.heap.sites[0].counts;
    assert_int_equal(profile.heap.site_count, 2);
    assert_int_equal(busy->allocations, 1000);
    assert_int_equal(busy->allocated_bytes, 100000);
    assert_int_equal(busy->temporary, 600);
    assert_int_equal(busy->live_blocks, 50);
    const struct heap_counts *total = &profile.heap.total;
    assert_int_equal(total->allocations, 1010);
    assert_int_equal(total->frees, 952);
    assert_int_equal(total->live_bytes, 9000);
    assert_int_equal(profile.heap.reallocs, 12);
}

static void test_peak_adds_up(void **state)
{
    (void)state;
    load_demo();
    // saved at this peak: 1000; untouched since an older one: its live value 0
    assert_int_equal(profile.heap.sites[0].counts.peak_bytes, 1000);
    assert_int_equal(profile.heap.sites[0].counts.peak_blocks, 10);
    assert_int_equal(profile.heap.sites[1].counts.peak_bytes, 3500);
    assert_int_equal(profile.heap.total.peak_bytes, 4500);
}

static void test_peak_now(void **state)
{
    (void)state;
    profile_builder_fill_demo(&built);
    built.header.live_bytes = built.header.peak_bytes = 9000;
    load_built(&profile, &built);
    assert_int_equal(profile.heap.total.peak_bytes, profile.heap.total.live_bytes);
}

static void test_epoch_wraps(void **state)
{
    (void)state;
    const uint64_t pc = 0x401000;
    uint32_t stack = builder_stack(&built, &pc, 1);
    built.header.peak_epoch = 1;
    built.header.peak_bytes = 1;
    builder_cell(&built, &(struct profile_cell){stack, UINT32_MAX, 5, 50, 0, 0, 0, 1, 10});
    builder_cell(&built, &(struct profile_cell){stack, 2, 5, 50, 0, 0, 0, 1, 10}); // meanwhile
    load_built(&profile, &built);
    assert_int_equal(profile.heap.total.peak_bytes, 60);
}

static void test_unpublished_records(void **state)
{
    (void)state;
    profile_builder_fill_demo(&built);
    builder_cell(&built, &(struct profile_cell){0, 0, 5, 50, 0, 0, 0, 0, 0});
    builder_lock(&built, &(struct profile_lock){.acquisitions = 4});
    load_built(&profile, &built);
    assert_int_equal(profile.heap.total.allocations, 1010);
    assert_int_equal(profile.lock_count, 2);
}

// --- sampled heaps

static void assert_adds_up(const struct heap *heap)
{
    struct heap_counts sum = {0};
    for (size_t i = 0; i < heap->site_count; i++) {
        const struct heap_counts *counts = &heap->sites[i].counts;
        assert_int_equal(counts->allocations, counts->frees + counts->live_blocks);
        assert_in_range(counts->temporary, 0, counts->frees);
        heap_counts_add(&sum, counts);
    }
    assert_memory_equal(&sum, &heap->total, offsetof(struct heap_counts, samples));
}

static void test_sampled_sums(void **state)
{
    (void)state;
    profile_builder_fill_sampled(&built);
    load_built(&profile, &built);
    const struct heap_counts *busy = &profile.heap.sites[0].counts;
    const struct heap_counts *gone = &profile.heap.sites[2].counts;
    assert_int_equal(profile.heap.site_count, 3);
    assert_int_equal(busy->allocations, 820002); // 1600 * 512.501
    assert_int_equal(busy->allocated_bytes, 1600 * 524800);
    assert_int_equal(busy->live_blocks, 25625);
    assert_int_equal(busy->peak_blocks, 25625);
    assert_int_equal(busy->samples.taken, 1600);
    assert_int_equal(busy->samples.freed, 1550);
    assert_int_equal(gone->allocations, 513); // 512.501, and what the others left
    assert_int_equal(gone->live_blocks, 0);
    assert_adds_up(&profile.heap);
    // the sum, rounded once: 1601 * 512.501 + 3 * 8.5104
    assert_in_range(profile.heap.total.allocations, 820539, 820541);
    assert_int_equal(profile.heap.total.live_blocks, 25651);
}

static void test_sampled_errors(void **state)
{
    (void)state;
    profile_builder_fill_sampled(&built);
    load_built(&profile, &built);
    struct heap_error busy = heap_error(&profile.heap.sites[0].counts);
    struct heap_error gone = heap_error(&profile.heap.sites[2].counts);
    assert_in_range(busy.allocations, 40140, 40142); // 1.96 * sqrt(1600 * 262143.9)
    assert_in_range(busy.allocated_bytes, 41104170, 41104190);
    assert_in_range(busy.live_blocks, 7095, 7097); // of the 50 that live
    assert_in_range(gone.allocations, 1003, 1005);
    assert_int_equal(gone.live_blocks, 0);
    assert_int_equal(gone.live_bytes, 0);
}

// What is left of large sums that were added up in different orders is no error.
static void test_nothing_live_has_no_error(void **state)
{
    (void)state;
    profile_builder_fill_sampled(&built);
    struct profile_sampled_cell *gone =
        (struct profile_sampled_cell *)built.sampled_cells.records + 3;
    gone->samples.variance_bytes = 1e30;
    gone->samples.freed_variance_bytes = 1e30 * (1 - 1e-12);
    load_built(&profile, &built);
    assert_int_equal(heap_error(&profile.heap.sites[2].counts).live_bytes, 0);
}

// Many sites whose estimates end in any fraction: nothing is lost to rounding, and what was freed
// to the last does not come back as a remainder.
static void test_rounding_adds_up(void **state)
{
    (void)state;
    uint64_t seed = 5, live_units = 0, temporary_units = 0, other_units = 0;
    uint32_t root = builder_node(&built, 1, 0);
    built.header.heap_mode = PROFILE_HEAP_SAMPLED;
    built.header.sample_bytes = 4096;
    for (uint64_t i = 0; i < 2000; i++) {
        uint64_t weight = PROFILE_SAMPLED_UNIT + next_random(&seed) % (50 * PROFILE_SAMPLED_UNIT);
        uint64_t count = 1 + next_random(&seed) % 20, freed = next_random(&seed) % (count + 1);
        uint64_t temporary = next_random(&seed) % (freed + 1);
        builder_sampled_cell(&built,
                             &(struct profile_sampled_cell){
                                 {builder_node(&built, 0x401000 + 16 * i, root), 0, count * weight,
                                  count, freed * weight, freed, temporary * weight, 0, 0},
                                 {count, freed, 0, 0, 0, 0, {0, 0}, ""}});
        live_units += (count - freed) * weight;
        temporary_units += temporary * weight;
        other_units += (freed - temporary) * weight;
    }
    load_built(&profile, &built);
    assert_adds_up(&profile.heap);
    for (size_t i = 0; i < profile.heap.site_count; i++) {
        const struct heap_counts *counts = &profile.heap.sites[i].counts;
        bool none_live = counts->samples.taken == counts->samples.freed;
        assert_int_equal(counts->live_blocks == 0, none_live);
    }
    const struct heap_counts *total = &profile.heap.total;
    const uint64_t unit = PROFILE_SAMPLED_UNIT, half = unit / 2;
    assert_int_equal(total->live_blocks, (live_units + half) / unit);
    assert_int_equal(total->temporary, (temporary_units + half) / unit);
    assert_int_equal(total->frees - total->temporary, (other_units + half) / unit);
}

static void test_sampled_threads(void **state)
{
    (void)state;
    profile_builder_fill_sampled(&built);
    load_built(&profile, &built);
    assert_int_equal(profile.threads.records[0].record.allocations, 820515);
    assert_int_equal(profile.threads.records[0].record.allocated_bytes, 1601 * 524800);
    assert_in_range(profile.threads.records[1].record.allocations, 25, 26);
    assert_int_equal(profile.heap.reallocs, 170); // 4 * 5 * 8.5104, rounded once
}

static void test_odd_variances(void **state)
{
    (void)state;
    static const double odd[] = {-1, INFINITY, -INFINITY, NAN, 1e300, 1.1e200};
    profile_builder_fill_sampled(&built);
    load_built(&profile, &built);
    int64_t expected = heap_error(&profile.heap.sites[0].counts).allocations;
    assert_false(has_note(&profile, "variances"));
    profile_release(&profile);
    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        struct profile_sampled_cell *cell = built.sampled_cells.records;
        cell->samples.variance_bytes = cell->samples.freed_variance_blocks = odd[i];
        load_built(&profile, &built);
        struct heap_error error = heap_error(&profile.heap.sites[0].counts);
        assert_int_equal(error.allocations, expected);
        assert_true(error.allocated_bytes > 0);
        assert_true(has_note(&profile, "2 variances are damaged"));
        profile_release(&profile);
    }
}

// More was freed than allocated, and errors beyond any number of bytes.
static void test_impossible_variances(void **state)
{
    (void)state;
    profile_builder_fill_sampled(&built);
    static const double huge[] = {1e200, 1e40, 0x1p126};
    struct profile_sampled_cell *cell = built.sampled_cells.records;
    cell->samples.freed_variance_blocks = 1e100;
    for (size_t i = 0; i < sizeof(huge) / sizeof(*huge); i++) {
        cell->samples.variance_bytes = huge[i];
        load_built(&profile, &built);
        struct heap_error error = heap_error(&profile.heap.sites[0].counts);
        assert_int_equal(error.allocated_bytes, INT64_MAX);
        assert_int_equal(error.live_blocks, 0);
        profile_release(&profile);
    }
}

// Records that are too small to be of a sampled heap are not read as if they were; an exact heap
// takes no notice of what a later version may have put behind its cells.
static void test_records_of_the_other_mode(void **state)
{
    (void)state;
    profile_builder_fill_demo(&built);
    built.header.heap_mode = PROFILE_HEAP_SAMPLED;
    load_built(&profile, &built);
    assert_int_equal(profile.heap.site_count, 0);
    profile_release(&profile);
    built.header.heap_mode = PROFILE_HEAP_EXACT;
    builder_sampled_cell(&built, &(struct profile_sampled_cell){{1, 0, 5, 50, 0, 0, 0, 0, 0},
                                                                {1, 0, 9, 9, 9, 9, {0, 0}, ""}});
    load_built(&profile, &built);
    assert_int_equal(profile.heap.total.allocations, 1015);
    assert_int_equal(heap_error(&profile.heap.total).allocations, 0);
}

static void test_unknown_mode(void **state)
{
    (void)state;
    profile_builder_fill_demo(&built);
    built.header.heap_mode = PROFILE_HEAP_SAMPLED + 1;
    load_built(&profile, &built);
    assert_int_equal(profile.header.heap_mode, PROFILE_HEAP_OFF);
}

// --- threads

static void test_threads(void **state)
{
    (void)state;
    load_demo();
    const struct threads *threads = &profile.threads;
    assert_int_equal(threads->created, 4);
    assert_int_equal(threads->finished, 3);
    assert_int_equal(threads->leaked, 1);
    assert_int_equal(threads->joined, 1);
    assert_int_equal(threads->detached, 1);
    assert_int_equal(threads->running, 1);
    assert_int_equal(threads->adopted, 0);
    assert_string_equal(threads->records[0].join, "running");
    assert_string_equal(threads->records[1].join, "leaked");
    assert_string_equal(threads->records[1].exit, "return");
    assert_string_equal(threads->records[2].join, "joined");
    assert_string_equal(threads->records[3].join, "detached");
    assert_string_equal(threads->records[3].exit, "pthread_exit");
    assert_string_equal(threads->records[4].exit, "process end");
}

static void test_adopted_thread_is_no_leak(void **state)
{
    (void)state;
    builder_thread(&built, &(struct profile_thread){.origin = PROFILE_ORIGIN_ADOPTED,
                                                    .exit_kind = PROFILE_THREAD_RETURNED,
                                                    .end_ns = 5});
    load_built(&profile, &built);
    assert_int_equal(profile.threads.adopted, 1);
    assert_int_equal(profile.threads.created, 0);
    assert_int_equal(profile.threads.finished, 0);
    assert_int_equal(profile.threads.leaked, 0);
    assert_null(profile.threads.records[0].join);
}

static void test_duplicate_serials(void **state)
{
    (void)state;
    struct profile_thread thread = {.origin = PROFILE_ORIGIN_CREATED};
    for (int i = 0; i < 4; i++)
        builder_thread(&built, &thread);
    ((struct profile_thread *)built.threads.records)[2].serial = 1;
    load_built(&profile, &built);
    assert_int_equal(profile.threads.record_count, 3);
    assert_true(has_note(&profile, "1 thread records"));
}

// One thread that starts `start` tenths of the run in, and ends after `length` of them; 0: never.
static void add_run(uint32_t stack, uint64_t start, uint64_t length, uint32_t join_kind)
{
    const uint64_t tenth = 100000000, begin = built.header.start_ns + start * tenth;
    builder_thread(&built, &(struct profile_thread){.origin = PROFILE_ORIGIN_CREATED,
                                                    .creation_stack = stack,
                                                    .create_ns = begin,
                                                    .start_ns = begin,
                                                    .end_ns = length ? begin + length * tenth : 0,
                                                    .join_kind = join_kind});
}

static void set_run_of_a_second(void)
{
    built.header.end_ns = built.header.start_ns + 1000000000;
    builder_thread(&built, &(struct profile_thread){.start_ns = built.header.start_ns});
}

static void test_timeline(void **state)
{
    (void)state;
    set_run_of_a_second();
    add_run(0, 2, 2, PROFILE_JOIN_JOINED);
    add_run(0, 3, 5, PROFILE_JOIN_NONE);
    add_run(0, 5, 0, PROFILE_JOIN_DETACHED);
    load_built(&profile, &built);
    const struct thread_moment *moments = profile.threads.timeline;
    assert_int_equal(profile.threads.moment_count, 100);
    static const struct {
        int64_t percent, alive, unjoined;
    } expected[] = {{10, 1, 0}, {25, 2, 0}, {35, 3, 0}, {45, 2, 0},
                    {60, 3, 0}, {90, 2, 1}, {100, 2, 1}};
    for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
        const struct thread_moment *moment = &moments[expected[i].percent - 1];
        assert_int_equal(moment->time_ns, expected[i].percent * 10000000);
        assert_int_equal(moment->alive, expected[i].alive);
        assert_int_equal(moment->unjoined, expected[i].unjoined);
    }
}

static void test_growth(void **state)
{
    (void)state;
    const uint64_t leaking = 0x401000, pool = 0x402000, served = 0x403000;
    uint32_t leaks = builder_stack(&built, &leaking, 1), pools = builder_stack(&built, &pool, 1);
    uint32_t serves = builder_stack(&built, &served, 1);
    set_run_of_a_second();
    for (uint64_t i = 0; i < 10; i++) {
        add_run(leaks, i, 1, PROFILE_JOIN_NONE);
        add_run(pools, 1, 0, PROFILE_JOIN_NONE);
        add_run(serves, i, 1, PROFILE_JOIN_DETACHED);
    }
    load_built(&profile, &built);
    assert_int_equal(profile.threads.growth_count, 1);
    assert_int_equal(profile.threads.growth[0].creation_stack, leaks);
    static const int64_t counts[GROWTH_WINDOWS] = {2, 3, 4, 6, 7, 8, 9, 10};
    assert_memory_equal(profile.threads.growth[0].counts, counts, sizeof(counts));
    char *text = rendered(&profile, "text", "all");
    assert_non_null(strstr(text, "! more and more, 10 after 6 in half the run, made by 0x400fff"));
    assert_non_null(strstr(text, "over time: 2, 3, 4, 6, 7, 8, 9, 10, made by 0x400fff\n"));
    free(text);
}

// Of a process that ended without a word, the latest time known is its end.
static void test_timeline_of_a_killed_process(void **state)
{
    (void)state;
    set_run_of_a_second();
    add_run(0, 2, 3, PROFILE_JOIN_NONE);
    built.header.exit_kind = PROFILE_EXIT_NONE;
    built.header.end_ns = 0;
    load_built(&profile, &built);
    const struct threads *threads = &profile.threads;
    assert_int_equal(threads->timeline[threads->moment_count - 1].time_ns, 500000000);
    assert_int_equal(threads->timeline[threads->moment_count - 1].unjoined, 1);
}

// --- locks

static void test_locks(void **state)
{
    (void)state;
    load_demo();
    assert_int_equal(profile.lock_count, 2);
    const struct lock *lock = &profile.locks[0];
    assert_string_equal(lock->name, "0x601000");
    assert_int_equal(lock->wait_ns, 212000000);
    assert_int_equal(lock->wait_count, 1);
    assert_int_equal(lock->waits[0].count, 90);
    assert_int_equal(profile.locks[1].acquisitions, 7);
}

static void test_waits_without_lock(void **state)
{
    (void)state;
    profile_builder_fill_demo(&built);
    builder_wait(&built, &(struct profile_lock_wait){.lock = 99, .count = 1});
    load_built(&profile, &built);
    assert_true(has_note(&profile, "1 lock waits"));
    assert_int_equal(profile.locks[0].wait_count, 1);
}

// --- the end of the process

static void assert_end(uint32_t kind, bool running, enum profile_state state, int64_t duration_ns)
{
    built.header.exit_kind = kind;
    built.header.end_ns = kind == PROFILE_EXIT_NONE ? 0 : UINT64_C(3310000000);
    profile_builder_finish(&built);
    struct profile_source source = {.path = "x",
                                    .bytes = built.bytes,
                                    .length_bytes = built.length_bytes,
                                    .running = running,
                                    .now_ns = 1500000000};
    const char *why;
    assert_int_equal(profile_load(&profile, &source, &why), 0);
    assert_int_equal(profile.state, state);
    assert_int_equal(profile.duration_ns, duration_ns);
    profile_release(&profile);
}

static void test_ends(void **state)
{
    (void)state;
    assert_end(PROFILE_EXIT_EXITED, false, STATE_EXITED, 2310000000);
    assert_end(PROFILE_EXIT_EXITED, true, STATE_EXITED, 2310000000);
    assert_end(PROFILE_EXIT_EXECED, false, STATE_EXECED, 2310000000);
    assert_end(PROFILE_EXIT_SIGNALED, false, STATE_SIGNALED, 2310000000);
    assert_end(PROFILE_EXIT_NONE, false, STATE_KILLED, -1);
    assert_end(PROFILE_EXIT_NONE, true, STATE_RUNNING, 500000000);
    assert_end(77, false, STATE_KILLED, -1);
}

static void test_process(void **state)
{
    (void)state;
    load_demo();
    assert_string_equal(profile.exe, "/usr/bin/demo");
    assert_int_equal(profile.arg_count, 2);
    assert_string_equal(profile.args[1], "--fast");
}

// --- stacks

static void assert_frame(struct stack_walk *walk, const char *function, uint64_t offset)
{
    const struct frame *frame = stack_walk_next(&profile, walk);
    assert_non_null(frame);
    if (function)
        assert_string_equal(frame->place->function, function);
    else
        assert_int_equal(frame->offset, offset);
}

static void test_markers(void **state)
{
    (void)state;
    static const struct {
        uint64_t marker;
        const char *name;
    } markers[] = {{PROFILE_MARKER_TRUNCATED, "[truncated]"},
                   {PROFILE_MARKER_STARTUP, "[before start]"},
                   {PROFILE_MARKER_UNWIND_FAILED, "[unwind failed]"}};
    uint32_t stacks[3];
    for (size_t i = 0; i < 3; i++) {
        const uint64_t pcs[] = {markers[i].marker, 0x5001};
        stacks[i] = builder_stack(&built, pcs, 2);
    }
    load_built(&profile, &built);
    for (size_t i = 0; i < 3; i++) {
        struct stack_walk walk = {.node = stacks[i]};
        assert_frame(&walk, NULL, 0x5000);
        assert_frame(&walk, markers[i].name, 0);
        assert_null(stack_walk_next(&profile, &walk));
    }
}

// Called frames are looked up before the return address, an interrupted one at its pc; the same
// node may be both.
static void test_signal_frames(void **state)
{
    (void)state;
    uint32_t root = builder_node(&built, 1, 0);
    uint32_t work = builder_node(&built, 0x401000, root);
    uint32_t trampoline = builder_node(&built, 0x402000 | PROFILE_PC_SIGNAL, work);
    uint32_t handler = builder_node(&built, 0x403000, trampoline);
    uint32_t callee = builder_node(&built, 0x404000, work);
    load_built(&profile, &built);
    struct stack_walk walk = {.node = handler};
    assert_frame(&walk, NULL, 0x402fff);
    assert_frame(&walk, "[signal]", 0);
    assert_frame(&walk, NULL, 0x401000);
    assert_null(stack_walk_next(&profile, &walk));
    walk = (struct stack_walk){.node = callee};
    assert_frame(&walk, NULL, 0x403fff);
    assert_frame(&walk, NULL, 0x400fff);
    assert_null(stack_walk_next(&profile, &walk));
}

static void test_own_frames_are_left_out(void **state)
{
    (void)state;
    const uint64_t pcs[] = {0x401000, 0x901000, 0x402000, 0x902000};
    builder_module(&built, 0x400000, 0x500000, "/usr/bin/demo");
    builder_module(&built, 0x900000, 0xa00000, "/usr/lib/libgaiaprof.so");
    uint32_t stack = builder_stack(&built, pcs, 4);
    load_built(&profile, &built);
    struct stack_walk walk = {.node = stack};
    assert_frame(&walk, NULL, 0x1fff);
    assert_frame(&walk, NULL, 0xfff);
    assert_null(stack_walk_next(&profile, &walk));
}

static void test_generations(void **state)
{
    (void)state;
    uint32_t roots[2], stacks[2];
    builder_module(&built, 0x400000, 0x500000, "/lib/first.so");
    builder_module(&built, 0x400000, 0x500000, "/lib/second.so");
    struct profile_module *first = built.modules.records;
    first->last_generation = 4;
    struct profile_module *second =
        (void *)((char *)built.modules.records + built.modules.record_bytes);
    second->first_generation = 5;
    for (uint32_t i = 0; i < 2; i++) {
        roots[i] = builder_node(&built, 1 + 4 + i, 0);
        stacks[i] = builder_node(&built, 0x401000, roots[i]);
    }
    load_built(&profile, &built);
    struct stack_walk walk = {.node = stacks[0]};
    assert_string_equal(stack_walk_next(&profile, &walk)->place->module, "/lib/first.so");
    walk = (struct stack_walk){.node = stacks[1]};
    assert_string_equal(stack_walk_next(&profile, &walk)->place->module, "/lib/second.so");
}

static void test_user_frame(void **state)
{
    (void)state;
    const uint64_t pcs[] = {0x401000, 0x402000, 0x701000}, runtime_only[] = {0x701000};
    builder_module(&built, 0x400000, 0x500000, "/usr/bin/demo");
    builder_module(&built, 0x700000, 0x800000, "/lib/libc.so.6");
    uint32_t stack = builder_stack(&built, pcs, 3);
    uint32_t runtime = builder_stack(&built, runtime_only, 1);
    load_built(&profile, &built);
    assert_int_equal(stack_user_frame(&profile, stack)->offset, 0x1fff);
    assert_int_equal(stack_user_frame(&profile, runtime)->offset, 0xfff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sums_over_slots, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_peak_adds_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_peak_now, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_epoch_wraps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unpublished_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sampled_sums, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sampled_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_live_has_no_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rounding_adds_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sampled_threads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_odd_variances, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_impossible_variances, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_records_of_the_other_mode, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_mode, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_threads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_adopted_thread_is_no_leak, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_timeline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_growth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_timeline_of_a_killed_process, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_duplicate_serials, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_locks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_waits_without_lock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_process, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_markers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_signal_frames, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_own_frames_are_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_generations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_user_frame, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
