// SPDX-License-Identifier: MIT
//
// profile_support.h - what the tests of report/ share: cmocka, a profile loaded from a builder, a
// profile rendered into a string.
#ifndef GAIAPROF_TESTS_PROFILE_SUPPORT_H
#define GAIAPROF_TESTS_PROFILE_SUPPORT_H

#include "report/formats/render.h"
#include "report/model/profile.h"
#include "tests/unit/profile_builder.h"

// clang-format off
// cmocka.h needs the others before it
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
// clang-format on

// Loads `length_bytes` bytes from a buffer of exactly that length, so that a sanitizer sees every
// read beyond. Returns what profile_load() does.
int load_bytes(struct profile *profile, const void *bytes, size_t length_bytes,
               const char **ret_why);

// Finishes the builder and loads its file, which must succeed.
void load_built(struct profile *profile, struct profile_builder *builder);

// The whole view `name`, or "all". To be freed.
char *rendered(struct profile *profile, const char *format, const char *view);

// The site of a stack; fails the test if there is none.
const struct site *site_of(const struct profile *profile, uint32_t stack);

bool has_note(const struct profile *profile, const char *part);

// Code of a header that is inlined into its caller: what `function` returns to.
static inline __attribute__((always_inline)) uint64_t calls_inline(uint64_t (*function)(void))
{
    uint64_t address = function();
    __asm__ volatile("" : "+r"(address)); // no tail call
    return address;
}

// A fixed sequence of numbers for a seed.
uint32_t next_random(uint64_t *state);

#endif
