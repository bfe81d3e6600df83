// SPDX-License-Identifier: MIT
//
// symbolizer_support.h - what the symbolizer's tests share: the fixtures of the build tree,
// addresses of labels in them (read by libelf, not by the code under test), files to play with.
#ifndef GAIAPROF_TESTS_SYMBOLIZER_SUPPORT_H
#define GAIAPROF_TESTS_SYMBOLIZER_SUPPORT_H

#include "symbolize/symbolize.h"

// clang-format off
// cmocka.h needs the others before it
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
// clang-format on

struct bytes {
    uint8_t *data;
    size_t size;
};

// Whole files. read_file() fails the test if it can't; free its data.
struct bytes read_file(const char *path);
void write_file(const char *path, const void *data, size_t size);
void copy_file(const char *from, const char *to);

// Path of a fixture in the build tree; valid for 16 calls of this kind. Skips the
// test when the fixture was not built (no compiler or tool for it).
const char *fixture(const char *name);

// A directory of the test's own, removed with all it holds by remove_scratch().
const char *make_scratch(void);
void remove_scratch(void);
// "scratch/NAME", with the directories on the way made; valid as with fixture().
const char *scratch_path(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Address of a symbol of any kind, in .symtab of `path`. Fails the test if there is none.
uint64_t symbol_address(const char *path, const char *name);
// The section's first address and size. False if there is none.
bool section_bounds(const char *path, const char *name, uint64_t *ret_address, uint64_t *ret_size);
// Build id in hex, "" if there is none.
void build_id_hex(const char *path, char ret_hex[129], struct bytes *ret_bytes);

// One file in a symbolizer of its own, at `bias`.
struct opened {
    struct symbolizer *symbolizer;
    int module;
    uint64_t bias;
};

struct opened open_module_at(const char *path, const char *debug_root, uint64_t bias);
struct opened open_module(const char *path, const char *debug_root);
void close_module(struct opened *opened);

#define FRAMES_MAX 16

size_t frames_at(const struct opened *opened, uint64_t offset,
                 struct symbol_frame ret_frames[FRAMES_MAX]);
// Of the function with the code; NULL if unknown.
const char *function_at(const struct opened *opened, uint64_t offset);

// The frame is `function` at FILE:LINE, where FILE is compared by its last component. NULL: the
// frame has no file.
void assert_frame(const struct symbol_frame *frame, const char *function, const char *file,
                  uint32_t line, bool inlined);

#endif
