// SPDX-License-Identifier: MIT
//
// json_leaks.c - the section of leaks, and the misuse of the heap.
#include "report/json/json_writer.h"

static json_t *total_value(struct json_writer *writer, const struct leak_total *total)
{
    json_t *value = json_object();
    json_set_integer(writer, value, "blocks", total->blocks);
    json_set_integer(writer, value, "bytes", total->bytes);
    return value;
}

static json_t *pattern_value(struct json_writer *writer, const struct suppression *suppression)
{
    const char *text = region_printf(
        &writer->region, "%s:%s", suppression_kind_name(suppression->kind), suppression->pattern);
    writer->failed |= !text;
    return json_text(text ? text : "");
}

void json_set_suppressed(struct json_writer *writer, json_t *object,
                         const struct suppression *suppression)
{
    if (suppression)
        json_set(writer, object, "suppressed", pattern_value(writer, suppression));
}

// --- leaks

bool json_has_leaks(const struct profile *profile)
{
    const struct profile_header *header = &profile->header;
    bool asked_for = header->version >= 4 && header->leaks_on;
    return header->heap_mode != PROFILE_HEAP_OFF && (profile->leaks.classified || asked_for);
}

static json_t *leak_value(struct json_writer *writer, const struct leak *leak)
{
    json_t *value = json_object();
    json_set_text(writer, value, "class", leak_class_name(leak->class));
    json_set_integer(writer, value, "blocks", leak->blocks);
    json_set_integer(writer, value, "bytes", leak->bytes);
    if (leak->class == PROFILE_LEAK_DEFINITE) {
        json_set_integer(writer, value, "indirect_blocks", leak->indirect_blocks);
        json_set_integer(writer, value, "indirect_bytes", leak->indirect_bytes);
    }
    json_set_run_time(writer, value, "first_ns", leak->first_ns);
    json_set_run_time(writer, value, "last_ns", leak->last_ns);
    if (writer->profile->leaks.has_growth) {
        json_set_integer(writer, value, "grown_blocks", leak->grown_blocks);
        json_set_integer(writer, value, "grown_bytes", leak->grown_bytes);
    }
    json_set_suppressed(writer, value, leak->suppressed);
    return value;
}

static void put_records(struct json_writer *writer)
{
    const struct leaks *leaks = &writer->profile->leaks;
    bool first = true;
    json_begin_list(writer, "records");
    for (size_t i = 0; i < leaks->record_count; i++) {
        const struct leak *leak = &leaks->records[i];
        if (leak->hidden)
            continue;
        json_begin_element(writer, &first);
        json_put_with_stack(writer, leak_value(writer, leak), "stack", leak->stack);
    }
    fputc(']', writer->out);
}

// Of what is built in only what was used.
static void put_suppressions(struct json_writer *writer)
{
    const struct suppressions *suppressions = writer->options->suppressions;
    bool first = true;
    json_begin_list(writer, "suppressions");
    for (size_t i = 0; suppressions && i < suppressions->count; i++) {
        const struct suppression *suppression = &suppressions->list[i];
        if (!suppression->file && !suppression->used_count)
            continue;
        json_t *value = json_object();
        json_set(writer, value, "pattern", pattern_value(writer, suppression));
        if (suppression->file) {
            json_set_text(writer, value, "file", suppression->file);
            json_set_integer(writer, value, "line", suppression->line);
        }
        json_set_integer(writer, value, "used", suppression->used_count);
        json_set_integer(writer, value, "blocks", suppression->blocks);
        json_set_integer(writer, value, "bytes", suppression->bytes);
        json_begin_element(writer, &first);
        json_put(writer, value);
    }
    fputc(']', writer->out);
}

void json_put_leaks(struct json_writer *writer)
{
    const struct leaks *leaks = &writer->profile->leaks;
    json_t *value = json_object();
    json_set(writer, value, "classified", json_boolean(leaks->classified));
    if (!leaks->classified) {
        json_set_text(writer, value, "why", leaks->why);
        json_put(writer, value);
        return;
    }
    json_set_integer(writer, value, "stopped_ns", leaks->stopped_ns);
    json_set_integer(writer, value, "scanned_bytes", leaks->scanned_bytes);
    for (uint32_t class = 0; class < PROFILE_LEAK_CLASS_COUNT; class ++)
        json_set(writer, value, leak_class_name(class), total_value(writer, &leaks->totals[class]));
    json_set(writer, value, "suppressed", total_value(writer, &leaks->suppressed));
    if (leaks->has_growth)
        json_set_integer(writer, value, "growth_ns", leaks->growth_ns);
    json_open(writer, value);
    put_records(writer);
    put_suppressions(writer);
    fputc('}', writer->out);
}

// --- misuse of the heap

static json_t *misuse_value(struct json_writer *writer, const struct heap_misuse *misuse)
{
    const struct profile_heap_misuse *record = &misuse->record;
    json_t *value = json_object();
    json_set_text(writer, value, "kind", heap_misuse_name(record->kind));
    json_set_text(writer, value, "allocated_by", family_name(record->allocated_by));
    json_set_text(writer, value, "freed_by", freed_by_name(record->freed_by));
    json_set_integer(writer, value, "count", (int64_t)record->count);
    if (record->bytes)
        json_set_integer(writer, value, "bytes", (int64_t)record->bytes);
    if (record->kind == PROFILE_HEAP_INTERIOR)
        json_set_integer(writer, value, "offset", (int64_t)record->offset);
    json_set_integer(writer, value, "t_ns",
                     (int64_t)(record->time_ns - writer->profile->header.start_ns));
    json_set_integer(writer, value, "thread", record->thread);
    json_set_suppressed(writer, value, misuse->suppressed);
    return value;
}

void json_put_heap_misuses(struct json_writer *writer)
{
    const struct profile *profile = writer->profile;
    bool first = true;
    json_begin_list(writer, "mismatches");
    for (size_t i = 0; i < profile->heap_misuse_count; i++) {
        const struct heap_misuse *misuse = &profile->heap_misuses[i];
        if (misuse->hidden)
            continue;
        json_begin_element(writer, &first);
        json_open(writer, misuse_value(writer, misuse));
        if (misuse->record.stack) {
            json_key(writer, "allocation_stack");
            json_put_stack(writer, misuse->record.stack);
        }
        json_key(writer, "free_stack");
        json_put_stack(writer, misuse->record.free_stack);
        fputc('}', writer->out);
    }
    fputc(']', writer->out);
}
