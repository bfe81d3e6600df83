// SPDX-License-Identifier: MIT
//
// budget_words.c - see budget_words.h.
#include "report/check/budget_words.h"

#include "report/model/lock_places.h"
#include "report/model/units.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void budget_words_init(struct budget_words *words, struct profile *profile, struct region *region)
{
    *words = (struct budget_words){
        .profile = profile,
        .region = region,
        .report = {.profile = profile, .about = profile_is_sampled(profile) ? "~" : ""},
    };
}

void budget_words_release(struct budget_words *words)
{
    words->failed |= words->report.failed;
    region_release(&words->report.region);
}

const char *budget_words_format(struct budget_words *words, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = region_vprintf(words->region, format, arguments);
    va_end(arguments);
    words->failed |= !text;
    return text ? text : "";
}

// --- figures

static const char *about(const struct budget_words *words, const struct budget_kind *kind)
{
    bool of_heap = kind->needs == NEEDS_HEAP || kind->needs == NEEDS_LEAKS;
    bool bounded = strcmp(kind->name, "peak_bytes") == 0 && words->profile->header.peak_slack_bytes;
    return bounded ? "~" : of_heap ? words->report.about : "";
}

static struct unit_text short_figure(const struct budget_kind *kind, int64_t value)
{
    return kind->unit == BUDGET_BYTES ? unit_bytes(value)
           : kind->unit == BUDGET_NS  ? unit_ns(value)
                                      : unit_count(value);
}

// To the last byte or nanosecond.
static struct unit_text exact_figure(const struct budget_kind *kind, int64_t value)
{
    struct unit_text figure = unit_count(value);
    if (kind->unit != BUDGET_COUNT)
        strcat(figure.text, kind->unit == BUDGET_BYTES ? " B" : " ns");
    return figure;
}

static const char *noun(const struct budget_kind *kind, int64_t value)
{
    return value == 1 ? kind->noun : kind->nouns;
}

// "3 blocks (120 B)", "1.5 MiB"
static const char *value_words(struct budget_words *words, const struct budget_kind *kind,
                               const char *figure, int64_t value, int64_t bytes)
{
    const char *tilde = about(words, kind);
    const char *beside =
        bytes ? budget_words_format(words, " (%s%s)", tilde, unit_bytes(bytes).text) : "";
    const char *gap = *kind->noun ? " " : "";
    return budget_words_format(words, "%s%s%s%s%s", tilde, figure, gap, noun(kind, value), beside);
}

const char *budget_words_above(struct budget_words *words, const struct budget_result *result,
                               const struct budget_items *items)
{
    const struct budget_kind *kind = result->budget->kind;
    struct unit_text value = short_figure(kind, result->value);
    struct unit_text limit = short_figure(kind, result->limit);
    if (strcmp(value.text, limit.text) == 0) {
        value = exact_figure(kind, result->value);
        limit = exact_figure(kind, result->limit);
    }
    const char *of = result->budget->relative
                         ? budget_words_format(words, " (+%g%% of %s)", result->budget->percent,
                                               short_figure(kind, words->baseline).text)
                         : "";
    return budget_words_format(words, "%s, above %s%s",
                               value_words(words, kind, value.text, result->value, items->bytes),
                               limit.text, of);
}

const char *budget_words_kept(struct budget_words *words, const struct budget_result *result)
{
    const struct budget_kind *kind = result->budget->kind;
    return budget_words_format(words, "%s%s of %s", about(words, kind),
                               short_figure(kind, result->value).text,
                               short_figure(kind, result->limit).text);
}

// --- sites

static void find_places(struct budget_words *words, struct budget_items *items)
{
    struct profile *profile = words->profile;
    bool locks_known = false;
    for (size_t i = 0; i < items->count; i++) {
        struct budget_item *item = &items->list[i];
        if (item->stack == 0)
            continue;
        if (item->lock && !locks_known)
            words->failed |= lock_places_find(profile) != 0;
        locks_known |= item->lock != NULL;
        item->place = words->failed ? NULL
                      : item->lock  ? lock_user_place(profile, item->lock, item->stack)
                                    : stack_user_frame(profile, item->stack)->place;
    }
}

static uint64_t place_number(const struct budget_item *item)
{
    return item->place ? item->place->number : UINT64_MAX;
}

static int compare_places(const void *left, const void *right)
{
    const struct budget_item *a = left, *b = right;
    if (a->cycle != b->cycle)
        return a->cycle < b->cycle ? -1 : 1;
    return (place_number(a) > place_number(b)) - (place_number(a) < place_number(b));
}

// By falling value; of the same place the worst leads.
static int compare_values(const void *left, const void *right)
{
    const struct budget_item *a = left, *b = right;
    if (a->value != b->value)
        return a->value < b->value ? 1 : -1;
    return compare_places(left, right);
}

static int compare_for_merge(const void *left, const void *right)
{
    int order = compare_places(left, right);
    return order ? order : compare_values(left, right);
}

static void merge(struct budget_items *items)
{
    size_t kept = 0;
    qsort(items->list, items->count, sizeof(*items->list), compare_for_merge);
    for (size_t i = 0; i < items->count; i++) {
        if (kept && compare_places(&items->list[kept - 1], &items->list[i]) == 0) {
            items->list[kept - 1].value += items->list[i].value;
            items->list[kept - 1].bytes += items->list[i].bytes;
        } else {
            items->list[kept++] = items->list[i];
        }
    }
    items->count = kept;
    qsort(items->list, items->count, sizeof(*items->list), compare_values);
}

static const char *cycle_words(struct budget_words *words, const struct order_cycle *cycle)
{
    struct text_report *report = &words->report;
    const char *text = cycle_lock_words(report, cycle);
    for (size_t i = 0; i < cycle->edge_count && i < 2; i++) {
        const struct order_edge *edge = &cycle->edges[i];
        const struct place *place =
            lock_user_place(words->profile, cycle->locks[edge->to], edge->stack_to);
        text = budget_words_format(words, "%s%s%s", text, i ? " and " : ": ",
                                   place_phrase(report, place));
    }
    return text;
}

static const char *misuse_words(struct budget_words *words, const struct heap_misuse *misuse,
                                const char *where)
{
    const struct profile_heap_misuse *record = &misuse->record;
    const char *what = heap_misuse_name(record->kind);
    const char *by =
        record->kind != PROFILE_HEAP_MISMATCH
            ? ""
            : budget_words_format(words, " of %s by %s", family_name(record->allocated_by),
                                  freed_by_name(record->freed_by));
    return budget_words_format(words, "%s%s in %s", what, by, where);
}

static const char *where_words(struct budget_words *words, const struct budget_item *item)
{
    if (item->cycle)
        return cycle_words(words, item->cycle);
    const char *where = item->place ? place_phrase(&words->report, item->place) : "unknown places";
    if (item->misuse)
        return misuse_words(words, item->misuse, where);
    if (item->lock)
        return budget_words_format(words, "%s, for %s", where,
                                   lock_words(&words->report, item->lock));
    return budget_words_format(words, "%s", where);
}

static void fill_site(struct budget_words *words, const struct budget_kind *kind,
                      const struct budget_item *item, struct budget_site *ret_site)
{
    const struct place *place = item->place;
    struct unit_text figure = short_figure(kind, item->value);
    *ret_site = (struct budget_site){
        .value = item->cycle ? "" : value_words(words, kind, figure.text, item->value, item->bytes),
        .where = where_words(words, item),
        .file = place && place->file ? budget_words_format(words, "%s", place->file) : NULL,
        .line = place ? place->line : 0,
    };
}

void budget_words_sites(struct budget_words *words, struct budget_result *result,
                        struct budget_items *items)
{
    find_places(words, items);
    if (words->failed || items->count == 0)
        return;
    merge(items);
    result->site_count = items->count < BUDGET_SITES_MAX ? items->count : BUDGET_SITES_MAX;
    result->more_sites = items->count - result->site_count;
    for (size_t i = 0; i < result->site_count; i++)
        fill_site(words, result->budget->kind, &items->list[i], &result->sites[i]);
}
