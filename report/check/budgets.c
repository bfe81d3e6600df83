// SPDX-License-Identifier: MIT
//
// budgets.c - parses budgets and compares them with a profile. What a value consists of is
// budget_kinds.c, the words for a result are budget_words.c.
#include "report/check/budgets.h"

#include "report/check/budget_kinds.h"
#include "report/check/budget_words.h"
#include "report/commands/command.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define LIMIT_MAX 0x1p62
#define PERCENT_MAX 1e9

// --- parsing

struct unit {
    const char *name;
    double factor;
};

static const struct unit byte_units[] = {
    {"", 1},         {"b", 1},       {"k", 0x1p10},   {"kb", 0x1p10},  {"kib", 0x1p10},
    {"m", 0x1p20},   {"mb", 0x1p20}, {"mib", 0x1p20}, {"g", 0x1p30},   {"gb", 0x1p30},
    {"gib", 0x1p30}, {"t", 0x1p40},  {"tb", 0x1p40},  {"tib", 0x1p40}, {NULL, 0},
};
static const struct unit count_units[] = {{"", 1}, {"k", 1e3}, {"m", 1e6}, {"g", 1e9}, {NULL, 0}};
static const struct unit time_units[] = {
    {"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {NULL, 0},
};
static const struct unit *const units_of[] = {
    [BUDGET_COUNT] = count_units, [BUDGET_BYTES] = byte_units, [BUDGET_NS] = time_units};

// Digits, and perhaps some behind a point. NULL: there is none. No locale has a say.
static const char *parse_number(const char *text, double *ret_number)
{
    double number = 0, place = 1;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (*at - '0');
    if (at == text)
        return NULL;
    if (at[0] == '.' && at[1] >= '0' && at[1] <= '9')
        for (at++; *at >= '0' && *at <= '9'; at++)
            number += (*at - '0') * (place /= 10);
    *ret_number = number;
    return at;
}

static bool parse_percent(struct budget *budget, const char *text)
{
    const char *end = parse_number(text + 1, &budget->percent);
    budget->relative = true;
    return end && strcmp(end, "%") == 0 && budget->percent <= PERCENT_MAX;
}

// 0 needs no unit.
static bool parse_limit(struct budget *budget, const char *text)
{
    double number;
    if (*text == '+')
        return parse_percent(budget, text);
    const char *end = parse_number(text, &number);
    if (!end)
        return false;
    for (const struct unit *unit = units_of[budget->kind->unit]; unit->name; unit++) {
        double limit = number * unit->factor;
        if (strcasecmp(end, unit->name) != 0 || limit > LIMIT_MAX)
            continue;
        budget->limit = (int64_t)(limit + 1e-6);
        return budget->kind->unit != BUDGET_COUNT || fabs(limit - round(limit)) < 1e-6;
    }
    return number == 0 && *end == '\0';
}

static const char *limit_domain(enum budget_unit unit)
{
    return unit == BUDGET_COUNT ? "a whole number (10, 10k), or +N% of a baseline"
           : unit == BUDGET_BYTES
               ? "a size (64m, 1.5g), or +N% of a baseline"
               : "a time with its unit (500us, 20ms, 1.5s), or +N% of a baseline";
}

static const struct budget_kind *find_kind(const char *name)
{
    for (const struct budget_kind *kind = budget_kinds; kind->name; kind++)
        if (strcmp(kind->name, name) == 0)
            return kind;
    return NULL;
}

static const char *no_such_kind(struct region *region, const char *name)
{
    struct nearest nearest = {.word = name};
    for (const struct budget_kind *kind = budget_kinds; kind->name; kind++)
        nearest_offer(&nearest, kind->name);
    return region_printf(region, "%s: no such budget%s", name,
                         nearest.best ? nearest_hint(&nearest) : "; see gaiaprof help check");
}

// A reason; NULL: `ret_budget` is filled. Never NULL without memory.
static const char *parse_one(struct region *region, const char *text, struct budget *ret_budget)
{
    const char *equals = strchr(text, '='), *why;
    const char *name = region_strndup(region, text, equals ? (size_t)(equals - text) : 0);
    *ret_budget = (struct budget){0};
    if (!equals || !name) {
        why =
            region_printf(region, "%s: not of the form NAME=LIMIT; see gaiaprof help check", text);
        return why ? why : "not enough memory";
    }
    ret_budget->kind = find_kind(name);
    if (ret_budget->kind && parse_limit(ret_budget, equals + 1))
        return NULL;
    why = !ret_budget->kind ? no_such_kind(region, name)
                            : region_printf(region, "%s: '%s' is not %s", name, equals + 1,
                                            limit_domain(ret_budget->kind->unit));
    return why ? why : "not enough memory";
}

static size_t kind_count(void)
{
    size_t count = 0;
    while (budget_kinds[count].name)
        count++;
    return count;
}

static void put(struct budget *list, size_t *count, const struct budget *budget)
{
    size_t i = 0;
    while (i < *count && list[i].kind != budget->kind)
        i++;
    list[i] = *budget;
    *count += i == *count;
}

// The next of a list between commas, without blanks around it.
static char *next_item(struct region *region, const char **text)
{
    *text += strspn(*text, " ,");
    size_t bytes = strcspn(*text, ",");
    const char *start = *text;
    *text += bytes;
    while (bytes && start[bytes - 1] == ' ')
        bytes--;
    return bytes ? region_strndup(region, start, bytes) : NULL;
}

bool budgets_parse(struct budgets *budgets, const char *text, const char **ret_why)
{
    struct budget *list = region_array(&budgets->region, kind_count(), sizeof(*list));
    size_t count = budgets->count;
    if (!list) {
        *ret_why = "not enough memory";
        return false;
    }
    if (count)
        memcpy(list, budgets->list, count * sizeof(*list));
    for (char *item; (item = next_item(&budgets->region, &text));) {
        struct budget budget;
        const char *why = parse_one(&budgets->region, item, &budget);
        if (why) {
            *ret_why = why;
            return false;
        }
        put(list, &count, &budget);
    }
    budgets->list = list;
    budgets->count = count;
    return true;
}

void budgets_release(struct budgets *budgets)
{
    region_release(&budgets->region);
    *budgets = (struct budgets){0};
}

bool budgets_need_baseline(const struct budgets *budgets)
{
    for (size_t i = 0; i < budgets->count; i++)
        if (budgets->list[i].relative)
            return true;
    return false;
}

bool budgets_need_leaks(const struct budgets *budgets)
{
    for (size_t i = 0; i < budgets->count; i++)
        if (budgets->list[i].kind->needs == NEEDS_LEAKS)
            return true;
    return false;
}

void budgets_print_kinds(FILE *out)
{
    for (const struct budget_kind *kind = budget_kinds; kind->name; kind++)
        fprintf(out, "%s%-17s%s\n", kind == budget_kinds ? "" : "  ", kind->name, kind->help);
}

// --- what is known

static bool has_no_live_blocks(const struct profile *profile)
{
    return profile->header.heap_mode == PROFILE_HEAP_EXACT && profile->heap.total.live_blocks == 0;
}

static const char *heap_unknown(const struct profile *profile)
{
    if (profile->header.heap_mode == PROFILE_HEAP_OFF)
        return "the heap was not recorded (GAIAPROF_HEAP=exact)";
    if (profile->header.heap_bypassed)
        return "the program has its own malloc, none of its heap was seen";
    return NULL;
}

// What is not there can't be lost, whether somebody looked or not.
static const char *leaks_unknown(const struct profile *profile)
{
    const char *why = heap_unknown(profile);
    if (why || profile->leaks.classified || has_no_live_blocks(profile))
        return why;
    return profile->leaks.why ? profile->leaks.why : "the live blocks were not classified";
}

// Why a value is not known at all. NULL: it is.
static const char *unknown(const struct budget_kind *kind, const struct profile *profile)
{
    const struct profile_header *header = &profile->header;
    switch (kind->needs) {
    case NEEDS_HEAP:
        return heap_unknown(profile);
    case NEEDS_LEAKS:
        return leaks_unknown(profile);
    case NEEDS_THREADS:
        return header->threads_on ? NULL : "threads were not recorded (GAIAPROF_THREADS=on)";
    default:
        return !header->locks_on        ? "locks were not recorded (GAIAPROF_LOCKS=on)"
               : header->locks_bypassed ? "the program's own pthread_mutex_lock comes first"
                                        : NULL;
    }
}

// Why there may be more than is known. What nested or early events may have lost is nothing that a
// run could avoid, so it is not in this list.
static const char *partial(const struct budget_kind *kind, const struct profile *profile)
{
    const struct profile_merged *merged = &profile->merged.record;
    uint64_t lacking = kind->needs == NEEDS_THREADS ? merged->without_threads
                       : kind->needs == NEEDS_LEAKS ? merged->without_heap + merged->without_leaks
                       : kind->needs == NEEDS_HEAP  ? merged->without_heap
                                                    : merged->without_locks;
    if (lacking)
        return "it is not known of all profiles in the sum";
    static const enum profile_drop grave[] = {PROFILE_DROP_PROFILE_FULL, PROFILE_DROP_MEMORY,
                                              PROFILE_DROP_STACK_LIMIT};
    if (!profile->complete)
        return "part of the profile is missing";
    for (size_t i = 0; i < sizeof(grave) / sizeof(*grave); i++)
        if (profile->header.dropped[grave[i]])
            return "some events could not be recorded";
    return NULL;
}

// A program that becomes another gives its memory back.
static bool is_given_back(const struct budget_kind *kind, const struct profile *profile)
{
    return kind->needs == NEEDS_LEAKS && profile->state == STATE_EXECED;
}

// --- comparing

struct check {
    struct budget_words words;
    struct profile *baseline;
    bool sites;
};

// A baseline may say anything.
static int64_t whole(double limit)
{
    return (int64_t)floor(fmax(-LIMIT_MAX, fmin(limit, LIMIT_MAX)) + 1e-6);
}

// A reason why there is none; NULL: there is.
static const char *find_limit(struct check *check, struct budget_result *result)
{
    const struct budget *budget = result->budget;
    result->limit = budget->limit;
    if (!budget->relative)
        return NULL;
    result->limit = -1;
    if (!check->baseline)
        return "there is no baseline to compare with";
    const char *why = unknown(budget->kind, check->baseline);
    if (why)
        return budget_words_format(&check->words, "in the baseline %s", why);
    struct budget_items items = {.region = &check->words.profile->region};
    budget->kind->collect(&items, check->baseline);
    check->words.failed |= items.failed;
    check->words.baseline = items.value;
    result->limit = whole((double)items.value * (1 + budget->percent / 100));
    return NULL;
}

static void set_unknown(struct check *check, struct budget_result *result, const char *why)
{
    result->verdict = VERDICT_UNKNOWN;
    result->text = budget_words_format(&check->words, "not known: %s", why);
}

static void judge(struct check *check, struct budget_result *result)
{
    const struct budget_kind *kind = result->budget->kind;
    struct profile *profile = check->words.profile;
    struct budget_items items = {.region = &check->words.profile->region};
    const char *no_limit = find_limit(check, result);
    kind->collect(&items, profile);
    check->words.failed |= items.failed;
    result->value = items.value;
    if (no_limit) {
        set_unknown(check, result, no_limit);
    } else if (items.value > result->limit) {
        result->verdict = VERDICT_VIOLATED;
        result->text = budget_words_above(&check->words, result, &items);
        if (check->sites)
            budget_words_sites(&check->words, result, &items);
    } else if (partial(kind, profile)) {
        set_unknown(check, result, partial(kind, profile));
    } else {
        result->verdict = VERDICT_KEPT;
        result->text = budget_words_kept(&check->words, result);
    }
}

static void check_one(struct check *check, struct budget_result *result)
{
    const struct budget_kind *kind = result->budget->kind;
    const char *why = unknown(kind, check->words.profile);
    result->name = kind->name;
    result->value = result->limit = -1;
    if (is_given_back(kind, check->words.profile)) {
        result->verdict = VERDICT_KEPT;
        result->text = result->note = "not looked for: the process became another program";
    } else if (why) {
        set_unknown(check, result, why);
    } else {
        judge(check, result);
    }
}

int budgets_check(const struct budgets *budgets, struct profile *profile, struct profile *baseline,
                  bool sites, struct region *region, struct budget_result **ret_results)
{
    struct budget_result *results = region_array(region, budgets->count + 1, sizeof(*results));
    struct check check = {.baseline = baseline, .sites = sites};
    if (!results)
        return -ENOMEM;
    budget_words_init(&check.words, profile, region);
    for (size_t i = 0; i < budgets->count; i++) {
        results[i].budget = &budgets->list[i];
        check_one(&check, &results[i]);
    }
    budget_words_release(&check.words);
    if (check.words.failed)
        return -ENOMEM;
    *ret_results = results;
    return 0;
}
