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

EXPORT int dlclose(void *library)
{
    unsigned long long before;
    int result;

    real_find();
    if (!recording_gate.is_open)
        return real.dlclose(library);
    before = unload_count();
    result = real.dlclose(library);
    if (unload_count() != before)
        modules_unloaded();
    return result;
}

EXPORT int iconv_close(iconv_t converter)
{
    unsigned long long before;
    int result;

    real_find();
    if (!recording_gate.is_open)
        return real.iconv_close(converter);
    before = unload_count();
    result = real.iconv_close(converter);
    if (unload_count() != before)
        modules_unloaded();
    return result;
}
