// SPDX-License-Identifier: MIT
//
// profile_reader.c - see profile_reader.h. The walk over the chunks keeps no list: each step copies
// one chunk header and checks the copy.
#include "report/model/profile_reader.h"

#include <errno.h>
#include <string.h>

// The compiler must not read `from` a second time where it sees `to` used.
static void snapshot(void *to, const void *from, size_t bytes)
{
    memcpy(to, from, bytes);
    __asm__ volatile("" : : "r"(to) : "memory");
}

static uint64_t load_acquire64(const unsigned char *at)
{
    return __atomic_load_n((const uint64_t *)(const void *)at, __ATOMIC_ACQUIRE);
}

static uint32_t load_acquire32(const unsigned char *at)
{
    return __atomic_load_n((const uint32_t *)(const void *)at, __ATOMIC_ACQUIRE);
}

static void set_limit(struct profile_reader *reader)
{
    uint64_t used_bytes =
        load_acquire64(reader->bytes + offsetof(struct profile_header, used_bytes));
    reader->truncated = used_bytes > reader->length_bytes;
    reader->limit_bytes = reader->truncated ? reader->length_bytes : used_bytes;
}

static int check_header(const struct profile_header *header, const char **ret_why)
{
    if (memcmp(header->magic, PROFILE_MAGIC, sizeof(header->magic)) != 0) {
        *ret_why = "not a gaiaprof profile";
        return -EINVAL;
    }
    if (header->byte_order != PROFILE_BYTE_ORDER) {
        *ret_why = "written on a machine with another byte order";
        return -EPROTO;
    }
    if (header->version > PROFILE_VERSION || header->version < PROFILE_VERSION_OLDEST) {
        *ret_why = header->version > PROFILE_VERSION
                       ? "written by a newer gaiaprof, whose format this one does not know"
                       : "written by an older gaiaprof, whose format is no longer read";
        return -EPROTO;
    }
    return 0;
}

int profile_reader_open(struct profile_reader *reader, const void *bytes, uint64_t length_bytes,
                        const char **ret_why)
{
    *reader = (struct profile_reader){.bytes = bytes, .length_bytes = length_bytes};
    size_t magic_bytes = sizeof(reader->header.magic);
    if (length_bytes < PROFILE_HEADER_BYTES) {
        bool ours = length_bytes >= magic_bytes && memcmp(bytes, PROFILE_MAGIC, magic_bytes) == 0;
        *ret_why = length_bytes == 0 ? "the file is empty"
                   : ours            ? "cut off inside its header"
                                     : "not a gaiaprof profile";
        return -EINVAL;
    }
    if (length_bytes > PROFILE_FILE_BYTES_MAX) {
        *ret_why = "larger than any profile can be (16 GiB)";
        return -EFBIG;
    }
    set_limit(reader);
    snapshot(&reader->header, bytes, sizeof(reader->header));
    reader->header.allocator[sizeof(reader->header.allocator) - 1] = '\0';
    return check_header(&reader->header, ret_why);
}

void profile_reader_refresh(struct profile_reader *reader)
{
    set_limit(reader);
}

static bool stop(struct profile_reader *reader, uint64_t offset, const char *why)
{
    reader->damage = why;
    reader->damage_off = offset;
    return false;
}

// Where a chunk begins but is cut off by the end of a truncated file, what is there is used.
bool profile_reader_next(struct profile_reader *reader, struct profile_span *span)
{
    uint64_t offset = span->next_off ? span->next_off : PROFILE_HEADER_BYTES;
    if (offset >= reader->limit_bytes)
        return false;
    uint64_t room_bytes = reader->limit_bytes - offset;
    struct profile_chunk chunk;
    if (room_bytes < sizeof(chunk))
        return reader->truncated ? false : stop(reader, offset, "half a chunk header");
    snapshot(&chunk, reader->bytes + offset, sizeof(chunk));
    if (chunk.length_bytes < sizeof(chunk) || chunk.length_bytes % PROFILE_CHUNK_ALIGN != 0)
        return stop(reader, offset, "impossible chunk length");
    if (chunk.length_bytes > room_bytes && !reader->truncated)
        return stop(reader, offset, "chunk longer than the file");
    uint64_t extent_bytes = chunk.length_bytes < room_bytes ? chunk.length_bytes : room_bytes;
    *span = (struct profile_span){
        .type = chunk.type,
        .record_bytes = chunk.record_bytes,
        .first_id = chunk.first_id,
        .slot = chunk.slot,
        .payload_off = offset + sizeof(chunk),
        .payload_bytes = extent_bytes - sizeof(chunk),
        .next_off = offset + extent_bytes,
    };
    span->used_bytes =
        chunk.used_bytes < span->payload_bytes ? chunk.used_bytes : span->payload_bytes;
    return true;
}

uint64_t profile_span_records(const struct profile_span *span, size_t bytes)
{
    if (span->record_bytes < bytes || span->record_bytes % 8 != 0)
        return 0;
    return (span->used_bytes ? span->used_bytes : span->payload_bytes) / span->record_bytes;
}

bool profile_reader_record(const struct profile_reader *reader, const struct profile_span *span,
                           uint64_t index, size_t key_bytes, void *ret_record, size_t bytes)
{
    const unsigned char *at = reader->bytes + span->payload_off + index * span->record_bytes;
    uint64_t key = key_bytes == 8 ? load_acquire64(at) : load_acquire32(at);
    if (key == 0)
        return false;
    snapshot(ret_record, at, bytes);
    return true;
}

void profile_reader_payload(const struct profile_reader *reader, const struct profile_span *span,
                            uint64_t offset, void *ret_payload, size_t bytes)
{
    snapshot(ret_payload, reader->bytes + span->payload_off + offset, bytes);
}
