// SPDX-License-Identifier: MIT
//
// diff_print.c - what `gaiaprof diff` prints once all profiles are added up: the text itself, the
// head of a page, any other format of the difference.
#include "report/commands/diff_command.h"
#include "report/commands/report_print.h"
#include "report/diff/diff_model.h"
#include "report/diff/diff_text.h"
#include "report/diff/statistics.h"
#include "report/model/runtime_code.h"
#include "report/model/units.h"
#include "report/text/text_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// --- the text

static const char *side_words(struct diff *diff, unsigned side)
{
    struct region *region = &diff->metrics.region;
    const char *name = text_printable(region, diff->words.names[side]);
    size_t runs = diff->words.runs[side], texts = diff->operands[side] - runs;
    const char *words = name, *plural = texts == 1 ? "" : "s";
    name = name ? text_cut(region, name, diff->operands[side] == 1 ? 38 : 20) : "";
    if (diff->operands[side] == 1)
        return name;
    if (texts == 0)
        words = region_printf(region, "%zu runs (%s, ...)", runs, name);
    else if (runs == 0)
        words = region_printf(region, "%zu text%s (%s, ...)", texts, plural, name);
    else
        words = region_printf(region, "%zu run%s, %zu text%s (%s, ...)", runs, runs == 1 ? "" : "s",
                              texts, plural, name);
    return words ? words : name;
}

static void put_title(struct diff *diff, FILE *out)
{
    const char *old = diff->programs[0], *new = diff->programs[1];
    struct region *region = &diff->metrics.region;
    fprintf(out, "gaiaprof diff  %s -> %s\n", side_words(diff, 0), side_words(diff, 1));
    if (old && new &&strcmp(old, new) != 0)
        fprintf(out, "  note      the programs have other names: %s and %s\n",
                text_cut(region, old, 30), text_cut(region, new, 30));
    else if (!old != !new)
        fputs("  note      one side has no profile: only benchmark lines are compared\n", out);
}

// How many profiles each run is the sum of; 0: not the same of all.
static uint64_t sum_of(const struct diff *diff, unsigned side)
{
    uint64_t count = combination_profile_count(diff->combination, side);
    return diff->words.runs[side] && count % diff->words.runs[side] == 0
               ? count / diff->words.runs[side]
               : 0;
}

static void put_sums(const struct diff *diff, FILE *out)
{
    unsigned long long old = sum_of(diff, 0), new = sum_of(diff, 1);
    if (old > 0 && new > 0 && old != new)
        fprintf(out, "  note      old is the sum of %llu profile%s, new of %llu\n", old,
                old == 1 ? "" : "s", new);
}

static bool has_note(const struct profile *profile, const char *note)
{
    for (size_t i = 0; i < profile->note_count; i++)
        if (strcmp(profile->notes[i], note) == 0)
            return true;
    return false;
}

static void put_note(FILE *out, const char *note)
{
    fputs("  note      ", out);
    text_wrap(note, 12, out);
}

static const char *sampling_words(struct diff *diff, unsigned side)
{
    uint64_t bytes = diff->sample_bytes[side];
    const char *words =
        bytes ? region_printf(&diff->metrics.region, "every %s", unit_bytes((int64_t)bytes).text)
              : "exact";
    return words ? words : "";
}

static void put_sampling(struct diff *diff, FILE *out)
{
    const char *old = sampling_words(diff, 0), *new = sampling_words(diff, 1);
    bool same = strcmp(old, new) == 0;
    if (!diff->sample_bytes[0] && !diff->sample_bytes[1])
        return;
    bool has_places = diff->profiles[1].header.heap_mode != PROFILE_HEAP_OFF;
    const char *note =
        !has_places ? NULL
                    : region_printf(&diff->metrics.region,
                                    "the heap was sampled (%s%s%s%s): its figures are estimates "
                                    "(~); what appeared or is gone may be chance: it may not have "
                                    "been sampled",
                                    same ? "" : "old ", old, same ? "" : ", new ", same ? "" : new);
    put_note(out, note ? note : "the heap was sampled: its figures are estimates (~)");
}

// Addresses of two builds have nothing to do with each other.
static void put_nameless(struct diff *diff, FILE *out)
{
    double percent = diff->bytes > 0 ? 100 * diff->nameless_bytes / diff->bytes : 0;
    if (diff->is_same_build || percent < 0.5)
        return;
    const char *note = region_printf(&diff->metrics.region,
                                     "%.0f%% of the bytes are of code without names, which is "
                                     "compared by its address: keep symbols (no strip, no -s)",
                                     percent);
    put_note(out, note ? note : "");
}

static void put_filter(const struct diff *diff, FILE *out)
{
    const struct selection *selection = &diff->request->selection;
    if ((selection->focus || selection->ignore) && !diff->metrics.only_lines)
        put_note(out, "totals are of everything: --focus and --ignore select places");
}

static void put_notes(struct diff *diff, FILE *out)
{
    for (unsigned side = 0; side < 2; side++)
        for (size_t i = 0; i < diff->profiles[side].note_count; i++) {
            const char *note = diff->profiles[side].notes[i];
            bool is_of_both = has_note(&diff->profiles[!side], note);
            if (strncmp(note, "the peak is ", 12) == 0 || (side == 1 && is_of_both))
                continue;
            fprintf(out, "  note      %s: ", is_of_both ? "both" : side ? "new" : "old");
            text_wrap(note, is_of_both ? 18 : 17, out);
        }
    put_sampling(diff, out);
    put_nameless(diff, out);
    put_filter(diff, out);
}

static bool has_statistics(const struct diff *diff)
{
    return diff->words.runs[0] != 1 || diff->words.runs[1] != 1 || diff->operands[0] != 1 ||
           diff->operands[1] != 1;
}

static bool have_totals_changed(const struct diff *diff)
{
    for (size_t i = 0; i < diff->metrics.count; i++) {
        const struct metric *metric = &diff->metrics.list[i];
        if (metric_is_shown(&diff->metrics, metric) &&
            metric_single(metric, 0) != metric_single(metric, 1))
            return true;
    }
    return false;
}

static int print_places(struct diff *diff, FILE *out)
{
    if (!diff->words.runs[0] || !diff->words.runs[1])
        return 0;
    return diff_print_places(&diff->profiles[1], &diff->request->options, out);
}

// What of the metrics is to be printed.
static void choose_metrics(struct diff *diff)
{
    diff->metrics.tables = diff->request->options.view->tables;
    diff->metrics.only_lines = !diff->words.runs[0] || !diff->words.runs[1];
}

static int print_text(struct diff *diff, FILE *out)
{
    bool several = has_statistics(diff);
    put_title(diff, out);
    put_sums(diff, out);
    put_notes(diff, out);
    if (several)
        metrics_print_statistics(&diff->metrics, &diff->words, out);
    else if (have_totals_changed(diff))
        metrics_print_totals(&diff->metrics, out);
    int tables = print_places(diff, out);
    if (tables < 0 || diff->metrics.failed)
        return command_error("diff", "not enough memory");
    if (tables == 0 && !several)
        fprintf(out, "%s%s\n", have_totals_changed(diff) ? "\n" : "",
                have_totals_changed(diff) ? "no place differs" : "no difference");
    return 0;
}

// The head of the text, for a format that has places in its own way. NULL without memory.
static char *comparison(struct diff *diff)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    diff->metrics.fields = true;
    put_title(diff, out);
    put_sums(diff, out);
    put_notes(diff, out);
    if (diff->words.runs[0] > 1 || diff->words.runs[1] > 1)
        fputs("  note      figures of places and stacks are means of the runs\n", out);
    if (has_statistics(diff))
        metrics_print_statistics(&diff->metrics, &diff->words, out);
    else
        metrics_print_totals(&diff->metrics, out);
    return fclose(out) == 0 ? text : NULL;
}

// --- the model

static void count_nameless(struct diff *diff, struct profile *profile)
{
    for (size_t i = 0; i < profile->heap.site_count; i++) {
        const struct site *site = &profile->heap.sites[i];
        const struct frame *frame = stack_user_frame(profile, site->stack);
        bool is_nameless = !frame->marker && !frame->place->function;
        diff->bytes += (double)site->counts.allocated_bytes;
        diff->nameless_bytes += is_nameless ? (double)site->counts.allocated_bytes : 0;
    }
}

static int load_side(struct diff *diff, unsigned side)
{
    struct profile *profile = &diff->profiles[side];
    int error = combination_load(diff->combination, side, diff->words.names[side], profile);
    if (error) {
        *profile = (struct profile){0};
        return error;
    }
    profile_divide(profile, diff->words.runs[side]);
    count_nameless(diff, profile);
    diff->sample_bytes[side] = profile_is_sampled(profile) ? profile->header.sample_bytes : 0;
    error = suppressions_apply(&diff->suppressions, profile);
    return error ? error : selection_apply(&diff->request->selection, profile);
}

static int load_sides(struct diff *diff)
{
    int error = load_side(diff, 0);
    if (!error)
        error = load_side(diff, 1);
    if (!error)
        error = profile_subtract(&diff->profiles[1], &diff->profiles[0]);
    if (!error) // what only the old one had is new in the model
        error = selection_apply(&diff->request->selection, &diff->profiles[1]);
    return error ? command_error("diff", "not enough memory") : 0;
}

int diff_print(struct diff *diff, FILE *out)
{
    bool has_models = diff->words.runs[0] && diff->words.runs[1];
    choose_metrics(diff);
    if (has_models && load_sides(diff) != 0)
        return EXIT_TROUBLE;
    if (diff->request->format->render == render_text)
        return print_text(diff, out);
    if (!has_models)
        return command_error(diff->request->format->name, "needs a profile on both sides");
    char *head = comparison(diff);
    if (!head || diff->metrics.failed) {
        free(head);
        return command_error("diff", "not enough memory");
    }
    diff->request->options.comparison = head;
    int status = report_print_profile(&diff->profiles[1], diff->request, &diff->suppressions, out);
    diff->request->options.comparison = NULL;
    free(head);
    return status;
}
