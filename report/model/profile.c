// SPDX-License-Identifier: MIT
//
// profile.c - loads a profile: header, process, how it ended; the parts are loaded by
// profile_heap.c, profile_leaks.c, profile_locks.c, profile_threads.c and profile_stacks.c.
#include "report/model/profile.h"

#include "report/model/profile_parts.h"
#include "report/model/units.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define NOTES_MAX 64
#define ARGS_MAX 65536
#define PROCESS_BYTES_MAX ((size_t)1 << 20) // of a file with holes any number may be claimed

void profile_note(struct profile *profile, const char *format, ...)
{
    if (profile->note_count == NOTES_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    char *text = region_vprintf(&profile->region, format, arguments);
    va_end(arguments);
    if (text)
        profile->notes[profile->note_count++] = text;
}

static void heap_samples_add(struct heap_samples *to, const struct heap_samples *from)
{
    to->taken += from->taken;
    to->freed += from->freed;
    to->variance_blocks += from->variance_blocks;
    to->variance_bytes += from->variance_bytes;
    to->freed_variance_blocks += from->freed_variance_blocks;
    to->freed_variance_bytes += from->freed_variance_bytes;
}

void heap_counts_add(struct heap_counts *to, const struct heap_counts *from)
{
    to->allocations += from->allocations;
    to->allocated_bytes += from->allocated_bytes;
    to->frees += from->frees;
    to->freed_bytes += from->freed_bytes;
    to->temporary += from->temporary;
    to->live_blocks += from->live_blocks;
    to->live_bytes += from->live_bytes;
    to->peak_blocks += from->peak_blocks;
    to->peak_bytes += from->peak_bytes;
    heap_samples_add(&to->samples, &from->samples);
}

// Differences of sums may be a little below 0.
static int64_t half_width(double variance)
{
    double half = variance > 0 ? 1.96 * sqrt(variance) : 0;
    return half < 0x1p62 ? (int64_t)(half + 0.5) : INT64_MAX;
}

struct heap_error heap_error(const struct heap_counts *counts)
{
    const struct heap_samples *samples = &counts->samples;
    bool none_live = samples->taken == samples->freed;
    double live_blocks = samples->variance_blocks - samples->freed_variance_blocks;
    double live_bytes = samples->variance_bytes - samples->freed_variance_bytes;
    return (struct heap_error){
        .allocations = half_width(samples->variance_blocks),
        .allocated_bytes = half_width(samples->variance_bytes),
        .live_blocks = none_live ? 0 : half_width(live_blocks),
        .live_bytes = none_live ? 0 : half_width(live_bytes),
    };
}

static size_t count_strings(const char *text, size_t bytes)
{
    size_t count = 0;
    for (const char *at = text; at < text + bytes; at += strlen(at) + 1)
        count++;
    return count;
}

// "exe\0argv[0]\0argv[1]\0..."; a last string without NUL gets one from region_strndup.
static int load_process(struct profile *profile, struct profile_reader *reader,
                        const struct profile_span *span)
{
    size_t bytes = span->used_bytes < PROCESS_BYTES_MAX ? span->used_bytes : PROCESS_BYTES_MAX;
    char *text = region_alloc(&profile->region, bytes + 1);
    if (!text)
        return -ENOMEM;
    profile_reader_payload(reader, span, 0, text, bytes);
    size_t count = count_strings(text, bytes);
    if (count == 0)
        return 0;
    if (count > ARGS_MAX)
        count = ARGS_MAX;
    profile->args = region_array(&profile->region, count, sizeof(*profile->args));
    if (!profile->args)
        return -ENOMEM;
    profile->exe = text;
    profile->arg_count = count - 1;
    const char *at = text + strlen(text) + 1;
    for (size_t i = 0; i < profile->arg_count; i++, at += strlen(at) + 1)
        profile->args[i] = at;
    return 0;
}

static int find_process(struct profile *profile, struct profile_reader *reader)
{
    for (struct profile_span span = {0}; profile_reader_next(reader, &span);)
        if (span.type == PROFILE_CHUNK_PROCESS)
            return load_process(profile, reader, &span);
    return 0;
}

// Its time is the last that a process says of its end: without it, it was killed on the way.
static void judge_end(struct profile *profile, const struct profile_source *source)
{
    const struct profile_header *header = &profile->header;
    static const enum profile_state states[] = {
        [PROFILE_EXIT_EXITED] = STATE_EXITED,
        [PROFILE_EXIT_EXECED] = STATE_EXECED,
        [PROFILE_EXIT_SIGNALED] = STATE_SIGNALED,
    };
    uint64_t end_ns = header->end_ns;
    if (end_ns != 0 && header->exit_kind != PROFILE_EXIT_NONE &&
        header->exit_kind < sizeof(states) / sizeof(*states)) {
        profile->state = states[header->exit_kind];
    } else {
        profile->state = source->running ? STATE_RUNNING : STATE_KILLED;
        end_ns = source->running ? source->now_ns : 0;
    }
    profile->duration_ns =
        end_ns >= header->start_ns && end_ns != 0 ? (int64_t)(end_ns - header->start_ns) : -1;
}

static void judge_file(struct profile *profile, const struct profile_reader *reader)
{
    profile->complete =
        !reader->truncated && !reader->damage && profile->merged.record.incomplete == 0;
    if (reader->truncated)
        profile_note(profile, "the file is cut off: %llu of %llu bytes are there",
                     (unsigned long long)reader->length_bytes,
                     (unsigned long long)profile->header.used_bytes);
    if (reader->damage)
        profile_note(profile, "the file is damaged at byte %llu (%s); what follows is not read",
                     (unsigned long long)reader->damage_off, reader->damage);
}

static void note_peak_bound(struct profile *profile)
{
    size_t before = profile->note_count;
    if (profile->header.peak_slack_bytes && profile->header.heap_mode != PROFILE_HEAP_OFF)
        profile_note(profile, "the peak is %s to %s: several threads allocated",
                     profile_is_sampled(profile) ? "an estimate, and known" : "exact",
                     unit_bytes((int64_t)profile->header.peak_slack_bytes).text);
    if (profile->note_count > before)
        profile->peak_note = profile->notes[before];
}

// `alone`: of the sum of one profile.
static void note_lack(struct profile *profile, uint64_t count, const char *of, const char *words,
                      const char *alone)
{
    unsigned long long all = profile->merged.record.profile_count;
    if (count && all == 1)
        profile_note(profile, "%s", alone);
    else if (count)
        profile_note(profile, "%s%llu of %llu profiles%s", of, (unsigned long long)count, all,
                     words);
}

static void note_sampled_heaps(struct profile *profile)
{
    const struct profile_merged *record = &profile->merged.record;
    unsigned long long all = record->profile_count, sampled = record->sampled;
    unsigned long long recorded = all - record->without_heap;
    if (sampled == 0 || sampled >= recorded)
        return;
    if (recorded == all)
        profile_note(profile,
                     "the heap of %llu of %llu profiles was sampled, of the others it is exact",
                     sampled, all);
    else
        profile_note(profile, "the heap of %llu of %llu profiles was sampled, of %llu it is exact",
                     sampled, all, recorded - sampled);
}

// What a reader of a sum must know of its parts.
static void note_sum(struct profile *profile)
{
    const struct profile_merged *record = &profile->merged.record;
    if (!profile_is_merged(profile))
        return;
    note_lack(profile, record->without_heap, "the heap of ", " was not recorded",
              "the heap was not recorded (GAIAPROF_HEAP=exact)");
    note_lack(profile, record->without_locks, "the locks of ", " were not recorded",
              "the locks were not recorded (GAIAPROF_LOCKS=on)");
    note_lack(profile, record->without_threads, "the threads of ", " were not recorded",
              "the threads were not recorded (GAIAPROF_THREADS=on)");
    note_lack(profile, record->without_leaks, "the leaks of ", " are not known",
              "the leaks are not known");
    note_lack(profile, record->without_end, "the run time of ", " is not known",
              "the run time is not known");
    note_lack(profile, record->incomplete, "", " lack a part", "it lacks a part");
    note_sampled_heaps(profile);
    if (record->profile_count > 1 && profile->header.heap_mode != PROFILE_HEAP_OFF)
        profile_note(profile, "the peak is the sum of all peaks: no more was ever live at once");
}

static void note_filter(struct profile *profile)
{
    if (profile->header.is_filtered)
        profile_note(profile, "the program set a filter of system calls: from then on its memory "
                              "and CPU time are not in the timeline");
}

static void note_bypass(struct profile *profile)
{
    if (profile->header.heap_bypassed && profile->header.heap_mode != PROFILE_HEAP_OFF)
        profile_note(profile, "the program has its own malloc: none of its heap was seen");
}

static void add_not_seen(struct profile *profile, const char *words)
{
    profile->not_seen[profile->not_seen_count++] = words;
}

static void judge_coverage(struct profile *profile)
{
    const struct profile_header *header = &profile->header;
    if (!header->locks_on)
        return;
    if (header->locks_bypassed)
        add_not_seen(profile, "mutexes: the program's own pthread_mutex_lock comes first");
    add_not_seen(profile, "waits inside libc itself (stdio, malloc)");
    add_not_seen(profile, "futex system calls made inline");
    if (header->heap_mode != PROFILE_HEAP_EXACT || header->heap_bypassed)
        add_not_seen(profile, "which heap block a lock is in: told apart by address only");
}

static int load_parts(struct profile *profile, struct profile_reader *reader,
                      const struct profile_source *source)
{
    int error = find_process(profile, reader);
    if (!error)
        error = profile_load_merged(profile, reader);
    if (!error)
        error = profile_load_cells(profile, reader);
    if (!error)
        error = profile_load_threads(profile, reader);
    if (!error)
        error = profile_load_locks(profile, reader);
    if (!error)
        error = profile_load_heap_misuses(profile, reader);
    if (!error)
        error = profile_load_timeline(profile, reader);
    profile_reader_refresh(reader);
    if (!error)
        error = profile_load_stacks(profile, reader);
    if (!error)
        error = profile_load_modules(profile, reader);
    if (!error)
        error = profile_load_locations(profile);
    if (!error)
        error = profile_load_frames(profile, reader);
    if (!error)
        error = profile_name_locks(profile);
    if (!error)
        error = profile_time_threads(profile);
    if (!error)
        error = profile_load_leaks(profile, reader, source);
    return error;
}

int profile_load(struct profile *profile, const struct profile_source *source, const char **ret_why)
{
    *profile = (struct profile){.path = source->path, .progress = source->progress};
    struct profile_reader reader;
    int error = profile_reader_open(&reader, source->bytes, source->length_bytes, ret_why);
    if (error)
        return error;
    profile->header = reader.header;
    if (profile->header.heap_mode > PROFILE_HEAP_SAMPLED) // no writer makes this
        profile->header.heap_mode = PROFILE_HEAP_OFF;
    profile->exe = "";
    profile->notes = region_array(&profile->region, NOTES_MAX, sizeof(*profile->notes));
    if (profile->notes) {
        judge_end(profile, source);
        error = load_parts(profile, &reader, source);
    }
    if (!profile->notes || error) {
        profile_release(profile);
        *ret_why = "not enough memory";
        return -ENOMEM;
    }
    judge_file(profile, &reader);
    note_peak_bound(profile);
    note_bypass(profile);
    note_filter(profile);
    note_sum(profile);
    judge_coverage(profile);
    profile_check_stacks(profile);
    profile_note_modules(profile);
    profile_judge_heap_misuses(profile);
    return 0;
}

void profile_release(struct profile *profile)
{
    if (profile->locations)
        location_table_release(profile->locations);
    if (profile->modules)
        module_table_release(profile->modules);
    region_release(&profile->region);
    *profile = (struct profile){0};
}
