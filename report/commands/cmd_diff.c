// SPDX-License-Identifier: MIT
//
// cmd_diff.c - `gaiaprof diff`: one profile against another, or runs against runs. Profiles are
// added to the two sides of a combination, one in memory at a time; Go benchmark lines are figures
// beside those of the profiles.
#include "report/commands/report_files.h"
#include "report/commands/report_print.h"
#include "report/diff/combine.h"
#include "report/diff/diff_model.h"
#include "report/diff/diff_text.h"
#include "report/diff/statistics.h"
#include "report/model/profile_file.h"
#include "report/model/profile_open.h"
#include "report/model/runtime_code.h"
#include "report/model/units.h"
#include "report/text/text_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char cmd_diff_help[] =
    "diff [OPTIONS] OLD NEW\n"
    "       gaiaprof diff [OPTIONS] OLD... -- NEW...\n"
    "\n"
    "What changed between two profiles, or between repeated runs. OLD and NEW are profiles (also\n"
    "those of gaiaprof merge), process ids, or files with Go benchmark lines that the program\n"
    "printed. Stacks are the same if their functions are: addresses and lines may move.\n"
    "\n"
    "Of several runs every figure is compared as benchstat does: median ± 95% confidence\n"
    "interval, and whether the two sides differ by a Mann-Whitney U-test; ~ is not. Below come\n"
    "the places, with the means of the runs.\n"
    "\n"
    "      --alpha P         the probability of error to call a difference one (default 0.05)\n"
    "  -f, --format FORMAT   see gaiaprof help report. Text and html have both values, folded two\n"
    "                        columns, callgrind events old_*; the values of others are new - old\n"
    "  -v, --view VIEW       what to show, and the totals of it; see gaiaprof help report\n"
    "      --value NAME      of a view with several values, the one to count by\n"
    "  -n, --rows N          rows of each table, and stacks below it; 0: all\n"
    "      --focus RE        only stacks with a frame whose function, file or module matches\n"
    "      --ignore RE       no stacks with such a frame\n"
    "      --tree, --peek RE, --list RE, --dot\n"
    "                        the differences by call tree, callers, source lines, call graph\n"
    "      --suppressions FILES\n"
    "                        what not to count, separated by commas\n"
    "  -o, --output FILE     write there\n"
    "  -q, --quiet           do not show how far long work is\n"
    "  -h, --help            this text\n"
    "      --version         the version\n"
    "\n"
    "Examples:\n"
    "  gaiaprof diff before.gaia after.gaia\n"
    "  gaiaprof diff -v leaks before.gaia 4711        # a process that runs\n"
    "  gaiaprof diff old*.gaia -- new*.gaia           # ten runs of each, say\n"
    "  gaiaprof diff old*.gaia old.txt -- new*.gaia new.txt\n"
    "  gaiaprof diff -f html -o diff.html before.gaia after.gaia\n";

static const struct option diff_options[] = {
    OPTIONS_COMMON,
    REPORT_OPTIONS,
    {'a', "alpha", true, true},
    {0},
};

struct diff {
    struct report_request *request;
    struct suppressions suppressions;
    struct combination *combination;
    struct metrics metrics;
    struct diff_request words;
    const char *programs[2]; // of the first profile of each side
    size_t operands[2];      // of each side
    bool is_same_build;
    uint64_t sample_bytes[2];     // of each side's heap; 0: not sampled
    double bytes, nameless_bytes; // allocated on both sides; by code without names
    struct profile profiles[2];   // the sums
};

// --- operands

static bool is_benchmark_text(const struct profile_file *file)
{
    return file->length_bytes < 8 || memcmp(file->bytes, PROFILE_MAGIC, 8) != 0;
}

static int add_text(struct diff *diff, const struct profile_file *file, const char *operand,
                    unsigned side)
{
    size_t count =
        file->bytes ? metrics_add_benchmarks(&diff->metrics, file->bytes, file->length_bytes, side)
                    : 0;
    if (diff->metrics.failed)
        return command_error(operand, "not enough memory");
    if (diff->metrics.too_many)
        return command_error(operand, "more than %d benchmarks", METRICS_MAX);
    return count ? 0 : command_error(operand, "neither a profile nor Go benchmark lines");
}

// What is asked for by name must be there on both sides.
static int check_view(const struct diff *diff, const struct profile *profile, const char *operand)
{
    const struct report_request *request = diff->request;
    const char *why = report_why_missing(profile, request);
    if (!why)
        return 0;
    return command_error(
        operand, "view '%s': %s",
        request->has_view ? request->options.view->name : request->options.samples->name, why);
}

static int take_profile(struct diff *diff, struct profile *profile, const char *operand,
                        unsigned side)
{
    int status = check_view(diff, profile, operand);
    if (status)
        return status;
    int error = suppressions_apply(&diff->suppressions, profile);
    metrics_add_profile(&diff->metrics, profile, side);
    if (!error)
        error = combination_add(diff->combination, profile, side);
    if (!diff->programs[side])
        diff->programs[side] = profile_program(profile, &diff->metrics.region);
    if (error || diff->metrics.failed || !diff->programs[side])
        return command_error(operand, "not enough memory");
    diff->words.runs[side]++;
    return 0;
}

static int add_profile(struct diff *diff, const char *operand, unsigned side)
{
    struct profile profile;
    const char *why = "";
    bool leaks = diff->request->options.view->tables & TABLE_LEAKS;
    leaks = leaks && diff->request->has_view;
    if (profile_open(&profile, operand, leaks, &why) != 0)
        return command_error(operand, "%s", why);
    profile.progress = diff->request->is_quiet ? NULL : diff->request->progress;
    int status = take_profile(diff, &profile, operand, side);
    progress_clear(profile.progress);
    profile_release(&profile);
    return status;
}

static int add(struct diff *diff, const char *operand, unsigned side)
{
    struct profile_file file;
    const char *why = "";
    diff->operands[side]++;
    if (profile_file_operand_pid(operand))
        return add_profile(diff, operand, side);
    if (profile_file_open(&file, operand, &why) != 0)
        return command_error(operand, "%s", why);
    bool is_text = is_benchmark_text(&file);
    int status = is_text ? add_text(diff, &file, operand, side) : 0;
    profile_file_close(&file);
    return is_text ? status : add_profile(diff, operand, side);
}

// New ones first: where two builds have a function in other lines, theirs are shown.
static int add_all(struct diff *diff, char **operands, int old_count, int count)
{
    int status = 0;
    for (int i = old_count; i < count && !status; i++)
        status = add(diff, operands[i], 1);
    for (int i = 0; i < old_count && !status; i++)
        status = add(diff, operands[i], 0);
    diff->words.names[0] = operands[0];
    diff->words.names[1] = operands[old_count];
    return status;
}

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

static int print(struct diff *diff, FILE *out)
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

// --- builds

static bool is_same_build(const struct profile_mapping *a, const struct profile_mapping *b)
{
    return a->build_id_bytes && a->build_id_bytes == b->build_id_bytes &&
           memcmp(a->build_id, b->build_id, a->build_id_bytes) == 0;
}

// The same file in both, or the program itself.
static bool are_counterparts(const struct profile *a, const char *path_a, const struct profile *b,
                             const char *path_b)
{
    bool is_program = strcmp(path_a, a->exe) == 0;
    if (is_program || strcmp(path_b, b->exe) == 0)
        return is_program && strcmp(path_b, b->exe) == 0;
    return path_a[0] == '/' && strcmp(path_basename(path_a), path_basename(path_b)) == 0;
}

static bool have_same_modules(const struct profile *a, const struct profile *b)
{
    bool found = false;
    for (size_t i = 0; i < profile_mapping_count(a); i++)
        for (size_t j = 0; j < profile_mapping_count(b); j++) {
            struct profile_mapping left = profile_mapping(a, i), right = profile_mapping(b, j);
            if (!are_counterparts(a, left.path, b, right.path))
                continue;
            found |= strcmp(left.path, a->exe) == 0;
            if (!is_same_build(&left, &right))
                return false;
        }
    return found;
}

// Of the first profiles: then lines can be compared. Files that are none are reported later.
static bool are_of_same_build(const char *old, const char *new)
{
    struct profile a, b;
    const char *why;
    if (profile_file_operand_pid(old) || profile_open(&a, old, false, &why) != 0)
        return false;
    bool same = !profile_file_operand_pid(new) && profile_open(&b, new, false, &why) == 0;
    if (same) {
        same = have_same_modules(&a, &b);
        profile_release(&b);
    }
    profile_release(&a);
    return same;
}

// --- the command

static int run_opened(struct diff *diff, FILE *out, char **operands, int old_count, int count)
{
    diff->is_same_build = are_of_same_build(operands[0], operands[old_count]);
    diff->combination =
        combination_new(diff->is_same_build ? COMBINE_SAME_BUILD : COMBINE_OTHER_BUILD);
    if (!diff->combination)
        return command_error("diff", "not enough memory");
    int status = add_all(diff, operands, old_count, count);
    if (!status)
        status = print(diff, out);
    for (unsigned side = COMBINATION_SIDES; side-- > 0;)
        profile_release(&diff->profiles[side]);
    combination_free(diff->combination);
    metrics_release(&diff->metrics);
    return status;
}

static int run(struct diff *diff, char **operands, int old_count, int count)
{
    struct report_request *request = diff->request;
    bool makes_files = report_files_wanted(request);
    bool is_to_file = request->output && strcmp(request->output, "-") != 0;
    FILE *out = makes_files ? NULL : is_to_file ? fopen(request->output, "we") : stdout;
    if (!out && !makes_files)
        return command_error(request->output, "can't be written: %s", strerror(errno));
    int status = run_opened(diff, out, operands, old_count, count);
    bool written =
        command_finish_output(out ? out : stdout, is_to_file && out ? request->output : "stdout");
    return written ? status : EXIT_TROUBLE;
}

static bool set_alpha(struct diff *diff, const char *text)
{
    char *end;
    double alpha = strtod(text, &end);
    diff->words.alpha = alpha;
    if (end != text && *end == '\0' && alpha > 0 && alpha < 1)
        return true;
    command_error(text, "not a probability between 0 and 1");
    return false;
}

static bool set_option(struct diff *diff, int letter, const char *value)
{
    if (letter == 'a')
        return set_alpha(diff, value);
    if (letter != 's')
        return report_request_set(diff->request, letter, value);
    command_error("--sort", "a diff is sorted by what changed most; --value says of which value");
    return false;
}

// How many operands are OLD. 0: that can't be told, which has been said.
static int split(const struct arguments *arguments)
{
    int count = arguments->operand_count, before = arguments->operands_before;
    if (before > 0 && before < count)
        return before;
    if (before == 0 && count == 2)
        return 1;
    if (before > 0 || count < 2)
        command_error("diff", "no %s given; see gaiaprof help diff",
                      count == 0 ? "profile" : "NEW profile");
    else
        command_error("diff", "of more than two profiles say which are new: OLD... -- NEW...");
    return 0;
}

static bool has_view(const struct report_request *request)
{
    if (request->format->render != render_text || diff_has_tables(request->options.view))
        return true;
    command_error(request->options.view->name, "a view that can't be compared");
    return false;
}

static int parse(struct diff *diff, struct arguments *arguments)
{
    int letter;
    while ((letter = arguments_next(arguments)) > 0) {
        if (arguments_common(arguments, letter))
            return command_finish_output(stdout, "stdout") ? 0 : EXIT_TROUBLE;
        if (!set_option(diff, letter, arguments->value))
            return EXIT_TROUBLE;
    }
    bool fits = letter == 0 && report_request_finish(diff->request) && has_view(diff->request);
    int old_count = fits ? split(arguments) : 0;
    int status = old_count
                     ? report_load_suppressions(&diff->suppressions, diff->request->suppressions)
                     : EXIT_TROUBLE;
    if (status)
        return status;
    status = run(diff, arguments->operands, old_count, arguments->operand_count);
    suppressions_release(&diff->suppressions);
    return status;
}

int cmd_diff(int argc, char **argv)
{
    struct report_request request;
    struct progress progress;
    struct diff diff = {.request = &request, .words = {.alpha = ALPHA_DEFAULT}};
    struct arguments arguments = {.command = "diff",
                                  .options = diff_options,
                                  .argv = argv,
                                  .next = 1,
                                  .operands = calloc((size_t)argc + 1, sizeof(char *))};
    report_request_init(&request);
    if (!arguments.operands)
        return command_error("diff", "not enough memory");
    progress_init(&progress, stderr);
    request.progress = &progress;
    int status = parse(&diff, &arguments);
    free(arguments.operands);
    return status;
}
