// SPDX-License-Identifier: MIT
//
// profile_builder.h - well-formed profiles in memory, for tests: fill records in any order, then
// profile_builder_finish(). Aborts without memory.
#ifndef GAIAPROF_TESTS_PROFILE_BUILDER_H
#define GAIAPROF_TESTS_PROFILE_BUILDER_H

#include "preload/profile_format.h"

#include <stddef.h>

struct builder_records {
    void *records;
    size_t count, record_bytes;
    size_t file_bytes; // of a record in the file; 0: record_bytes
};

struct profile_builder {
    struct profile_header header; // fields may be set freely until the end
    struct builder_records nodes, cells, cell_times, sampled_cells, threads, locks, waits;
    struct builder_records lock_cells, pairs, nestings, misuses, deadlocks, heap_misuses, leaks;
    struct builder_records moments;
    struct profile_leak_scan leak_scan; // of all zero there is none, nor leaks
    const char *leak_reason;            // why there is no class; NULL: none
    struct builder_records modules;     // of struct builder_module
    const char *process;                // "exe\0argv[0]\0...", process_bytes long
    size_t process_bytes;
    unsigned char *bytes; // the file, after _finish
    size_t length_bytes, room_bytes;
};

// A process "demo" (pid 4711) that ran 2.31 s and exited 0, everything recorded.
void profile_builder_init(struct profile_builder *builder);
void profile_builder_release(struct profile_builder *builder);

// Ids of what they add.
uint32_t builder_node(struct profile_builder *builder, uint64_t pc, uint32_t parent);
uint32_t builder_stack(struct profile_builder *builder, const uint64_t *pcs, size_t count);
uint32_t builder_lock(struct profile_builder *builder, const struct profile_lock *lock);
uint32_t builder_wait(struct profile_builder *builder, const struct profile_lock_wait *wait);
uint32_t builder_nesting(struct profile_builder *builder,
                         const struct profile_lock_nesting *nesting);

void builder_cell(struct profile_builder *builder, const struct profile_cell *cell);
// With times, in a profile of version 4.
void builder_timed_cell(struct profile_builder *builder, const struct profile_cell *cell,
                        uint32_t first, uint32_t last);
void builder_sampled_cell(struct profile_builder *builder, const struct profile_sampled_cell *cell);
void builder_thread(struct profile_builder *builder, const struct profile_thread *thread);
void builder_lock_cell(struct profile_builder *builder, const struct profile_lock_cell *cell);
void builder_pair(struct profile_builder *builder, const struct profile_lock_pair *pair);
void builder_misuse(struct profile_builder *builder, const struct profile_lock_misuse *misuse);
void builder_deadlock(struct profile_builder *builder, const struct profile_deadlock_link *link);
void builder_heap_misuse(struct profile_builder *builder, const struct profile_heap_misuse *misuse);
void builder_leak(struct profile_builder *builder, const struct profile_leak *leak);
void builder_moment(struct profile_builder *builder, const struct profile_moment *moment);
void builder_module(struct profile_builder *builder, uint64_t start, uint64_t end,
                    const char *path);

// Makes the file of what was added. With a header.version below 3 the records about locks are those
// of that time: shorter, and not of every type. Since 4 chunks of cells have times.
void profile_builder_finish(struct profile_builder *builder);

// Another chunk at the end of the finished profile.
void profile_builder_append(struct profile_builder *builder, uint32_t type, size_t record_bytes,
                            const void *payload, size_t bytes);

// One of everything: sites of two slots, a peak, temporary blocks, waits, threads of every
// end. What the tests expect stands in them.
void profile_builder_fill_demo(struct profile_builder *builder);

// The demo with so many moments, evenly over its run.
void profile_builder_fill_timeline(struct profile_builder *builder, uint64_t moments);

// Adds one of everything that can be said of locks: kinds, holders, pairs, orders, deadlocks,
// misuse.
void profile_builder_fill_locks(struct profile_builder *builder);

// Live blocks of five stacks, classified: two places lost some, one of them with others; misuse of
// the heap of every kind.
void profile_builder_fill_leaks(struct profile_builder *builder);

// The same as the demo with a heap sampled every 512 KiB. Three places: one with many samples of 1
// KiB, mostly freed, in two slots; one with 3 of 64 KiB, all live; one freed to the last.
void profile_builder_fill_sampled(struct profile_builder *builder);

#endif
