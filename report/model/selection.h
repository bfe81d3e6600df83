// SPDX-License-Identifier: MIT
//
// selection.h - --focus and --ignore: which stacks are shown. As in pprof: a stack is kept if any
// of its frames matches `focus` and none matches `ignore`; a frame matches by its function, its
// file or its module. Patterns are POSIX extended regular expressions.
#ifndef GAIAPROF_SELECTION_H
#define GAIAPROF_SELECTION_H

#include "report/model/profile.h"

struct selection {
    const char *focus, *ignore; // NULL: not given
};

// NULL if `pattern` is a regular expression, else what is wrong with it, until the next call.
const char *selection_check(const char *pattern);

// Sets `hidden` in every site, wait and thread. -ENOMEM without memory.
int selection_apply(const struct selection *selection, struct profile *profile);

#endif
