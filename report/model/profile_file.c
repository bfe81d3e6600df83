// SPDX-License-Identifier: MIT
//
// profile_file.c - see profile_file.h. A file is known by its inode: paths in /proc/PID/maps and
// device numbers differ between file systems and mount namespaces.
#include "report/model/profile_file.h"

#include "preload/profile_format.h"
#include "report/model/mapped_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char **ret_why, int error)
{
    *ret_why = strerror(error);
    return -error;
}

static int map_file(struct profile_file *file, const char **ret_why)
{
    struct stat status;
    if (fstat(file->fd, &status) != 0)
        return fail(ret_why, errno);
    if (S_ISDIR(status.st_mode))
        return fail(ret_why, EISDIR);
    if (!S_ISREG(status.st_mode)) {
        *ret_why = "not a regular file";
        return -EINVAL;
    }
    file->length_bytes = (uint64_t)status.st_size;
    file->device = status.st_dev;
    file->inode = status.st_ino;
    if (file->length_bytes == 0)
        return 0;
    int error = mapped_file_new(&file->mapped, file->fd, file->length_bytes);
    if (error)
        return fail(ret_why, -error);
    file->bytes = file->mapped->bytes;
    return 0;
}

// A number is one of a process, for whoever gave it.
static int fail_to_open(const char *path, int error, const char **ret_why)
{
    const char *digits = path + (*path == '-');
    bool is_number = *digits && !digits[strspn(digits, "0123456789")];
    fail(ret_why, error);
    if (is_number && error == ENOENT)
        *ret_why = "no such file or process";
    return -error;
}

int profile_file_open(struct profile_file *file, const char *path, const char **ret_why)
{
    *file = (struct profile_file){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (file->fd < 0)
        return fail_to_open(path, errno, ret_why);
    int error = map_file(file, ret_why);
    if (error)
        close(file->fd);
    return error;
}

void profile_file_close(struct profile_file *file)
{
    mapped_file_free(file->mapped);
    close(file->fd);
}

int profile_file_check(const struct profile_file *file, const char **ret_why)
{
    struct stat status;
    if (!file->mapped || !file->mapped->is_lost)
        return 0;
    if (fstat(file->fd, &status) != 0 || (uint64_t)status.st_size >= file->length_bytes)
        return fail(ret_why, EIO);
    *ret_why = "cut off while it was read";
    return -EIO;
}

// --- live processes

struct mapping {
    char range[40]; // as in /proc/PID/map_files
    bool shared_writable;
    uint64_t inode;
    char *path; // "" if none
};

static bool parse_mapping(char *line, struct mapping *ret_mapping)
{
    char permissions[8];
    int path_at = 0;
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "%39s %7s %*s %*s %" SCNu64 " %n", ret_mapping->range, permissions,
               &ret_mapping->inode, &path_at) != 3)
        return false;
    ret_mapping->shared_writable = strncmp(permissions, "rw-s", 4) == 0;
    ret_mapping->path = path_at ? line + path_at : line + strlen(line);
    return true;
}

// Calls `visit` for every mapping of a file that is written to, until it returns true.
static int each_mapping(pid_t pid, bool (*visit)(const struct mapping *, void *), void *context)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    if (!maps)
        return -errno;
    char *line = NULL;
    size_t room = 0;
    bool done = false;
    struct mapping mapping;
    while (!done && getline(&line, &room, maps) > 0)
        if (parse_mapping(line, &mapping) && mapping.shared_writable && mapping.inode != 0)
            done = visit(&mapping, context);
    free(line);
    fclose(maps);
    return done ? 0 : -ENOENT;
}

static bool has_inode(const struct mapping *mapping, void *file)
{
    return mapping->inode == ((const struct profile_file *)file)->inode;
}

bool profile_file_is_mapped_by(const struct profile_file *file, pid_t pid)
{
    return pid > 0 && each_mapping(pid, has_inode, (void *)(uintptr_t)file) == 0;
}

struct search {
    pid_t pid;
    char *path;
    bool foreign; // a profile is mapped, but of another process
};

// A process has another number in each pid namespace; the profile has the innermost.
static bool process_has_number(pid_t pid, uint32_t number)
{
    char path[64], *line = NULL;
    size_t room = 0;
    bool found = number == (uint32_t)pid;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *status = fopen(path, "re");
    while (status && !found && getline(&line, &room, status) > 0) {
        if (strncmp(line, "NSpid:", 6) != 0)
            continue;
        const char *last = strrchr(line, '\t');
        found = last && strtoul(last, NULL, 10) == number;
    }
    free(line);
    if (status)
        fclose(status);
    return found;
}

static bool read_pid(const char *path, uint32_t *ret_pid)
{
    struct profile_file file;
    const char *why;
    if (profile_file_open(&file, path, &why) != 0)
        return false;
    const struct profile_header *header = file.bytes;
    bool ours = file.length_bytes >= PROFILE_HEADER_BYTES &&
                memcmp(header->magic, PROFILE_MAGIC, sizeof(header->magic)) == 0;
    if (ours)
        *ret_pid = header->pid;
    profile_file_close(&file);
    return ours;
}

// By /proc/PID/map_files where we may, as that is the very file; else by its path.
static bool is_profile(const struct mapping *mapping, void *context)
{
    struct search *search = context;
    char link[128];
    uint32_t number;
    snprintf(link, sizeof(link), "/proc/%d/map_files/%s", (int)search->pid, mapping->range);
    const char *path = access(mapping->path, F_OK) == 0 ? mapping->path : link;
    if (!read_pid(path, &number))
        return false;
    if (!process_has_number(search->pid, number)) {
        search->foreign = true;
        return false;
    }
    search->path = strdup(path);
    return true;
}

int profile_file_of_process(pid_t pid, char **ret_path, const char **ret_why)
{
    struct search search = {.pid = pid};
    int error = each_mapping(pid, is_profile, &search);
    if (search.path) {
        *ret_path = search.path;
        return 0;
    }
    *ret_why = error == -EACCES || error == -EPERM
                   ? "its memory map can't be read: permission denied"
               : kill(pid, 0) != 0 && errno == ESRCH ? "no such process"
               : search.foreign                      ? "only its parent is profiled"
                                                     : "not a profiled process: it maps no profile";
    return error ? error : -ENOMEM;
}

pid_t profile_file_pid(const struct profile_file *file)
{
    const struct profile_header *header = file->bytes;
    return file->length_bytes >= PROFILE_HEADER_BYTES ? (pid_t)header->pid : 0;
}

pid_t profile_file_operand_pid(const char *operand)
{
    char *end;
    struct stat status;
    errno = 0;
    long number = strtol(operand, &end, 10);
    bool is_number = *operand >= '0' && *operand <= '9' && !*end && !errno && number <= INT_MAX;
    return is_number && number > 0 && stat(operand, &status) != 0 ? (pid_t)number : 0;
}
