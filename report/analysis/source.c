// SPDX-License-Identifier: MIT
//
// source.c - see source.h. Names come from debug information and may be anything: only regular
// files are read, of a bounded size, that are called what source files are, and directories that
// are searched are not left by "..".
#include "report/analysis/source.h"

#include "report/model/hash.h"
#include "report/model/region.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

// --- which files

static bool is_in_include_directory(const char *path)
{
    return strstr(path, "/include/") != NULL;
}

static bool has_source_suffix(const char *path)
{
    static const char *const suffixes[] = {
        "c",   "cc",  "cp",  "cpp", "cxx",   "c++", "h",   "hh",  "hp",   "hpp",   "hxx",
        "h++", "inc", "inl", "ipp", "ixx",   "tcc", "tpp", "txx", "def",  "m",     "mm",
        "s",   "sx",  "asm", "y",   "yy",    "l",   "ll",  "rl",  "re",   "rs",    "go",
        "d",   "di",  "zig", "f",   "for",   "ftn", "f77", "f90", "f95",  "f03",   "f08",
        "adb", "ads", "ada", "pas", "pp",    "nim", "cr",  "v",   "vala", "swift", "hs",
        "ml",  "mli", "cu",  "cuh", "gperf", "in",  "tmpl"};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    if (!dot || dot == name)
        return false;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
        if (strcasecmp(dot + 1, suffixes[i]) == 0)
            return true;
    return false;
}

// Debug information may name any file of the user's, and what a report shows may be passed on: so
// it must be called what source files are called, after every link on the way. The headers of C++
// have no suffix.
static bool is_called_source(int file)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    if (length <= 0)
        return false;
    path[length] = '\0';
    return has_source_suffix(path) || is_in_include_directory(path);
}

// O_NONBLOCK: a FIFO of that name must not hold us up.
static bool try_path(struct source_finder *finder, struct source_entry *entry, const char *path,
                     bool is_asked_for)
{
    int file = path && *path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
    if (file < 0)
        return false;
    entry->found = (is_asked_for || is_called_source(file)) &&
                   read_lines(&finder->region, file, &entry->source);
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
                     region_printf(&finder->region, "%.*s/%s", length, directory, plain), true))
            return true;
        plain = strchr(plain, '/');
        plain = plain ? plain + 1 : NULL;
    }
    return false;
}

static void look_for(struct source_finder *finder, struct source_entry *entry, const char *file)
{
    if (try_path(finder, entry, file, false))
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
