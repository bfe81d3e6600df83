// SPDX-License-Identifier: MIT
//
// profile_input.h - what the fuzz targets of the report share. Their input is a profile and, in its
// last 8 bytes, what is done with it; a reader of the profile does not see them, as they lie behind
// used_bytes. Nothing that a profile names is opened: profile_input.c has an open() of its own (the
// linker's --wrap), which knows one file, a page of source, and an elf_file_open() that knows none.
#ifndef GAIAPROF_TESTS_PROFILE_INPUT_H
#define GAIAPROF_TESTS_PROFILE_INPUT_H

#include "report/model/profile.h"

#include <stdio.h>

enum profile_choice {
    CHOICE_ACTION,
    CHOICE_VIEW,
    CHOICE_VALUE,
    CHOICE_SORT,
    CHOICE_ROWS,
    CHOICE_PATTERN,
    CHOICE_SELECTION,
    CHOICE_FLAGS,
    CHOICE_COUNT,
};

enum profile_flag {
    FLAG_SUPPRESSIONS = 1,
    FLAG_FOCUS = 2,
    FLAG_IGNORE = 4,
    FLAG_RUNNING = 8,
    FLAG_SOURCE_PATH = 16,
    FLAG_EARLIER_SCAN = 32, // its own scan, as that of a moment before
    FLAG_OTHER_BUILD = 64,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The choices of an input; false if there are none.
bool profile_choices(const uint8_t *data, size_t size, uint8_t ret_choices[CHOICE_COUNT]);

// Loads the first `size` bytes. False where they are no profile; aborts without memory.
bool profile_from_bytes(struct profile *profile, const uint8_t *data, size_t size, unsigned flags);

// A profile that has leaks, misuse and locks of every kind. The same for a while: what is held
// against it takes some of its memory each time.
struct profile *profile_with_all(void);

// Where everything may be written to and nothing is kept. Aborts when it is more than any report of
// such a small profile should be.
FILE *nowhere(void);

#endif
