// SPDX-License-Identifier: MIT
//
// demangle.h - linkage names of C++, Rust and D as people write them: with template arguments,
// without parameters (as pprof shows them) and without Rust's hash.
#ifndef GAIAPROF_SYMBOLIZE_DEMANGLE_H
#define GAIAPROF_SYMBOLIZE_DEMANGLE_H

#include "symbolize/arena.h"

// `name` itself when it is not mangled, too long, or would grow beyond reason.
const char *demangle(struct arena *arena, const char *name);

#endif
