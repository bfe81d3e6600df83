// SPDX-License-Identifier: MIT
//
// runtime_code.h - which frames are the language's runtime and which are the user's own. A report
// names the innermost frame that is not runtime: what the user can change.
#ifndef GAIAPROF_RUNTIME_CODE_H
#define GAIAPROF_RUNTIME_CODE_H

#include <stdbool.h>

// The C and C++ libraries, the loader, allocators. `path` may be NULL.
bool module_is_runtime(const char *path);

// libgaiaprof.so itself.
bool module_is_gaiaprof(const char *path);

// operator new, the C++ and Rust standard libraries' templates and wrappers, by demangled name,
// wherever they were compiled into. `function` may be NULL.
bool function_is_runtime(const char *function);

// Headers of the standard library: what was inlined from them has no better mark. May be NULL.
bool file_is_runtime(const char *file);

// What follows the last '/'.
const char *path_basename(const char *path);

#endif
