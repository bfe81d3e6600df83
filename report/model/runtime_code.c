// SPDX-License-Identifier: MIT
//
// runtime_code.c - tables of names; a new runtime or allocator is a line here.
#include "report/model/runtime_code.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

// Names of files up to ".so", "-" and a version, or the end.
static const char *const runtime_modules[] = {
    "libc",
    "libpthread",
    "libdl",
    "librt",
    "libstdc++",
    "libc++",
    "libc++abi",
    "libsupc++",
    "libgcc_s",
    "ld",
    "ld-linux",
    "ld-linux-x86-64",
    "ld-musl",
    "libjemalloc",
    "libtcmalloc",
    "libtcmalloc_minimal",
    "libmimalloc",
    "libgaiaprof",
    "ld-linux-aarch64",
    "libatomic",
};

// Prefixes of a function's qualified name.
static const char *const runtime_functions[] = {
    "operator new",
    "operator delete",
    "std::",
    "__gnu_cxx::",
    "__cxxabiv1::",
    "__gthread_",
    "__rust_",
    "__rdl_",
    "__rg_",
    "alloc::alloc::",
    "alloc::raw_vec::",
    "alloc::vec::",
    "alloc::string::",
    "alloc::boxed::",
    "alloc::slice::",
    "alloc::collections::",
    "alloc::sync::",
    "alloc::rc::",
    "alloc::fmt::",
    "alloc::borrow::",
    "core::ops::",
    "core::iter::",
    "core::ptr::",
    "hashbrown::",
    "<alloc::",
    "<std::",
    "<core::",
};

const char *path_basename(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool module_is_gaiaprof(const char *path)
{
    return path && strcmp(path_basename(path), "libgaiaprof.so") == 0;
}

static bool ends_module_name(const char *rest)
{
    return *rest == '\0' || strncmp(rest, ".so", 3) == 0 ||
           (*rest == '-' && isdigit((unsigned char)rest[1]));
}

bool module_is_runtime(const char *path)
{
    if (!path)
        return false;
    const char *name = path_basename(path);
    for (size_t i = 0; i < sizeof(runtime_modules) / sizeof(*runtime_modules); i++) {
        size_t length = strlen(runtime_modules[i]);
        if (strncmp(name, runtime_modules[i], length) == 0 && ends_module_name(name + length))
            return strchr(name, '.') != NULL; // a program called "ld" is not the loader
    }
    return false;
}

// Templates are demangled with their return type: "void std::vector<int>::push_back(int&&)". The
// qualified name begins behind the last space outside brackets, before its parameters.
static const char *qualified_name(const char *function)
{
    const char *name = function;
    int depth = 0;
    for (const char *at = function; *at; at++) {
        if (*at == '<')
            depth++;
        else if (*at == '>')
            depth--;
        else if (*at == '(' && depth == 0 && at != name)
            break;
        else if (*at == ' ' && depth == 0)
            name = at + 1;
    }
    return name;
}

static bool begins_runtime(const char *name)
{
    for (size_t i = 0; i < sizeof(runtime_functions) / sizeof(*runtime_functions); i++)
        if (strncmp(name, runtime_functions[i], strlen(runtime_functions[i])) == 0)
            return true;
    return false;
}

bool function_is_runtime(const char *function)
{
    if (!function)
        return false;
    return begins_runtime(function) || begins_runtime(qualified_name(function));
}

// ".../c++/12/bits/std_thread.h", ".../c++/v1/vector", "/rustc/HASH/library/alloc/src/vec.rs"
bool file_is_runtime(const char *file)
{
    if (!file)
        return false;
    for (const char *at = file; (at = strstr(at, "/c++/")); at++)
        if (isdigit((unsigned char)at[5]) || strncmp(at + 5, "v1/", 3) == 0)
            return true;
    return strncmp(file, "/rustc/", 7) == 0;
}
