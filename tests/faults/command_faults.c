// SPDX-License-Identifier: MIT
//
// command_faults.c - linked with the command (--wrap): counts what it asks of libc, by kind, and
// lets one call fail, as fault_injection.c does of the library:
//
//   COMMAND_FAULT=KIND:N:ERRNO, KIND:N+:ERRNO    COMMAND_FAULT_COUNTS=FILE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define ROOM_BYTES 4096

enum kind {
    PTRACE,
    OPEN,
    FOPEN,
    OPENDIR,
    MMAP,
    PREAD,
    READV,
    MALLOC,
    CALLOC,
    REALLOC,
    CREATE,
    KINDS
};

static struct {
    char name[24];
    int64_t number;
    int64_t count;
} own_counts[KINDS] = {
    {"ptrace", PTRACE, 0},
    {"open", OPEN, 0},
    {"fopen", FOPEN, 0},
    {"opendir", OPENDIR, 0},
    {"mmap", MMAP, 0},
    {"pread", PREAD, 0},
    {"process_vm_readv", READV, 0},
    {"malloc", MALLOC, 0},
    {"calloc", CALLOC, 0},
    {"realloc", REALLOC, 0},
    {"pthread_create", CREATE, 0},
};
_Static_assert(sizeof(own_counts) <= ROOM_BYTES, "fits into the file");

static __typeof__(own_counts[0]) *counts = own_counts;
static int fault_kind = -1, fault_error;
static long long fault_at;
static bool fault_goes_on;

int __real_open(const char *path, int flags, mode_t mode);
void *__real_mmap(void *at, size_t bytes, int access, int flags, int fd, off_t offset);

static void map_counts(const char *path)
{
    int fd = __real_open(path, O_RDWR | O_CLOEXEC, 0);
    void *room = __real_mmap(NULL, ROOM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    close(fd);
    if (room == MAP_FAILED)
        return;
    memcpy(room, own_counts, sizeof(own_counts));
    counts = room;
}

__attribute__((constructor)) static void prepare(void)
{
    const char *fault = getenv("COMMAND_FAULT");
    char name[24] = "", plus = 0;

    if (getenv("COMMAND_FAULT_COUNTS"))
        map_counts(getenv("COMMAND_FAULT_COUNTS"));
    if (!fault || sscanf(fault, "%23[^:]:%lld%c", name, &fault_at, &plus) != 3)
        return;
    fault_goes_on = plus == '+';
    fault_error = atoi(strrchr(fault, ':') + 1);
    for (int kind = 0; kind < KINDS; kind++)
        if (strcmp(own_counts[kind].name, name) == 0)
            fault_kind = kind;
}

// Counts a call. Whether it is to fail, with errno set.
static bool fails(enum kind kind)
{
    int64_t count = __atomic_add_fetch(&counts[kind].count, 1, __ATOMIC_RELAXED);

    if ((int)kind != fault_kind || !(fault_goes_on ? count >= fault_at : count == fault_at))
        return false;
    errno = fault_error;
    return true;
}

#define WRAP(kind, failed, result, name, parameters, arguments)                                    \
    result __real_##name parameters;                                                               \
    result __wrap_##name parameters;                                                               \
    result __wrap_##name parameters                                                                \
    {                                                                                              \
        return fails(kind) ? (failed) : __real_##name arguments;                                   \
    }

WRAP(PTRACE, -1, long, ptrace, (long request, long pid, void *at, void *data),
     (request, pid, at, data))
WRAP(OPEN, -1, int, open, (const char *path, int flags, mode_t mode), (path, flags, mode))
WRAP(FOPEN, NULL, FILE *, fopen, (const char *path, const char *mode), (path, mode))
WRAP(OPENDIR, NULL, DIR *, opendir, (const char *path), (path))
WRAP(MMAP, MAP_FAILED, void *, mmap,
     (void *at, size_t bytes, int access, int flags, int fd, off_t offset),
     (at, bytes, access, flags, fd, offset))
WRAP(PREAD, -1, ssize_t, pread, (int fd, void *buffer, size_t bytes, off_t offset),
     (fd, buffer, bytes, offset))
WRAP(READV, -1, ssize_t, process_vm_readv,
     (pid_t pid, const struct iovec *to, unsigned long to_count, const struct iovec *from,
      unsigned long from_count, unsigned long flags),
     (pid, to, to_count, from, from_count, flags))
WRAP(MALLOC, NULL, void *, malloc, (size_t bytes), (bytes))
WRAP(CALLOC, NULL, void *, calloc, (size_t count, size_t bytes), (count, bytes))
WRAP(REALLOC, NULL, void *, realloc, (void *block, size_t bytes), (block, bytes))
WRAP(CREATE, EAGAIN, int, pthread_create,
     (pthread_t * thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument),
     (thread, attributes, start, argument))
