// SPDX-License-Identifier: MIT
//
// combine_parts.h - how combine.c (what is summed), combine_stacks.c (texts, frames and the trie),
// combine_locks.c and combine_write.c (the file) share one combination. Internal to them.
#ifndef GAIAPROF_COMBINE_PARTS_H
#define GAIAPROF_COMBINE_PARTS_H

#include "report/diff/combine.h"
#include "report/diff/keyed_table.h"

// --- what the sides share

struct frame_key {
    uint32_t function, file, line, module; // texts
    uint32_t flags;                        // enum profile_merged_frame_flag
    uint32_t reserved;
    uint64_t offset;
};

// With what the key leaves out, as first seen.
struct combined_frame {
    struct frame_key key;
    uint32_t file, line, module, flags;
    uint32_t profile; // that it was first seen in
};

// The frames of one call: `frame` (an index), which is inlined into those of `outer` (1 + index of
// a call; 0: none).
struct combined_call {
    uint32_t outer, frame;
};

struct combined_node {
    uint32_t parent;   // id of a node
    uint32_t call;     // index
    uint32_t is_stack; // something was counted for it
};

#define COMBINED_ROOT 1u
#define COMBINED_FIRST 2u // id of the node with index 0

struct texts {
    char *bytes; // the first is NUL: offset 0 is no text
    size_t length, room;
    uint32_t *slots; // offsets
    size_t slot_count, count;
};

// --- what each side sums

struct combined_site {
    uint32_t stack;
    struct heap_counts counts;
};

struct leak_key {
    uint32_t stack, class;
};
struct combined_leak {
    struct leak_key key;
    int64_t blocks, bytes, indirect_blocks, indirect_bytes;
};

struct heap_misuse_key {
    uint32_t kind, stack, free_stack, allocated_by, freed_by;
};
struct combined_heap_misuse {
    struct heap_misuse_key key;
    uint64_t count, time_ns, offset, bytes;
};

struct thread_key {
    uint32_t creation_stack, origin, exit_kind, join_kind;
};
struct combined_threads {
    struct thread_key key;
    uint64_t count, cpu_ns, allocations, allocated_bytes, reallocs, lock_wait_ns;
};

struct lock_key {
    uint32_t name, kind;
};
// The waits are beyond those of its records.
struct combined_lock {
    struct lock_key key;
    uint32_t base, name_flags, flags, end;
    uint32_t creation_stack, initialised, block_stack;
    uint64_t block_offset;
    int64_t acquisitions, try_failed, owner_died, owner_changes, holds, hold_ns, hold_max_ns;
    int64_t contentions, wait_ns, timeouts, handoff_ns, wait_max_ns;
};

struct wait_key {
    uint32_t lock, stack; // index of the lock
};
struct combined_wait {
    struct wait_key key;
    int64_t count, wait_ns, wait_max_ns, timeouts, handoff_ns;
    int64_t histogram[PROFILE_WAIT_BUCKETS];
};

struct pair_key {
    uint32_t wait, holder_stack; // index of the wait
};
struct combined_pair {
    struct pair_key key;
    int64_t count, wait_ns;
};

struct lock_misuse_key {
    uint32_t kind, lock, stack, other_stack;
};
struct combined_lock_misuse {
    struct lock_misuse_key key;
    uint64_t count, time_ns;
};

// A circle is named by its last edge, an edge by what comes before it: so circles that are the same
// are one. Locks are 1 + index; 0: nothing known.
struct edge_key {
    uint32_t before; // 1 + index; 0: the first
    uint32_t kind, from, to;
};
struct combined_edge {
    struct edge_key key;
    uint32_t stack_from, stack_to, owner_stack, mode, why;
    uint32_t number; // from 0
    bool is_last;    // of a circle
};

struct text_key {
    uint32_t text;
};
struct combined_program {
    struct text_key name;
    int64_t profile_count;
};

struct sums {
    struct profile_header header; // what of it is summed
    struct profile_merged merged;
    bool classified; // leaks, in a profile at least
    uint64_t stopped_ns, scanned_bytes;
    uint32_t exe; // text; 0: none yet
    bool has_several_exes;
    struct keyed_table sites, leaks, heap_misuses, threads, locks, waits, pairs, lock_misuses,
        edges, programs, notes;
    uint64_t notes_left_out;
};

struct combination {
    enum combination_key key;
    struct texts texts;
    struct keyed_table frames, calls, nodes;
    size_t stack_count;
    uint32_t profile_count; // so far
    struct sums sums[COMBINATION_SIDES];
};

// One profile being added.
struct addition {
    struct combination *combination;
    struct sums *sums;
    struct profile *profile;
    uint32_t *calls; // by number of its locations: 1 + index of the call
    size_t call_room;
    struct keyed_table stacks; // struct known_stack
    bool failed;               // without memory
};

// 0: none, or without memory. Of an empty text, too.
uint32_t combination_text(struct combination *combination, const char *text);
void texts_release(struct texts *texts);
uint32_t addition_text(struct addition *addition, const char *text);

// The node of a stack of the profile; 0: it has none.
uint32_t addition_stack(struct addition *addition, uint32_t stack);
void addition_release(struct addition *addition);

// The record with the key, in one of the tables; a dummy without memory.
void *addition_record(struct addition *addition, struct keyed_table *table, const void *key);

void addition_locks(struct addition *addition);

#endif
