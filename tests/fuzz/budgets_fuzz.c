// SPDX-License-Identifier: MIT
//
// budgets_fuzz.c - any text is budgets that are refused, with a reason, or held against a profile.
#include "report/check/budgets.h"
#include "tests/fuzz/profile_input.h"

#include <stdlib.h>
#include <string.h>

static void check(const struct budgets *budgets)
{
    struct profile *profile = profile_with_all();
    struct region region = {0};
    struct budget_result *results;
    if (budgets_check(budgets, profile, profile, false, &region, &results) != 0)
        abort();
    for (size_t i = 0; i < budgets->count; i++)
        if (!results[i].text || !verdict_name(results[i].verdict))
            abort();
    region_release(&region);
}

// The second half is said later.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct budgets budgets = {0};
    const char *why = NULL;
    char *first = strndup((const char *)data, size);
    char *line_end = strchr(first, '\n');
    if (line_end)
        *line_end = '\0';
    bool parsed = budgets_parse(&budgets, first, &why);
    if (line_end)
        parsed = budgets_parse(&budgets, line_end + 1, &why);
    if (!parsed && (!why || !*why))
        abort();
    check(&budgets);
    budgets_need_baseline(&budgets);
    budgets_need_leaks(&budgets);
    budgets_release(&budgets);
    free(first);
    return 0;
}
