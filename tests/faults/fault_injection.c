// SPDX-License-Identifier: MIT
//
// fault_injection.c - counts the calls that libgaiaprof.so makes into the kernel and into libc, by
// kind, and lets one of them fail:
//
//   FAULT=KIND:N:ERRNO    the N-th call of a kind (from 1) fails with that number
//   FAULT=KIND:N+:ERRNO   that one and all after it
//   FAULT=KIND:N:KILL     SIGKILL comes instead of it
//   FAULT_COUNTS=FILE     an existing file of ROOM_BYTES, mapped: struct kind for each
//
// Children made by any kind of fork go on counting. Any thread, signal handlers too.
#include "preload/arch/syscall.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROOM_BYTES 4096

static struct kind {
    char name[24];
    int64_t number; // of the system call, or one below 0
    int64_t count;
} kinds[] = {
#define CALL(name)                                                                                 \
    {                                                                                              \
#name, SYS_##name, 0                                                                       \
    }
    CALL(mmap),
    CALL(munmap),
    CALL(mremap),
    CALL(mprotect),
    CALL(madvise),
    CALL(openat),
    CALL(read),
    CALL(write),
    CALL(pwrite64),
    CALL(fallocate),
    CALL(fcntl),
    CALL(fstat),
    CALL(newfstatat),
    CALL(getdents64),
    CALL(unlinkat),
    CALL(faccessat),
    CALL(readlinkat),
    CALL(getcwd),
    CALL(prctl),
    CALL(ptrace),
    CALL(wait4),
    CALL(process_vm_readv),
    CALL(prlimit64),
    CALL(rt_sigprocmask),
    CALL(rt_sigaction),
    CALL(rt_sigpending),
    CALL(sigaltstack),
    CALL(getrusage),
    CALL(clock_gettime),
    CALL(tgkill),
    CALL(kill),
    CALL(nanosleep),
    CALL(sched_yield),
    CALL(execve),
    CALL(dup3),
    CALL(close_range),
    CALL(ftruncate),
    CALL(truncate),
#undef CALL
    {"clone", -1, 0},
    {"dlopen", -2, 0},
    {"pthread_key_create", -3, 0},
    {"setspecific", -4, 0},
    {"getattr", -5, 0},
    {"atfork", -6, 0},
};
enum { CLONE = -1, DLOPEN = -2, KEY_CREATE = -3, SETSPECIFIC = -4, GETATTR = -5, ATFORK = -6 };
_Static_assert(sizeof(kinds) <= ROOM_BYTES, "fits into the file");

static struct {
    bool is_ready, goes_on, kills;
    int64_t number, at, error;
    struct kind *kinds;
} fault = {.number = INT64_MIN, .kinds = kinds};

static struct kind *find_kind(int64_t number)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].number == number)
            return &fault.kinds[i];
    return NULL;
}

static const char *variable(const char *name)
{
    size_t length = strlen(name);

    for (char **entry = environ; *entry; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

static int64_t parse_number(const char **text)
{
    int64_t number = 0;

    for (; **text >= '0' && **text <= '9'; (*text)++)
        number = number * 10 + (**text - '0');
    return number;
}

static void read_fault(const char *text)
{
    size_t length = strcspn(text, ":");

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strlen(kinds[i].name) == length && strncmp(kinds[i].name, text, length) == 0)
            fault.number = kinds[i].number;
    text += length + 1;
    fault.at = parse_number(&text);
    fault.goes_on = *text == '+';
    text += 1 + fault.goes_on;
    fault.kills = *text == 'K';
    fault.error = parse_number(&text);
}

static void map_counts(const char *path)
{
    long fd = arch_syscall_unharmed(SYS_openat, AT_FDCWD, (long)path, O_RDWR, 0, 0, 0);
    long room;

    if (fd < 0)
        return;
    room =
        arch_syscall_unharmed(SYS_mmap, 0, ROOM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    arch_syscall_unharmed(SYS_close, fd, 0, 0, 0, 0, 0);
    if (room < 0 && room > -4096)
        return;
    memcpy((void *)room, kinds, sizeof(kinds));
    fault.kinds = (struct kind *)room;
}

static void prepare(void)
{
    if (fault.is_ready || !environ)
        return;
    fault.is_ready = true; // the first call comes before there is a second thread
    if (variable("FAULT_COUNTS"))
        map_counts(variable("FAULT_COUNTS"));
    if (variable("FAULT"))
        read_fault(variable("FAULT"));
}

// Counts a call. Whether it is to fail.
static bool fails(int64_t number)
{
    struct kind *kind;
    int64_t count;

    prepare();
    kind = find_kind(number);
    if (!kind || !fault.is_ready)
        return false;
    count = __atomic_add_fetch(&kind->count, 1, __ATOMIC_RELAXED);
    if (!fault.at || fault.number != number ||
        !(fault.goes_on ? count >= fault.at : count == fault.at))
        return false;
    if (fault.kills)
        arch_syscall_unharmed(SYS_kill, arch_syscall_unharmed(SYS_getpid, 0, 0, 0, 0, 0, 0),
                              SIGKILL, 0, 0, 0, 0);
    return true;
}

long fault_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    return fails(number) ? -fault.error : arch_syscall_unharmed(number, a, b, c, d, e, f);
}

// What preload/ asks of libc, by --wrap.
int __real_clone(int (*function)(void *), void *stack, int flags, void *argument, ...);
int __wrap_clone(int (*function)(void *), void *stack, int flags, void *argument, ...);
int __wrap_clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
    if (!fails(CLONE))
        return __real_clone(function, stack, flags, argument);
    errno = (int)fault.error;
    return -1;
}

void *__real_dlopen(const char *name, int flags);
void *__wrap_dlopen(const char *name, int flags);
void *__wrap_dlopen(const char *name, int flags)
{
    return fails(DLOPEN) ? NULL : __real_dlopen(name, flags);
}

int __real_pthread_key_create(pthread_key_t *key, void (*destroy)(void *));
int __wrap_pthread_key_create(pthread_key_t *key, void (*destroy)(void *));
int __wrap_pthread_key_create(pthread_key_t *key, void (*destroy)(void *))
{
    return fails(KEY_CREATE) ? (int)fault.error : __real_pthread_key_create(key, destroy);
}

int __real_pthread_setspecific(pthread_key_t key, const void *value);
int __wrap_pthread_setspecific(pthread_key_t key, const void *value);
int __wrap_pthread_setspecific(pthread_key_t key, const void *value)
{
    return fails(SETSPECIFIC) ? (int)fault.error : __real_pthread_setspecific(key, value);
}

int __real_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes);
int __wrap_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes);
int __wrap_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
    return fails(GETATTR) ? (int)fault.error : __real_pthread_getattr_np(thread, attributes);
}

int __real_pthread_atfork(void (*before)(void), void (*parent)(void), void (*child)(void));
int __wrap_pthread_atfork(void (*before)(void), void (*parent)(void), void (*child)(void));
int __wrap_pthread_atfork(void (*before)(void), void (*parent)(void), void (*child)(void))
{
    return fails(ATFORK) ? (int)fault.error : __real_pthread_atfork(before, parent, child);
}
