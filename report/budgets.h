// SPDX-License-Identifier: MIT
//
// budgets.h - limits that a run must keep: "leaks=0,peak_bytes=64m,lock_wait=+10%".
#ifndef GAIAPROF_BUDGETS_H
#define GAIAPROF_BUDGETS_H

#include "report/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EXIT_VIOLATED 23

struct budget_kind; // of the table in budgets.c: name, unit, what it counts

struct budget {
    const struct budget_kind *kind;
    bool relative; // limit is in percent above the baseline
    double percent;
    int64_t limit; // blocks, bytes, ns, ...
};

struct budgets {
    struct budget *list;
    size_t count;
};

enum verdict { VERDICT_KEPT, VERDICT_VIOLATED, VERDICT_UNKNOWN }; // unknown counts as violated

struct budget_result {
    const struct budget *budget;
    enum verdict verdict;
    int64_t value, limit;
    const char *text; // one line: "leaks: 3 blocks, 120 B, above 0: parse_header (http.c:88)"
    const char *file; // of the worst site, NULL: none known
    uint32_t line;
    const char *sites[4]; // the worst ones, in words
    size_t site_count;
};

// Adds `text` ("NAME=LIMIT,..."). False with a reason: "no such budget 'leek'; did you mean ...".
bool budgets_parse(struct budgets *budgets, const char *text, const char **ret_why);
void budgets_release(struct budgets *budgets);
bool budgets_need_baseline(const struct budgets *budgets);

// One result for each budget, in the profile's region. `baseline`: NULL, or what relative limits
// refer to. 0 or -ENOMEM. Suppressions have been applied.
int budgets_check(const struct budgets *budgets, struct profile *profile, struct profile *baseline,
                  struct budget_result **ret_results);

#endif
