// SPDX-License-Identifier: MIT
//
// output_file.c - see output_file.h. What is at a path is looked at again once it is open: it may
// have been exchanged. Nothing is created or emptied through a link.
#include "report/commands/output_file.h"

#include "preload/profile_format.h"
#include "report/commands/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *output_file_refusal(const struct stat *status)
{
    if (S_ISLNK(status->st_mode))
        return "is a symbolic link, name the file itself";
    if (S_ISDIR(status->st_mode))
        return strerror(EISDIR);
    if (S_ISCHR(status->st_mode))
        return NULL;
    if (!S_ISREG(status->st_mode) && !S_ISFIFO(status->st_mode))
        return "is there, and no regular file";
    if (status->st_uid != geteuid())
        return "belongs to another user";
    if (S_ISREG(status->st_mode) && status->st_nlink > 1)
        return "has other names (hard links), remove it first";
    return NULL;
}

// Of "/dev/fd/7" and the like, else -1: links that the kernel makes, to what is open already.
static int named_descriptor(const char *path)
{
    static const char *const directories[] = {"/dev/fd/", "/proc/self/fd/"};
    if (strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++) {
        size_t length = strlen(directories[i]), digits;
        if (strncmp(path, directories[i], length) != 0)
            continue;
        digits = strspn(path + length, "0123456789");
        if (digits > 0 && digits < 7 && !path[length + digits])
            return (int)strtol(path + length, NULL, 10);
    }
    return -1;
}

static int create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0)
        fchmod(fd, 0600);
    return fd >= 0 ? fd : -errno;
}

static int refuse(const struct stat *status, const char **ret_why)
{
    *ret_why = output_file_refusal(status);
    return *ret_why ? -EPERM : 0;
}

static int check(int fd, const char **ret_why)
{
    struct stat status;
    return fstat(fd, &status) == 0 ? refuse(&status, ret_why) : -errno;
}

// A profile took a run to make, and no report is one: "-o" before its name is a slip.
static bool is_profile(const char *path)
{
    char magic[sizeof(PROFILE_MAGIC) - 1];
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool is_one = fd >= 0 && read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
                  memcmp(magic, PROFILE_MAGIC, sizeof(magic)) == 0;
    if (fd >= 0)
        close(fd);
    return is_one;
}

// A FIFO is waited for until somebody reads it.
static int open_existing(const char *path, const char **ret_why)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return -errno;
    int error = refuse(&status, ret_why);
    if (!error && S_ISREG(status.st_mode) && is_profile(path)) {
        *ret_why = "is a profile, which this would destroy";
        error = -EEXIST;
    }
    if (error)
        return error;
    int waits = S_ISREG(status.st_mode) ? O_NONBLOCK : 0;
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC | waits);
    if (fd < 0)
        return -errno;
    error = check(fd, ret_why);
    if (!error)
        return fd;
    close(fd);
    return error;
}

static int open_path(const char *path, const char **ret_why)
{
    int named = named_descriptor(path);
    if (named >= 0) {
        int fd = fcntl(named, F_DUPFD_CLOEXEC, 0);
        return fd >= 0 ? fd : -errno;
    }
    int fd = create(path);
    return fd == -EEXIST ? open_existing(path, ret_why) : fd;
}

int output_file_reserve(const char *path, FILE **ret_out, const char **ret_why)
{
    const char *why = NULL;
    int fd = open_path(path, &why);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (out) {
        *ret_out = out;
        return 0;
    }
    int error = fd >= 0 ? errno : -fd;
    if (fd >= 0)
        close(fd);
    *ret_why = why ? why : strerror(error);
    return -error;
}

int output_file_begin(const char *path, FILE *out)
{
    struct stat status;
    if (named_descriptor(path) >= 0 || ftello(out) > 0)
        return 0;
    if (fstat(fileno(out), &status) != 0)
        return -errno;
    return S_ISREG(status.st_mode) && ftruncate(fileno(out), 0) != 0 ? -errno : 0;
}

int output_file_open(const char *path, FILE **ret_out, const char **ret_why)
{
    FILE *out;
    int error = output_file_reserve(path, &out, ret_why);
    if (error)
        return error;
    error = output_file_begin(path, out);
    if (error) {
        *ret_why = strerror(-error);
        fclose(out);
        return error;
    }
    *ret_out = out;
    return 0;
}

static FILE *or_say(const char *path, int (*open_it)(const char *, FILE **, const char **))
{
    FILE *out;
    const char *why;
    if (open_it(path, &out, &why) == 0)
        return out;
    command_error(path, "can't be written: %s", why);
    return NULL;
}

FILE *output_file_open_or_say(const char *path)
{
    return or_say(path, output_file_open);
}

FILE *output_file_reserve_or_say(const char *path)
{
    return or_say(path, output_file_reserve);
}
