// SPDX-License-Identifier: MIT
//
// json_timeline.c - the section of the timeline: one object a moment.
#include "report/json/json_writer.h"

static json_t *moment_value(struct json_writer *writer, const struct moment *moment)
{
    bool has_heap = writer->profile->header.heap_mode != PROFILE_HEAP_OFF;
    json_t *value = json_object();
    json_set_integer(writer, value, "t_ns", moment->time_ns);
    if (has_heap) {
        json_set_integer(writer, value, "live_bytes", moment->live_bytes);
        json_set_integer(writer, value, "live_blocks", moment->live_blocks);
        json_set_integer(writer, value, "allocations", moment->allocations);
        json_set_integer(writer, value, "allocated_bytes", moment->allocated_bytes);
    }
    json_set_run_time(writer, value, moment->rss_is_highest ? "rss_highest_bytes" : "rss_bytes",
                      moment->rss_bytes);
    json_set_integer(writer, value, "threads", moment->threads);
    if (writer->profile->header.locks_on)
        json_set_integer(writer, value, "lock_wait_ns", moment->lock_wait_ns);
    json_set_run_time(writer, value, "cpu_ns", moment->cpu_ns);
    return value;
}

void json_put_timeline(struct json_writer *writer)
{
    const struct profile *profile = writer->profile;
    bool first = true;
    fputc('[', writer->out);
    for (size_t i = 0; i < profile->timeline_count; i++) {
        json_begin_element(writer, &first);
        json_put(writer, moment_value(writer, &profile->timeline[i]));
    }
    fputc(']', writer->out);
}
