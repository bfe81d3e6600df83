// SPDX-License-Identifier: MIT
//
// json_threads.c - the section of threads.
#include "report/json/json_writer.h"

// Times of a thread count from the start of the process.
static void set_time(struct json_writer *writer, json_t *object, const char *key, uint64_t ns)
{
    if (ns != 0)
        json_set_integer(writer, object, key, (int64_t)(ns - writer->profile->header.start_ns));
}

static json_t *thread_value(struct json_writer *writer, const struct thread *thread)
{
    const struct profile_thread *record = &thread->record;
    json_t *value = json_object();
    json_set_integer(writer, value, "serial", record->serial);
    if (profile_is_merged(writer->profile))
        json_set_integer(writer, value, "count", thread->count);
    json_set_integer(writer, value, "tid", record->tid);
    json_set_text(writer, value, "name", record->name);
    set_time(writer, value, "start_ns", record->start_ns);
    set_time(writer, value, "end_ns", record->end_ns);
    json_set_integer(writer, value, "cpu_ns", (int64_t)record->cpu_ns);
    json_set_text(writer, value, "exit", thread->exit);
    json_set(writer, value, "join", thread->join ? json_text(thread->join) : json_null());
    json_set_suppressed(writer, value, thread->suppressed);
    json_set_integer(writer, value, "allocations", (int64_t)record->allocations);
    json_set_integer(writer, value, "allocated_bytes", (int64_t)record->allocated_bytes);
    json_set_integer(writer, value, "lock_wait_ns", (int64_t)record->lock_wait_ns);
    return value;
}

static void put_records(struct json_writer *writer)
{
    const struct threads *threads = &writer->profile->threads;
    bool first = true;
    json_begin_list(writer, "records");
    for (size_t i = 0; i < threads->record_count; i++) {
        const struct thread *thread = &threads->records[i];
        if (thread->hidden)
            continue;
        json_begin_element(writer, &first);
        json_put_with_stack(writer, thread_value(writer, thread), "created_by",
                            thread->record.creation_stack);
    }
    fputc(']', writer->out);
}

static void put_growth(struct json_writer *writer)
{
    const struct threads *threads = &writer->profile->threads;
    bool first = true;
    json_begin_list(writer, "growth");
    for (size_t i = 0; i < threads->growth_count; i++) {
        const struct thread_growth *growth = &threads->growth[i];
        if (growth->hidden)
            continue;
        json_t *value = json_object(), *counts = json_array();
        for (size_t j = 0; j < GROWTH_WINDOWS; j++)
            writer->failed |= json_array_append_new(counts, json_integer(growth->counts[j])) != 0;
        json_set(writer, value, "counts", counts);
        json_begin_element(writer, &first);
        json_put_with_stack(writer, value, "created_by", growth->creation_stack);
    }
    fputc(']', writer->out);
}

static void put_timeline(struct json_writer *writer)
{
    const struct threads *threads = &writer->profile->threads;
    bool first = true;
    json_begin_list(writer, "timeline");
    for (size_t i = 0; i < threads->moment_count; i++) {
        json_t *value = json_object();
        json_set_integer(writer, value, "t_ns", threads->timeline[i].time_ns);
        json_set_integer(writer, value, "alive", threads->timeline[i].alive);
        json_set_integer(writer, value, "unjoined", threads->timeline[i].unjoined);
        json_begin_element(writer, &first);
        json_put(writer, value);
    }
    fputc(']', writer->out);
}

void json_put_threads(struct json_writer *writer)
{
    const struct threads *threads = &writer->profile->threads;
    json_t *totals = json_object();
    json_set_integer(writer, totals, "created", threads->created);
    json_set_integer(writer, totals, "peak", threads->peak);
    json_set_integer(writer, totals, "finished", threads->finished);
    json_set_integer(writer, totals, "joined", threads->joined);
    json_set_integer(writer, totals, "detached", threads->detached);
    json_set_integer(writer, totals, "leaked", threads->leaked);
    json_set_integer(writer, totals, "running_at_exit", threads->running);
    json_set_integer(writer, totals, "adopted", threads->adopted);
    json_open(writer, totals);
    put_records(writer);
    put_growth(writer);
    put_timeline(writer);
    fputc('}', writer->out);
}
