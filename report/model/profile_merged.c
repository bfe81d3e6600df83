// SPDX-License-Identifier: MIT
//
// profile_merged.c - what only merged profiles have: texts, and the frames, locks, programs and
// notes that are said in them. See preload/profile_format.h. Nothing of it is trusted: a text is
// looked up with its bounds, a group of frames is no larger than a location may be.
#include "report/model/profile_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAMS_MAX 65536
#define GROUP_FRAMES_MAX 32
#define TEXT_BYTES_MAX 32768 // as the demanglers; what is longer is cut
// Of all frames together: real sums have some 10 MB. Formats write the names with each frame, so a
// small profile with one long name would be gigabytes. What is beyond has no names.
#define NAMED_BYTES_MAX ((size_t)256 << 20)
#define PROGRAM_BYTES_MAX ((size_t)16 << 20) // the same of the names of programs

struct merged_names {
    const char *texts; // ends in NUL
    size_t text_bytes;
    size_t program_bytes;           // of the names of programs
    struct merged_lock_name *locks; // by id
    size_t lock_count;
};

const char *merged_text(const struct profile *profile, uint32_t text)
{
    const struct merged_names *names = profile->merged_names;
    bool begins = names && text != 0 && text < names->text_bytes && !names->texts[text - 1];
    return begins ? names->texts + text : NULL;
}

static const char *text_or_none(const struct profile *profile, uint32_t text)
{
    const char *found = merged_text(profile, text);
    return found ? found : "";
}

// --- texts

// Very many frames may name one text.
static void cut_texts(char *texts, size_t bytes)
{
    for (size_t at = 0, length; at < bytes; at += length + 1) {
        length = strnlen(texts + at, bytes - at);
        if (length > TEXT_BYTES_MAX)
            texts[at + TEXT_BYTES_MAX] = '\0';
    }
}

static int load_texts(struct profile *profile, struct profile_reader *reader)
{
    struct merged_names *names = profile->merged_names;
    for (struct profile_span span = {0}; profile_reader_next(reader, &span);) {
        if (span.type != PROFILE_CHUNK_TEXTS)
            continue;
        char *texts = region_alloc(&profile->region, span.used_bytes + 1);
        if (!texts)
            return -ENOMEM;
        profile_reader_payload(reader, &span, 0, texts, span.used_bytes);
        cut_texts(texts, span.used_bytes);
        names->texts = texts;
        names->text_bytes = span.used_bytes;
        return 0;
    }
    return 0;
}

// --- what was put together

static void load_head(struct profile *profile, struct profile_reader *reader)
{
    struct profile_merged *record = &profile->merged.record;
    for (struct profile_span span = {0}; profile_reader_next(reader, &span);)
        if (span.type == PROFILE_CHUNK_MERGED && span.payload_bytes >= sizeof(*record))
            profile_reader_payload(reader, &span, 0, record, sizeof(*record));
    profile->merged.why_no_leaks = merged_text(profile, record->why_no_leaks);
}

static int add_program(struct profile *profile, const struct profile_merged_program *record,
                       size_t *room)
{
    struct merged *merged = &profile->merged;
    void *programs = merged->programs;
    struct merged_program *program =
        region_push(&profile->region, &programs, &merged->program_count, room, sizeof(*program));
    if (!program)
        return -ENOMEM;
    merged->programs = programs;
    const char *name = text_or_none(profile, record->name);
    size_t *bytes = &profile->merged_names->program_bytes;
    *bytes += strlen(name);
    *program = (struct merged_program){*bytes <= PROGRAM_BYTES_MAX ? name : "",
                                       (int64_t)record->profile_count};
    return 0;
}

static int load_programs(struct profile *profile, const struct profile_reader *reader,
                         const struct profile_span *span, size_t *room)
{
    struct profile_merged_program record;
    uint64_t count = profile_span_records(span, sizeof(record));
    int error = 0;
    for (uint64_t i = 0; i < count && !error && profile->merged.program_count < PROGRAMS_MAX; i++)
        if (profile_reader_record(reader, span, i, sizeof(record.name), &record, sizeof(record)))
            error = add_program(profile, &record, room);
    return error;
}

static void load_notes(struct profile *profile, const struct profile_reader *reader,
                       const struct profile_span *span)
{
    struct profile_merged_note record;
    uint64_t count = profile_span_records(span, sizeof(record));
    for (uint64_t i = 0; i < count; i++)
        if (profile_reader_record(reader, span, i, sizeof(record.note), &record, sizeof(record)) &&
            *text_or_none(profile, record.note))
            profile_note(profile, "%s", merged_text(profile, record.note));
}

// --- names of locks

static int compare_lock_names(const void *left, const void *right)
{
    const struct merged_lock_name *a = left, *b = right;
    return (a->lock > b->lock) - (a->lock < b->lock);
}

const struct merged_lock_name *merged_lock_name(const struct profile *profile, uint32_t lock)
{
    const struct merged_lock_name key = {.lock = lock};
    const struct merged_names *names = profile->merged_names;
    return names && names->lock_count
               ? bsearch(&key, names->locks, names->lock_count, sizeof(key), compare_lock_names)
               : NULL;
}

static int load_lock_names(struct profile *profile, const struct profile_reader *reader,
                           const struct profile_span *span, size_t *room)
{
    struct merged_names *names = profile->merged_names;
    struct profile_lock_name record;
    uint64_t count = profile_span_records(span, sizeof(record));
    for (uint64_t i = 0; i < count; i++) {
        if (!profile_reader_record(reader, span, i, sizeof(record.lock), &record, sizeof(record)))
            continue;
        void *locks = names->locks;
        struct merged_lock_name *name =
            region_push(&profile->region, &locks, &names->lock_count, room, sizeof(*name));
        if (!name)
            return -ENOMEM;
        names->locks = locks;
        *name = (struct merged_lock_name){record.lock, merged_text(profile, record.name),
                                          merged_text(profile, record.base), record.flags};
    }
    return 0;
}

int profile_load_merged(struct profile *profile, struct profile_reader *reader)
{
    if (!profile_is_merged(profile))
        return 0;
    profile->merged_names = region_alloc(&profile->region, sizeof(*profile->merged_names));
    if (!profile->merged_names || load_texts(profile, reader) != 0)
        return -ENOMEM;
    load_head(profile, reader);
    size_t program_room = 0, lock_room = 0;
    int error = 0;
    for (struct profile_span span = {0}; !error && profile_reader_next(reader, &span);) {
        if (span.type == PROFILE_CHUNK_PROGRAMS)
            error = load_programs(profile, reader, &span, &program_room);
        else if (span.type == PROFILE_CHUNK_LOCK_NAMES)
            error = load_lock_names(profile, reader, &span, &lock_room);
        else if (span.type == PROFILE_CHUNK_NOTES)
            load_notes(profile, reader, &span);
    }
    profile->merged.note_count = profile->note_count;
    struct merged_names *names = profile->merged_names;
    if (names->lock_count)
        qsort(names->locks, names->lock_count, sizeof(*names->locks), compare_lock_names);
    return error;
}

// --- frames

// The records of one group, side by side.
struct group {
    uint32_t number;
    size_t count;
    size_t named_bytes; // of this and all groups before
    struct symbol_frame symbols[GROUP_FRAMES_MAX];
    bool markers[GROUP_FRAMES_MAX];
};

// NULL: none, or there are too many.
static const char *frame_text(const struct profile *profile, struct group *group, uint32_t text)
{
    const char *found = merged_text(profile, text);
    group->named_bytes += found ? strlen(found) : 0;
    return group->named_bytes <= NAMED_BYTES_MAX ? found : NULL;
}

static void add_frame(const struct profile *profile, struct group *group,
                      const struct profile_merged_frame *record)
{
    if (group->count == GROUP_FRAMES_MAX)
        return;
    bool marker = record->flags & PROFILE_FRAME_MARKER;
    const char *function = frame_text(profile, group, record->function);
    group->markers[group->count] = marker;
    group->symbols[group->count++] = (struct symbol_frame){
        .function = marker && !function ? "[unknown]" : function,
        .file = frame_text(profile, group, record->file),
        .line = record->line,
        .module = frame_text(profile, group, record->module),
        .offset = record->offset,
        .inlined = record->flags & PROFILE_FRAME_INLINED,
    };
}

static int set_group(struct profile *profile, struct group *group, size_t limit)
{
    int error = 0;
    if (group->count && group->number <= limit)
        error = location_set_group(profile, group->number, group->symbols, group->markers,
                                   group->count);
    group->count = 0;
    return error;
}

static int load_frame_chunk(struct profile *profile, const struct profile_reader *reader,
                            const struct profile_span *span, struct group *group, size_t limit)
{
    struct profile_merged_frame record;
    uint64_t count = profile_span_records(span, sizeof(record));
    int error = 0;
    for (uint64_t i = 0; i < count && !error; i++) {
        if (!profile_reader_record(reader, span, i, sizeof(record.group), &record, sizeof(record)))
            continue;
        if (record.group != group->number)
            error = set_group(profile, group, limit);
        group->number = record.group;
        add_frame(profile, group, &record);
    }
    return error;
}

// A group has a frame: so there are no more than that many.
static size_t group_limit(struct profile_reader *reader)
{
    uint64_t records = 0;
    for (struct profile_span span = {0}; profile_reader_next(reader, &span);)
        if (span.type == PROFILE_CHUNK_FRAMES)
            records += profile_span_records(&span, sizeof(struct profile_merged_frame));
    return records < UINT32_MAX / 2 ? (size_t)records : UINT32_MAX / 2;
}

int profile_load_frames(struct profile *profile, struct profile_reader *reader)
{
    if (!profile_is_merged(profile))
        return 0;
    size_t limit = group_limit(reader);
    struct group group = {0};
    int error = location_table_reserve(profile, limit);
    for (struct profile_span span = {0}; !error && profile_reader_next(reader, &span);)
        if (span.type == PROFILE_CHUNK_FRAMES)
            error = load_frame_chunk(profile, reader, &span, &group, limit);
    return error ? error : set_group(profile, &group, limit);
}
