// SPDX-License-Identifier: MIT
//
// profiler_options.h - the options of libgaiaprof.so as the command sees them: generated from
// preload/options.def, for help and to check values before a program is started.
#ifndef GAIAPROF_PROFILER_OPTIONS_H
#define GAIAPROF_PROFILER_OPTIONS_H

#include <stdbool.h>

enum profiler_option_kind { PROFILER_STRING, PROFILER_ENUM, PROFILER_COUNT, PROFILER_ENUM_OR_SIZE };

struct profiler_option {
    enum profiler_option_kind kind;
    const char *key;
    const char *value;   // the default
    const char *choices; // of an enum: "a|b|c"
    long low, high;      // of a count or a size
    const char *help;
};

extern const struct profiler_option profiler_options[]; // ends with key NULL

const struct profiler_option *profiler_option_find(const char *key);

bool profiler_option_accepts(const struct profiler_option *option, const char *value);

// What an option takes: "one of a|b|c", "a number from 1 to 9"; "any text". Until the next call.
const char *profiler_option_domain(const struct profiler_option *option);

// The variable that sets it, "GAIAPROF_KEY"; until the next call.
const char *profiler_option_variable(const struct profiler_option *option);

// The value in our environment, or the default. To be freed; NULL without memory.
char *profiler_option_value(const struct profiler_option *option);

#endif
