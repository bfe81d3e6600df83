// SPDX-License-Identifier: MIT
//
// preload_support.c - see preload_support.h.
#include "tests/unit/preload_support.h"

#include "preload/deadlock.h"
#include "preload/lock_nesting.h"
#include "preload/lock_table.h"
#include "preload/lock_wait.h"
#include "preload/misuse.h"
#include "preload/options.h"
#include "preload/profile_writer.h"
#include "preload/recording.h"
#include "preload/stack_table.h"
#include "preload/thread_table.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct scratch preload_scratch;

void scratch_init(struct scratch *scratch)
{
    const char *base = getenv("TMPDIR");

    snprintf(scratch->directory, sizeof(scratch->directory) - 16, "%s/preload_test.XXXXXX",
             base && base[0] == '/' ? base : "/tmp");
    assert_non_null(mkdtemp(scratch->directory));
    strcpy(scratch->path, scratch->directory);
    strcat(scratch->path, "/profile");
}

void scratch_release(struct scratch *scratch)
{
    DIR *directory = opendir(scratch->directory);
    struct dirent *entry;

    assert_non_null(directory);
    while ((entry = readdir(directory)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(directory), entry->d_name, 0);
    closedir(directory);
    rmdir(scratch->directory);
}

int preload_profile_open(void **state)
{
    char *const no_environment[] = {NULL};

    (void)state;
    options_read(no_environment);
    recording_gate.is_open = 1;
    scratch_init(&preload_scratch);
    assert_int_equal(profile_writer_open(preload_scratch.path), 0);
    return 0;
}

int preload_profile_close(void **state)
{
    (void)state;
    profile_writer_reset();
    thread_table_reset();
    lock_table_reset();
    lock_wait_reset();
    lock_nesting_reset();
    misuse_reset();
    deadlock_reset();
    stack_table_reset();
    scratch_release(&preload_scratch);
    return 0;
}

static void check_header(const struct profile_copy *copy)
{
    const struct profile_header *header = profile_copy_header(copy);

    assert_true(copy->length_bytes >= PROFILE_HEADER_BYTES);
    assert_memory_equal(header->magic, PROFILE_MAGIC, 8);
    assert_int_equal(header->version, PROFILE_VERSION);
    assert_int_equal(header->byte_order, PROFILE_BYTE_ORDER);
    assert_true(header->used_bytes >= PROFILE_HEADER_BYTES);
    assert_true(header->used_bytes <= copy->length_bytes);
}

static void check_chunk(const struct profile_chunk *chunk, uint64_t room_bytes)
{
    uint64_t payload_bytes = chunk->length_bytes - sizeof(*chunk);

    assert_int_not_equal(chunk->type, 0);
    assert_true(chunk->length_bytes >= sizeof(*chunk));
    assert_int_equal(chunk->length_bytes % PROFILE_CHUNK_ALIGN, 0);
    assert_true(chunk->length_bytes <= room_bytes);
    assert_true(chunk->used_bytes <= payload_bytes);
    if (chunk->record_bytes)
        assert_true(profile_chunk_records(chunk) > 0);
}

void profile_copy_load(struct profile_copy *copy, const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint64_t offset = PROFILE_HEADER_BYTES;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    copy->length_bytes = (uint64_t)status.st_size;
    copy->bytes = malloc(copy->length_bytes);
    assert_int_equal(read(fd, copy->bytes, copy->length_bytes), copy->length_bytes);
    close(fd);
    check_header(copy);
    while (offset < profile_copy_header(copy)->used_bytes) {
        const struct profile_chunk *chunk = (const void *)(copy->bytes + offset);

        check_chunk(chunk, profile_copy_header(copy)->used_bytes - offset);
        offset += chunk->length_bytes;
    }
    assert_int_equal(offset, profile_copy_header(copy)->used_bytes);
}

void profile_copy_release(struct profile_copy *copy)
{
    free(copy->bytes);
}

const struct profile_header *profile_copy_header(const struct profile_copy *copy)
{
    return (const void *)copy->bytes;
}

const struct profile_chunk *profile_copy_next(const struct profile_copy *copy,
                                              const struct profile_chunk *chunk, uint32_t type)
{
    const char *end = copy->bytes + profile_copy_header(copy)->used_bytes;
    const char *next =
        chunk ? (const char *)chunk + chunk->length_bytes : copy->bytes + PROFILE_HEADER_BYTES;

    for (; next < end; next += chunk->length_bytes) {
        chunk = (const void *)next;
        if (!type || chunk->type == type)
            return chunk;
    }
    return NULL;
}

size_t profile_chunk_records(const struct profile_chunk *chunk)
{
    uint64_t bytes = chunk->used_bytes ? chunk->used_bytes : chunk->length_bytes - sizeof(*chunk);

    return bytes / chunk->record_bytes;
}

const void *profile_chunk_record(const struct profile_chunk *chunk, size_t index)
{
    return (const char *)(chunk + 1) + index * chunk->record_bytes;
}

const void *profile_copy_record(const struct profile_copy *copy, uint32_t type, uint32_t id)
{
    const struct profile_chunk *chunk = NULL;

    while ((chunk = profile_copy_next(copy, chunk, type)))
        if (id >= chunk->first_id && id - chunk->first_id < profile_chunk_records(chunk))
            return profile_chunk_record(chunk, id - chunk->first_id);
    return NULL;
}

static int kept_stderr;
static int capture_fd;

void captured_begin(void)
{
    capture_fd = memfd_create("captured", MFD_CLOEXEC);
    kept_stderr = dup(2);
    assert_true(capture_fd >= 0 && kept_stderr >= 0);
    dup2(capture_fd, 2);
}

const char *captured_end(void)
{
    static char text[64 << 10];
    long length;

    dup2(kept_stderr, 2);
    close(kept_stderr);
    length = pread(capture_fd, text, sizeof(text) - 1, 0);
    close(capture_fd);
    assert_true(length >= 0);
    text[length] = '\0';
    return text;
}

size_t count_lines(const char *text)
{
    size_t lines = 0;

    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

uint64_t random_next(struct random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return random->state * UINT64_C(0x2545f4914f6cdd1d);
}

uint32_t random_below(struct random *random, uint32_t limit)
{
    return (uint32_t)((random_next(random) >> 32) * limit >> 32);
}

struct runner {
    void (*body)(unsigned);
    unsigned thread;
    pthread_barrier_t *start;
};

static void *run(void *argument)
{
    struct runner *runner = argument;

    pthread_barrier_wait(runner->start);
    runner->body(runner->thread);
    return NULL;
}

void run_threads(void (*body)(unsigned thread))
{
    struct runner runners[THREADS];
    pthread_t threads[THREADS];
    pthread_barrier_t start;

    pthread_barrier_init(&start, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        runners[i] = (struct runner){body, i, &start};
        assert_int_equal(pthread_create(&threads[i], NULL, run, &runners[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
}

int lowest_free_fd(void)
{
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    close(fd);
    return fd;
}
