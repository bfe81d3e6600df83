// SPDX-License-Identifier: MIT
//
// profile_writer.c - grows the profile file and hands out chunks, see profile_writer.h.
//
// The file grows by extents: one mapping each, from which chunks are cut one after the other. A
// chunk never crosses extents: what is left of one becomes a PAD chunk. The lock is held across
// open, fallocate and mmap, all raw calls; a thread that must wait for it gives way.
//   A descriptor, however short its life, may have the number that another thread of the host
// counts on, and none is to be had behind chroot, a filter, or a limit. So an extent is mapped with
// a hole behind it, which MADV_POPULATE_WRITE gives disk space page by page.
//
//     0 ......... used_bytes ......... file_bytes ......... mapped_bytes
//       chunks               allocated            a hole
#include "preload/profile_writer.h"

#include "preload/spinlock.h"
#include "preload/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define FIRST_EXTENT_BYTES (256u << 10)
#define EXTENT_BYTES_MAX (16u << 20)
#define EXTENT_ALIGN (64u << 10)
#define HOLE_BYTES (16u << 20)
#define STEP_BYTES_MAX (1u << 20)
#define FILTER_BYTES (2u << 20) // of room behind a filter
static_assert(EXTENT_ALIGN % PROFILE_CELLS_BYTES == 0, "padding never crosses extents");
#define SKIP_COUNT 10000u
#define EXTENTS_MAX 512 // 7 GiB

static struct profile_header no_profile;
struct profile_header *profile_header = &no_profile;

static struct {
    struct spinlock lock;
    char path[PATH_MAX];
    struct sys_file_id file_id;
    uint64_t file_bytes;   // allocated and mapped so far
    uint64_t mapped_bytes; // with the hole
    bool is_detached;      // the file is the parent's
    char *extent;          // the mapping chunks are cut from
    uint64_t extent_off;   // where it lies in the file
    unsigned skip_count;   // growth failed: how many requests to refuse before it is tried again
    struct {
        void *start;
        uint64_t bytes;
    } extents[EXTENTS_MAX]; // the first ones; further ones can't be detached
    unsigned extent_count;
} writer;

const char *profile_writer_path(void)
{
    return writer.path;
}

static uint64_t round_up(uint64_t bytes, uint64_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

// Maps what is allocated with a hole behind it, where that is as safe and costs nobody anything.
static char *map_with_hole(int fd, uint64_t bytes)
{
    uint64_t end = writer.file_bytes + bytes;
    char *extent;

    if (sys_is_address_space_limited() || !sys_populates_holes(fd) ||
        sys_resize(fd, end + HOLE_BYTES) != 0)
        return NULL;
    extent = sys_map_file(fd, writer.file_bytes, bytes + HOLE_BYTES);
    if (extent)
        writer.mapped_bytes = end + HOLE_BYTES;
    else
        sys_resize(fd, end);
    return extent;
}

// Maps `bytes` more at the end of the file. The descriptor is `fd`, which stays open.
static int map_extent(int fd, uint64_t bytes)
{
    int error = sys_allocate(fd, writer.file_bytes, bytes);
    char *extent;

    if (error)
        return error;
    extent = map_with_hole(fd, bytes);
    if (!extent) {
        extent = sys_map_file(fd, writer.file_bytes, bytes);
        writer.mapped_bytes = writer.file_bytes + bytes;
    }
    if (!extent)
        return -ENOMEM;
    if (writer.extent_count < EXTENTS_MAX) {
        writer.extents[writer.extent_count].start = extent;
        writer.extents[writer.extent_count++].bytes = bytes;
    }
    writer.extent = extent;
    writer.extent_off = writer.file_bytes;
    writer.file_bytes += bytes;
    return 0;
}

int profile_writer_open(const char *path)
{
    int fd = sys_create(path);
    int error;

    if (fd < 0)
        return fd;
    writer.file_id = sys_file_id(fd);
    error = map_extent(fd, FIRST_EXTENT_BYTES);
    sys_close(fd);
    if (error) {
        sys_unlink(path);
        return error;
    }
    strncpy(writer.path, path, sizeof(writer.path) - 1);
    struct profile_header *header = (struct profile_header *)writer.extent;
    memcpy(header->magic, PROFILE_MAGIC, sizeof(header->magic));
    header->version = PROFILE_VERSION;
    header->byte_order = PROFILE_BYTE_ORDER;
    memcpy(header->dropped, no_profile.dropped, sizeof(header->dropped)); // lost before
    atomic_publish(&header->used_bytes, PROFILE_HEADER_BYTES);
    profile_header = header;
    return 0;
}

// The host may have put another file at our path, or changed its root directory.
static int reopen(void)
{
    int fd = sys_open(writer.path, O_RDWR | O_NOFOLLOW);
    struct sys_file_id id;

    if (fd < 0)
        return fd;
    id = sys_file_id(fd);
    if (id.is_valid && id.device == writer.file_id.device && id.inode == writer.file_id.inode)
        return fd;
    sys_close(fd);
    return -ESTALE;
}

// Grows by half of what there is, so the number of steps is logarithmic and at most a third of
// the file is room to spare.
static int grow(uint64_t need_bytes)
{
    uint64_t bytes = writer.file_bytes / 2;
    int fd, error;

    if (bytes > EXTENT_BYTES_MAX)
        bytes = EXTENT_BYTES_MAX;
    if (bytes < need_bytes)
        bytes = need_bytes;
    fd = reopen();
    if (fd < 0)
        return fd;
    error = map_extent(fd, round_up(bytes, EXTENT_ALIGN));
    sys_close(fd);
    return error;
}

// Takes `bytes` of the hole.
static bool widen(uint64_t bytes)
{
    if (bytes > writer.mapped_bytes - writer.file_bytes ||
        sys_is_above_file_limit(writer.file_bytes + bytes) ||
        sys_populate(writer.extent + (writer.file_bytes - writer.extent_off), bytes) != 0)
        return false;
    writer.file_bytes += bytes;
    if (writer.extents[writer.extent_count - 1].start == writer.extent)
        writer.extents[writer.extent_count - 1].bytes = writer.file_bytes - writer.extent_off;
    return true;
}

static bool may_grow(void)
{
    return !atomic_get(&sys_filters) && !writer.is_detached;
}

// As much as is missing, and an eighth of the file to spare.
static bool widen_for(uint64_t missing_bytes)
{
    uint64_t spare = writer.file_bytes / 8;

    if (spare > STEP_BYTES_MAX)
        spare = STEP_BYTES_MAX;
    return widen(round_up(missing_bytes + spare, EXTENT_ALIGN)) ||
           widen(round_up(missing_bytes, EXTENT_ALIGN));
}

static struct profile_chunk *chunk_at(uint64_t offset)
{
    return (struct profile_chunk *)(writer.extent + (offset - writer.extent_off));
}

// Widens the extent; or turns the rest of it into padding and maps another.
static bool next_extent(uint64_t need_bytes)
{
    uint64_t used = profile_header->used_bytes;
    uint64_t left = writer.file_bytes - used;
    struct profile_chunk *rest = left ? chunk_at(used) : NULL;

    if (writer.skip_count) {
        writer.skip_count--;
        return false;
    }
    if (!may_grow())
        return false;
    if (widen_for(need_bytes - left))
        return true;
    if (grow(need_bytes) != 0) { // a full disk, or no descriptor at the moment
        writer.skip_count = SKIP_COUNT;
        return false;
    }
    if (rest) {
        rest->length_bytes = left;
        rest->type = PROFILE_CHUNK_PAD;
        atomic_publish(&profile_header->used_bytes, used + left);
    }
    return true;
}

static struct profile_chunk *cut_chunk(uint64_t bytes)
{
    uint64_t used = profile_header->used_bytes;

    if (writer.file_bytes - used < bytes && !next_extent(bytes))
        return NULL;
    return chunk_at(profile_header->used_bytes);
}

static void publish(struct profile_chunk *chunk, const struct profile_chunk *head)
{
    chunk->type = head->type;
    chunk->record_bytes = head->record_bytes;
    chunk->length_bytes = head->length_bytes;
    chunk->used_bytes = head->used_bytes;
    chunk->first_id = head->first_id;
    chunk->slot = head->slot;
    atomic_publish(&profile_header->used_bytes, profile_header->used_bytes + head->length_bytes);
}

// Ends are aligned as extents are: padding never crosses one.
static void pad_to(uint64_t alignment)
{
    uint64_t used = profile_header->used_bytes, bytes = round_up(used, alignment) - used;

    if (bytes)
        publish(chunk_at(used),
                &(struct profile_chunk){.type = PROFILE_CHUNK_PAD, .length_bytes = bytes});
}

static struct profile_chunk *add(const struct profile_chunk *head, uint64_t alignment)
{
    struct profile_chunk *chunk;

    if (profile_header == &no_profile || !spinlock_take(&writer.lock)) {
        profile_drop(PROFILE_DROP_CONTENDED);
        return NULL;
    }
    pad_to(alignment);
    chunk = cut_chunk(head->length_bytes);
    if (chunk)
        publish(chunk, head);
    spinlock_give(&writer.lock);
    if (!chunk)
        profile_drop(PROFILE_DROP_PROFILE_FULL);
    return chunk;
}

struct profile_chunk *profile_writer_add(enum profile_chunk_type type, size_t record_bytes,
                                         size_t payload_bytes, uint32_t first_id, uint32_t slot)
{
    const struct profile_chunk head = {
        .type = type,
        .record_bytes = (uint32_t)record_bytes,
        .length_bytes = round_up(sizeof(struct profile_chunk) + payload_bytes, PROFILE_CHUNK_ALIGN),
        .first_id = first_id,
        .slot = slot,
    };

    return add(&head, PROFILE_CHUNK_ALIGN);
}

struct profile_chunk *profile_writer_add_cells(size_t record_bytes, size_t count, uint32_t slot)
{
    const struct profile_chunk head = {
        .type = PROFILE_CHUNK_CELLS,
        .record_bytes = (uint32_t)record_bytes,
        .length_bytes = PROFILE_CELLS_BYTES,
        .used_bytes = count * record_bytes,
        .slot = slot,
    };

    return add(&head, PROFILE_CELLS_BYTES);
}

void profile_writer_reset(void)
{
    memset(&writer, 0, sizeof(writer));
    memset(&no_profile, 0, sizeof(no_profile));
    profile_header = &no_profile;
}

void profile_writer_expect_filter(void)
{
    uint64_t left;

    if (profile_header == &no_profile || !spinlock_take(&writer.lock))
        return;
    left = writer.file_bytes - profile_header->used_bytes;
    if (left < FILTER_BYTES && may_grow())
        widen(round_up(FILTER_BYTES - left, EXTENT_ALIGN));
    spinlock_give(&writer.lock);
}

// From here on nothing is stored behind what is allocated, whoever is still running. A thread that
// is held for the report may have the lock: then it stays as it is.
void profile_writer_trim(void)
{
    int fd;

    if (!may_grow() || writer.mapped_bytes == writer.file_bytes ||
        atomic_get(&writer.lock.is_taken) || !spinlock_take(&writer.lock))
        return;
    fd = reopen();
    if (fd >= 0) {
        writer.mapped_bytes = writer.file_bytes;
        sys_resize(fd, writer.file_bytes);
        sys_close(fd);
    }
    spinlock_give(&writer.lock);
}

void profile_writer_forgo_hole(void)
{
    uint64_t hole_bytes;

    if (profile_header == &no_profile || !may_grow() || !spinlock_take(&writer.lock))
        return;
    hole_bytes = writer.mapped_bytes - writer.file_bytes;
    if (hole_bytes) {
        sys_unmap(writer.extent + (writer.file_bytes - writer.extent_off), hole_bytes);
        writer.mapped_bytes = writer.file_bytes;
    }
    spinlock_give(&writer.lock);
}

void profile_writer_unlock(void)
{
    uint64_t hole_bytes = writer.mapped_bytes - writer.file_bytes;

    for (unsigned i = 0; i < writer.extent_count; i++)
        sys_unlock((uintptr_t)writer.extents[i].start, writer.extents[i].bytes);
    if (hole_bytes)
        sys_unlock((uintptr_t)writer.extent + (writer.file_bytes - writer.extent_off), hole_bytes);
}

uint64_t profile_writer_mapped_bytes(void)
{
    return writer.mapped_bytes;
}

bool profile_writer_has_mapped(uint64_t address)
{
    for (unsigned i = 0; i < writer.extent_count; i++)
        if (address - (uintptr_t)writer.extents[i].start < writer.extents[i].bytes)
            return true;
    return false;
}

static void replace_by_copy(void *extent, size_t bytes)
{
    void *copied = sys_map_private(bytes);

    if (!copied)
        return;
    memcpy(copied, extent, bytes);
    if (!sys_replace_mapping(copied, bytes, extent))
        sys_unmap(copied, bytes);
}

void profile_writer_detach(void)
{
    writer.is_detached = true;
    for (unsigned i = 0; i < writer.extent_count; i++)
        replace_by_copy(writer.extents[i].start, writer.extents[i].bytes);
}
