// SPDX-License-Identifier: MIT
//
// cmd_diff.c - `gaiaprof diff`: one profile against another, or runs against runs. Profiles are
// added to the two sides of a combination, one in memory at a time; Go benchmark lines are figures
// beside those of the profiles.
#include "report/commands/diff_command.h"
#include "report/commands/output_file.h"
#include "report/commands/report_files.h"
#include "report/commands/report_print.h"
#include "report/diff/same_build.h"
#include "report/diff/statistics.h"
#include "report/model/profile_file.h"
#include "report/model/profile_open.h"

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
    const char *why;
    if (diff->metrics.failed)
        return command_error(operand, "not enough memory");
    if (profile_file_check(file, &why) != 0)
        return command_error(operand, "%s", why);
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
    bool leaks = diff->request->options.view->tables & TABLES_LEAKS;
    leaks = leaks && diff->request->has_view;
    struct progress *progress = diff->request->is_quiet ? NULL : diff->request->progress;
    int error = profile_open(&profile, operand, leaks, progress, &why);
    if (error) {
        progress_clear(progress);
        return command_error(operand, "%s", why);
    }
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

// --- the command

static int run_opened(struct diff *diff, FILE *out, char **operands, int old_count, int count)
{
    diff->is_same_build = diff_is_same_build(operands[0], operands[old_count]);
    diff->combination =
        combination_new(diff->is_same_build ? COMBINE_SAME_BUILD : COMBINE_OTHER_BUILD);
    if (!diff->combination)
        return command_error("diff", "not enough memory");
    int status = add_all(diff, operands, old_count, count);
    if (!status)
        status = report_begin_output(diff->request, out);
    if (!status)
        status = diff_print(diff, out);
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
    FILE *out = NULL;
    if (!makes_files)
        out = is_to_file ? output_file_reserve_or_say(request->output) : stdout;
    if (!out && !makes_files)
        return EXIT_TROUBLE;
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
    char what[64];
    snprintf(what, sizeof(what), "view '%.40s'", request->options.view->name);
    command_error(what, "can't be compared");
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
