// SPDX-License-Identifier: MIT
//
// real.c - finds the functions behind ours, see real.h. dlsym allocates where a symbol is missing
// (it builds an error text), so it may call our malloc: real_find then answers false, and the
// own heap serves.
#include "preload/real.h"

#include "preload/compiler.h"

#include <dlfcn.h>

struct real real;

static unsigned is_finding;

static void find_all(void)
{
#define REAL(result, name, parameters)                                                             \
    __atomic_store_n(&real.name, (result(*) parameters)dlsym(RTLD_NEXT, #name), __ATOMIC_RELEASE);
#include "preload/real.def"
#undef REAL
    dlerror(); // the host must not meet our missing symbols
}

cold bool real_find(void)
{
    unsigned no = 0;

    if (real_is_ready())
        return true;
    if (!atomic_swap_if(&is_finding, &no, 1))
        return false;
    find_all();
    return real_is_ready();
}
