// SPDX-License-Identifier: MIT
//
// cut_mmap.c - linked with the command (--wrap): once a file named CUT_NAME is mapped for the
// CUT_AT'th time, all but its first CUT_BYTES bytes are gone.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *__real_mmap(void *address, size_t length, int access, int flags, int fd, off_t offset);
void *__wrap_mmap(void *address, size_t length, int access, int flags, int fd, off_t offset);

static long number(const char *variable)
{
    return strtol(getenv(variable), NULL, 10);
}

static void cut(int fd, const char *name)
{
    static int count;
    char link[64], path[4096];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    if (length <= 0)
        return;
    path[length] = '\0';
    if (strcmp(strrchr(path, '/') + 1, name) == 0 && ++count == number("CUT_AT") &&
        truncate(path, number("CUT_BYTES")) != 0)
        abort();
}

void *__wrap_mmap(void *address, size_t length, int access, int flags, int fd, off_t offset)
{
    void *mapped = __real_mmap(address, length, access, flags, fd, offset);
    if (fd >= 0 && mapped != MAP_FAILED && getenv("CUT_NAME"))
        cut(fd, getenv("CUT_NAME"));
    return mapped;
}
