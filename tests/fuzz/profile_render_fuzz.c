// SPDX-License-Identifier: MIT
//
// profile_render_fuzz.c - any bytes are a profile, and one thing that a command does with it: a
// report in a format, of a view, so sorted, ...; a difference; a sum, which is read again;
// suppressions, budgets, a deadlock. The last bytes choose which.
#include "report/check/budgets.h"
#include "report/diff/combine.h"
#include "report/diff/diff_model.h"
#include "report/diff/diff_text.h"
#include "report/formats/render.h"
#include "tests/fuzz/profile_input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// Beside the formats, of which each is two actions: of the profile, and of a difference.
enum { ACTION_GENERATE, ACTION_DEADLOCK, ACTION_BUDGETS, ACTION_MERGE, ACTION_DIFF_TEXT, ACTIONS };

// The other profile of a sum or a difference is the input or so many parts of it.
#define PARTS 16

struct work {
    const uint8_t *data;
    size_t size;
    uint8_t choices[CHOICE_COUNT];
    unsigned flags;
    struct suppressions suppressions;
    struct selection selection;
    struct render_options options;
};

static void need(int error)
{
    if (error == -ENOMEM)
        abort();
}

#define count_named(table, number)                                                                 \
    do {                                                                                           \
        (number) = 0;                                                                              \
        while ((table)[number].name)                                                               \
            (number)++;                                                                            \
    } while (0)

// --- what is asked for

static const char *pattern(uint8_t choice)
{
    static const char *const patterns[] = {".", "^ma", "work|alloc", "[a-f]+$", "x{2,3}", "demo"};
    return patterns[choice % (sizeof(patterns) / sizeof(*patterns))];
}

static void choose_view(struct work *work)
{
    size_t count, keys;
    count_named(views, count);
    count_named(sort_keys, keys);
    const struct view *view = &views[work->choices[CHOICE_VIEW] % count];
    if (!view->tables)
        view = &views[0];
    const struct sort_key *sort = &sort_keys[work->choices[CHOICE_SORT] % (keys + 1)];
    work->options.view = view;
    work->options.samples = view->samples ? sample_view_find(view->samples) : NULL;
    if (sort->name && (sort->tables & view->tables))
        work->options.sort = sort;
}

static void choose_value(struct work *work)
{
    const struct sample_view *samples = work->options.samples;
    if (samples)
        work->options.value = work->choices[CHOICE_VALUE] % samples->type_count;
}

static void choose(struct work *work)
{
    static const long rows[] = {ROWS_DEFAULT, 0, 1, 3};
    uint8_t selection = work->choices[CHOICE_SELECTION];
    if (work->flags & FLAG_FOCUS)
        work->selection.focus = pattern(selection & 15);
    if (work->flags & FLAG_IGNORE)
        work->selection.ignore = pattern(selection >> 4);
    work->options = (struct render_options){
        .pattern = pattern(work->choices[CHOICE_PATTERN]),
        .source_path = work->flags & FLAG_SOURCE_PATH ? "/usr/src:sources" : NULL,
        .selection = &work->selection,
        .suppressions = &work->suppressions,
        .rows = rows[work->choices[CHOICE_ROWS] % (sizeof(rows) / sizeof(*rows))],
    };
    choose_view(work);
    choose_value(work);
}

// --- one profile

static void prepare(struct work *work, struct profile *profile)
{
    if (work->flags & FLAG_SUPPRESSIONS)
        need(suppressions_apply(&work->suppressions, profile));
    need(selection_apply(&work->selection, profile));
}

static void render(struct work *work, struct profile *profile, const struct render_format *format)
{
    const struct sample_view **samples = &work->options.samples;
    if (format->off)
        return;
    if (format->scope >= FORMAT_VIEW && !*samples) {
        *samples = sample_view_find("heap");
        choose_value(work);
    }
    if (!*samples || !(*samples)->why_not(profile))
        need(format->render(profile, &work->options, nowhere()));
}

static void check_budgets(struct work *work, struct profile *profile)
{
    static const char text[] =
        "leaks=0,leak_bytes=1k,mismatches=0,peak_bytes=1k,allocations=10,allocated_bytes=+10%,"
        "leaked_threads=0,running_threads=0,lock_wait=1ms,contentions=+5%,deadlocks=0,order=0";
    struct budgets budgets = {0};
    struct budget_result *results;
    struct region region = {0};
    const char *why;
    if (!budgets_parse(&budgets, text, &why))
        abort();
    need(budgets_check(&budgets, profile, profile, !(work->choices[CHOICE_VALUE] & 1), &region,
                       &results));
    region_release(&region);
    budgets_release(&budgets);
}

// --- sums and differences

static void add(struct work *work, struct combination *combination, unsigned side, size_t size)
{
    struct profile profile;
    if (!profile_from_bytes(&profile, work->data, size, work->flags))
        return;
    prepare(work, &profile);
    need(combination_add(combination, &profile, side));
    profile_release(&profile);
}

// The input, and a part of it: as if it were cut off.
static struct combination *combine(struct work *work, unsigned other_side)
{
    enum combination_key key =
        work->flags & FLAG_OTHER_BUILD ? COMBINE_OTHER_BUILD : COMBINE_SAME_BUILD;
    struct combination *combination = combination_new(other_side ? key : COMBINE_BY_LINE);
    size_t parts = work->choices[CHOICE_PATTERN] % PARTS + 1u;
    if (!combination)
        abort();
    add(work, combination, 0, work->size);
    add(work, combination, other_side, work->size / PARTS * parts);
    return combination;
}

static void subtract(struct work *work, const struct render_format *format)
{
    struct profile old, new;
    struct combination *combination = combine(work, 1);
    if (combination_profile_count(combination, 0) && combination_profile_count(combination, 1)) {
        need(combination_load(combination, 0, "old", &old));
        need(combination_load(combination, 1, "new", &new));
        profile_divide(&old, 1 + work->choices[CHOICE_ROWS] / 64);
        prepare(work, &old);
        prepare(work, &new);
        need(profile_subtract(&new, &old));
        need(selection_apply(&work->selection, &new));
        if (format)
            render(work, &new, format);
        else
            need(diff_print_places(&new, &work->options, nowhere()));
        profile_release(&new);
        profile_release(&old);
    }
    combination_free(combination);
}

static void merge(struct work *work, const struct render_format *format)
{
    struct profile sum;
    struct combination *combination = combine(work, 0);
    combination_write(combination, 0, nowhere());
    if (combination_profile_count(combination, 0)) {
        need(combination_load(combination, 0, "sum", &sum));
        prepare(work, &sum);
        render(work, &sum, format);
        profile_release(&sum);
    }
    combination_free(combination);
}

// --- what is done

static void work_on_profile(struct work *work, unsigned action, const struct render_format *format)
{
    struct profile profile;
    if (!profile_from_bytes(&profile, work->data, work->size, work->flags))
        return;
    prepare(work, &profile);
    if (format)
        render(work, &profile, format);
    else if (action == ACTION_GENERATE)
        need(suppressions_generate(&profile, nowhere()));
    else if (action == ACTION_DEADLOCK)
        need(render_deadlock(&profile, &work->options, 1 + work->choices[CHOICE_VALUE] % 4u,
                             nowhere()));
    else
        check_budgets(work, &profile);
    profile_release(&profile);
}

static void act(struct work *work)
{
    size_t formats, action = work->choices[CHOICE_ACTION];
    count_named(render_formats, formats);
    action %= 2 * formats + ACTIONS;
    if (action < formats)
        work_on_profile(work, 0, &render_formats[action]);
    else if (action < 2 * formats)
        subtract(work, &render_formats[action - formats]);
    else if (action - 2 * formats == ACTION_MERGE)
        merge(work, &render_formats[work->choices[CHOICE_SELECTION] % formats]);
    else if (action - 2 * formats == ACTION_DIFF_TEXT)
        subtract(work, NULL);
    else
        work_on_profile(work, (unsigned)(action - 2 * formats), NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct work work = {.data = data, .size = size};
    const char *why;
    if (!profile_choices(data, size, work.choices) || size < PROFILE_HEADER_BYTES)
        return 0;
    work.flags = work.choices[CHOICE_FLAGS];
    choose(&work);
    if ((work.flags & FLAG_SUPPRESSIONS) && suppressions_load(&work.suppressions, NULL, &why) != 0)
        abort();
    act(&work);
    suppressions_release(&work.suppressions);
    return 0;
}
