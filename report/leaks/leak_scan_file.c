// SPDX-License-Identifier: MIT
//
// leak_scan_file.c - a leak scan in a profile: two chunks, the scan with its reason and the
// records. Several scans may be there; the last one counts, and a reader sees both of its chunks or
// none.
#include "report/leaks/leak_scan.h"
#include "report/model/profile_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REASON_BYTES_MAX 4096u

// --- reading

static int load_reason(struct leak_scan *scan, struct region *region,
                       const struct profile_reader *reader, const struct profile_span *span)
{
    uint64_t room =
        span->used_bytes > sizeof(scan->head) ? span->used_bytes - sizeof(scan->head) : 0;
    size_t length = scan->head.reason_bytes;
    length = length < room ? length : (size_t)room;
    length = length < REASON_BYTES_MAX ? length : REASON_BYTES_MAX;
    char text[REASON_BYTES_MAX];
    profile_reader_payload(reader, span, sizeof(scan->head), text, length);
    scan->head.reason_bytes = (uint32_t)length;
    scan->why = length ? region_strndup(region, text, length) : "the profile does not say why";
    return scan->why ? 0 : -ENOMEM;
}

static bool is_plausible(const struct profile_leak *leak)
{
    return leak->class < PROFILE_LEAK_CLASS_COUNT && leak->blocks <= INT64_MAX &&
           leak->bytes <= INT64_MAX && leak->indirect_blocks <= INT64_MAX &&
           leak->indirect_bytes <= INT64_MAX;
}

static uint64_t record_count(const struct profile_span *span)
{
    uint64_t count = profile_span_records(span, sizeof(struct profile_leak));
    uint64_t used = count ? span->used_bytes / span->record_bytes : 0;
    return used && used < count ? used : count;
}

static int load_leaks(struct leak_scan *scan, struct region *region,
                      const struct profile_reader *reader, const struct profile_span *span)
{
    uint64_t count = record_count(span);
    scan->leaks = region_array(region, count + 1, sizeof(scan->leaks[0]));
    if (!scan->leaks)
        return -ENOMEM;
    for (uint64_t i = 0; i < count; i++) {
        struct profile_leak leak;
        if (profile_reader_record(reader, span, i, 4, &leak, sizeof(leak)) && is_plausible(&leak))
            scan->leaks[scan->leak_count++] = leak;
    }
    return 0;
}

// The last scan, and the records behind it.
static bool find_scan(struct profile_reader *reader, struct profile_span *ret_scan,
                      struct profile_span *ret_leaks)
{
    struct profile_span span = {0};
    bool found = false;
    while (profile_reader_next(reader, &span)) {
        if (span.type == PROFILE_CHUNK_LEAK_SCAN &&
            span.payload_bytes >= sizeof(struct profile_leak_scan)) {
            *ret_scan = span;
            *ret_leaks = (struct profile_span){0};
            found = true;
        } else if (span.type == PROFILE_CHUNK_LEAKS && found && ret_leaks->type == 0) {
            *ret_leaks = span;
        }
    }
    return found;
}

int leak_scan_load(struct leak_scan *scan, struct region *region, struct profile_reader *reader)
{
    struct profile_span head, leaks;
    struct leak_scan loaded = {0};
    if (!find_scan(reader, &head, &leaks))
        return -ENOENT;
    profile_reader_payload(reader, &head, 0, &loaded.head, sizeof(loaded.head));
    int error = 0;
    if (!loaded.head.is_classified)
        error = load_reason(&loaded, region, reader, &head);
    else if (leaks.type)
        error = load_leaks(&loaded, region, reader, &leaks);
    if (!error)
        *scan = loaded;
    return error;
}

// --- writing

static uint64_t round_up(uint64_t bytes)
{
    return (bytes + PROFILE_CHUNK_ALIGN - 1) & ~(uint64_t)(PROFILE_CHUNK_ALIGN - 1);
}

// Both chunks as they are to be in the file. To be freed.
static unsigned char *lay_out(const struct leak_scan *scan, size_t *ret_bytes)
{
    struct profile_leak_scan head = scan->head;
    head.is_classified = scan->head.is_classified != 0;
    head.reason_bytes = scan->why && !head.is_classified ? (uint32_t)strlen(scan->why) : 0;
    uint64_t used_bytes = sizeof(head) + head.reason_bytes;
    struct profile_chunk first = {.type = PROFILE_CHUNK_LEAK_SCAN,
                                  .length_bytes = round_up(sizeof(first) + used_bytes),
                                  .used_bytes = used_bytes};
    uint64_t leak_bytes = head.is_classified ? scan->leak_count * sizeof(scan->leaks[0]) : 0;
    struct profile_chunk second = {.type = PROFILE_CHUNK_LEAKS,
                                   .record_bytes = sizeof(struct profile_leak),
                                   .length_bytes = round_up(sizeof(second) + leak_bytes),
                                   .used_bytes = leak_bytes};
    size_t bytes = (size_t)(first.length_bytes + second.length_bytes);
    unsigned char *chunks = calloc(1, bytes), *at = chunks;
    if (!chunks)
        return NULL;
    memcpy(at, &first, sizeof(first));
    memcpy(at + sizeof(first), &head, sizeof(head));
    if (head.reason_bytes)
        memcpy(at + sizeof(first) + sizeof(head), scan->why, head.reason_bytes);
    at += first.length_bytes;
    memcpy(at, &second, sizeof(second));
    if (leak_bytes)
        memcpy(at + sizeof(second), scan->leaks, (size_t)leak_bytes);
    *ret_bytes = bytes;
    return chunks;
}

static int write_all(int fd, const void *bytes, size_t length, uint64_t offset)
{
    const unsigned char *at = bytes;
    while (length) {
        ssize_t done = pwrite(fd, at, length, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done ? -errno : -EIO;
        at += done;
        offset += (uint64_t)done;
        length -= (size_t)done;
    }
    return 0;
}

static int append(int fd, const struct leak_scan *scan)
{
    struct profile_header header;
    struct stat status;
    if (fstat(fd, &status) != 0)
        return -errno;
    if (!S_ISREG(status.st_mode) || pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
        memcmp(header.magic, PROFILE_MAGIC, sizeof(header.magic)) != 0 ||
        header.byte_order != PROFILE_BYTE_ORDER || header.used_bytes < PROFILE_HEADER_BYTES ||
        header.used_bytes % PROFILE_CHUNK_ALIGN || header.used_bytes > (uint64_t)status.st_size)
        return -EINVAL;
    if (header.version != PROFILE_VERSION)
        return -EPROTO;
    size_t bytes;
    unsigned char *chunks = lay_out(scan, &bytes);
    if (!chunks)
        return -ENOMEM;
    int error = write_all(fd, chunks, bytes, header.used_bytes);
    uint64_t used_bytes = header.used_bytes + bytes;
    if (!error)
        error = write_all(fd, &used_bytes, sizeof(used_bytes),
                          offsetof(struct profile_header, used_bytes));
    free(chunks);
    return error;
}

int leak_scan_append(const struct leak_scan *scan, const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    int error = append(fd, scan);
    return close(fd) == 0 || error ? error : -errno;
}
