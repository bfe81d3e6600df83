// SPDX-License-Identifier: MIT
//
// real.c - finds the functions behind ours, see real.h. By dlsym, which knows symbol versions; what
// may be missing is looked for by symbols.h first. Should dlsym allocate all the same, it calls our
// malloc: real_find then answers false, and the own heap serves.
#include "preload/real.h"

#include "preload/compiler.h"
#include "preload/symbols.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

struct real real;
struct real_owner real_owner;

static unsigned is_finding;

static void *find(const char *name)
{
    return symbols_find_next(name) ? dlsym(RTLD_NEXT, name) : NULL;
}

static void *find_old(const char *name)
{
    return symbols_find_next(name) ? dlvsym(RTLD_NEXT, name, "GLIBC_2.2.5") : NULL;
}

static void find_owner(void)
{
    void *first = symbols_find("malloc");

    if (!first || first == (void *)malloc)
        return;
    real_owner.realloc = (void *(*)(void *, size_t))symbols_find("realloc");
    real_owner.free = (void (*)(void *))symbols_find("free");
    real_owner.malloc = first;
}

static void find_all(void)
{
    find_owner();
#define REAL(result, name, parameters)                                                             \
    __atomic_store_n(&real.name, (result(*) parameters)find(#name), __ATOMIC_RELEASE);
#define REAL_OLD(result, name, parameters)                                                         \
    __atomic_store_n(&real.name##_old, (result(*) parameters)find_old(#name), __ATOMIC_RELEASE);
#include "preload/real.def"
#undef REAL
#undef REAL_OLD
}

cold bool real_find(void)
{
    unsigned no = 0;
    int saved_errno;

    if (real_is_ready())
        return true;
    if (!atomic_swap_if(&is_finding, &no, 1))
        return false;
    saved_errno = errno; // free keeps it, also the first one
    find_all();
    errno = saved_errno;
    return real_is_ready();
}
