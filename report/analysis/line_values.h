// SPDX-License-Identifier: MIT
//
// line_values.h - what each line of the functions that match a pattern has, of two values of a view
// at once. Each line and function is counted once per stack.
#ifndef GAIAPROF_LINE_VALUES_H
#define GAIAPROF_LINE_VALUES_H

#include "report/analysis/analysis.h"
#include "report/analysis/functions.h"

enum { LINE_MAIN, LINE_COMPANION, LINE_VALUES };

struct line_counts {
    int64_t flat[LINE_VALUES], cum[LINE_VALUES];
    uint32_t seen; // 1 + number of the last sample that had it
};

struct line_value {
    const struct place *place;
    uint32_t function; // index of line_values.functions
    struct line_counts counts;
};

struct listed_function {
    const struct place *place;
    struct line_counts counts;
    size_t first_line, line_count; // in line_values.lines
};

struct line_values {
    struct listed_function *functions; // most cum first
    size_t function_count, function_room;
    struct line_value *lines; // by function, then by line
    size_t line_count, line_room;
};

// 0 or -ENOMEM; then nothing is to be released.
int line_values_init(struct line_values *values, struct analysis *analysis);
void line_values_release(struct line_values *values);

#endif
