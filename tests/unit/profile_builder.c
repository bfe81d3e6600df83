// SPDX-License-Identifier: MIT
//
// profile_builder.c - see profile_builder.h.
#include "tests/unit/profile_builder.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct builder_module {
    struct profile_module module;
    const char *path;
};

static void *push(struct builder_records *records)
{
    if ((records->count & (records->count - 1)) == 0) { // full at every power of two
        size_t room = records->count ? 2 * records->count : 1;
        records->records = realloc(records->records, room * records->record_bytes);
        if (!records->records)
            abort();
    }
    void *record = (char *)records->records + records->count++ * records->record_bytes;
    memset(record, 0, records->record_bytes);
    return record;
}

void profile_builder_init(struct profile_builder *builder)
{
    static const char process[] = "/usr/bin/demo\0demo\0--fast";
    *builder = (struct profile_builder){
        .nodes.record_bytes = sizeof(struct profile_node),
        .cells.record_bytes = sizeof(struct profile_cell),
        .cell_times.record_bytes = sizeof(struct profile_cell_times),
        .heap_misuses.record_bytes = sizeof(struct profile_heap_misuse),
        .moments.record_bytes = sizeof(struct profile_moment),
        .leaks.record_bytes = sizeof(struct profile_leak),
        .sampled_cells.record_bytes = sizeof(struct profile_sampled_cell),
        .threads.record_bytes = sizeof(struct profile_thread),
        .locks.record_bytes = sizeof(struct profile_lock),
        .waits.record_bytes = sizeof(struct profile_lock_wait),
        .lock_cells.record_bytes = sizeof(struct profile_lock_cell),
        .pairs.record_bytes = sizeof(struct profile_lock_pair),
        .nestings.record_bytes = sizeof(struct profile_lock_nesting),
        .misuses.record_bytes = sizeof(struct profile_lock_misuse),
        .deadlocks.record_bytes = sizeof(struct profile_deadlock_link),
        .modules.record_bytes = sizeof(struct builder_module),
        .process = process,
        .process_bytes = sizeof(process),
    };
    struct profile_header *header = &builder->header;
    memcpy(header->magic, PROFILE_MAGIC, sizeof(header->magic));
    header->version = PROFILE_VERSION;
    header->byte_order = PROFILE_BYTE_ORDER;
    header->pid = 4711;
    header->parent_pid = 4710;
    header->start_realtime_ns = UINT64_C(1700000000000000001);
    header->start_ns = 1000000000;
    header->end_ns = 3310000000;
    header->exit_kind = PROFILE_EXIT_EXITED;
    header->heap_mode = PROFILE_HEAP_EXACT;
    header->locks_on = header->threads_on = 1;
    header->max_frames = 256;
    header->granule_bytes = 32;
    header->threads_alive = header->threads_peak = 1;
    strcpy(header->allocator, "glibc");
}

void profile_builder_release(struct profile_builder *builder)
{
    free(builder->nodes.records);
    free(builder->cells.records);
    free(builder->cell_times.records);
    free(builder->heap_misuses.records);
    free(builder->moments.records);
    free(builder->leaks.records);
    free(builder->sampled_cells.records);
    free(builder->threads.records);
    free(builder->locks.records);
    free(builder->waits.records);
    free(builder->lock_cells.records);
    free(builder->pairs.records);
    free(builder->nestings.records);
    free(builder->misuses.records);
    free(builder->deadlocks.records);
    free(builder->modules.records);
    free(builder->bytes);
}

uint32_t builder_node(struct profile_builder *builder, uint64_t pc, uint32_t parent)
{
    struct profile_node *node = push(&builder->nodes);
    *node = (struct profile_node){.pc = pc, .parent = parent};
    return (uint32_t)builder->nodes.count;
}

// Outermost first in `pcs`; a root of generation 0 below them.
uint32_t builder_stack(struct profile_builder *builder, const uint64_t *pcs, size_t count)
{
    uint32_t node = builder_node(builder, 1, 0);
    for (size_t i = 0; i < count; i++)
        node = builder_node(builder, pcs[i], node);
    return node;
}

uint32_t builder_lock(struct profile_builder *builder, const struct profile_lock *lock)
{
    *(struct profile_lock *)push(&builder->locks) = *lock;
    return (uint32_t)builder->locks.count;
}

void builder_timed_cell(struct profile_builder *builder, const struct profile_cell *cell,
                        uint32_t first, uint32_t last)
{
    *(struct profile_cell *)push(&builder->cells) = *cell;
    *(struct profile_cell_times *)push(&builder->cell_times) =
        (struct profile_cell_times){first, last};
}

void builder_cell(struct profile_builder *builder, const struct profile_cell *cell)
{
    builder_timed_cell(builder, cell, 0, 0);
}

void builder_heap_misuse(struct profile_builder *builder, const struct profile_heap_misuse *misuse)
{
    *(struct profile_heap_misuse *)push(&builder->heap_misuses) = *misuse;
}

void builder_moment(struct profile_builder *builder, const struct profile_moment *moment)
{
    *(struct profile_moment *)push(&builder->moments) = *moment;
}

void builder_leak(struct profile_builder *builder, const struct profile_leak *leak)
{
    *(struct profile_leak *)push(&builder->leaks) = *leak;
}

void builder_sampled_cell(struct profile_builder *builder, const struct profile_sampled_cell *cell)
{
    *(struct profile_sampled_cell *)push(&builder->sampled_cells) = *cell;
}

void builder_thread(struct profile_builder *builder, const struct profile_thread *thread)
{
    struct profile_thread *record = push(&builder->threads);
    *record = *thread;
    record->serial = (uint32_t)builder->threads.count;
}

uint32_t builder_wait(struct profile_builder *builder, const struct profile_lock_wait *wait)
{
    *(struct profile_lock_wait *)push(&builder->waits) = *wait;
    return (uint32_t)builder->waits.count;
}

uint32_t builder_nesting(struct profile_builder *builder,
                         const struct profile_lock_nesting *nesting)
{
    *(struct profile_lock_nesting *)push(&builder->nestings) = *nesting;
    return (uint32_t)builder->nestings.count;
}

void builder_lock_cell(struct profile_builder *builder, const struct profile_lock_cell *cell)
{
    *(struct profile_lock_cell *)push(&builder->lock_cells) = *cell;
}

void builder_pair(struct profile_builder *builder, const struct profile_lock_pair *pair)
{
    *(struct profile_lock_pair *)push(&builder->pairs) = *pair;
}

void builder_misuse(struct profile_builder *builder, const struct profile_lock_misuse *misuse)
{
    *(struct profile_lock_misuse *)push(&builder->misuses) = *misuse;
}

void builder_deadlock(struct profile_builder *builder, const struct profile_deadlock_link *link)
{
    *(struct profile_deadlock_link *)push(&builder->deadlocks) = *link;
}

void builder_module(struct profile_builder *builder, uint64_t start, uint64_t end, const char *path)
{
    struct builder_module *module = push(&builder->modules);
    module->path = path;
    module->module = (struct profile_module){
        .start = start,
        .end = end,
        .bias = start,
        .last_generation = UINT32_MAX,
        .path_bytes = (uint32_t)strlen(path),
    };
}

// --- the file

static unsigned char *extend(struct profile_builder *builder, size_t bytes)
{
    size_t length = builder->length_bytes + bytes;
    if (length > builder->room_bytes) {
        builder->room_bytes = 2 * length;
        builder->bytes = realloc(builder->bytes, builder->room_bytes);
    }
    if (!builder->bytes)
        abort();
    unsigned char *added = builder->bytes + builder->length_bytes;
    memset(added, 0, bytes);
    builder->length_bytes = length;
    return added;
}

static void put_chunk(struct profile_builder *builder, struct profile_chunk chunk,
                      const void *payload, size_t bytes)
{
    size_t length = sizeof(chunk) + bytes;
    length += -length % PROFILE_CHUNK_ALIGN;
    chunk.length_bytes = length;
    chunk.used_bytes = bytes;
    unsigned char *at = extend(builder, length);
    memcpy(at, &chunk, sizeof(chunk));
    if (bytes)
        memcpy(at + sizeof(chunk), payload, bytes);
}

static void put_records(struct profile_builder *builder, uint32_t type,
                        const struct builder_records *records, size_t first, size_t count)
{
    size_t bytes = records->file_bytes ? records->file_bytes : records->record_bytes;
    if (count == 0)
        return;
    char *payload = malloc(count * bytes);
    if (!payload)
        abort();
    for (size_t i = 0; i < count; i++)
        memcpy(payload + i * bytes, (char *)records->records + (first + i) * records->record_bytes,
               bytes);
    struct profile_chunk chunk = {
        .type = type,
        .record_bytes = (uint32_t)bytes,
        .first_id = (uint32_t)first + 1,
    };
    put_chunk(builder, chunk, payload, count * bytes);
    free(payload);
}

// In two chunks where there is enough for two.
static void put_all(struct profile_builder *builder, uint32_t type,
                    const struct builder_records *records)
{
    size_t half = records->count / 2;
    put_records(builder, type, records, 0, half);
    put_records(builder, type, records, half, records->count - half);
}

// Behind the cells are their times. The profiler makes larger chunks, aligned; readers need not
// care.
static void put_cells(struct profile_builder *builder, size_t first, size_t count)
{
    unsigned char payload[PROFILE_CELLS_BYTES - PROFILE_CHUNK_ALIGN];
    size_t at = builder->length_bytes, cells_bytes = count * sizeof(struct profile_cell);
    size_t times_bytes = count * sizeof(struct profile_cell_times);
    memcpy(payload, (struct profile_cell *)builder->cells.records + first, cells_bytes);
    memcpy(payload + cells_bytes, (struct profile_cell_times *)builder->cell_times.records + first,
           times_bytes);
    put_chunk(builder,
              (struct profile_chunk){.type = PROFILE_CHUNK_CELLS,
                                     .record_bytes = sizeof(struct profile_cell)},
              payload, cells_bytes + times_bytes);
    struct profile_chunk *chunk = (void *)(builder->bytes + at);
    chunk->used_bytes = cells_bytes;
}

static void put_all_cells(struct profile_builder *builder)
{
    size_t count = builder->cells.count, half = (count + 1) / 2;
    size_t most = half < PROFILE_CELLS_COUNT ? half : PROFILE_CELLS_COUNT;
    if (builder->header.version < 4) {
        put_all(builder, PROFILE_CHUNK_CELLS, &builder->cells);
        return;
    }
    for (size_t first = 0; first < count; first += most)
        put_cells(builder, first, count - first < most ? count - first : most);
}

static void put_leaks(struct profile_builder *builder)
{
    static const struct profile_leak_scan none;
    unsigned char payload[sizeof(none) + 4096] = {0};
    size_t reason_bytes = builder->leak_reason ? strlen(builder->leak_reason) + 1 : 0;
    if (memcmp(&builder->leak_scan, &none, sizeof(none)) == 0 && !reason_bytes)
        return;
    builder->leak_scan.reason_bytes = reason_bytes ? (uint32_t)reason_bytes - 1 : 0;
    memcpy(payload, &builder->leak_scan, sizeof(none));
    if (reason_bytes)
        memcpy(payload + sizeof(none), builder->leak_reason, reason_bytes);
    put_chunk(builder, (struct profile_chunk){.type = PROFILE_CHUNK_LEAK_SCAN}, payload,
              sizeof(none) + reason_bytes);
    put_records(builder, PROFILE_CHUNK_LEAKS, &builder->leaks, 0, builder->leaks.count);
}

static void put_module(struct profile_builder *builder, const struct builder_module *module)
{
    unsigned char payload[sizeof(struct profile_module) + 4096] = {0};
    size_t path_bytes = strlen(module->path) + 1;
    if (path_bytes > 4096)
        abort();
    memcpy(payload, &module->module, sizeof(module->module));
    memcpy(payload + sizeof(module->module), module->path, path_bytes);
    put_chunk(builder, (struct profile_chunk){.type = PROFILE_CHUNK_MODULE}, payload,
              sizeof(module->module) + path_bytes);
}

static void put_locks(struct profile_builder *builder)
{
    bool is_old = builder->header.version < 3;
    builder->locks.file_bytes = is_old ? 128 : 0;
    builder->waits.file_bytes = is_old ? 64 : 0;
    put_all(builder, PROFILE_CHUNK_LOCKS, &builder->locks);
    put_all(builder, PROFILE_CHUNK_LOCK_WAITS, &builder->waits);
    if (is_old)
        return;
    put_all(builder, PROFILE_CHUNK_LOCK_CELLS, &builder->lock_cells);
    put_all(builder, PROFILE_CHUNK_LOCK_PAIRS, &builder->pairs);
    put_all(builder, PROFILE_CHUNK_LOCK_NESTINGS, &builder->nestings);
    put_all(builder, PROFILE_CHUNK_LOCK_MISUSES, &builder->misuses);
    put_all(builder, PROFILE_CHUNK_DEADLOCKS, &builder->deadlocks);
}

static void put_header(struct profile_builder *builder)
{
    builder->header.used_bytes = builder->length_bytes;
    memcpy(builder->bytes, &builder->header, sizeof(builder->header));
}

void profile_builder_finish(struct profile_builder *builder)
{
    builder->length_bytes = 0;
    extend(builder, PROFILE_HEADER_BYTES);
    put_chunk(builder, (struct profile_chunk){.type = PROFILE_CHUNK_PROCESS}, builder->process,
              builder->process_bytes);
    for (size_t i = 0; i < builder->modules.count; i++)
        put_module(builder, (struct builder_module *)builder->modules.records + i);
    put_chunk(builder, (struct profile_chunk){.type = 4000}, "of a later version", 18);
    put_all(builder, PROFILE_CHUNK_NODES, &builder->nodes);
    put_all_cells(builder);
    put_all(builder, PROFILE_CHUNK_CELLS, &builder->sampled_cells);
    put_all(builder, PROFILE_CHUNK_THREADS, &builder->threads);
    put_locks(builder);
    put_all(builder, PROFILE_CHUNK_HEAP_MISUSES, &builder->heap_misuses);
    put_all(builder, PROFILE_CHUNK_TIMELINE, &builder->moments);
    put_leaks(builder);
    put_chunk(builder, (struct profile_chunk){.type = PROFILE_CHUNK_PAD}, NULL, 0);
    put_header(builder);
}

void profile_builder_append(struct profile_builder *builder, uint32_t type, size_t record_bytes,
                            const void *payload, size_t bytes)
{
    put_chunk(builder, (struct profile_chunk){.type = type, .record_bytes = (uint32_t)record_bytes},
              payload, bytes);
    put_header(builder);
}

// --- the demo

static void demo_heap(struct profile_builder *builder)
{
    const uint64_t request[] = {0x401000, 0x402000}, cache[] = {0x401000, 0x403000};
    uint32_t busy = builder_stack(builder, request, 2);
    uint32_t kept = builder_stack(builder, cache, 2);
    struct profile_cell cells[] = {
        {busy, 3, 600, 60000, 550, 55000, 500, 10, 1000},
        {busy, 2, 400, 40000, 400, 40000, 100, 77, 7777}, // untouched since peak 2
        {kept, 3, 10, 5000, 0, 0, 0, 8, 4000},
        {kept, 3, 0, 0, 2, 1000, 0, -1, -500}, // freed by another thread
    };
    for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++)
        builder_cell(builder, &cells[i]);
    builder->header.peak_epoch = 3;
    builder->header.peak_bytes = 4500;
    builder->header.live_bytes = 4000;
}

static void demo_locks(struct profile_builder *builder)
{
    const uint64_t waiter[] = {0x401000, 0x404000};
    uint32_t stack = builder_stack(builder, waiter, 2);
    uint32_t lock =
        builder_lock(builder, &(struct profile_lock){.address = 0x601000, .acquisitions = 1000});
    builder_lock(builder, &(struct profile_lock){.address = 0x601040, .acquisitions = 7});
    builder_wait(builder, &(struct profile_lock_wait){.lock = lock,
                                                      .stack = stack,
                                                      .count = 90,
                                                      .wait_ns = 212000000,
                                                      .wait_max_ns = 3100000,
                                                      .histogram = {[20] = 60, [21] = 30}});
}

static void demo_threads(struct profile_builder *builder)
{
    const uint64_t creator[] = {0x401000, 0x405000};
    uint32_t stack = builder_stack(builder, creator, 2);
    struct profile_thread main_thread = {.tid = 4711, .start_ns = 1000000000, .name = "demo"};
    struct profile_thread worker = {.tid = 4712,
                                    .origin = PROFILE_ORIGIN_CREATED,
                                    .creation_stack = stack,
                                    .create_ns = 1100000000,
                                    .start_ns = 1100000001,
                                    .end_ns = 1200000000,
                                    .cpu_ns = 50000000,
                                    .exit_kind = PROFILE_THREAD_RETURNED,
                                    .name = "worker",
                                    .reallocs = 3};
    builder_thread(builder, &main_thread);
    builder_thread(builder, &worker);
    worker.join_kind = PROFILE_JOIN_JOINED;
    builder_thread(builder, &worker);
    worker.join_kind = PROFILE_JOIN_DETACHED;
    worker.exit_kind = PROFILE_THREAD_PTHREAD_EXIT;
    builder_thread(builder, &worker);
    worker.join_kind = PROFILE_JOIN_NONE;
    worker.exit_kind = PROFILE_THREAD_RUNNING;
    worker.end_ns = worker.cpu_ns = 0;
    builder_thread(builder, &worker);
    builder->header.threads_peak = 3;
}

// What a sample of 1 KiB and one of 64 KiB add at 512 KiB: 1/p = 512.5 and 8.51 blocks.
static const struct {
    uint64_t blocks, bytes;
    double variance_blocks, variance_bytes;
} demo_kib = {33587283, 524800, 262143.9, 2.748779e11},
  demo_64_kib = {557739, 557739, 63.9, 2.746e11};

static void demo_sampled_heap(struct profile_builder *builder)
{
    const uint64_t request[] = {0x401000, 0x402000}, cache[] = {0x401000, 0x403000};
    const uint64_t page[] = {0x401000, 0x406000};
    uint32_t busy = builder_stack(builder, request, 2);
    uint32_t kept = builder_stack(builder, cache, 2);
    uint32_t gone = builder_stack(builder, page, 2);
    const uint64_t kib = demo_kib.blocks, bytes = demo_kib.bytes;
    const double variance = demo_kib.variance_blocks, variance_bytes = demo_kib.variance_bytes;
    const struct profile_sampled_cell cells[] = {
        {{busy, 1, 1000 * kib, 1000 * bytes, 900 * kib, 900 * bytes, 400 * kib, 0, 0},
         {1000,
          900,
          1000 * variance,
          1000 * variance_bytes,
          900 * variance,
          900 * variance_bytes,
          {0, 0},
          ""}},
        {{busy, 1, 600 * kib, 600 * bytes, 650 * kib, 650 * bytes, 100 * kib, 0, 0},
         {600,
          650,
          600 * variance,
          600 * variance_bytes,
          650 * variance,
          650 * variance_bytes,
          {0, 0},
          ""}},
        {{kept, 1, 3 * demo_64_kib.blocks, 3 * demo_64_kib.bytes, 0, 0, 0, 0, 0},
         {3, 0, 3 * demo_64_kib.variance_blocks, 3 * demo_64_kib.variance_bytes, 0, 0, {0, 0}, ""}},
        {{gone, 1, kib, bytes, kib, bytes, 0, 0, 0},
         {1, 1, variance, variance_bytes, variance, variance_bytes, {0, 0}, ""}},
    };
    for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++)
        builder_sampled_cell(builder, &cells[i]);
    builder->header.heap_mode = PROFILE_HEAP_SAMPLED;
    builder->header.sample_bytes = 512 << 10;
    builder->header.peak_epoch = 1;
    builder->header.live_bytes = builder->header.peak_bytes = 50 * bytes + 3 * demo_64_kib.bytes;
}

void profile_builder_fill_sampled(struct profile_builder *builder)
{
    builder_module(builder, 0x400000, 0x500000, "/usr/bin/demo");
    demo_sampled_heap(builder);
    demo_locks(builder);
    demo_threads(builder);
    struct profile_thread *threads = builder->threads.records;
    threads[0].allocations = 1601 * demo_kib.blocks;
    threads[0].allocated_bytes = 1601 * demo_kib.bytes;
    threads[1].allocations = 3 * demo_64_kib.blocks;
    threads[1].allocated_bytes = 3 * demo_64_kib.bytes;
    for (size_t i = 1; i < builder->threads.count; i++)
        threads[i].reallocs = 5 * demo_64_kib.blocks;
}

void profile_builder_fill_demo(struct profile_builder *builder)
{
    builder_module(builder, 0x400000, 0x500000, "/usr/bin/demo");
    demo_heap(builder);
    demo_locks(builder);
    demo_threads(builder);
}

void profile_builder_fill_timeline(struct profile_builder *builder, uint64_t moments)
{
    profile_builder_fill_demo(builder);
    builder->header.timeline_on = 1;
    for (uint64_t i = 0; i < moments; i++)
        builder_moment(builder,
                       &(struct profile_moment){
                           .time_ns = builder->header.start_ns + i * (2280000000 / moments),
                           .live_bytes = i * (moments - i) * 1000,
                           .live_blocks = i * (moments - i),
                           .rss_kib = 4000 + (uint32_t)i,
                           .threads = 1 + i % 3,
                           .allocations = i * 500,
                           .allocated_bytes = i * 50000,
                           .lock_wait_ns = i * 1000000,
                           .cpu_ns = i * 30000000,
                       });
}
