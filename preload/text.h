// SPDX-License-Identifier: MIT
//
// text.h - text put together without stdio: paths, and the rare line for the user. A text that
// does not fit is cut and says so in is_cut. Any thread, signal handlers too.
#ifndef GAIAPROF_TEXT_H
#define GAIAPROF_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *buffer; // always NUL-terminated
    size_t capacity_bytes;
    size_t length;
    bool is_cut;
};

void text_init(struct text *text, char *buffer, size_t capacity_bytes);
void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t count);
void text_add_number(struct text *text, uint64_t number);
void text_add_hex(struct text *text, uint64_t number); // with 0x

// One line to a descriptor of the host, its stderr: "gaiaprof: WHAT: WHY".
void text_warn(int fd, const char *what, const char *why);

#endif
