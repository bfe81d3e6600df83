// SPDX-License-Identifier: MIT
//
// real.h - the functions that the host would have called without us, found by
// dlsym(RTLD_NEXT). NULL where there is none.
#ifndef GAIAPROF_REAL_H
#define GAIAPROF_REAL_H

#include <iconv.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

struct real {
#define REAL(result, name, parameters) result(*name) parameters;
#define REAL_OLD(result, name, parameters) result(*name##_old) parameters;
#include "preload/real.def"
#undef REAL
#undef REAL_OLD
};

extern struct real real;

// The program's malloc where it is not ours: the program brings its own, or an allocator was
// preloaded before us. It lacks some functions that libc has and builds on malloc's, so ours are
// called with its blocks. All NULL where malloc is ours.
extern struct real_owner {
    void *malloc;
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
} real_owner;

// Finds them all, once. False while that is under way (dlsym itself may allocate): the caller has
// to do without. Any thread.
bool real_find(void);

static inline bool real_is_ready(void)
{
    return real.malloc != NULL;
}

#endif
