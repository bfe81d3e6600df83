// SPDX-License-Identifier: MIT
//
// budgets.h - limits that a run must keep: "leaks=0,peak_bytes=64m,lock_wait=+10%". The kinds of
// budgets are the table in budget_kinds.c. One thread uses a struct budgets.
#ifndef GAIAPROF_BUDGETS_H
#define GAIAPROF_BUDGETS_H

#include "report/model/profile.h"
#include "report/model/region.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EXIT_VIOLATED 23

struct budget_kind; // see budget_kinds.h

struct budget {
    const struct budget_kind *kind;
    bool relative; // limit is in percent above the baseline
    double percent;
    int64_t limit; // blocks, bytes, ns, ...
};

// Each kind once: what is said last of it counts.
struct budgets {
    struct region region;
    struct budget *list;
    size_t count;
};

// Unknown: it was not recorded, or only in part. A gate must not let that through.
enum verdict { VERDICT_KEPT, VERDICT_VIOLATED, VERDICT_UNKNOWN };

#define BUDGET_SITES_MAX 3

// Where a part of the value comes from.
struct budget_site {
    const char *value; // "2 blocks (80 B)"; "": it counts as one
    const char *where; // "parse_header (http.c:88)", and more where that helps
    const char *file;  // as the debug information has it; NULL: unknown
    uint32_t line;     // 0: unknown
};

struct budget_result {
    const struct budget *budget;
    const char *name;
    enum verdict verdict;
    int64_t value, limit; // of an unknown one as far as they are known, else -1
    const char *text;     // "3 blocks (120 B), above 0", "0 of 0", "not known: ..."
    const char *note;     // why a kept one was not looked at; NULL: it was
    struct budget_site sites[BUDGET_SITES_MAX]; // of a violated one, the worst first
    size_t site_count;
    size_t more_sites; // that are not among them
};

// Adds `text` ("NAME=LIMIT,..."), of which all or nothing is taken. False with a reason, which
// lives as long as the budgets: "leek: no such budget; did you mean 'leaks'?".
bool budgets_parse(struct budgets *budgets, const char *text, const char **ret_why);
void budgets_release(struct budgets *budgets);
bool budgets_need_baseline(const struct budgets *budgets);
bool budgets_need_leaks(const struct budgets *budgets);

// One result for each budget, in `region`; nothing of it refers to the profiles. `baseline`: NULL,
// or what relative limits refer to. Without `sites` there are none: finding them is what takes
// time. 0 or -ENOMEM. Suppressions have been applied.
int budgets_check(const struct budgets *budgets, struct profile *profile, struct profile *baseline,
                  bool sites, struct region *region, struct budget_result **ret_results);

// "VIOLATED", "UNKNOWN", "ok"
const char *verdict_name(enum verdict verdict);

// The kinds, for help: a line each, the first without an indent.
void budgets_print_kinds(FILE *out);

#endif
