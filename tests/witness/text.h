// SPDX-License-Identifier: MIT
//
// text.h - one text in static memory, put together and written without malloc, stdio or much stack:
// also in a signal handler, on a thread's last page, in a child of vfork. Not thread-safe: the
// caller sees to it that one thread at a time is here, with its signals blocked.
#ifndef WITNESS_TEXT_H
#define WITNESS_TEXT_H

#include <stddef.h>

void put(const char *string);
void put_bytes(const char *bytes, size_t count);
void put_number(long long number);
void put_hex(unsigned long long number);

// One line of them all, which ends with NULL: put_line("cwd ", path, NULL).
void put_line(const char *string, ...) __attribute__((sentinel));

// What is no printable ASCII becomes \xNN, so that it stays one line.
void put_escaped(const char *string);

// Appends the text to `fd` and empties it. A limit of the host is not in its way, if it may be
// raised; what can't be written is lost.
void text_write(int fd);

// As open(), whatever the host's limit of descriptors is, if it may be raised.
int open_past_limit(const char *path, int flags, int mode);

// The contents of a file of /proc in static memory, NULL where it can't be read: valid until the
// next call.
const char *read_file(const char *path);

#endif
