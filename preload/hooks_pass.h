// SPDX-License-Identifier: MIT
//
// hooks_pass.h - the frequent allocation functions behind hooks_pass.c: what must be looked at.
#ifndef GAIAPROF_HOOKS_PASS_H
#define GAIAPROF_HOOKS_PASS_H

#include "preload/compiler.h"

#include <stddef.h>

HOOK void *hook_malloc(size_t bytes);
HOOK void *hook_calloc(size_t count, size_t bytes);
HOOK void *hook_realloc(void *block, size_t bytes);
HOOK void hook_free(void *block);

#endif
