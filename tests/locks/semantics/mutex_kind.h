// SPDX-License-Identifier: MIT
//
// mutex_kind.h - one mutex, made in turn of every kind that glibc has, and what its inside is.
#ifndef GAIAPROF_TESTS_MUTEX_KIND_H
#define GAIAPROF_TESTS_MUTEX_KIND_H

#include "codes.h"

#include <limits.h>

struct kind {
    int type, robust, protocol, shared;
};

#define KINDS (4 * 2 * 3 * 2)

static const char *const types[] = {"normal", "recursive", "errorcheck", "adaptive"};
static const char *const protocols[] = {"none", "inherit", "protect"};
static struct other other;
static pthread_mutex_t mutex;

static inline const char *owner_name(void)
{
    int owner = mutex.__data.__owner;

    if (owner == 0)
        return "nobody";
    if (owner == gettid())
        return "self";
    if (owner == other.tid)
        return "other";
    // glibc's PTHREAD_MUTEX_INCONSISTENT and PTHREAD_MUTEX_NOTRECOVERABLE
    if (owner == INT_MAX)
        return "inconsistent";
    return owner == INT_MAX - 1 ? "not recoverable" : "dead";
}

// The operation, its code, and [whether locked, owner, count, users].
static inline void print_after(const char *name, int result)
{
    printf("  %s %s [%d %s %u %u]", name, code(result), mutex.__data.__lock != 0, owner_name(),
           mutex.__data.__count, mutex.__data.__nusers);
}

static inline int init(const struct kind *kind)
{
    pthread_mutexattr_t attributes;

    memset(&mutex, 0, sizeof(mutex));
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, kind->type);
    pthread_mutexattr_setrobust(&attributes, kind->robust);
    pthread_mutexattr_setprotocol(&attributes, kind->protocol);
    pthread_mutexattr_setpshared(&attributes, kind->shared);
    return pthread_mutex_init(&mutex, &attributes);
}

// Calls what is given for each kind that can be made.
static inline void try_kinds(void (*try_kind)(const struct kind *))
{
    for (int i = 0; i < KINDS; i++) {
        struct kind kind = {i % 4, i / 4 % 2, i / 8 % 3, i / 24};
        int result = init(&kind);

        printf("%s %s %s %s: init %s\n", types[kind.type], kind.robust ? "robust" : "stalled",
               protocols[kind.protocol], kind.shared ? "shared" : "private", code(result));
        if (result == 0)
            try_kind(&kind);
    }
}

static inline int op_lock(void *unused)
{
    (void)unused;
    return pthread_mutex_lock(&mutex);
}

static inline int op_trylock(void *unused)
{
    (void)unused;
    return pthread_mutex_trylock(&mutex);
}

static inline int op_unlock(void *unused)
{
    (void)unused;
    return pthread_mutex_unlock(&mutex);
}

#endif
