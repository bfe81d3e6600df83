// SPDX-License-Identifier: MIT
//
// source.c - see source.h. Names come from debug information and may be anything: only regular
// files are read, of a bounded size, and directories that are searched are not left by "..".
#include "report/analysis/source.h"

#include "report/model/region.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#define SOURCE_BYTES_MAX ((off_t)64 << 20)
#define SUFFIXES_MAX 64

struct source_entry {
    UT_hash_handle hh;
    struct source source;
    bool found;
};

struct source_finder {
    struct region region;
    const char *directories;
    struct source_entry *entries; // by the name that was asked for
};

struct source_finder *source_finder_new(const char *directories)
{
    struct source_finder *finder = calloc(1, sizeof(*finder));
    if (!finder)
        return NULL;
    directories = directories ? directories : "";
    finder->directories = region_strndup(&finder->region, directories, strlen(directories));
    if (finder->directories)
        return finder;
    source_finder_free(finder);
    return NULL;
}

void source_finder_free(struct source_finder *finder)
{
    if (!finder)
        return;
    HASH_CLEAR(hh, finder->entries);
    region_release(&finder->region);
    free(finder);
}

// --- one file

static size_t read_all(int file, char *to, size_t bytes)
{
    size_t done = 0;
    while (done < bytes) {
        ssize_t got = read(file, to + done, bytes - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

static size_t count_lines(const char *text, size_t bytes)
{
    size_t lines = 0;
    for (const char *at = text, *end = text + bytes; at < end; lines++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    return lines;
}

// Ends each line with a NUL, in place: there is room for one behind the text.
static bool split(struct region *region, char *text, size_t bytes, struct source *source)
{
    size_t count = count_lines(text, bytes);
    const char **lines = region_array(region, count + 1, sizeof(*lines));
    if (!lines)
        return false;
    char *at = text;
    for (size_t i = 0; i < count; i++) {
        char *newline = memchr(at, '\n', (size_t)(text + bytes - at));
        char *end = newline ? newline : text + bytes;
        lines[i] = at;
        at = end + 1;
        *end = '\0';
        if (end > lines[i] && end[-1] == '\r')
            end[-1] = '\0';
    }
    source->lines = lines;
    source->line_count = count;
    return true;
}

static bool read_lines(struct region *region, int file, struct source *source)
{
    struct stat status;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > SOURCE_BYTES_MAX)
        return false;
    char *text = region_alloc(region, (size_t)status.st_size + 1);
    if (!text)
        return false;
    size_t bytes = read_all(file, text, (size_t)status.st_size);
    return !memchr(text, '\0', bytes) && split(region, text, bytes, source);
}

// O_NONBLOCK: a FIFO of that name must not hold us up.
static bool try_path(struct source_finder *finder, struct source_entry *entry, const char *path)
{
    int file = path && *path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
    if (file < 0)
        return false;
    entry->found = read_lines(&finder->region, file, &entry->source);
    close(file);
    entry->source.path = path;
    return entry->found;
}

// --- where it may be

// Without "." and "..", by its letters alone, and without a leading slash.
static char *plain_path(struct region *region, const char *path)
{
    char *result = region_alloc(region, strlen(path) + 2);
    size_t length = 0;
    while (result && *path) {
        size_t bytes = strcspn(path, "/");
        bool is_here = bytes == 0 || (bytes == 1 && path[0] == '.');
        bool is_up = bytes == 2 && path[0] == '.' && path[1] == '.';
        if (is_up) {
            while (length > 0 && result[--length] != '/')
                ;
        } else if (!is_here) {
            if (length > 0)
                result[length++] = '/';
            memcpy(result + length, path, bytes);
            length += bytes;
        }
        path += bytes + (path[bytes] == '/');
    }
    if (result)
        result[length] = '\0';
    return result;
}

static bool try_directory(struct source_finder *finder, struct source_entry *entry,
                          const char *directory, int length, const char *plain)
{
    for (int i = 0; plain && i < SUFFIXES_MAX; i++) {
        if (try_path(finder, entry,
                     region_printf(&finder->region, "%.*s/%s", length, directory, plain)))
            return true;
        plain = strchr(plain, '/');
        plain = plain ? plain + 1 : NULL;
    }
    return false;
}

static void look_for(struct source_finder *finder, struct source_entry *entry, const char *file)
{
    if (try_path(finder, entry, file))
        return;
    const char *plain = plain_path(&finder->region, file);
    const char *directory = finder->directories;
    while (*directory) {
        size_t length = strcspn(directory, ":");
        if (length > 0 && try_directory(finder, entry, directory, (int)length, plain))
            return;
        directory += length + (directory[length] == ':');
    }
}

const struct source *source_find(struct source_finder *finder, const char *file)
{
    struct source_entry *entry;
    if (!file || !*file)
        return NULL;
    HASH_FIND_STR(finder->entries, file, entry);
    if (!entry) {
        entry = region_alloc(&finder->region, sizeof(*entry));
        const char *name = region_strndup(&finder->region, file, strlen(file));
        if (!entry || !name)
            return NULL;
        look_for(finder, entry, name);
        HASH_ADD_KEYPTR(hh, finder->entries, name, strlen(name), entry);
    }
    return entry->found ? &entry->source : NULL;
}
