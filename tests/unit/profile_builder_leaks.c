// SPDX-License-Identifier: MIT
//
// profile_builder_leaks.c - profile_builder_fill_leaks().
#include "tests/unit/profile_builder.h"

static uint32_t stack_at(struct profile_builder *builder, uint64_t pc)
{
    const uint64_t pcs[] = {0x401000, pc};
    return builder_stack(builder, pcs, 2);
}

static void add_misuses(struct profile_builder *builder, uint32_t stack)
{
    uint32_t free_stack = stack_at(builder, 0x408000);
    const struct profile_heap_misuse misuses[] = {
        {.kind = PROFILE_HEAP_MISMATCH,
         .stack = stack,
         .free_stack = free_stack,
         .allocated_by = PROFILE_FAMILY_NEW_ARRAY,
         .freed_by = PROFILE_FREED_BY_DELETE,
         .thread = 1,
         .count = 3,
         .time_ns = 1500000000,
         .bytes = 40},
        {.kind = PROFILE_HEAP_INTERIOR,
         .stack = stack,
         .free_stack = free_stack,
         .freed_by = PROFILE_FREED_BY_REALLOC,
         .thread = 1,
         .count = 1,
         .time_ns = 1600000000,
         .offset = 16,
         .bytes = 64},
        {.kind = PROFILE_HEAP_FREED_TWICE,
         .stack = stack,
         .free_stack = free_stack,
         .thread = 1,
         .count = 2,
         .time_ns = 1700000000},
    };
    for (size_t i = 0; i < sizeof(misuses) / sizeof(*misuses); i++)
        builder_heap_misuse(builder, &misuses[i]);
}

void profile_builder_fill_leaks(struct profile_builder *builder)
{
    builder_module(builder, 0x400000, 0x500000, "/usr/bin/demo");
    uint32_t parse = stack_at(builder, 0x402000), cache = stack_at(builder, 0x403000);
    uint32_t node = stack_at(builder, 0x404000), item = stack_at(builder, 0x405000);
    uint32_t table = stack_at(builder, 0x406000);
    // 2^20 ns are a unit of time
    builder_timed_cell(builder, &(struct profile_cell){parse, 0, 5, 200, 2, 80, 0, 3, 120}, 300,
                       400);
    builder_timed_cell(builder, &(struct profile_cell){cache, 0, 1, 500, 0, 0, 0, 1, 500}, 100,
                       100);
    builder_timed_cell(builder, &(struct profile_cell){node, 0, 8, 4096, 0, 0, 0, 8, 4096}, 310,
                       500);
    builder_timed_cell(builder, &(struct profile_cell){item, 0, 2, 64, 0, 0, 0, 2, 64}, 0, 0);
    builder_timed_cell(builder, &(struct profile_cell){table, 0, 41, 73800, 0, 0, 0, 41, 73800}, 1,
                       1000);
    const struct profile_leak leaks[] = {
        {.stack = table, .class = PROFILE_LEAK_REACHABLE, .blocks = 41, .bytes = 73800},
        {.stack = cache, .class = PROFILE_LEAK_DEFINITE, .blocks = 1, .bytes = 500},
        {.stack = parse,
         .class = PROFILE_LEAK_DEFINITE,
         .blocks = 3,
         .bytes = 120,
         .indirect_blocks = 8,
         .indirect_bytes = 4096},
        {.stack = node, .class = PROFILE_LEAK_INDIRECT, .blocks = 8, .bytes = 4096},
        {.stack = item, .class = PROFILE_LEAK_POSSIBLE, .blocks = 2, .bytes = 64},
    };
    for (size_t i = 0; i < sizeof(leaks) / sizeof(*leaks); i++)
        builder_leak(builder, &leaks[i]);
    builder->leak_scan = (struct profile_leak_scan){
        .is_classified = 1, .time_ns = 3300000000, .stopped_ns = 2500000, .scanned_bytes = 1 << 20};
    builder->header.leaks_on = 1;
    builder->header.live_bytes = builder->header.peak_bytes = 78580;
    add_misuses(builder, parse);
}
