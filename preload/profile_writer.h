// SPDX-License-Identifier: MIT
//
// profile_writer.h - the profile file as this process writes it: its header, and room for chunks.
// The file is mapped, grows by steps that are allocated on disk before they are used (so a full
// disk is an error code, never a SIGBUS), and no descriptor stays open between two steps. Most
// steps need none: a hole is mapped ahead, and populated bit by bit.
#ifndef GAIAPROF_PROFILE_WRITER_H
#define GAIAPROF_PROFILE_WRITER_H

#include "preload/compiler.h"
#include "preload/profile_format.h"

#include <stdbool.h>
#include <stddef.h>

// The header of the open profile; before one is open, and after trouble, a private one, so that
// counting into it is always allowed.
extern struct profile_header *profile_header;

// Creates the file at `path` (absolute; must not exist) with its header. 0 or -errno. Not thread
// safe.
int profile_writer_open(const char *path);
const char *profile_writer_path(void);

// A new chunk with room for `payload_bytes`, zeroed and published. NULL, counted as
// dropped, when the file can't grow. Any thread; not in a signal handler that interrupted a hook.
struct profile_chunk *profile_writer_add(enum profile_chunk_type type, size_t record_bytes,
                                         size_t payload_bytes, uint32_t first_id, uint32_t slot);

// The same for `count` heap cells and their times: a page of its own, so that the times of a cell
// are found by its address.
struct profile_chunk *profile_writer_add_cells(size_t record_bytes, size_t count, uint32_t slot);

// A filter of system calls is about to be set: room for a while, as none is asked for behind it.
// Any thread.
void profile_writer_expect_filter(void);

// What is mapped ahead of the file's end goes, and the file is no longer than it need be. It may
// grow again, if the process does not end after all. Opens a descriptor. Any thread.
void profile_writer_trim(void);

// What is mapped ahead goes, until the file grows by another step, and stays in the file, where it
// takes no space. Any thread.
void profile_writer_forgo_hole(void);
// The file need not be in RAM, whatever the host has asked for. Any thread.
void profile_writer_unlock(void);
// Of our profile, or of the parent's in a child that has none. 0: there is none.
uint64_t profile_writer_mapped_bytes(void);
// Whether the file is what is mapped there, as far as it could be noted.
bool profile_writer_has_mapped(uint64_t address);

// In a child made by fork: forget the parent's file. The child must not have stored into it.
void profile_writer_reset(void);

// In a child made by fork in the middle of a hook, by a handler: what the hook still stores goes to
// a copy, not to the parent's file.
void profile_writer_detach(void);

static inline void *profile_chunk_payload(struct profile_chunk *chunk)
{
    return chunk + 1;
}

// Counts a lost event. Any thread, signal handlers too.
static inline void profile_drop(enum profile_drop reason)
{
    atomic_add(&profile_header->dropped[reason], 1);
}

#endif
