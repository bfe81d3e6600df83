// SPDX-License-Identifier: MIT
//
// function_name.h - the part of a demangled function that people call it by: without its parameters
// and the type it returns.
#ifndef GAIAPROF_FUNCTION_NAME_H
#define GAIAPROF_FUNCTION_NAME_H

#include <stddef.h>

// Where it begins in `function`, and how long it is.
const char *function_short_name(const char *function, size_t *ret_length);

#endif
