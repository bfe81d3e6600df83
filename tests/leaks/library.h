// SPDX-License-Identifier: MIT
//
// library.h - loads the libraries of these tests, which lie beside their programs.
#ifndef TESTS_LEAKS_LIBRARY_H
#define TESTS_LEAKS_LIBRARY_H

#include "leaks.h"

#include <dlfcn.h>
#include <limits.h>

static SITE void *load_library(const char *name)
{
    char path[PATH_MAX + 64];
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
    void *library;

    if (length < 0)
        abort();
    path[length] = 0;
    strcpy(strrchr(path, '/') + 1, name);
    library = dlopen(path, RTLD_NOW);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        abort();
    }
    return library;
}

static SITE void *symbol_of(void *library, const char *name)
{
    void *symbol = dlsym(library, name);

    if (!symbol)
        abort();
    return symbol;
}

#endif
