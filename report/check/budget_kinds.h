// SPDX-License-Identifier: MIT
//
// budget_kinds.h - what a budget can limit: its value in a profile, and what that is made of. A new
// kind is a row of the table in budget_kinds.c. Internal to budget*.c.
#ifndef GAIAPROF_BUDGET_KINDS_H
#define GAIAPROF_BUDGET_KINDS_H

#include "report/model/profile.h"

enum budget_unit { BUDGET_COUNT, BUDGET_BYTES, BUDGET_NS };

// What must have been recorded.
enum budget_needs { NEEDS_HEAP, NEEDS_LEAKS, NEEDS_THREADS, NEEDS_LOCKS };

// A part of a value. Those of one place are one site, unless they have circles of their own.
struct budget_item {
    int64_t value;
    int64_t bytes;  // of blocks, beside their number; else 0
    uint32_t stack; // 0: unknown
    const struct lock *lock;
    const struct order_cycle *cycle;
    const struct heap_misuse *misuse;
    const struct place *place; // of the stack, once somebody asks for it
};

struct budget_items {
    struct region *region;
    struct budget_item *list;
    size_t count, room;
    int64_t value, bytes; // sums
    bool failed;          // without memory
};

struct budget_kind {
    const char *name;
    enum budget_unit unit;
    enum budget_needs needs;
    const char *noun, *nouns; // of a count
    void (*collect)(struct budget_items *items, const struct profile *profile);
    const char *help;
};

extern const struct budget_kind budget_kinds[]; // ends with name NULL

#endif
