// SPDX-License-Identifier: MIT
//
// region.c - a list of blocks. Small requests share blocks of BLOCK_BYTES; a large one has a block
// of its own from calloc, so that room which is never written is never paid for.
#include "report/model/region.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef GAIAPROF_FUZZ // nearly every request has a block of its own, so that overflows are seen
#define BLOCK_BYTES ((size_t)64)
#else
#define BLOCK_BYTES ((size_t)1 << 18)
#endif

struct region_block {
    struct region_block *next;
    alignas(max_align_t) unsigned char bytes[];
};

static struct region_block *block_new(size_t bytes)
{
    if (bytes > SIZE_MAX - sizeof(struct region_block))
        return NULL;
    return calloc(1, sizeof(struct region_block) + bytes);
}

// Behind the newest block, which goes on being filled.
static void *alloc_large(struct region *region, size_t bytes)
{
    struct region_block *block = block_new(bytes);
    if (!block)
        return NULL;
    if (region->blocks) {
        block->next = region->blocks->next;
        region->blocks->next = block;
    } else {
        region->blocks = block;
        region->used_bytes = BLOCK_BYTES;
    }
    return block->bytes;
}

void *region_alloc(struct region *region, size_t bytes)
{
    if (bytes > BLOCK_BYTES / 4)
        return alloc_large(region, bytes);
    bytes = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (!region->blocks || BLOCK_BYTES - region->used_bytes < bytes) {
        struct region_block *block = block_new(BLOCK_BYTES);
        if (!block)
            return NULL;
        block->next = region->blocks;
        region->blocks = block;
        region->used_bytes = 0;
    }
    void *result = region->blocks->bytes + region->used_bytes;
    region->used_bytes += bytes;
    return result;
}

void *region_array(struct region *region, size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total))
        return NULL;
    return region_alloc(region, total);
}

void *region_push(struct region *region, void **elements, size_t *count, size_t *room, size_t bytes)
{
    if (*count == *room) {
        size_t more = *room ? *room * 2 : 64;
        void *larger = region_array(region, more, bytes);
        if (!larger)
            return NULL;
        if (*count)
            memcpy(larger, *elements, *count * bytes);
        *elements = larger;
        *room = more;
    }
    return (char *)*elements + (*count)++ * bytes;
}

char *region_strndup(struct region *region, const char *text, size_t length)
{
    char *copy = length < SIZE_MAX ? region_alloc(region, length + 1) : NULL;
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

char *region_vprintf(struct region *region, const char *format, va_list arguments)
{
    char *text;
    int length = vasprintf(&text, format, arguments);
    if (length < 0)
        return NULL;
    char *copy = region_strndup(region, text, (size_t)length);
    free(text);
    return copy;
}

char *region_printf(struct region *region, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = region_vprintf(region, format, arguments);
    va_end(arguments);
    return text;
}

void region_rewind(struct region *region, const struct region *before)
{
    size_t used_bytes = region->used_bytes;
    while (region->blocks != before->blocks) {
        struct region_block *next = region->blocks->next;
        free(region->blocks);
        region->blocks = next;
        used_bytes = BLOCK_BYTES;
    }
    if (region->blocks && used_bytes > before->used_bytes)
        memset(region->blocks->bytes + before->used_bytes, 0, used_bytes - before->used_bytes);
    region->used_bytes = before->used_bytes;
}

void region_release(struct region *region)
{
    struct region_block *block = region->blocks;
    while (block) {
        struct region_block *next = block->next;
        free(block);
        block = next;
    }
    *region = (struct region){0};
}
