// SPDX-License-Identifier: MIT
//
// profile_reader.h - chunks and records of a profile, over (bytes, length). Nothing in the bytes is
// trusted, and they may change while they are read (a live process maps them): everything is
// copied first and the copy is checked, so a value that was checked is never read again.
// Memory: none but the structs below.
#ifndef GAIAPROF_PROFILE_READER_H
#define GAIAPROF_PROFILE_READER_H

#include "preload/profile_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Larger files are refused: no profile gets there, and a sparse one would be read for hours.
#define PROFILE_FILE_BYTES_MAX (UINT64_C(16) << 30)

struct profile_reader {
    const unsigned char *bytes; // aligned to 8
    uint64_t length_bytes;
    uint64_t limit_bytes;         // what of it is published
    bool truncated;               // the file is shorter than what it published
    const char *damage;           // why the walk over the chunks stopped early; NULL: it did not
    uint64_t damage_off;          // where
    struct profile_header header; // a copy; its strings end in NUL
};

// A chunk whose extent has been checked. All zero: before the first.
struct profile_span {
    uint32_t type;
    uint32_t record_bytes;
    uint32_t first_id;
    uint32_t slot;
    uint64_t payload_off;
    uint64_t payload_bytes; // what of it lies inside the file
    uint64_t used_bytes;    // at most payload_bytes
    uint64_t next_off;
};

// -EINVAL: not a profile, -EPROTO: of another version or byte order, -EFBIG: absurdly large;
// *ret_why says so in words.
int profile_reader_open(struct profile_reader *reader, const void *bytes, uint64_t length_bytes,
                        const char **ret_why);

// Look at what the process has published since.
void profile_reader_refresh(struct profile_reader *reader);

// The next chunk; false at the end, or at the first that makes no sense (then `damage` is set).
bool profile_reader_next(struct profile_reader *reader, struct profile_span *span);

// How many records of at least `bytes` bytes the chunk has room for: in its used_bytes, if those
// are not 0. 0 if its records are smaller than what this version knows.
uint64_t profile_span_records(const struct profile_span *span, size_t bytes);

// Copies record `index` if it is published. The first field has `key_bytes` (4 or 8) bytes.
bool profile_reader_record(const struct profile_reader *reader, const struct profile_span *span,
                           uint64_t index, size_t key_bytes, void *ret_record, size_t bytes);

// Copies payload that is not records: what lies inside payload_bytes, as the caller has checked.
void profile_reader_payload(const struct profile_reader *reader, const struct profile_span *span,
                            uint64_t offset, void *ret_payload, size_t bytes);

#endif
