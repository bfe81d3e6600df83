// SPDX-License-Identifier: MIT
//
// options.h - the options of options.def with their values. Read once, before recording starts;
// constant afterwards, so any thread may read them.
#ifndef GAIAPROF_OPTIONS_H
#define GAIAPROF_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define OPTION_TEXT_MAX 2048

// Values of the enumerations, in the order of their choices.
enum option_report { REPORT_NONE, REPORT_TEXT, REPORT_JSON };
enum option_heap { HEAP_OFF, HEAP_EXACT, HEAP_SAMPLED }; // sampled: given as a size
enum option_hold { HOLD_OFF, HOLD_SAMPLED, HOLD_EXACT };
enum option_follow { FOLLOW_NONE, FOLLOW_FORK, FOLLOW_EXEC, FOLLOW_ALL };
enum option_unwind { UNWIND_CFI, UNWIND_LIBUNWIND, UNWIND_CHECK };

struct options {
#define OPTION_STRING(key, text, help) char key[OPTION_TEXT_MAX];
#define OPTION_ENUM(key, text, choices, help) unsigned key;
#define OPTION_COUNT(key, number, low, high, help) unsigned key;
#define OPTION_ENUM_OR_SIZE(key, size, text, choices, low, high, help)                             \
    unsigned key;                                                                                  \
    uint64_t size;
#include "preload/options.def"
#undef OPTION_STRING
#undef OPTION_ENUM
#undef OPTION_COUNT
#undef OPTION_ENUM_OR_SIZE
};

extern struct options options;

// Sets `options` from the environment, defaults for the rest. Each unknown key and each bad value
// is one warning on stderr and changes nothing.
void options_read(char *const *environment);

static inline bool options_follow_fork(void)
{
    return options.follow == FOLLOW_FORK || options.follow == FOLLOW_ALL;
}

static inline bool options_follow_exec(void)
{
    return options.follow == FOLLOW_EXEC || options.follow == FOLLOW_ALL;
}

#endif
