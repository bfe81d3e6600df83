// SPDX-License-Identifier: MIT
//
// suppressions_list.h - how suppressions.c and its parts share one list. Internal to
// suppressions*.c.
#ifndef GAIAPROF_SUPPRESSIONS_LIST_H
#define GAIAPROF_SUPPRESSIONS_LIST_H

#include "report/model/suppressions.h"

struct builtin_suppression {
    enum suppression_kind kind;
    const char *pattern;
    const char *reason;
};

extern const struct builtin_suppression builtin_suppressions[]; // ends with pattern NULL

// As suppression_matches(), of text without a NUL.
bool suppression_matches_part(const char *pattern, const char *text, size_t length);

#endif
