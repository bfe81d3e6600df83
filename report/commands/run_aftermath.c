// SPDX-License-Identifier: MIT
//
// run_aftermath.c - see run_aftermath.h.
#include "report/commands/run_aftermath.h"

#include "preload/profile_format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Clocks of files tick coarsely.
#define FILE_TIME_SLACK_NS UINT64_C(2000000000)

struct search {
    const struct left_search *wanted;
    struct left_profiles *left;
    bool failed; // without memory
};

static uint64_t timespec_ns(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

// Cheap, so that a large /tmp does not cost an open for every file.
static bool may_be_one(const struct search *search, const struct stat *status)
{
    return S_ISREG(status->st_mode) && status->st_size >= (off_t)PROFILE_HEADER_BYTES &&
           timespec_ns(&status->st_ctim) + FILE_TIME_SLACK_NS >= search->wanted->since_realtime_ns;
}

// Process ids can be guessed, by whoever may leave a file in /tmp; the number of a tree can't. A
// process of the tree may have become another user.
static bool is_one(const struct search *search, const struct profile_header *header, bool is_own)
{
    const struct left_search *wanted = search->wanted;
    bool of_tree = wanted->tree && header->tree == wanted->tree;
    return memcmp(header->magic, PROFILE_MAGIC, sizeof(header->magic)) == 0 &&
           header->version == PROFILE_VERSION &&
           (of_tree || (is_own && header->pid == (uint32_t)wanted->pid)) &&
           header->start_realtime_ns + FILE_TIME_SLACK_NS >= search->wanted->since_realtime_ns;
}

static void put_word(int fd, size_t offset, const void *value, size_t bytes)
{
    ssize_t written = pwrite(fd, value, bytes, (off_t)offset);
    (void)written; // the report then says that the process ended without a word
}

static void write_end(int fd, int wait_status)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t end_ns = timespec_ns(&now);
    bool signaled = WIFSIGNALED(wait_status);
    int32_t exit_status = signaled ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
    uint32_t exit_kind = signaled ? PROFILE_EXIT_SIGNALED : PROFILE_EXIT_EXITED;
    put_word(fd, offsetof(struct profile_header, exit_status), &exit_status, sizeof(exit_status));
    put_word(fd, offsetof(struct profile_header, exit_kind), &exit_kind, sizeof(exit_kind));
    put_word(fd, offsetof(struct profile_header, end_ns), &end_ns, sizeof(end_ns));
}

static bool is_known(const struct left_profiles *left, uint64_t start_ns, const char *path)
{
    char one[PATH_MAX], other[PATH_MAX];
    for (size_t i = 0; i < left->count; i++)
        if (left->profiles[i].start_ns == start_ns && realpath(left->profiles[i].path, one) &&
            realpath(path, other) && strcmp(one, other) == 0)
            return true;
    return false;
}

// As end_ns is published last.
static bool has_ended(const struct profile_header *header, enum profile_exit_kind kind)
{
    return header->end_ns != 0 && header->exit_kind == kind;
}

static void add(struct search *search, const char *path, const struct profile_header *header)
{
    struct left_profiles *left = search->left;
    struct left_profile *larger =
        realloc(left->profiles, (left->count + 1) * sizeof(*left->profiles));
    char *copy = strdup(path);
    if (larger)
        left->profiles = larger;
    if (!larger || !copy) {
        free(copy);
        search->failed = true;
        return;
    }
    left->profiles[left->count++] = (struct left_profile){
        .path = copy,
        .pid = (pid_t)header->pid,
        .start_ns = header->start_ns,
        .became_another = has_ended(header, PROFILE_EXIT_EXECED),
        .reported = has_ended(header, PROFILE_EXIT_EXITED),
    };
}

static void look_at(struct search *search, const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    struct profile_header header;
    struct stat status;
    if (fstat(fd, &status) == 0 &&
        pread(fd, &header, sizeof(header), 0) == (ssize_t)sizeof(header) &&
        is_one(search, &header, status.st_uid == geteuid()) &&
        !is_known(search->left, header.start_ns, path)) {
        bool is_open = header.exit_kind == PROFILE_EXIT_NONE || header.end_ns == 0;
        if (is_open && header.pid == (uint32_t)search->wanted->pid)
            write_end(fd, search->wanted->wait_status);
        add(search, path, &header);
    }
    close(fd);
}

static void scan(struct search *search, const char *directory)
{
    DIR *entries = opendir(directory);
    if (!entries)
        return;
    for (struct dirent *entry; (entry = readdir(entries));) {
        struct stat status;
        char path[PATH_MAX];
        if (fstatat(dirfd(entries), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            !may_be_one(search, &status))
            continue;
        int length = snprintf(path, sizeof(path), "%s%s%s", directory,
                              directory[strlen(directory) - 1] == '/' ? "" : "/", entry->d_name);
        if (length > 0 && (size_t)length < sizeof(path))
            look_at(search, path);
    }
    closedir(entries);
}

// The directory of a pattern as one of glob(): what a placeholder stands for is known to the
// processes alone. Empty where it is too long, or there is none.
static void directory_pattern(const char *output, char *pattern, size_t room_bytes)
{
    const char *slash = strrchr(output, '/');
    size_t used = 0;
    for (const char *at = output; slash && at <= slash && used + 3 < room_bytes; at++) {
        if (at[0] == '%' && at[1] == '%')
            pattern[used++] = *at++;
        else if (at[0] == '%' && at[1])
            pattern[used++] = '*', at++;
        else if (strchr("*?[\\", *at))
            pattern[used++] = '\\', pattern[used++] = *at;
        else
            pattern[used++] = *at;
    }
    pattern[used] = '\0';
}

static void scan_pattern(struct search *search, const char *output)
{
    char pattern[PATH_MAX];
    glob_t found = {0};
    directory_pattern(output, pattern, sizeof(pattern));
    if (*pattern && glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            scan(search, found.gl_pathv[i]);
    globfree(&found);
}

static bool is_done(const struct search *search)
{
    return search->left->count != 0 && search->wanted->tree == 0;
}

static int compare_starts(const void *left, const void *right)
{
    const struct left_profile *a = left, *b = right;
    return (a->start_ns > b->start_ns) - (a->start_ns < b->start_ns);
}

int left_profiles_find(struct left_profiles *left, const struct left_search *wanted)
{
    *left = (struct left_profiles){0};
    struct search search = {.wanted = wanted, .left = left};
    const char *temporary = getenv("TMPDIR");
    scan_pattern(&search, wanted->output);
    if (!is_done(&search))
        scan(&search, ".");
    if (!is_done(&search) && temporary && *temporary)
        scan(&search, temporary);
    if (!is_done(&search))
        scan(&search, "/tmp");
    if (left->count)
        qsort(left->profiles, left->count, sizeof(*left->profiles), compare_starts);
    return search.failed ? -ENOMEM : 0;
}

void left_profiles_release(struct left_profiles *left)
{
    for (size_t i = 0; i < left->count; i++)
        free(left->profiles[i].path);
    free(left->profiles);
    *left = (struct left_profiles){0};
}
