// SPDX-License-Identifier: MIT
//
// hooks_loader.c - libraries that the host unloads, or libc for it: the converters of iconv. dlopen
// is not wrapped: the loader takes the search path from its caller.
#include "preload/compiler.h"
#include "preload/modules.h"
#include "preload/real.h"
#include "preload/recording.h"

#include <dlfcn.h>
#include <iconv.h>
#include <link.h>

static int read_unload_count(struct dl_phdr_info *info, size_t bytes, void *ret_count)
{
    (void)bytes;
    *(unsigned long long *)ret_count = info->dlpi_subs;
    return 1; // the first object tells
}

static unsigned long long unload_count(void)
{
    unsigned long long count = 0;

    dl_iterate_phdr(read_unload_count, &count);
    return count;
}

// Calls function(argument), which may unload libraries.
static int watch(int (*function)(void *), void *argument)
{
    unsigned long long before;
    int result;

    if (!recording_gate.is_open)
        return function(argument);
    before = unload_count();
    result = function(argument);
    if (unload_count() != before)
        modules_unloaded();
    return result;
}

EXPORT int dlclose(void *library)
{
    real_find();
    return watch(real.dlclose, library);
}

EXPORT int iconv_close(iconv_t converter)
{
    real_find();
    return watch(real.iconv_close, converter); // iconv_t is void *
}
