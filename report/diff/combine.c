// SPDX-License-Identifier: MIT
//
// combine.c - adds a profile to a side of a combination, part by part. See combine.h.
#include "report/diff/combine_parts.h"
#include "report/model/profile_open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NOTES_KEPT 16

// --- lifecycle

static struct keyed_table *const *tables_of(struct sums *sums, struct keyed_table **ret_tables)
{
    struct keyed_table *const all[] = {&sums->sites,   &sums->leaks,    &sums->heap_misuses,
                                       &sums->threads, &sums->locks,    &sums->waits,
                                       &sums->pairs,   &sums->programs, &sums->lock_misuses,
                                       &sums->edges,   &sums->notes,    NULL};
    memcpy(ret_tables, all, sizeof(all));
    return ret_tables;
}

#define TABLE(STRUCT, KEY)                                                                         \
    (struct keyed_table)                                                                           \
    {                                                                                              \
        .record_bytes = sizeof(struct STRUCT), .key_bytes = sizeof(((struct STRUCT *)0)->KEY)      \
    }

static void init_sums(struct sums *sums)
{
    sums->sites = TABLE(combined_site, stack);
    sums->leaks = TABLE(combined_leak, key);
    sums->heap_misuses = TABLE(combined_heap_misuse, key);
    sums->threads = TABLE(combined_threads, key);
    sums->locks = TABLE(combined_lock, key);
    sums->waits = TABLE(combined_wait, key);
    sums->pairs = TABLE(combined_pair, key);
    sums->lock_misuses = TABLE(combined_lock_misuse, key);
    sums->edges = TABLE(combined_edge, key);
    sums->programs = TABLE(combined_program, name);
    sums->notes = TABLE(text_key, text);
}

struct combination *combination_new(enum combination_key key)
{
    struct combination *combination = calloc(1, sizeof(*combination));
    if (!combination)
        return NULL;
    combination->key = key;
    combination->frames = TABLE(combined_frame, key);
    combination->calls = (struct keyed_table){.record_bytes = sizeof(struct combined_call),
                                              .key_bytes = sizeof(struct combined_call)};
    combination->nodes =
        (struct keyed_table){.record_bytes = sizeof(struct combined_node),
                             .key_bytes = offsetof(struct combined_node, is_stack)};
    for (size_t i = 0; i < COMBINATION_SIDES; i++)
        init_sums(&combination->sums[i]);
    return combination;
}

void combination_free(struct combination *combination)
{
    if (!combination)
        return;
    struct keyed_table *tables[16];
    for (size_t i = 0; i < COMBINATION_SIDES; i++) {
        tables_of(&combination->sums[i], tables);
        for (struct keyed_table **table = tables; *table; table++)
            keyed_table_release(*table);
    }
    keyed_table_release(&combination->frames);
    keyed_table_release(&combination->calls);
    keyed_table_release(&combination->nodes);
    texts_release(&combination->texts);
    free(combination);
}

void *addition_record(struct addition *addition, struct keyed_table *table, const void *key)
{
    static _Alignas(16) char dummy[1024];
    uint32_t index = keyed_table_get(table, key);
    addition->failed |= index == KEYED_NONE;
    return index == KEYED_NONE ? dummy
                               : (char *)table->records + (size_t)index * table->record_bytes;
}

// --- heap

static bool has_heap(const struct profile *profile)
{
    return profile->header.heap_mode != PROFILE_HEAP_OFF && !profile->header.heap_bypassed;
}

static void add_sites(struct addition *addition)
{
    const struct heap *heap = &addition->profile->heap;
    for (size_t i = 0; i < heap->site_count && !addition->failed; i++) {
        progress_step(addition->profile->progress, "adding", i, heap->site_count);
        uint32_t stack = addition_stack(addition, heap->sites[i].stack);
        struct combined_site *site = addition_record(addition, &addition->sums->sites, &stack);
        heap_counts_add(&site->counts, &heap->sites[i].counts);
    }
}

static void add_leaks(struct addition *addition)
{
    const struct leaks *leaks = &addition->profile->leaks;
    struct sums *sums = addition->sums;
    sums->classified |= leaks->classified;
    sums->stopped_ns += (uint64_t)leaks->stopped_ns;
    sums->scanned_bytes += (uint64_t)leaks->scanned_bytes;
    for (size_t i = 0; i < leaks->record_count && !addition->failed; i++) {
        const struct leak *from = &leaks->records[i];
        struct leak_key key = {addition_stack(addition, from->stack), from->class};
        struct combined_leak *leak = addition_record(addition, &sums->leaks, &key);
        leak->blocks += from->blocks;
        leak->bytes += from->bytes;
        leak->indirect_blocks += from->indirect_blocks;
        leak->indirect_bytes += from->indirect_bytes;
    }
}

static void add_heap_misuses(struct addition *addition)
{
    const struct profile *profile = addition->profile;
    for (size_t i = 0; i < profile->heap_misuse_count && !addition->failed; i++) {
        const struct profile_heap_misuse *from = &profile->heap_misuses[i].record;
        struct heap_misuse_key key = {from->kind, addition_stack(addition, from->stack),
                                      addition_stack(addition, from->free_stack),
                                      from->allocated_by, from->freed_by};
        struct combined_heap_misuse *misuse =
            addition_record(addition, &addition->sums->heap_misuses, &key);
        uint64_t time_ns = from->time_ns - profile->header.start_ns;
        if (misuse->count == 0 || time_ns < misuse->time_ns) {
            misuse->time_ns = time_ns;
            misuse->offset = from->offset;
            misuse->bytes = from->bytes;
        }
        misuse->count += from->count;
    }
}

// --- threads

static void add_thread(struct addition *addition, const struct thread *thread)
{
    const struct profile_thread *record = &thread->record;
    bool has_finished = thread_has_finished(record);
    struct thread_key key = {
        .creation_stack = addition_stack(addition, record->creation_stack),
        .origin = record->origin,
        .exit_kind = has_finished && record->exit_kind == PROFILE_THREAD_RUNNING
                         ? PROFILE_THREAD_RETURNED
                         : record->exit_kind,
        .join_kind = record->join_kind,
    };
    struct combined_threads *threads = addition_record(addition, &addition->sums->threads, &key);
    threads->count += (uint64_t)thread->count;
    threads->cpu_ns += record->cpu_ns;
    if (has_heap(addition->profile)) {
        threads->allocations += record->allocations;
        threads->allocated_bytes += record->allocated_bytes;
        threads->reallocs += record->reallocs;
    }
    if (addition->profile->header.locks_on)
        threads->lock_wait_ns += record->lock_wait_ns;
}

// --- what is known of the whole

static void add_program(struct addition *addition, const char *name, int64_t count)
{
    uint32_t text = addition_text(addition, *name ? name : "a program");
    struct combined_program *program = addition_record(addition, &addition->sums->programs, &text);
    program->profile_count += count;
}

static void add_programs(struct addition *addition)
{
    struct profile *profile = addition->profile;
    struct sums *sums = addition->sums;
    const struct merged *merged = &profile->merged;
    for (size_t i = 0; i < merged->program_count; i++)
        add_program(addition, merged->programs[i].name, merged->programs[i].profile_count);
    if (!profile_is_merged(profile))
        add_program(addition, profile_called(profile), 1);
    uint32_t exe = addition_text(addition, profile->exe);
    sums->has_several_exes |= sums->exe && exe && sums->exe != exe;
    sums->exe = sums->exe ? sums->exe : exe;
}

static void add_note(struct addition *addition, const char *note)
{
    struct sums *sums = addition->sums;
    uint32_t text = addition_text(addition, note);
    if (!text || keyed_table_find(&sums->notes, &text) != KEYED_NONE)
        return;
    if (sums->notes.count == NOTES_KEPT)
        sums->notes_left_out++;
    else
        addition_record(addition, &sums->notes, &text);
}

// Those of a sum that its reader makes are made anew.
static void add_notes(struct addition *addition)
{
    const struct profile *profile = addition->profile;
    size_t count = profile_is_merged(profile) ? profile->merged.note_count : profile->note_count;
    for (size_t i = 0; i < count; i++)
        if (profile->notes[i] != profile->peak_note)
            add_note(addition, profile->notes[i]);
}

// Where nothing is live nothing leaked. What a program that became another had is gone.
static bool has_unknown_leaks(const struct profile *profile)
{
    bool none_live =
        profile->header.heap_mode == PROFILE_HEAP_EXACT && profile->heap.total.live_blocks == 0;
    return !profile->leaks.classified && !none_live && profile->state != STATE_EXECED;
}

static struct profile_merged own_record(const struct profile *profile)
{
    const struct profile_header *header = &profile->header;
    return (struct profile_merged){
        .profile_count = 1,
        .without_heap = !has_heap(profile),
        .without_leaks = has_heap(profile) && has_unknown_leaks(profile),
        .without_locks = !header->locks_on || header->locks_bypassed,
        .without_threads = !header->threads_on,
        .without_end = profile->duration_ns < 0,
        .sampled = has_heap(profile) && profile_is_sampled(profile),
        .incomplete = !profile->complete,
        .failed = profile->state == STATE_SIGNALED || profile->state == STATE_KILLED ||
                  (profile->state == STATE_EXITED && header->exit_status != 0),
    };
}

static void add_record(struct addition *addition)
{
    const struct profile *profile = addition->profile;
    struct profile_merged *to = &addition->sums->merged;
    struct profile_merged from =
        profile_is_merged(profile) ? profile->merged.record : own_record(profile);
    const char *why =
        profile_is_merged(profile) ? profile->merged.why_no_leaks : profile->leaks.why;
    to->profile_count += from.profile_count;
    to->without_heap += from.without_heap;
    to->without_leaks += from.without_leaks;
    to->without_locks += from.without_locks;
    to->without_threads += from.without_threads;
    to->without_end += from.without_end;
    to->sampled += from.sampled;
    to->incomplete += from.incomplete;
    to->failed += from.failed;
    if (from.without_leaks && !to->why_no_leaks)
        to->why_no_leaks = addition_text(addition, why);
}

static void raise_to(uint64_t *value, uint64_t other)
{
    *value = *value > other ? *value : other;
}

static void raise_mode(uint32_t *mode, uint32_t other)
{
    *mode = *mode > other ? *mode : other;
}

// Of two modes the one that says less of its figures counts, if something was recorded at all.
static void add_modes(struct profile_header *to, const struct profile_header *from, bool is_first)
{
    bool is_first_heap = to->heap_mode == PROFILE_HEAP_OFF;
    if (from->heap_mode != PROFILE_HEAP_OFF)
        to->heap_bypassed = (is_first_heap || to->heap_bypassed) && from->heap_bypassed;
    raise_mode(&to->heap_mode, from->heap_mode);
    raise_mode(&to->hold_mode, from->hold_mode);
    if (from->hold_mode == PROFILE_HOLD_SAMPLED)
        to->hold_mode = PROFILE_HOLD_SAMPLED;
    to->locks_on |= from->locks_on;
    to->threads_on |= from->threads_on;
    to->leaks_on |= from->leaks_on;
    to->locks_bypassed |= from->locks_bypassed;
    raise_to(&to->sample_bytes, from->sample_bytes);
    raise_mode(&to->max_frames, from->max_frames);
    if (is_first)
        memcpy(to->allocator, from->allocator, sizeof(to->allocator));
    else if (strcmp(to->allocator, from->allocator) != 0)
        strcpy(to->allocator, "several");
}

static void add_header(struct addition *addition)
{
    struct profile_header *to = &addition->sums->header;
    const struct profile_header *from = &addition->profile->header;
    bool is_first = addition->sums->merged.profile_count == 0;
    add_modes(to, from, is_first);
    if (is_first || from->start_realtime_ns < to->start_realtime_ns)
        to->start_realtime_ns = from->start_realtime_ns;
    if (addition->profile->duration_ns > 0)
        to->end_ns += (uint64_t)addition->profile->duration_ns;
    to->peak_slack_bytes += from->peak_slack_bytes;
    to->truncated_stacks += from->truncated_stacks;
    to->unwind_mismatches += from->unwind_mismatches;
    to->unknown_frees += from->unknown_frees;
    raise_mode(&to->threads_peak, from->threads_peak);
    for (size_t i = 0; i < sizeof(to->dropped) / sizeof(*to->dropped); i++)
        to->dropped[i] += from->dropped[i];
}

// What was not recorded may have begun before that was known: none of it counts.
static void add_recorded(struct addition *addition)
{
    const struct profile *profile = addition->profile;
    if (has_heap(profile)) {
        add_sites(addition);
        add_leaks(addition);
        add_heap_misuses(addition);
    }
    for (size_t i = 0; i < profile->threads.record_count && !addition->failed; i++)
        add_thread(addition, &profile->threads.records[i]);
    if (profile->header.locks_on)
        addition_locks(addition);
}

int combination_add(struct combination *combination, struct profile *profile, unsigned side)
{
    struct addition addition = {
        .combination = combination,
        .sums = &combination->sums[side],
        .profile = profile,
        .stacks = {.record_bytes = 2 * sizeof(uint32_t), .key_bytes = sizeof(uint32_t)},
    };
    combination->profile_count++;
    add_header(&addition);
    add_record(&addition);
    add_programs(&addition);
    add_notes(&addition);
    add_recorded(&addition);
    addition_release(&addition);
    return addition.failed ? -ENOMEM : 0;
}

uint64_t combination_profile_count(const struct combination *combination, unsigned side)
{
    return combination->sums[side].merged.profile_count;
}

size_t combination_program_count(const struct combination *combination, unsigned side)
{
    return combination->sums[side].programs.count;
}

size_t combination_stack_count(const struct combination *combination)
{
    return combination->stack_count;
}
