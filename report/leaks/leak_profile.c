// SPDX-License-Identifier: MIT
//
// leak_profile.c - see leak_profile.h.
#include "report/leaks/leak_profile.h"

#include "report/leaks/leak_stop.h"
#include "report/model/mapped_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int fail(const char **ret_why, int error)
{
    *ret_why = strerror(error);
    return -error;
}

static int map_file(struct leak_profile *profile, const char **ret_why)
{
    struct stat status;
    if (fstat(profile->fd, &status) != 0)
        return fail(ret_why, errno);
    uint64_t length_bytes = (uint64_t)status.st_size;
    struct mapped_file *mapped;
    if (profile->mapped && length_bytes == profile->mapped->length_bytes)
        return 0;
    int error = mapped_file_new(&mapped, profile->fd, length_bytes);
    if (error)
        return fail(ret_why, -error);
    mapped_file_free(profile->mapped);
    profile->mapped = mapped;
    return 0;
}

static int list_add(struct leak_span_list *list, const struct profile_span *span)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        struct profile_span *spans = reallocarray(list->spans, room, sizeof(spans[0]));
        if (!spans)
            return -ENOMEM;
        list->spans = spans;
        list->room = room;
    }
    list->spans[list->count++] = *span;
    return 0;
}

static int by_first_id(const void *a, const void *b)
{
    const struct profile_span *one = a, *other = b;
    return (one->first_id > other->first_id) - (one->first_id < other->first_id);
}

static int walk(struct leak_profile *profile)
{
    struct profile_span span = profile->last;
    int error = 0;
    while (!error && profile_reader_next(&profile->reader, &span)) {
        profile->last = span;
        if (span.type == PROFILE_CHUNK_NODES)
            error = list_add(&profile->nodes, &span);
        else if (span.type == PROFILE_CHUNK_THREADS)
            error = list_add(&profile->threads, &span);
    }
    // in the order of their ids but for those that two threads made at once
    if (profile->nodes.count)
        qsort(profile->nodes.spans, profile->nodes.count, sizeof(profile->nodes.spans[0]),
              by_first_id);
    return error;
}

int leak_profile_update(struct leak_profile *profile, const char **ret_why)
{
    int error = map_file(profile, ret_why);
    if (error)
        return error;
    error = profile_reader_open(&profile->reader, profile->mapped->bytes,
                                profile->mapped->length_bytes, ret_why);
    if (error)
        return error;
    error = walk(profile);
    if (error)
        *ret_why = strerror(-error);
    return error;
}

int leak_profile_open(struct leak_profile *profile, const struct profile_file *file,
                      const char **ret_why)
{
    *profile = (struct leak_profile){.fd = file->fd};
    if (file->length_bytes < PROFILE_HEADER_BYTES) {
        *ret_why = "not a profile";
        return -EINVAL;
    }
    return leak_profile_update(profile, ret_why);
}

void leak_profile_release(struct leak_profile *profile)
{
    mapped_file_free(profile->mapped);
    free(profile->nodes.spans);
    free(profile->threads.spans);
    *profile = (struct leak_profile){0};
}

static const struct profile_span *find_nodes(const struct leak_profile *profile, uint32_t stack)
{
    const struct leak_span_list *list = &profile->nodes;
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->spans[middle].first_id <= stack)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &list->spans[low - 1] : NULL;
}

uint64_t leak_profile_leaf(const struct leak_profile *profile, uint32_t stack)
{
    struct profile_node node;
    const struct profile_span *span = find_nodes(profile, stack);
    if (!span || stack - span->first_id >= profile_span_records(span, sizeof(node)) ||
        !profile_reader_record(&profile->reader, span, stack - span->first_id, 8, &node,
                               sizeof(node)))
        return 0;
    return node.pc & ~PROFILE_PC_SIGNAL;
}

bool leak_profile_next_thread(const struct leak_profile *profile, struct leak_thread_cursor *cursor,
                              struct profile_thread *ret_thread)
{
    for (; cursor->span < profile->threads.count; cursor->span++, cursor->index = 0) {
        const struct profile_span *span = &profile->threads.spans[cursor->span];
        while (cursor->index < profile_span_records(span, sizeof(*ret_thread)))
            if (profile_reader_record(&profile->reader, span, cursor->index++, 4, ret_thread,
                                      sizeof(*ret_thread)))
                return true;
    }
    return false;
}

bool leak_profile_has_realloc(const struct leak_profile *profile)
{
    struct leak_thread_cursor cursor = {0};
    struct profile_thread thread;
    while (leak_profile_next_thread(profile, &cursor, &thread))
        if (thread.end_ns == 0 && thread.in_realloc)
            return true;
    return false;
}

// Their records are not published before they begin.
int leak_profile_add_arguments(const struct leak_profile *profile, struct leak_words *words)
{
    struct profile_thread thread;
    int error = 0;
    for (size_t i = 0; i < profile->threads.count && !error; i++) {
        const struct profile_span *span = &profile->threads.spans[i];
        uint64_t count = profile_span_records(span, sizeof(thread));
        for (uint64_t j = 0; j < count && !error; j++) {
            profile_reader_payload(&profile->reader, span, j * span->record_bytes, &thread,
                                   sizeof(thread));
            if (thread.argument)
                error = leak_words_add(words, &thread.argument, 1);
        }
    }
    return error;
}
