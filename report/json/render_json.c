// SPDX-License-Identifier: MIT
//
// render_json.c - schema 1 of docs/json.md. A section that was not recorded is absent.
#include "report/json/json_writer.h"
#include "report/text/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// --- sections

static const char *state_name(enum profile_state state)
{
    static const char *const names[] = {
        [STATE_EXITED] = "exited",   [STATE_SIGNALED] = "signaled", [STATE_EXECED] = "execed",
        [STATE_RUNNING] = "running", [STATE_KILLED] = "killed",
    };
    return names[state];
}

static const char *start_text(struct json_writer *writer)
{
    time_t seconds = (time_t)(writer->profile->header.start_realtime_ns / 1000000000);
    unsigned ns = (unsigned)(writer->profile->header.start_realtime_ns % 1000000000);
    struct tm tm;
    char date[64];
    if (!gmtime_r(&seconds, &tm) || !strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm))
        return "";
    const char *text = region_printf(&writer->region, "%s.%09uZ", date, ns);
    return text ? text : "";
}

static json_t *merged_value(struct json_writer *writer)
{
    const struct merged *merged = &writer->profile->merged;
    json_t *value = json_object(), *programs = json_array();
    json_set_integer(writer, value, "profiles", (int64_t)merged->record.profile_count);
    json_set_integer(writer, value, "failed", (int64_t)merged->record.failed);
    json_set_integer(writer, value, "incomplete", (int64_t)merged->record.incomplete);
    json_set_integer(writer, value, "without_end", (int64_t)merged->record.without_end);
    json_set_integer(writer, value, "without_heap", (int64_t)merged->record.without_heap);
    json_set_integer(writer, value, "without_leaks", (int64_t)merged->record.without_leaks);
    json_set_integer(writer, value, "without_locks", (int64_t)merged->record.without_locks);
    json_set_integer(writer, value, "without_threads", (int64_t)merged->record.without_threads);
    for (size_t i = 0; i < merged->program_count; i++) {
        json_t *program = json_object();
        json_set_text(writer, program, "name", merged->programs[i].name);
        json_set_integer(writer, program, "profiles", merged->programs[i].profile_count);
        writer->failed |= json_array_append_new(programs, program) != 0;
    }
    json_set(writer, value, "programs", programs);
    return value;
}

static json_t *process_value(struct json_writer *writer)
{
    const struct profile *profile = writer->profile;
    json_t *value = json_object(), *args = json_array(), *end = json_object();
    json_set_integer(writer, value, "pid", profile->header.pid);
    if (profile_is_merged(profile))
        json_set(writer, value, "merged", merged_value(writer));
    json_set_text(writer, value, "exe", profile->exe);
    for (size_t i = 0; i < profile->arg_count; i++)
        writer->failed |= json_array_append_new(args, json_text(profile->args[i])) != 0;
    json_set(writer, value, "args", args);
    json_set_text(writer, value, "start", start_text(writer));
    if (profile->duration_ns >= 0 || (profile->old && profile->duration_ns != PROFILE_NO_DURATION))
        json_set_integer(writer, value, "duration_ns", profile->duration_ns);
    json_set_text(writer, end, "kind",
                  profile_is_merged(profile) ? "merged" : state_name(profile->state));
    if (!profile_is_merged(profile) &&
        (profile->state == STATE_EXITED || profile->state == STATE_SIGNALED))
        json_set_integer(writer, end, "status", profile->header.exit_status);
    json_set(writer, value, "exit", end);
    return value;
}

static json_t *mode_value(struct json_writer *writer)
{
    const struct profile_header *header = &writer->profile->header;
    json_t *value = json_object();
    json_set_text(writer, value, "heap",
                  header->heap_mode == PROFILE_HEAP_OFF     ? "off"
                  : header->heap_mode == PROFILE_HEAP_EXACT ? "exact"
                                                            : "sampled");
    if (header->heap_mode == PROFILE_HEAP_SAMPLED) {
        json_set_integer(writer, value, "sample_bytes", (int64_t)header->sample_bytes);
        json_set_integer(writer, value, "confidence_percent", 95);
    }
    json_set(writer, value, "locks", json_boolean(header->locks_on));
    json_set_text(writer, value, "hold",
                  !header->locks_on || header->hold_mode == PROFILE_HOLD_OFF ? "off"
                  : header->hold_mode == PROFILE_HOLD_EXACT                  ? "exact"
                                                                             : "sampled");
    json_set(writer, value, "threads", json_boolean(header->threads_on));
    if (header->version >= 4)
        json_set(writer, value, "leaks", json_boolean(header->leaks_on));
    if (header->version >= 5)
        json_set(writer, value, "timeline", json_boolean(header->timeline_on));
    return value;
}

static json_t *texts_value(struct json_writer *writer, const char *const *texts, size_t count)
{
    json_t *value = json_array();
    for (size_t i = 0; i < count; i++)
        writer->failed |= json_array_append_new(value, json_text(texts[i])) != 0;
    return value;
}

static json_t *health_value(struct json_writer *writer)
{
    const struct profile *profile = writer->profile;
    json_t *value = json_object(), *dropped = json_object();
    json_set(writer, value, "complete", json_boolean(profile->complete));
    for (size_t i = 0; i < PROFILE_DROP_COUNT; i++)
        json_set_integer(writer, dropped, drop_names[i], (int64_t)profile->header.dropped[i]);
    json_set(writer, value, "dropped", dropped);
    json_set_integer(writer, value, "truncated_stacks", (int64_t)profile->header.truncated_stacks);
    json_set_integer(writer, value, "unwind_mismatches",
                     (int64_t)profile->header.unwind_mismatches);
    json_set_text(writer, value, "allocator", profile->header.allocator);
    json_set(writer, value, "not_seen",
             texts_value(writer, profile->not_seen, profile->not_seen_count));
    json_set(writer, value, "notes", texts_value(writer, profile->notes, profile->note_count));
    return value;
}

// Of estimates: what they rest on, and how far off they may be.
static void set_errors(struct json_writer *writer, json_t *object, const struct heap_counts *counts)
{
    struct heap_error error = heap_error(counts);
    json_set_integer(writer, object, "samples", counts->samples.taken);
    json_set_integer(writer, object, "live_samples", counts->samples.taken - counts->samples.freed);
    json_set_integer(writer, object, "allocations_error", error.allocations);
    json_set_integer(writer, object, "allocated_bytes_error", error.allocated_bytes);
    json_set_integer(writer, object, "live_blocks_error", error.live_blocks);
    json_set_integer(writer, object, "live_bytes_error", error.live_bytes);
}

static json_t *counts_value(struct json_writer *writer, const struct heap_counts *counts)
{
    json_t *value = json_object();
    json_set_integer(writer, value, "allocations", counts->allocations);
    json_set_integer(writer, value, "allocated_bytes", counts->allocated_bytes);
    json_set_integer(writer, value, "frees", counts->frees);
    json_set_integer(writer, value, "freed_bytes", counts->freed_bytes);
    json_set_integer(writer, value, "temporary", counts->temporary);
    json_set_integer(writer, value, "live_blocks", counts->live_blocks);
    json_set_integer(writer, value, "live_bytes", counts->live_bytes);
    json_set_integer(writer, value, "peak_bytes", counts->peak_bytes);
    if (profile_is_sampled(writer->profile))
        set_errors(writer, value, counts);
    return value;
}

static int compare_sites(const void *left, const void *right, void *by)
{
    int64_t a = heap_value(&(*(const struct site *const *)left)->counts, *(enum sort_by *)by);
    int64_t b = heap_value(&(*(const struct site *const *)right)->counts, *(enum sort_by *)by);
    return (a < b) - (a > b);
}

// What is shown, in the order asked for. NULL without memory.
static const struct site **shown_sites(struct json_writer *writer, size_t *ret_count)
{
    const struct heap *heap = &writer->profile->heap;
    const struct render_options *options = writer->options;
    enum sort_by by = sort_for_table(options->sort, TABLE_ALLOCATIONS);
    const struct site **sites = region_array(&writer->region, heap->site_count + 1, sizeof(*sites));
    size_t count = 0;
    for (size_t i = 0; sites && i < heap->site_count; i++)
        if (!heap->sites[i].hidden)
            sites[count++] = &heap->sites[i];
    if (sites && options->sort)
        qsort_r(sites, count, sizeof(*sites), compare_sites, &by);
    *ret_count = options->rows > 0 && (size_t)options->rows < count ? (size_t)options->rows : count;
    return sites;
}

static json_t *site_value(struct json_writer *writer, const struct site *site)
{
    json_t *value = counts_value(writer, &site->counts);
    json_set_run_time(writer, value, "first_ns", site->first_ns);
    json_set_run_time(writer, value, "last_ns", site->last_ns);
    return value;
}

static void put_heap(struct json_writer *writer)
{
    const struct heap *heap = &writer->profile->heap;
    size_t count = 0;
    const struct site **sites = shown_sites(writer, &count);
    writer->failed |= !sites;
    json_t *totals = counts_value(writer, &heap->total);
    json_set_integer(writer, totals, "reallocs", heap->reallocs);
    json_set_integer(writer, totals, "peak_blocks", heap->total.peak_blocks);
    json_set_run_time(writer, totals, "peak_after_ns", writer->profile->peak_after_ns);
    json_set_run_time(writer, totals, "peak_until_ns", writer->profile->peak_until_ns);
    json_open(writer, totals);
    json_begin_list(writer, "sites");
    bool first = true;
    for (size_t i = 0; sites && i < count; i++) {
        if (i % PROGRESS_STEP == 0)
            progress_show_writing(writer->profile->progress, i, count);
        json_begin_element(writer, &first);
        json_put_with_stack(writer, site_value(writer, sites[i]), "stack", sites[i]->stack);
    }
    fputc(']', writer->out);
    if (writer->profile->header.version >= 4)
        json_put_heap_misuses(writer);
    fputc('}', writer->out);
}

static void put_key(struct json_writer *writer, const char *key)
{
    fprintf(writer->out, ",\n" JSON_STEP "\"%s\": ", key);
}

static void put_lock_sections(struct json_writer *writer, unsigned tables)
{
    if (!writer->profile->header.locks_on)
        return;
    if (tables & (TABLE_LOCKS | TABLE_HOLDERS)) {
        put_key(writer, "locks");
        json_put_locks(writer);
    }
    if (tables & TABLE_ORDER) {
        put_key(writer, "order");
        json_put_order(writer);
    }
    if (tables & TABLE_MISUSE) {
        put_key(writer, "misuse");
        json_put_misuses(writer);
    }
}

int render_json(struct profile *profile, const struct render_options *options, FILE *out)
{
    struct json_writer writer = {.profile = profile, .options = options, .out = out};
    unsigned tables = options->view->tables;
    fputs("{\n" JSON_STEP "\"schema\": 1", out);
    put_key(&writer, "process");
    json_put(&writer, process_value(&writer));
    put_key(&writer, "mode");
    json_put(&writer, mode_value(&writer));
    put_key(&writer, "health");
    json_put(&writer, health_value(&writer));
    if ((tables & TABLES_HEAP) && profile->header.heap_mode != PROFILE_HEAP_OFF) {
        put_key(&writer, "heap");
        put_heap(&writer);
    }
    if ((tables & TABLES_LEAKS) && json_has_leaks(profile)) {
        put_key(&writer, "leaks");
        json_put_leaks(&writer);
    }
    put_lock_sections(&writer, tables);
    if ((tables & (TABLE_THREADS | TABLE_THREAD_CREATE)) && profile->header.threads_on) {
        put_key(&writer, "threads");
        json_put_threads(&writer);
    }
    if ((tables & TABLE_TIMELINE) && profile->timeline_count) {
        put_key(&writer, "timeline");
        json_put_timeline(&writer);
    }
    int error = 0;
    if (profile->old) { // of a diff: the same again
        put_key(&writer, "old");
        error = render_json(profile->old, options, out);
    }
    fputs("\n}\n", out);
    region_release(&writer.region);
    return error || writer.failed ? -ENOMEM : 0;
}
