// SPDX-License-Identifier: MIT
//
// profile_stacks.c - the stack trie and walks over it. What a node's address means is looked up
// when a stack with it is first walked, and kept with the node in the common case.
#include "report/model/profile_parts.h"

#include <errno.h>

#define DEPTH_MAX 1100 // frames that max_frames allows, markers and root
#define GENERATION_UNKNOWN 0u
#define GENERATION_UNSOUND UINT32_MAX
#define MARKER_DAMAGED 0

struct node {
    uint64_t pc; // 0: not published
    uint32_t parent;
    uint32_t generation1;      // 1 + generation of the root, or one of the words above
    struct location *location; // as a return address
};

struct stack_table {
    struct node *nodes; // by id
    uint32_t limit;
};

// --- loading

static void load_nodes(struct stack_table *table, const struct profile_reader *reader,
                       const struct profile_span *span)
{
    uint64_t count = profile_span_records(span, sizeof(struct profile_node));
    for (uint64_t i = 0; i < count; i++) {
        struct profile_node record;
        if (!profile_reader_record(reader, span, i, sizeof(record.pc), &record, sizeof(record)))
            continue;
        uint64_t id = span->first_id + i;
        if (id == 0 || id >= table->limit || table->nodes[id].pc != 0)
            continue;
        table->nodes[id].pc = record.pc;
        table->nodes[id].parent = record.parent;
    }
}

// Room for what the chunks can hold, not for what their ids claim.
static uint32_t node_limit(struct profile_reader *reader)
{
    uint64_t records = 0, last = 0;
    for (struct profile_span span = {0}; profile_reader_next(reader, &span);) {
        if (span.type != PROFILE_CHUNK_NODES)
            continue;
        uint64_t count = profile_span_records(&span, sizeof(struct profile_node));
        records += count;
        if (span.first_id + count > last)
            last = span.first_id + count;
    }
    uint64_t limit = 2 * records + 2;
    limit = last < limit ? last + 1 : limit;
    return limit < PROFILE_NODES_MAX ? (uint32_t)limit : PROFILE_NODES_MAX;
}

int profile_load_stacks(struct profile *profile, struct profile_reader *reader)
{
    struct stack_table *table = region_alloc(&profile->region, sizeof(*table));
    if (!table)
        return -ENOMEM;
    profile->stacks = table;
    table->limit = node_limit(reader);
    table->nodes = region_array(&profile->region, table->limit, sizeof(*table->nodes));
    if (!table->nodes)
        return -ENOMEM;
    for (struct profile_span span = {0}; profile_reader_next(reader, &span);)
        if (span.type == PROFILE_CHUNK_NODES)
            load_nodes(table, reader, &span);
    return 0;
}

// --- nodes

uint32_t profile_stack_limit(const struct profile *profile)
{
    return profile->stacks->limit;
}

static struct node *node_at(struct stack_table *table, uint32_t id)
{
    struct node *node = id < table->limit ? &table->nodes[id] : NULL;
    return node && node->pc != 0 ? node : NULL;
}

static uint32_t root_generation1(const struct node *root)
{
    uint64_t generation1 = root->pc;
    return generation1 < GENERATION_UNSOUND ? (uint32_t)generation1 : GENERATION_UNSOUND;
}

// Leads to a root within DEPTH_MAX steps: then it is no cycle either. The answer is kept in every
// node on the way.
static uint32_t stack_generation1(struct stack_table *table, uint32_t stack)
{
    uint32_t answer = GENERATION_UNSOUND;
    uint32_t id = stack;
    for (int depth = 0; depth < DEPTH_MAX; depth++) {
        const struct node *node = node_at(table, id);
        if (!node)
            break;
        answer = node->parent == 0 ? root_generation1(node) : node->generation1;
        if (answer != GENERATION_UNKNOWN)
            break;
        answer = GENERATION_UNSOUND;
        id = node->parent;
    }
    id = stack;
    for (int depth = 0; depth < DEPTH_MAX; depth++) {
        struct node *node = node_at(table, id);
        if (!node || node->parent == 0 || node->generation1 != GENERATION_UNKNOWN)
            break;
        node->generation1 = answer;
        id = node->parent;
    }
    return answer;
}

static bool stack_is_sound(struct profile *profile, uint32_t stack)
{
    return stack_generation1(profile->stacks, stack) != GENERATION_UNSOUND;
}

void profile_check_stacks(struct profile *profile)
{
    size_t unsound = 0;
    for (size_t i = 0; i < profile->heap.site_count; i++)
        unsound += !stack_is_sound(profile, profile->heap.sites[i].stack);
    for (size_t i = 0; i < profile->leaks.record_count; i++)
        unsound += !stack_is_sound(profile, profile->leaks.records[i].stack);
    for (size_t i = 0; i < profile->heap_misuse_count; i++) {
        const struct profile_heap_misuse *record = &profile->heap_misuses[i].record;
        unsound += record->stack && !stack_is_sound(profile, record->stack);
        unsound += record->free_stack && !stack_is_sound(profile, record->free_stack);
    }
    for (size_t i = 0; i < profile->lock_count; i++) {
        const struct lock *lock = &profile->locks[i];
        for (size_t j = 0; j < lock->wait_count; j++)
            unsound += lock->waits[j].stack && !stack_is_sound(profile, lock->waits[j].stack);
        for (size_t j = 0; j < lock->holder_count; j++)
            unsound += !stack_is_sound(profile, lock->holders[j].stack);
    }
    for (size_t i = 0; i < profile->threads.record_count; i++) {
        uint32_t stack = profile->threads.records[i].record.creation_stack;
        unsound += stack != 0 && !stack_is_sound(profile, stack);
    }
    if (unsound)
        profile_note(profile, "%zu stacks are damaged or cut off with the file", unsound);
}

// Of the stacks that were checked.
void profile_use_modules(struct profile *profile)
{
    const struct stack_table *table = profile->stacks;
    for (uint32_t id = 1; id < table->limit; id++) {
        const struct node *node = &table->nodes[id];
        bool is_sound = node->generation1 != GENERATION_UNKNOWN &&
                        node->generation1 != GENERATION_UNSOUND && node->parent != 0;
        if (is_sound && node->pc >= PROFILE_MARKER_END && !(node->pc & PROFILE_PC_SIGNAL))
            module_table_use(profile, node->pc - 1, node->generation1 - 1);
    }
}

// A signal trampoline's pc is its first instruction and an interrupted pc is the next one to run:
// both are looked up as they are. Every other pc is behind a call.
static struct location *node_location(struct profile *profile, struct node *node, bool interrupted)
{
    if (node->pc < PROFILE_MARKER_END)
        return location_of_marker(profile, node->pc);
    if (profile_is_merged(profile))
        return location_of_group(profile, node->pc - PROFILE_MARKER_END);
    if (node->location && !interrupted)
        return node->location;
    bool trampoline = node->pc & PROFILE_PC_SIGNAL;
    uint64_t pc = node->pc & ~PROFILE_PC_SIGNAL;
    struct location_key key = {
        .address = trampoline || interrupted ? pc : pc - 1,
        .generation = node->generation1 - 1,
        .kind = trampoline ? ADDRESS_SIGNAL : ADDRESS_CODE,
    };
    struct location *location = location_of_address(profile, &key);
    if (!interrupted)
        node->location = location;
    return location;
}

// --- walks

struct location *stack_walk_location(struct profile *profile, struct stack_walk *walk)
{
    struct stack_table *table = profile->stacks;
    if (walk->node != 0 && walk->depth == 0 && !stack_is_sound(profile, walk->node)) {
        walk->node = 0;
        return location_of_marker(profile, MARKER_DAMAGED);
    }
    while (walk->node != 0) {
        struct node *node = &table->nodes[walk->node];
        walk->depth++;
        walk->node = node->parent;
        if (node->parent == 0)
            return NULL;
        if (walk->depth > DEPTH_MAX) {
            walk->node = 0;
            return location_of_marker(profile, PROFILE_MARKER_TRUNCATED);
        }
        struct location *location = node_location(profile, node, walk->interrupted);
        walk->interrupted = (node->pc & PROFILE_PC_SIGNAL) != 0 && !profile_is_merged(profile);
        if (!location_is_ours(location))
            return location;
    }
    return NULL;
}

const struct frame *stack_walk_next(struct profile *profile, struct stack_walk *walk)
{
    if (walk->next_frame == walk->frame_count) {
        const struct location *location = stack_walk_location(profile, walk);
        walk->frame_count = location ? location_frames(location, &walk->frames) : 0;
        walk->next_frame = 0;
    }
    return walk->frame_count ? &walk->frames[walk->next_frame++] : NULL;
}

const struct frame *stack_user_frame(struct profile *profile, uint32_t stack)
{
    struct stack_walk walk = {.node = stack};
    const struct frame *leaf = NULL;
    for (const struct frame *frame; (frame = stack_walk_next(profile, &walk));) {
        if (!frame->runtime && !frame->marker)
            return frame;
        if (!leaf)
            leaf = frame;
    }
    if (!leaf)
        location_frames(location_of_marker(profile, MARKER_DAMAGED), &leaf);
    return leaf;
}
