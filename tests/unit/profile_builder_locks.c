// SPDX-License-Identifier: MIT
//
// profile_builder_locks.c - a profile with everything that can be said of locks.
#include "tests/unit/profile_builder.h"

struct demo {
    struct profile_builder *builder;
    uint32_t lock_at[4], unlock_at[2], made_at, wait_at;
};

static uint32_t demo_stack(struct profile_builder *builder, uint64_t pc)
{
    const uint64_t pcs[] = {0x401000, pc};
    return builder_stack(builder, pcs, 2);
}

// Of the lock of the demo, and its wait: their ids are 1.
static void add_holders(const struct demo *demo)
{
    builder_pair(demo->builder,
                 &(struct profile_lock_pair){1, demo->unlock_at[0], 70, 150000000, 0, 0});
    builder_pair(demo->builder,
                 &(struct profile_lock_pair){1, demo->unlock_at[1], 20, 60000000, 0, 0});
    for (uint64_t slot = 1; slot < 3; slot++)
        builder_lock_cell(demo->builder, &(struct profile_lock_cell){.lock = 1,
                                                                     .acquisitions = 200 * slot,
                                                                     .try_failed = slot,
                                                                     .owner_changes = 5,
                                                                     .holds = 200 * slot,
                                                                     .hold_ns = 1000000,
                                                                     .hold_max_ns = 7000 * slot});
}

static void add_idle(const struct demo *demo)
{
    const struct profile_lock kinds[] = {
        {.address = 0x602000,
         .kind = PROFILE_LOCK_CONDITION,
         .contentions = 20,
         .wait_ns = 900000000,
         .wait_max_ns = 90000000,
         .handoff_ns = 400000},
        {.address = 0x1000,
         .kind = PROFILE_LOCK_JOIN,
         .creation_stack = demo->made_at,
         .contentions = 3,
         .wait_ns = 80000000,
         .wait_max_ns = 50000000},
        {.address = 0x602040, .kind = PROFILE_LOCK_BARRIER, .contentions = 4, .wait_ns = 70000},
        {.address = 0x602080, .kind = PROFILE_LOCK_FUTEX, .contentions = 1, .wait_ns = 50},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        uint32_t lock = builder_lock(
            demo->builder, &(struct profile_lock){.address = kinds[i].address,
                                                  .kind = kinds[i].kind,
                                                  .creation_stack = kinds[i].creation_stack});
        builder_wait(demo->builder, &(struct profile_lock_wait){.lock = lock,
                                                                .stack = demo->wait_at,
                                                                .count = kinds[i].contentions,
                                                                .wait_ns = kinds[i].wait_ns,
                                                                .wait_max_ns = kinds[i].wait_max_ns,
                                                                .handoff_ns = kinds[i].handoff_ns,
                                                                .histogram = {[26] = 3}});
    }
}

// Two threads take two locks in opposite order, a third thread in that of the first.
static void add_order(const struct demo *demo, uint32_t first, uint32_t second)
{
    builder_nesting(demo->builder, &(struct profile_lock_nesting){.lock = second,
                                                                  .held_lock = first,
                                                                  .held_stack = demo->lock_at[0],
                                                                  .stack = demo->lock_at[1],
                                                                  .thread = 2,
                                                                  .other_thread = 4});
    builder_nesting(demo->builder, &(struct profile_lock_nesting){.lock = first,
                                                                  .held_lock = second,
                                                                  .held_stack = demo->lock_at[2],
                                                                  .stack = demo->lock_at[3],
                                                                  .thread = 3});
}

static void add_deadlocks(const struct demo *demo, uint32_t first, uint32_t second)
{
    const struct profile_deadlock_link links[] = {
        {.deadlock = 1, .link_count = 2, .lock = second, .thread = 2, .owner = 3},
        {.deadlock = 1, .link_count = 2, .link = 1, .lock = first, .thread = 3, .owner = 2},
        {.deadlock = 2, .link_count = 1, .lock = first, .thread = 1, .owner = 1},
    };
    for (size_t i = 0; i < 3; i++) {
        struct profile_deadlock_link link = links[i];
        link.kind = PROFILE_DEADLOCK_CYCLE;
        link.wait_stack = demo->lock_at[i];
        link.owner_stack = demo->lock_at[i + 1];
        link.time_ns = 2000000000 + link.deadlock;
        builder_deadlock(demo->builder, &link);
    }
    builder_deadlock(demo->builder, &(struct profile_deadlock_link){.deadlock = 3,
                                                                    .kind = PROFILE_DEADLOCK_ORPHAN,
                                                                    .link_count = 1,
                                                                    .lock = second,
                                                                    .thread = 4,
                                                                    .owner = 2,
                                                                    .wait_stack = demo->lock_at[2],
                                                                    .time_ns = 2100000000});
}

static void add_misuses(const struct demo *demo, uint32_t lock)
{
    for (uint32_t kind = 1; kind < PROFILE_MISUSE_COUNT; kind++)
        builder_misuse(demo->builder, &(struct profile_lock_misuse){.kind = kind,
                                                                    .lock = lock,
                                                                    .stack = demo->lock_at[1],
                                                                    .other_stack = demo->made_at,
                                                                    .thread = 2,
                                                                    .owner = kind % 2 ? 3 : 0,
                                                                    .count = kind,
                                                                    .time_ns = 1500000000});
}

void profile_builder_fill_locks(struct profile_builder *builder)
{
    profile_builder_fill_demo(builder);
    struct demo demo = {.builder = builder};
    for (uint32_t i = 0; i < 4; i++)
        demo.lock_at[i] = demo_stack(builder, 0x410000 + 0x100 * i);
    for (uint32_t i = 0; i < 2; i++)
        demo.unlock_at[i] = demo_stack(builder, 0x411000 + 0x100 * i);
    demo.made_at = demo_stack(builder, 0x412000);
    demo.wait_at = demo_stack(builder, 0x413000);
    builder->header.hold_mode = PROFILE_HOLD_EXACT;
    add_holders(&demo);
    add_idle(&demo);
    for (uint64_t i = 0; i < 5; i++)
        builder_lock(builder, &(struct profile_lock){.address = 0x7f0000001000 + 0x40 * i,
                                                     .block_stack = demo.made_at,
                                                     .block_offset = 16,
                                                     .acquisitions = 10,
                                                     .contentions = 1,
                                                     .wait_ns = 100000,
                                                     .wait_max_ns = 100000});
    uint32_t first = builder_lock(builder, &(struct profile_lock){.address = 0x603000});
    uint32_t second = builder_lock(
        builder, &(struct profile_lock){.address = 0x603040, .kind = PROFILE_LOCK_RWLOCK});
    add_order(&demo, first, second);
    add_deadlocks(&demo, first, second);
    add_misuses(&demo, first);
}
