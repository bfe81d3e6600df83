// SPDX-License-Identifier: MIT
//
// region.h - memory that is freed whole. A loaded profile and everything made from it live in one
// region, so no part of report/ frees piece by piece. Not thread safe.
#ifndef GAIAPROF_REGION_H
#define GAIAPROF_REGION_H

#include <stdarg.h>
#include <stddef.h>

struct region_block;

struct region {
    struct region_block *blocks;
    size_t used_bytes; // of the newest block
};

// Zeroed memory, aligned for any object; NULL without memory.
void *region_alloc(struct region *region, size_t bytes);

// The same for `count` objects; NULL too when the product overflows.
void *region_array(struct region *region, size_t count, size_t bytes);

// An array that doubles. Returns where element *count, which it raises, goes, or NULL without
// memory; *elements may move. *room belongs to it, 0 at first.
void *region_push(struct region *region, void **elements, size_t *count, size_t *room,
                  size_t bytes);

// A copy of `length` bytes of text and a NUL.
char *region_strndup(struct region *region, const char *text, size_t length);

char *region_printf(struct region *region, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *region_vprintf(struct region *region, const char *format, va_list arguments);

// Forgets what was allocated since `*region` was copied to `before`, to use the room again; very
// large objects may stay until the region goes.
void region_rewind(struct region *region, const struct region *before);

void region_release(struct region *region);

#endif
