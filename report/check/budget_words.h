// SPDX-License-Identifier: MIT
//
// budget_words.h - the words for the result of one budget, and the places behind it. Internal to
// budget*.c.
#ifndef GAIAPROF_BUDGET_WORDS_H
#define GAIAPROF_BUDGET_WORDS_H

#include "report/check/budget_kinds.h"
#include "report/check/budgets.h"
#include "report/text/text_report.h"

struct budget_words {
    struct profile *profile;
    struct region *region;     // what they live in
    struct text_report report; // for the names of places and locks
    int64_t baseline;          // of the budget at hand
    bool failed;               // without memory
};

void budget_words_init(struct budget_words *words, struct profile *profile, struct region *region);
void budget_words_release(struct budget_words *words);

// "" without memory.
const char *budget_words_format(struct budget_words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// "3 blocks (120 B), above 0", "1.5 MiB, above 1.1 MiB (+10% of 1.0 MiB)"
const char *budget_words_above(struct budget_words *words, const struct budget_result *result,
                               const struct budget_items *items);
// "0 of 0", "1.0 MiB of 64.0 MiB"
const char *budget_words_kept(struct budget_words *words, const struct budget_result *result);

// Fills in the sites. Reorders the items.
void budget_words_sites(struct budget_words *words, struct budget_result *result,
                        struct budget_items *items);

#endif
