// SPDX-License-Identifier: MIT
//
// units.h - numbers as people read them, and text that fits a column. Columns are those of a
// terminal: a wide character has two, a combining one none.
#ifndef GAIAPROF_UNITS_H
#define GAIAPROF_UNITS_H

#include "report/model/region.h"

#include <stddef.h>
#include <stdint.h>

struct unit_text {
    char text[40];
};

struct unit_text unit_count(int64_t count); // 1,204,331
struct unit_text unit_bytes(int64_t bytes); // 999 B, 1.0 KiB, 34.1 MiB, 512 MiB
struct unit_text unit_ns(int64_t ns);       // 999 ns, 1.5 µs, 3.1 ms, 2.31 s, 1,204 s
struct unit_text unit_share(int64_t part, int64_t whole); // 78.5%; 0% and 100% are exact; "-" of 0
struct unit_text unit_error(int64_t half, int64_t value); // ±3.1%, ±12%, ±>999%; ±0% is exact

size_t text_columns(const char *text);

// `text` where it fits `columns`, else with its middle replaced by "…".
const char *text_cut(struct region *region, const char *text, size_t columns);

// Valid UTF-8: what is not becomes U+FFFD. NULL without memory.
const char *text_utf8(struct region *region, const char *text);

// The same, and nothing that could move a terminal's cursor: control characters become U+FFFD.
const char *text_printable(struct region *region, const char *text);

#endif
