// SPDX-License-Identifier: MIT
//
// render_json.c - schema 1 of docs/json.md, written as a stream: one small jansson object at a
// time, and the frames of an address rendered once and kept with it, so that a profile of a million
// stacks needs no tree in memory. A section that was not recorded is absent.
#include "report/render.h"
#include "report/rows.h"
#include "report/units.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INDENT "  "

struct writer {
    struct profile *profile;
    const struct render_options *options;
    FILE *out;
    struct region region; // of strings on their way out
    bool failed;          // without memory
};

// Takes over `value`.
static void put_value(struct writer *writer, json_t *value)
{
    if (!value || json_dumpf(value, writer->out, JSON_ENCODE_ANY) != 0)
        writer->failed |= !value;
    json_decref(value);
}

static json_t *text_value(struct writer *writer, const char *text)
{
    const char *clean = text_utf8(&writer->region, text);
    return clean ? json_string_nocheck(clean) : NULL;
}

static void set(struct writer *writer, json_t *object, const char *key, json_t *value)
{
    writer->failed |= json_object_set_new_nocheck(object, key, value) != 0;
}

static void set_integer(struct writer *writer, json_t *object, const char *key, int64_t value)
{
    set(writer, object, key, json_integer(value));
}

static void set_text(struct writer *writer, json_t *object, const char *key, const char *text)
{
    set(writer, object, key, text_value(writer, text));
}

// --- stacks

static json_t *frame_value(struct writer *writer, const struct frame *frame)
{
    const struct place *place = frame->place;
    json_t *value = json_object();
    if (place->function)
        set_text(writer, value, "function", place->function);
    if (place->file) {
        set_text(writer, value, "file", place->file);
        set_integer(writer, value, "line", place->line);
    }
    if (place->module)
        set_text(writer, value, "module", place->module);
    set_integer(writer, value, "offset", (int64_t)frame->offset);
    set(writer, value, "inlined", json_boolean(frame->inlined));
    return value;
}

// The frames of one location, separated by commas.
static const char *location_json(struct writer *writer, struct location *location)
{
    struct location_notes *notes = location_notes(location);
    if (notes->json)
        return notes->json;
    const struct frame *frames;
    size_t count = location_frames(location, &frames);
    const char *json = "";
    for (size_t i = 0; json && i < count; i++) {
        json_t *value = frame_value(writer, &frames[i]);
        char *dump = json_dumps(value, JSON_COMPACT);
        json = dump ? region_printf(&writer->profile->region, "%s%s%s", json, i ? "," : "", dump)
                    : NULL;
        free(dump);
        json_decref(value);
    }
    writer->failed |= !json;
    notes->json = json;
    return json ? json : "{}";
}

static void put_stack(struct writer *writer, uint32_t stack)
{
    struct stack_walk walk = {.node = stack};
    const char *before = "[";
    for (struct location *location; (location = stack_walk_location(writer->profile, &walk));) {
        fputs(before, writer->out);
        fputs(location_json(writer, location), writer->out);
        before = ",";
    }
    fputs(*before == '[' ? "[]" : "]", writer->out);
}

// An object with a stack: `members` is dumped without its closing brace, then the stack follows.
// Takes over `members`.
static void put_with_stack(struct writer *writer, json_t *members, const char *key, uint32_t stack)
{
    char *dump = members ? json_dumps(members, JSON_COMPACT) : NULL;
    writer->failed |= !dump;
    if (dump) {
        size_t length = strlen(dump);
        fwrite(dump, 1, length - 1, writer->out);
        fprintf(writer->out, "%s\"%s\":", length > 2 ? "," : "", key);
        put_stack(writer, stack);
        fputc('}', writer->out);
    }
    free(dump);
    json_decref(members);
}

// --- sections

static const char *state_name(enum profile_state state)
{
    static const char *const names[] = {
        [STATE_EXITED] = "exited",   [STATE_SIGNALED] = "signaled", [STATE_EXECED] = "execed",
        [STATE_RUNNING] = "running", [STATE_KILLED] = "killed",
    };
    return names[state];
}

static const char *start_text(struct writer *writer)
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

static json_t *process_value(struct writer *writer)
{
    const struct profile *profile = writer->profile;
    json_t *value = json_object(), *args = json_array(), *end = json_object();
    set_integer(writer, value, "pid", profile->header.pid);
    set_text(writer, value, "exe", profile->exe);
    for (size_t i = 0; i < profile->arg_count; i++)
        writer->failed |= json_array_append_new(args, text_value(writer, profile->args[i])) != 0;
    set(writer, value, "args", args);
    set_text(writer, value, "start", start_text(writer));
    if (profile->duration_ns >= 0)
        set_integer(writer, value, "duration_ns", profile->duration_ns);
    set_text(writer, end, "kind", state_name(profile->state));
    if (profile->state == STATE_EXITED || profile->state == STATE_SIGNALED)
        set_integer(writer, end, "status", profile->header.exit_status);
    set(writer, value, "exit", end);
    return value;
}

static json_t *mode_value(struct writer *writer)
{
    const struct profile_header *header = &writer->profile->header;
    json_t *value = json_object();
    set_text(writer, value, "heap",
             header->heap_mode == PROFILE_HEAP_OFF     ? "off"
             : header->heap_mode == PROFILE_HEAP_EXACT ? "exact"
                                                       : "sampled");
    if (header->heap_mode == PROFILE_HEAP_SAMPLED) {
        set_integer(writer, value, "sample_bytes", (int64_t)header->sample_bytes);
        set_integer(writer, value, "confidence_percent", 95);
    }
    set(writer, value, "locks", json_boolean(header->locks_on));
    set(writer, value, "threads", json_boolean(header->threads_on));
    return value;
}

static json_t *health_value(struct writer *writer)
{
    const struct profile *profile = writer->profile;
    json_t *value = json_object(), *dropped = json_object(), *notes = json_array();
    set(writer, value, "complete", json_boolean(profile->complete));
    for (size_t i = 0; i < PROFILE_DROP_COUNT; i++)
        set_integer(writer, dropped, drop_names[i], (int64_t)profile->header.dropped[i]);
    set(writer, value, "dropped", dropped);
    set_integer(writer, value, "truncated_stacks", (int64_t)profile->header.truncated_stacks);
    set_integer(writer, value, "unwind_mismatches", (int64_t)profile->header.unwind_mismatches);
    set_text(writer, value, "allocator", profile->header.allocator);
    for (size_t i = 0; i < profile->note_count; i++)
        writer->failed |= json_array_append_new(notes, text_value(writer, profile->notes[i])) != 0;
    set(writer, value, "notes", notes);
    return value;
}

// Of estimates: what they rest on, and how far off they may be.
static void set_errors(struct writer *writer, json_t *object, const struct heap_counts *counts)
{
    struct heap_error error = heap_error(counts);
    set_integer(writer, object, "samples", counts->samples.taken);
    set_integer(writer, object, "live_samples", counts->samples.taken - counts->samples.freed);
    set_integer(writer, object, "allocations_error", error.allocations);
    set_integer(writer, object, "allocated_bytes_error", error.allocated_bytes);
    set_integer(writer, object, "live_blocks_error", error.live_blocks);
    set_integer(writer, object, "live_bytes_error", error.live_bytes);
}

static json_t *counts_value(struct writer *writer, const struct heap_counts *counts)
{
    json_t *value = json_object();
    set_integer(writer, value, "allocations", counts->allocations);
    set_integer(writer, value, "allocated_bytes", counts->allocated_bytes);
    set_integer(writer, value, "frees", counts->frees);
    set_integer(writer, value, "freed_bytes", counts->freed_bytes);
    set_integer(writer, value, "temporary", counts->temporary);
    set_integer(writer, value, "live_blocks", counts->live_blocks);
    set_integer(writer, value, "live_bytes", counts->live_bytes);
    set_integer(writer, value, "peak_bytes", counts->peak_bytes);
    if (profile_is_sampled(writer->profile))
        set_errors(writer, value, counts);
    return value;
}

// Opens an object whose last member is an array of objects with stacks; see end_list().
static void begin_list(struct writer *writer, json_t *members, const char *key)
{
    char *dump = members ? json_dumps(members, JSON_COMPACT) : NULL;
    writer->failed |= !dump;
    if (dump)
        fwrite(dump, 1, strlen(dump) - 1, writer->out);
    fprintf(writer->out, ",\n" INDENT INDENT "\"%s\":[", key);
    free(dump);
    json_decref(members);
}

static void begin_element(struct writer *writer, bool *first)
{
    fputs(*first ? "\n" INDENT INDENT INDENT : ",\n" INDENT INDENT INDENT, writer->out);
    *first = false;
}

static int compare_sites(const void *left, const void *right, void *by)
{
    int64_t a = heap_value(&(*(const struct site *const *)left)->counts, *(enum sort_by *)by);
    int64_t b = heap_value(&(*(const struct site *const *)right)->counts, *(enum sort_by *)by);
    return (a < b) - (a > b);
}

// What is shown, in the order asked for. NULL without memory.
static const struct site **shown_sites(struct writer *writer, size_t *ret_count)
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

static void put_heap(struct writer *writer)
{
    const struct heap *heap = &writer->profile->heap;
    size_t count = 0;
    const struct site **sites = shown_sites(writer, &count);
    writer->failed |= !sites;
    json_t *totals = counts_value(writer, &heap->total);
    set_integer(writer, totals, "reallocs", heap->reallocs);
    set_integer(writer, totals, "peak_blocks", heap->total.peak_blocks);
    begin_list(writer, totals, "sites");
    bool first = true;
    for (size_t i = 0; sites && i < count; i++) {
        begin_element(writer, &first);
        put_with_stack(writer, counts_value(writer, &sites[i]->counts), "stack", sites[i]->stack);
    }
    fputs("]}", writer->out);
}

static void put_lock(struct writer *writer, const struct lock *lock)
{
    json_t *value = json_object();
    set_text(writer, value, "name", lock->name);
    set_text(writer, value, "kind", lock_kind_name(lock->kind));
    set_integer(writer, value, "address", (int64_t)lock->address);
    set_integer(writer, value, "generation", lock->generation);
    set_integer(writer, value, "acquisitions", lock->acquisitions);
    set_integer(writer, value, "contentions", lock->contentions);
    set_integer(writer, value, "wait_ns", lock->wait_ns);
    set_integer(writer, value, "wait_max_ns", lock->wait_max_ns);
    begin_list(writer, value, "waiters");
    bool first = true;
    for (size_t i = 0; i < lock->wait_count; i++) {
        const struct lock_wait *wait = &lock->waits[i];
        if (wait->hidden)
            continue;
        begin_element(writer, &first);
        json_t *members = json_object();
        set_integer(writer, members, "count", wait->count);
        set_integer(writer, members, "wait_ns", wait->wait_ns);
        put_with_stack(writer, members, "stack", wait->stack);
    }
    fputs("]}", writer->out);
}

static void put_locks(struct writer *writer)
{
    fputc('[', writer->out);
    for (size_t i = 0; i < writer->profile->lock_count; i++) {
        fputs(i ? ",\n" INDENT INDENT : "\n" INDENT INDENT, writer->out);
        put_lock(writer, &writer->profile->locks[i]);
    }
    fputc(']', writer->out);
}

// Times of a thread count from the start of the process.
static void set_time(struct writer *writer, json_t *object, const char *key, uint64_t ns)
{
    if (ns != 0)
        set_integer(writer, object, key, (int64_t)(ns - writer->profile->header.start_ns));
}

static json_t *thread_value(struct writer *writer, const struct thread *thread)
{
    const struct profile_thread *record = &thread->record;
    json_t *value = json_object();
    set_integer(writer, value, "serial", record->serial);
    set_integer(writer, value, "tid", record->tid);
    set_text(writer, value, "name", record->name);
    set_time(writer, value, "start_ns", record->start_ns);
    set_time(writer, value, "end_ns", record->end_ns);
    set_integer(writer, value, "cpu_ns", (int64_t)record->cpu_ns);
    set_text(writer, value, "exit", thread->exit);
    set(writer, value, "join", thread->join ? text_value(writer, thread->join) : json_null());
    set_integer(writer, value, "allocations", (int64_t)record->allocations);
    set_integer(writer, value, "allocated_bytes", (int64_t)record->allocated_bytes);
    set_integer(writer, value, "lock_wait_ns", (int64_t)record->lock_wait_ns);
    return value;
}

static void put_threads(struct writer *writer)
{
    const struct threads *threads = &writer->profile->threads;
    json_t *totals = json_object();
    set_integer(writer, totals, "created", threads->created);
    set_integer(writer, totals, "peak", threads->peak);
    set_integer(writer, totals, "finished", threads->finished);
    set_integer(writer, totals, "leaked", threads->leaked);
    set_integer(writer, totals, "running_at_exit", threads->running);
    begin_list(writer, totals, "records");
    bool first = true;
    for (size_t i = 0; i < threads->record_count; i++) {
        const struct thread *thread = &threads->records[i];
        if (thread->hidden)
            continue;
        begin_element(writer, &first);
        put_with_stack(writer, thread_value(writer, thread), "created_by",
                       thread->record.creation_stack);
    }
    fputs("]}", writer->out);
}

static void put_key(struct writer *writer, const char *key)
{
    fprintf(writer->out, ",\n" INDENT "\"%s\": ", key);
}

int render_json(struct profile *profile, const struct render_options *options, FILE *out)
{
    struct writer writer = {.profile = profile, .options = options, .out = out};
    unsigned tables = options->view->tables;
    fputs("{\n" INDENT "\"schema\": 1", out);
    put_key(&writer, "process");
    put_value(&writer, process_value(&writer));
    put_key(&writer, "mode");
    put_value(&writer, mode_value(&writer));
    put_key(&writer, "health");
    put_value(&writer, health_value(&writer));
    if ((tables & TABLES_HEAP) && profile->header.heap_mode != PROFILE_HEAP_OFF) {
        put_key(&writer, "heap");
        put_heap(&writer);
    }
    if ((tables & TABLE_LOCKS) && profile->header.locks_on) {
        put_key(&writer, "locks");
        put_locks(&writer);
    }
    if ((tables & (TABLE_THREADS | TABLE_THREAD_CREATE)) && profile->header.threads_on) {
        put_key(&writer, "threads");
        put_threads(&writer);
    }
    fputs("\n}\n", out);
    region_release(&writer.region);
    return writer.failed ? -ENOMEM : 0;
}
