// SPDX-License-Identifier: MIT
//
// json_locks.c - the sections of locks, of their order and of their misuse.
#include "report/json/json_writer.h"

#include <stdlib.h>

// --- locks

static json_t *flags_value(struct json_writer *writer, uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } names[] = {
        {PROFILE_LOCK_RECURSIVE, "recursive"},
        {PROFILE_LOCK_ERRORCHECK, "errorcheck"},
        {PROFILE_LOCK_ADAPTIVE, "adaptive"},
        {PROFILE_LOCK_ROBUST, "robust"},
        {PROFILE_LOCK_PRIO_INHERIT, "prio_inherit"},
        {PROFILE_LOCK_PRIO_PROTECT, "prio_protect"},
        {PROFILE_LOCK_SHARED, "shared"},
        {PROFILE_LOCK_C11, "c11"},
        {PROFILE_LOCK_PREFER_WRITER, "prefer_writer"},
    };
    json_t *value = json_array();
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (flags & names[i].flag)
            writer->failed |= json_array_append_new(value, json_string(names[i].name)) != 0;
    return value;
}

static const char *end_name(uint32_t end)
{
    return end == PROFILE_LOCK_DESTROYED ? "destroyed"
           : end == PROFILE_LOCK_FREED   ? "freed"
                                         : "lives";
}

// What names a lock, here and where others refer to it.
static json_t *identity_value(struct json_writer *writer, const struct lock *lock)
{
    json_t *value = json_object();
    json_set_text(writer, value, "name", lock->name);
    json_set_text(writer, value, "kind", lock_kind_name(lock->kind));
    json_set_integer(writer, value, "address", (int64_t)lock->address);
    json_set_integer(writer, value, "generation", lock->generation);
    return value;
}

static void set_waits(struct json_writer *writer, json_t *value, const struct lock *lock)
{
    bool idle = lock_is_idle_kind(lock->kind);
    json_set_integer(writer, value, "contentions", idle ? 0 : lock->contentions);
    json_set_integer(writer, value, "timeouts", lock->timeouts);
    json_set_integer(writer, value, "wait_ns", idle ? 0 : lock->wait_ns);
    json_set_integer(writer, value, "wait_max_ns", lock->wait_max_ns);
    if (lock->wait_p50_ns >= 0) {
        json_set_integer(writer, value, "wait_p50_ns", lock->wait_p50_ns);
        json_set_integer(writer, value, "wait_p99_ns", lock->wait_p99_ns);
    }
    if (idle) {
        json_set_integer(writer, value, "waits", lock->contentions);
        json_set_integer(writer, value, "idle_ns", lock->wait_ns);
    }
    if (lock->kind == PROFILE_LOCK_CONDITION)
        json_set_integer(writer, value, "handoff_ns", lock->handoff_ns);
}

static json_t *lock_value(struct json_writer *writer, const struct lock *lock)
{
    json_t *value = identity_value(writer, lock);
    json_set_suppressed(writer, value, lock->suppressed);
    json_set(writer, value, "flags", flags_value(writer, lock->flags));
    json_set_text(writer, value, "end", end_name(lock->end));
    json_set(writer, value, "initialised", json_boolean(lock->initialised));
    json_set_integer(writer, value, "acquisitions", lock->acquisitions);
    json_set_integer(writer, value, "try_failed", lock->try_failed);
    json_set_integer(writer, value, "owner_died", lock->owner_died);
    json_set_integer(writer, value, "owner_changes", lock->owner_changes);
    set_waits(writer, value, lock);
    if (lock_is_held(lock->kind) && writer->profile->header.hold_mode != PROFILE_HOLD_OFF) {
        json_set_integer(writer, value, "holds", lock->holds);
        json_set_integer(writer, value, "hold_ns", lock->hold_ns);
        json_set_integer(writer, value, "hold_max_ns", lock->hold_max_ns);
    }
    return value;
}

static json_t *wait_value(struct json_writer *writer, const struct lock_wait *wait)
{
    json_t *value = json_object();
    json_set_integer(writer, value, "count", wait->count);
    json_set_integer(writer, value, "wait_ns", wait->wait_ns);
    json_set_integer(writer, value, "wait_max_ns", wait->wait_max_ns);
    json_set_integer(writer, value, "timeouts", wait->timeouts);
    if (writer->profile->header.version < 3)
        return value;
    json_t *histogram = json_array();
    for (size_t i = 0; i < PROFILE_WAIT_BUCKETS; i++)
        writer->failed |= json_array_append_new(histogram, json_integer(wait->histogram[i])) != 0;
    json_set(writer, value, "histogram", histogram);
    return value;
}

// numbers[i] becomes the index among what is shown. NULL without memory.
static uint32_t *put_waiters(struct json_writer *writer, const struct lock *lock)
{
    uint32_t *numbers = calloc(lock->wait_count + 1, sizeof(*numbers)), shown = 0;
    bool first = true;
    json_begin_list(writer, "waiters");
    for (size_t i = 0; numbers && i < lock->wait_count; i++) {
        const struct lock_wait *wait = &lock->waits[i];
        if (wait->hidden)
            continue;
        numbers[i] = shown++;
        json_begin_element(writer, &first);
        json_put_with_stack(writer, wait_value(writer, wait), "stack", wait->stack);
    }
    fputc(']', writer->out);
    return numbers;
}

static uint32_t *put_holders(struct json_writer *writer, const struct lock *lock)
{
    uint32_t *numbers = calloc(lock->holder_count + 1, sizeof(*numbers)), shown = 0;
    bool first = true;
    json_begin_list(writer, "holders");
    for (size_t i = 0; numbers && i < lock->holder_count; i++) {
        const struct lock_holder *holder = &lock->holders[i];
        if (holder->hidden)
            continue;
        numbers[i] = shown++;
        json_t *value = json_object();
        json_set_integer(writer, value, "count", holder->count);
        json_set_integer(writer, value, "wait_ns", holder->wait_ns);
        json_begin_element(writer, &first);
        json_put_with_stack(writer, value, "stack", holder->stack);
    }
    fputc(']', writer->out);
    return numbers;
}

static void put_pairs(struct json_writer *writer, const struct lock *lock)
{
    uint32_t *waiters = put_waiters(writer, lock), *holders = put_holders(writer, lock);
    bool first = true, ready = waiters && holders;
    writer->failed |= !ready;
    json_begin_list(writer, "pairs");
    for (size_t i = 0; ready && i < lock->pair_count; i++) {
        const struct lock_pair *pair = &lock->pairs[i];
        if (lock->waits[pair->waiter].hidden || lock->holders[pair->holder].hidden)
            continue;
        json_t *value = json_object();
        json_set_integer(writer, value, "waiter", waiters[pair->waiter]);
        json_set_integer(writer, value, "holder", holders[pair->holder]);
        json_set_integer(writer, value, "count", pair->count);
        json_set_integer(writer, value, "wait_ns", pair->wait_ns);
        json_begin_element(writer, &first);
        json_put(writer, value);
    }
    fputc(']', writer->out);
    free(waiters);
    free(holders);
}

static void put_lock(struct json_writer *writer, const struct lock *lock)
{
    json_open(writer, lock_value(writer, lock));
    json_key(writer, "created_by");
    json_put_stack(writer, lock->creation_stack);
    if (lock->block_stack) {
        json_t *block = json_object();
        json_set_integer(writer, block, "offset", (int64_t)lock->block_offset);
        json_key(writer, "block");
        json_put_with_stack(writer, block, "stack", lock->block_stack);
    }
    put_pairs(writer, lock);
    fputc('}', writer->out);
}

static void begin_section_element(struct json_writer *writer, bool *first)
{
    fputs(*first ? "\n" JSON_STEP JSON_STEP : ",\n" JSON_STEP JSON_STEP, writer->out);
    *first = false;
}

void json_put_locks(struct json_writer *writer)
{
    bool first = true;
    fputc('[', writer->out);
    for (size_t i = 0; i < writer->profile->lock_count; i++) {
        begin_section_element(writer, &first);
        put_lock(writer, &writer->profile->locks[i]);
    }
    fputc(']', writer->out);
}

// --- order

static void put_edge(struct json_writer *writer, const struct order_edge *edge)
{
    json_t *value = json_object();
    json_set_integer(writer, value, "to", edge->to);
    if (edge->from != ORDER_NO_LOCK)
        json_set_integer(writer, value, "from", edge->from);
    json_set_integer(writer, value, "thread", edge->thread);
    if (edge->owner)
        json_set_integer(writer, value, "owner", edge->owner);
    json_open(writer, value);
    if (edge->from != ORDER_NO_LOCK) {
        json_key(writer, "stack_from");
        json_put_stack(writer, edge->stack_from);
    }
    json_key(writer, "stack_to");
    json_put_stack(writer, edge->stack_to);
    if (edge->owner_stack) {
        json_key(writer, "owner_stack");
        json_put_stack(writer, edge->owner_stack);
    }
    fputc('}', writer->out);
}

static int64_t run_time(const struct json_writer *writer, uint64_t time_ns)
{
    return (int64_t)(time_ns - writer->profile->header.start_ns);
}

static void put_cycle(struct json_writer *writer, const struct order_cycle *cycle)
{
    json_t *value = json_object(), *locks = json_array();
    bool first = true;
    json_set_text(writer, value, "kind", order_kind_name(cycle->kind));
    if (cycle->why)
        json_set_text(writer, value, "why", cycle->why);
    if (cycle->kind == ORDER_DEADLOCK)
        json_set_integer(writer, value, "t_ns", run_time(writer, cycle->time_ns));
    json_set_suppressed(writer, value, cycle->suppressed);
    for (size_t i = 0; i < cycle->lock_count; i++)
        writer->failed |=
            json_array_append_new(locks, identity_value(writer, cycle->locks[i])) != 0;
    json_set(writer, value, "locks", locks);
    json_open(writer, value);
    json_begin_list(writer, "edges");
    for (size_t i = 0; i < cycle->edge_count; i++) {
        json_begin_element(writer, &first);
        put_edge(writer, &cycle->edges[i]);
    }
    fputs("]}", writer->out);
}

void json_put_order(struct json_writer *writer)
{
    bool first = true;
    fputc('[', writer->out);
    for (size_t i = 0; i < writer->profile->order_count; i++) {
        if (writer->profile->order[i].hidden)
            continue;
        begin_section_element(writer, &first);
        put_cycle(writer, &writer->profile->order[i]);
    }
    fputc(']', writer->out);
}

// --- misuse

static void put_misuse(struct json_writer *writer, const struct lock_misuse *misuse)
{
    const struct profile_lock_misuse *record = &misuse->record;
    json_t *value = json_object();
    json_set_text(writer, value, "kind", misuse_kind_name(record->kind));
    json_set(writer, value, "lock", identity_value(writer, misuse->lock));
    json_set_integer(writer, value, "count", (int64_t)record->count);
    json_set_integer(writer, value, "t_ns", run_time(writer, record->time_ns));
    json_set_integer(writer, value, "thread", record->thread);
    if (record->owner)
        json_set_integer(writer, value, "owner", record->owner);
    json_set_suppressed(writer, value, misuse->suppressed);
    json_open(writer, value);
    json_key(writer, "stack");
    json_put_stack(writer, record->stack);
    if (record->other_stack) {
        json_key(writer, "other_stack");
        json_put_stack(writer, record->other_stack);
    }
    fputc('}', writer->out);
}

void json_put_misuses(struct json_writer *writer)
{
    bool first = true;
    fputc('[', writer->out);
    for (size_t i = 0; i < writer->profile->misuse_count; i++) {
        if (writer->profile->misuses[i].hidden)
            continue;
        begin_section_element(writer, &first);
        put_misuse(writer, &writer->profile->misuses[i]);
    }
    fputc(']', writer->out);
}
