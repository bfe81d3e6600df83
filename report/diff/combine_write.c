// SPDX-License-Identifier: MIT
//
// combine_write.c - one side of a combination as a merged profile. The chunks are laid out twice:
// to learn how long the file will be, and to write it.
#include "report/diff/combine_parts.h"
#include "report/model/profile_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static_assert((int)ORDER_DEADLOCK == (int)PROFILE_ORDER_DEADLOCK &&
                  (int)ORDER_POTENTIAL == (int)PROFILE_ORDER_POTENTIAL &&
                  (int)ORDER_INCONSISTENCY == (int)PROFILE_ORDER_INCONSISTENCY,
              "the model's kinds are those of the file");

struct writer {
    const struct combination *combination;
    const struct sums *sums;
    FILE *out;      // NULL: only counts
    uint64_t bytes; // so far
};

static void put(struct writer *writer, const void *bytes, size_t count)
{
    if (writer->out && count)
        fwrite(bytes, 1, count, writer->out);
    writer->bytes += count;
}

static uint64_t aligned(uint64_t bytes)
{
    return (bytes + PROFILE_CHUNK_ALIGN - 1) & ~(uint64_t)(PROFILE_CHUNK_ALIGN - 1);
}

static void put_padding(struct writer *writer)
{
    static const char zeros[PROFILE_CHUNK_ALIGN];
    put(writer, zeros, (size_t)(aligned(writer->bytes) - writer->bytes));
}

// The payload follows, then put_padding().
static void put_chunk(struct writer *writer, uint32_t type, size_t record_bytes, uint64_t payload)
{
    struct profile_chunk chunk = {
        .type = type,
        .record_bytes = (uint32_t)record_bytes,
        .length_bytes = aligned(sizeof(chunk) + payload),
        .used_bytes = payload,
        .first_id = 1,
    };
    put(writer, &chunk, sizeof(chunk));
}

// Chunks of records are left out where they would have none: used_bytes 0 means all of them.
static bool put_records(struct writer *writer, uint32_t type, size_t record_bytes, uint64_t count)
{
    if (count)
        put_chunk(writer, type, record_bytes, count * record_bytes);
    return count != 0;
}

#define RECORDS(TABLE, STRUCT) ((const struct STRUCT *)(TABLE).records)

// --- the whole

static void put_process(struct writer *writer)
{
    uint32_t text = writer->sums->has_several_exes ? 0 : writer->sums->exe;
    const char *exe = text ? writer->combination->texts.bytes + text : "merged";
    const struct combined_program *programs = RECORDS(writer->sums->programs, combined_program);
    const char *called = writer->sums->programs.count == 1
                             ? writer->combination->texts.bytes + programs[0].name.text
                             : exe;
    put_chunk(writer, PROFILE_CHUNK_PROCESS, 0, strlen(exe) + 1 + strlen(called) + 1);
    put(writer, exe, strlen(exe) + 1);
    put(writer, called, strlen(called) + 1);
    put_padding(writer);
}

static void put_head(struct writer *writer)
{
    put_chunk(writer, PROFILE_CHUNK_MERGED, 0, sizeof(writer->sums->merged));
    put(writer, &writer->sums->merged, sizeof(writer->sums->merged));
    put_padding(writer);
    put_chunk(writer, PROFILE_CHUNK_TEXTS, 0, writer->combination->texts.length);
    put(writer, writer->combination->texts.bytes, writer->combination->texts.length);
    put_padding(writer);
}

static void put_programs(struct writer *writer)
{
    const struct keyed_table *table = &writer->sums->programs;
    if (!put_records(writer, PROFILE_CHUNK_PROGRAMS, sizeof(struct profile_merged_program),
                     table->count))
        return;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct combined_program *program = &RECORDS(*table, combined_program)[i];
        struct profile_merged_program record = {.name = program->name.text,
                                                .profile_count = (uint64_t)program->profile_count};
        put(writer, &record, sizeof(record));
    }
    put_padding(writer);
}

static void put_notes(struct writer *writer)
{
    const struct keyed_table *table = &writer->sums->notes;
    if (!put_records(writer, PROFILE_CHUNK_NOTES, sizeof(struct profile_merged_note), table->count))
        return;
    for (uint32_t i = 0; i < table->count; i++) {
        struct profile_merged_note record = {.note = RECORDS(*table, text_key)[i].text};
        put(writer, &record, sizeof(record));
    }
    put_padding(writer);
}

// --- stacks

// Of a call with those it is inlined into.
static size_t call_frames(const struct writer *writer, uint32_t call)
{
    const struct combined_call *calls = RECORDS(writer->combination->calls, combined_call);
    size_t count = 1;
    for (uint32_t at = call; calls[at].outer != 0; at = calls[at].outer - 1)
        count++;
    return count;
}

static void put_frame(struct writer *writer, uint32_t group, uint32_t index)
{
    const struct combined_frame *frame =
        &RECORDS(writer->combination->frames, combined_frame)[index];
    struct profile_merged_frame record = {
        .group = group,
        .flags = frame->flags,
        .function = frame->key.function,
        .file = frame->file,
        .line = frame->line,
        .module = frame->module,
        .offset = frame->key.offset,
    };
    put(writer, &record, sizeof(record));
}

// The number of a group is 1 + the index of its call.
static void put_frames(struct writer *writer)
{
    const struct keyed_table *table = &writer->combination->calls;
    const struct combined_call *calls = RECORDS(*table, combined_call);
    uint64_t count = 0;
    for (uint32_t i = 0; i < table->count; i++)
        count += call_frames(writer, i);
    if (!put_records(writer, PROFILE_CHUNK_FRAMES, sizeof(struct profile_merged_frame), count))
        return;
    for (uint32_t i = 0; i < table->count; i++)
        for (uint32_t at = i + 1; at != 0; at = calls[at - 1].outer)
            put_frame(writer, i + 1, calls[at - 1].frame);
    put_padding(writer);
}

static void put_nodes(struct writer *writer)
{
    const struct keyed_table *table = &writer->combination->nodes;
    struct profile_node root = {.pc = 1};
    put_records(writer, PROFILE_CHUNK_NODES, sizeof(root), (uint64_t)table->count + 1);
    put(writer, &root, sizeof(root));
    for (uint32_t i = 0; i < table->count; i++) {
        const struct combined_node *node = &RECORDS(*table, combined_node)[i];
        struct profile_node record = {.pc = PROFILE_MARKER_END + (uint64_t)node->call + 1,
                                      .parent = node->parent};
        put(writer, &record, sizeof(record));
    }
    put_padding(writer);
}

// --- heap

static uint64_t block_unit(const struct writer *writer)
{
    return writer->sums->header.heap_mode == PROFILE_HEAP_SAMPLED ? PROFILE_SAMPLED_UNIT : 1;
}

static struct profile_cell cell_of(const struct combined_site *site, uint64_t unit)
{
    const struct heap_counts *counts = &site->counts;
    return (struct profile_cell){
        .stack = site->stack | (uint32_t)PROFILE_FAMILY_MIXED << PROFILE_CELL_FAMILY_SHIFT,
        .allocations = (uint64_t)counts->allocations * unit,
        .allocated_bytes = (uint64_t)counts->allocated_bytes,
        .frees = (uint64_t)counts->frees * unit,
        .freed_bytes = (uint64_t)counts->freed_bytes,
        .temporary = (uint64_t)counts->temporary * unit,
        .at_peak_blocks = (int64_t)((uint64_t)counts->peak_blocks * unit),
        .at_peak_bytes = counts->peak_bytes,
    };
}

static struct profile_cell_samples samples_of(const struct heap_samples *samples)
{
    return (struct profile_cell_samples){
        .samples = (uint64_t)samples->taken,
        .freed_samples = (uint64_t)samples->freed,
        .variance_blocks = samples->variance_blocks,
        .variance_bytes = samples->variance_bytes,
        .freed_variance_blocks = samples->freed_variance_blocks,
        .freed_variance_bytes = samples->freed_variance_bytes,
    };
}

static void put_cells(struct writer *writer)
{
    const struct keyed_table *table = &writer->sums->sites;
    uint64_t unit = block_unit(writer);
    struct profile_sampled_cell record;
    size_t bytes = unit > 1 ? sizeof(record) : sizeof(record.cell);
    if (!put_records(writer, PROFILE_CHUNK_CELLS, bytes, table->count))
        return;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct combined_site *site = &RECORDS(*table, combined_site)[i];
        record.cell = cell_of(site, unit);
        record.samples = samples_of(&site->counts.samples);
        put(writer, &record, bytes);
    }
    put_padding(writer);
}

static void put_scan(struct writer *writer)
{
    const struct sums *sums = writer->sums;
    bool has_heap = sums->header.heap_mode != PROFILE_HEAP_OFF;
    struct profile_leak_scan head = {
        .is_classified = sums->classified || sums->merged.without_leaks == 0,
        .stopped_ns = sums->stopped_ns,
        .scanned_bytes = sums->scanned_bytes,
    };
    const char *why = sums->merged.why_no_leaks && !head.is_classified
                          ? writer->combination->texts.bytes + sums->merged.why_no_leaks
                          : "";
    head.reason_bytes = (uint32_t)strlen(why);
    if (!has_heap)
        return;
    put_chunk(writer, PROFILE_CHUNK_LEAK_SCAN, 0, sizeof(head) + strlen(why));
    put(writer, &head, sizeof(head));
    put(writer, why, strlen(why));
    put_padding(writer);
}

static void put_leaks(struct writer *writer)
{
    const struct keyed_table *table = &writer->sums->leaks;
    if (!put_records(writer, PROFILE_CHUNK_LEAKS, sizeof(struct profile_leak), table->count))
        return;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct combined_leak *leak = &RECORDS(*table, combined_leak)[i];
        struct profile_leak record = {
            .stack = leak->key.stack,
            .class = leak->key.class,
            .blocks = (uint64_t)leak->blocks,
            .bytes = (uint64_t)leak->bytes,
            .indirect_blocks = (uint64_t)leak->indirect_blocks,
            .indirect_bytes = (uint64_t)leak->indirect_bytes,
        };
        put(writer, &record, sizeof(record));
    }
    put_padding(writer);
}

static void put_heap_misuses(struct writer *writer)
{
    const struct keyed_table *table = &writer->sums->heap_misuses;
    if (!put_records(writer, PROFILE_CHUNK_HEAP_MISUSES, sizeof(struct profile_heap_misuse),
                     table->count))
        return;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct combined_heap_misuse *misuse = &RECORDS(*table, combined_heap_misuse)[i];
        struct profile_heap_misuse record = {
            .kind = misuse->key.kind,
            .stack = misuse->key.stack,
            .free_stack = misuse->key.free_stack,
            .allocated_by = misuse->key.allocated_by,
            .freed_by = misuse->key.freed_by,
            .count = misuse->count,
            .time_ns = misuse->time_ns,
            .offset = misuse->offset,
            .bytes = misuse->bytes,
        };
        put(writer, &record, sizeof(record));
    }
    put_padding(writer);
}

// --- threads

static void put_threads(struct writer *writer)
{
    const struct keyed_table *table = &writer->sums->threads;
    uint64_t unit = block_unit(writer);
    if (!put_records(writer, PROFILE_CHUNK_THREADS, sizeof(struct profile_thread), table->count))
        return;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct combined_threads *threads = &RECORDS(*table, combined_threads)[i];
        struct profile_thread record = {
            .serial = i + 1,
            .origin = threads->key.origin,
            .creation_stack = threads->key.creation_stack,
            .exit_kind = threads->key.exit_kind,
            .join_kind = threads->key.join_kind,
            .cpu_ns = threads->cpu_ns,
            .allocations = threads->allocations * unit,
            .allocated_bytes = threads->allocated_bytes,
            .reallocs = threads->reallocs * unit,
            .lock_wait_ns = threads->lock_wait_ns,
            .like_count = threads->count,
        };
        put(writer, &record, sizeof(record));
    }
    put_padding(writer);
}

// --- locks

static void put_locks(struct writer *writer)
{
    const struct keyed_table *table = &writer->sums->locks;
    if (!put_records(writer, PROFILE_CHUNK_LOCKS, sizeof(struct profile_lock), table->count))
        return;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct combined_lock *lock = &RECORDS(*table, combined_lock)[i];
        struct profile_lock record = {
            .address = 1,
            .kind = lock->key.kind,
            .creation_stack = lock->creation_stack,
            .initialised = lock->initialised,
            .retired = lock->end,
            .acquisitions = (uint64_t)lock->acquisitions,
            .contentions = (uint64_t)lock->contentions,
            .wait_ns = (uint64_t)lock->wait_ns,
            .wait_max_ns = (uint64_t)lock->wait_max_ns,
            .flags = lock->flags,
            .timeouts = (uint64_t)lock->timeouts,
            .owner_died = (uint64_t)lock->owner_died,
            .handoff_ns = (uint64_t)lock->handoff_ns,
            .try_failed = (uint64_t)lock->try_failed,
            .owner_changes = (uint64_t)lock->owner_changes,
            .holds = (uint64_t)lock->holds,
            .hold_ns = (uint64_t)lock->hold_ns,
            .hold_max_ns = (uint64_t)lock->hold_max_ns,
            .block_offset = lock->block_offset,
            .block_stack = lock->block_stack,
        };
        put(writer, &record, sizeof(record));
    }
    put_padding(writer);
}

static void put_lock_names(struct writer *writer)
{
    const struct keyed_table *table = &writer->sums->locks;
    if (!put_records(writer, PROFILE_CHUNK_LOCK_NAMES, sizeof(struct profile_lock_name),
                     table->count))
        return;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct combined_lock *lock = &RECORDS(*table, combined_lock)[i];
        struct profile_lock_name record = {i + 1, lock->key.name, lock->base, lock->name_flags};
        put(writer, &record, sizeof(record));
    }
    put_padding(writer);
}

// A bucket of a record is of 32 bits: what is more goes into further records.
static uint64_t wait_records(const struct combined_wait *wait)
{
    int64_t most = 0;
    for (size_t i = 0; i < PROFILE_WAIT_BUCKETS; i++)
        most = wait->histogram[i] > most ? wait->histogram[i] : most;
    return 1 + (uint64_t)most / ((uint64_t)UINT32_MAX + 1);
}

static void put_wait(struct writer *writer, const struct combined_wait *wait, uint64_t part)
{
    struct profile_lock_wait record = {.lock = wait->key.lock + 1, .stack = wait->key.stack};
    if (part == 0) {
        record.count = (uint64_t)wait->count;
        record.wait_ns = (uint64_t)wait->wait_ns;
        record.wait_max_ns = (uint64_t)wait->wait_max_ns;
        record.timeouts = (uint64_t)wait->timeouts;
        record.handoff_ns = (uint64_t)wait->handoff_ns;
    }
    for (size_t i = 0; i < PROFILE_WAIT_BUCKETS; i++) {
        int64_t left = wait->histogram[i] - (int64_t)(part * UINT32_MAX);
        record.histogram[i] = left <= 0 ? 0 : left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
    }
    put(writer, &record, sizeof(record));
}

// First parts come first: their ids are those of the table.
static void put_waits(struct writer *writer)
{
    const struct keyed_table *table = &writer->sums->waits;
    const struct combined_wait *waits = RECORDS(*table, combined_wait);
    uint64_t count = 0;
    for (uint32_t i = 0; i < table->count; i++)
        count += wait_records(&waits[i]);
    if (!put_records(writer, PROFILE_CHUNK_LOCK_WAITS, sizeof(struct profile_lock_wait), count))
        return;
    for (uint32_t i = 0; i < table->count; i++)
        put_wait(writer, &waits[i], 0);
    for (uint32_t i = 0; i < table->count; i++)
        for (uint64_t part = 1; part < wait_records(&waits[i]); part++)
            put_wait(writer, &waits[i], part);
    put_padding(writer);
}

static void put_pairs(struct writer *writer)
{
    const struct keyed_table *table = &writer->sums->pairs;
    if (!put_records(writer, PROFILE_CHUNK_LOCK_PAIRS, sizeof(struct profile_lock_pair),
                     table->count))
        return;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct combined_pair *pair = &RECORDS(*table, combined_pair)[i];
        struct profile_lock_pair record = {
            .wait = pair->key.wait + 1,
            .holder_stack = pair->key.holder_stack,
            .count = (uint64_t)pair->count,
            .wait_ns = (uint64_t)pair->wait_ns,
        };
        put(writer, &record, sizeof(record));
    }
    put_padding(writer);
}

static void put_lock_misuses(struct writer *writer)
{
    const struct keyed_table *table = &writer->sums->lock_misuses;
    if (!put_records(writer, PROFILE_CHUNK_LOCK_MISUSES, sizeof(struct profile_lock_misuse),
                     table->count))
        return;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct combined_lock_misuse *misuse = &RECORDS(*table, combined_lock_misuse)[i];
        struct profile_lock_misuse record = {
            .kind = misuse->key.kind,
            .lock = misuse->key.lock,
            .stack = misuse->key.stack,
            .other_stack = misuse->key.other_stack,
            .count = misuse->count,
            .time_ns = misuse->time_ns,
        };
        put(writer, &record, sizeof(record));
    }
    put_padding(writer);
}

static void put_circle(struct writer *writer, uint32_t circle, uint32_t index, uint32_t count)
{
    const struct combined_edge *edges = RECORDS(writer->sums->edges, combined_edge);
    const struct combined_edge *edge = &edges[index];
    if (edge->key.before)
        put_circle(writer, circle, edge->key.before - 1, count);
    struct profile_order_edge record = {
        .circle = circle,
        .kind = edge->key.kind,
        .edge = edge->number,
        .edge_count = count,
        .from = edge->key.from,
        .to = edge->key.to,
        .stack_from = edge->stack_from,
        .stack_to = edge->stack_to,
        .owner_stack = edge->owner_stack,
        .mode = edge->mode,
        .why = edge->why,
    };
    put(writer, &record, sizeof(record));
}

static void put_order(struct writer *writer)
{
    const struct keyed_table *table = &writer->sums->edges;
    const struct combined_edge *edges = RECORDS(*table, combined_edge);
    uint64_t count = 0;
    for (uint32_t i = 0; i < table->count; i++)
        count += edges[i].is_last ? edges[i].number + 1 : 0;
    if (!put_records(writer, PROFILE_CHUNK_ORDER, sizeof(struct profile_order_edge), count))
        return;
    for (uint32_t i = 0; i < table->count; i++)
        if (edges[i].is_last)
            put_circle(writer, i + 1, i, edges[i].number + 1);
    put_padding(writer);
}

// --- the file

static void put_chunks(struct writer *writer)
{
    put_process(writer);
    put_head(writer);
    put_programs(writer);
    put_notes(writer);
    put_frames(writer);
    put_nodes(writer);
    put_cells(writer);
    put_scan(writer);
    put_leaks(writer);
    put_heap_misuses(writer);
    put_threads(writer);
    put_locks(writer);
    put_lock_names(writer);
    put_waits(writer);
    put_pairs(writer);
    put_lock_misuses(writer);
    put_order(writer);
}

static struct profile_header header_of(const struct writer *writer, uint64_t used_bytes)
{
    struct profile_header header = writer->sums->header;
    memcpy(header.magic, PROFILE_MAGIC, sizeof(header.magic));
    header.version = PROFILE_VERSION;
    header.byte_order = PROFILE_BYTE_ORDER;
    header.used_bytes = used_bytes;
    const struct profile_merged *merged = &writer->sums->merged;
    bool is_end_known = merged->profile_count > merged->without_end;
    header.end_ns += is_end_known && header.end_ns == 0; // 0 would be that it is not known
    header.exit_kind = is_end_known ? PROFILE_EXIT_EXITED : PROFILE_EXIT_NONE;
    header.is_merged = 1;
    return header;
}

void combination_write(const struct combination *combination, unsigned side, FILE *out)
{
    struct writer writer = {.combination = combination, .sums = &combination->sums[side]};
    writer.bytes = PROFILE_HEADER_BYTES;
    put_chunks(&writer);
    struct profile_header header = header_of(&writer, writer.bytes);
    writer.out = out;
    writer.bytes = 0;
    put(&writer, &header, sizeof(header));
    put_chunks(&writer);
}

int combination_load(const struct combination *combination, unsigned side, const char *path,
                     struct profile *ret_profile)
{
    char *bytes = NULL;
    const char *why;
    size_t length = 0;
    FILE *out = open_memstream(&bytes, &length);
    if (!out)
        return -ENOMEM;
    combination_write(combination, side, out);
    int error = ferror(out) ? -ENOMEM : 0;
    if (fclose(out) != 0)
        error = -ENOMEM;
    struct profile_source source = {.path = path, .bytes = bytes, .length_bytes = length};
    if (!error)
        error = profile_load(ret_profile, &source, &why) ? -ENOMEM : 0;
    free(bytes);
    return error;
}
