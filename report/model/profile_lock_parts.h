// SPDX-License-Identifier: MIT
//
// profile_lock_parts.h - how the parts of the model that are about locks (profile_lock*.c) share
// the loading of one profile. Internal to them. Everything returns 0 or -ENOMEM.
#ifndef GAIAPROF_PROFILE_LOCK_PARTS_H
#define GAIAPROF_PROFILE_LOCK_PARTS_H

#include "report/model/profile_parts.h"

// Copies of all published records of one type, as this version lays them out: what a record of an
// older version lacks is 0. The writer's `next` gives way to the record's id.
struct record_list {
    uint32_t type;      // enum profile_chunk_type
    uint32_t key_bytes; // of the first field
    size_t bytes;
    size_t bytes_least; // in the oldest version
    size_t id_off;      // 0: has none
    void *records;
    size_t count, room;
};

struct lock_records {
    struct record_list locks, waits, cells, pairs, nestings, misuses, deadlocks, order;
    struct region scratch; // goes with the loading
    struct lock **by_id;   // the locks of the profile
};

int lock_records_load(struct lock_records *records, struct profile_reader *reader);

// NULL if there is none.
struct lock *lock_find(const struct profile *profile, const struct lock_records *records,
                       uint32_t id);

// Waits, holders and pairs of all locks, which are sorted by id.
int lock_waits_load(struct profile *profile, struct lock_records *records);

// These append to profile->order and set profile->misuses. The locks stay where they are.
int lock_deadlocks_load(struct profile *profile, struct lock_records *records);
int lock_order_load(struct profile *profile, struct lock_records *records);
int lock_merged_order_load(struct profile *profile, struct lock_records *records);
int lock_misuses_load(struct profile *profile, struct lock_records *records);

// --- circles in a graph

// From `from` to `to`; numbers of nodes are below node_count.
struct arc {
    uint32_t from, to;
};

// A circle: arcs[i] leads from the `to` of the one before it, the first from that of the last.
struct circle {
    uint32_t *arcs; // indices
    size_t count;
};

struct graph {
    struct region *region; // of everything made
    uint32_t node_count;
    struct arc *arcs; // by (from, to), no two the same
    size_t arc_count;
    uint32_t *first_arc; // by node, and one more at the end
};

// The strongly connected component of each node.
int graph_components(struct region *region, uint32_t node_count, const struct arc *arcs,
                     size_t arc_count, uint32_t **ret_components);

int graph_init(struct graph *graph);

// A shortest circle through each arc, none twice (two of the same nodes are the same). *ret_cut:
// some were left out, because there were too many or the search took too long.
int graph_circles(const struct graph *graph, struct circle **ret_circles, size_t *ret_count,
                  bool *ret_cut);

#endif
