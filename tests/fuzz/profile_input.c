// SPDX-License-Identifier: MIT
//
// profile_input.c - see profile_input.h.
#include "tests/fuzz/profile_input.h"

#include "report/leaks/leak_scan.h"
#include "report/model/profile_reader.h"
#include "symbolize/elf_file.h"
#include "tests/unit/profile_builder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define OUTPUT_MAX ((uint64_t)64 << 20)
#define NOW_NS UINT64_C(5000000000)
#define USES 1000u

int __wrap_open(const char *path, int flags, ...);
int __wrap_elf_file_open(struct elf_file *ret_file, const char *path);

// --- files

static bool is_source(const char *path)
{
    size_t length = strlen(path);
    return length > 2 && strcmp(path + length - 2, ".c") == 0;
}

static int source_file(void)
{
    static const char line[] = "\tint value = work(1); // \xc3\xa4\r\n";
    int file = memfd_create("/include/source", MFD_CLOEXEC);
    for (int i = 0; i < 40; i++)
        if (write(file, line, sizeof(line) - 1) < 0)
            abort();
    return file;
}

int __wrap_open(const char *path, int flags, ...)
{
    static int source = -1;
    (void)flags;
    if (!is_source(path)) {
        errno = ENOENT;
        return -1;
    }
    if (source < 0)
        source = source_file();
    lseek(source, 0, SEEK_SET);
    return dup(source);
}

int __wrap_elf_file_open(struct elf_file *ret_file, const char *path)
{
    (void)ret_file, (void)path;
    return -ENOENT;
}

// --- profiles

bool profile_choices(const uint8_t *data, size_t size, uint8_t ret_choices[CHOICE_COUNT])
{
    if (size < CHOICE_COUNT)
        return false;
    memcpy(ret_choices, data + size - CHOICE_COUNT, CHOICE_COUNT);
    return true;
}

// 0 where it has one.
static int load_scan(struct leak_scan *scan, struct region *region, const void *bytes, size_t size)
{
    struct profile_reader reader;
    const char *why;
    int error = profile_reader_open(&reader, bytes, size, &why);
    return error ? error : leak_scan_load(scan, region, &reader);
}

bool profile_from_bytes(struct profile *profile, const uint8_t *data, size_t size, unsigned flags)
{
    void *bytes = malloc(size ? size : 1); // aligned as a mapping is
    struct region region = {0};
    struct leak_scan scan;
    const char *why;
    if (!bytes)
        abort();
    memcpy(bytes, data, size);
    struct profile_source source = {.path = "fuzz.gaia",
                                    .bytes = bytes,
                                    .length_bytes = size,
                                    .running = flags & FLAG_RUNNING,
                                    .now_ns = NOW_NS};
    if ((flags & FLAG_EARLIER_SCAN) && load_scan(&scan, &region, bytes, size) == 0)
        source.earlier_scan = source.scan = &scan;
    int error = profile_load(profile, &source, &why);
    region_release(&region);
    free(bytes);
    if (error == -ENOMEM)
        abort();
    return error == 0;
}

static void load_all(struct profile *profile)
{
    struct profile_builder builder;
    profile_builder_init(&builder);
    profile_builder_fill_leaks(&builder);
    profile_builder_fill_locks(&builder);
    profile_builder_finish(&builder);
    if (!profile_from_bytes(profile, builder.bytes, builder.length_bytes, 0))
        abort();
    profile_builder_release(&builder);
}

struct profile *profile_with_all(void)
{
    static struct profile profile;
    static unsigned uses;
    if (uses % USES == 0) {
        if (uses)
            profile_release(&profile);
        load_all(&profile);
    }
    uses++;
    return &profile;
}

// --- output

static uint64_t written_bytes;

static ssize_t discard(void *cookie, const char *bytes, size_t size)
{
    volatile char last = size ? bytes[size - 1] : '\0';
    (void)cookie, (void)last;
    written_bytes += size;
    if (written_bytes > OUTPUT_MAX)
        abort();
    return (ssize_t)size;
}

FILE *nowhere(void)
{
    static FILE *file;
    if (!file)
        file = fopencookie(NULL, "w", (cookie_io_functions_t){.write = discard});
    if (!file)
        abort();
    fflush(file);
    written_bytes = 0;
    return file;
}
