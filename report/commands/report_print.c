// SPDX-License-Identifier: MIT
//
// report_print.c - loads a profile, scans it for leaks where that is asked for, and renders it.
#include "report/commands/report_print.h"

#include "report/check/check.h"
#include "report/commands/output_file.h"
#include "report/commands/report_files.h"
#include "report/leaks/report_scan.h"
#include "report/model/clock.h"
#include "report/model/profile_file.h"
#include "report/model/profile_open.h"
#include "report/model/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool wants_colour(FILE *out)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return (!no_color || !*no_color) && term && strcmp(term, "dumb") != 0 && isatty(fileno(out));
}

static int load(struct profile *profile, const struct profile_file *file, const char *path,
                const struct report_request *request, const struct report_scans *scans)
{
    pid_t pid = request->pid ? request->pid : profile_file_pid(file);
    const char *why = "";
    struct profile_source source = {
        .path = path,
        .running = !request->at_exit && profile_file_is_mapped_by(file, pid),
        .now_ns = clock_monotonic_ns(),
        .scan = scans->has_now ? &scans->now : NULL,
        .earlier_scan = scans->has_earlier ? &scans->earlier : NULL,
        .progress = request->progress,
    };
    int error = profile_load_file(profile, file, &source, &why);
    if (error) {
        progress_clear(request->progress);
        return command_error(path, "%s", why);
    }
    if (scans->not_appended)
        profile_note(profile, "what leaked is not in the profile: %s", scans->not_appended);
    return 0;
}

static int generate(struct profile *profile, FILE *out)
{
    const char *why =
        profile->leaks.classified ? "" : text_printable(&profile->region, profile->leaks.why);
    if (!why)
        return -ENOMEM;
    if (*why)
        fprintf(out, "# leaks are unclassified: %s\n", why);
    return suppressions_generate(profile, out);
}

const char *report_why_missing(const struct profile *profile, const struct report_request *request)
{
    const struct sample_view *samples = request->options.samples;
    unsigned tables = request->options.view->tables;
    if (!samples && tables == TABLE_THREADS)
        samples = sample_view_find("threadcreate");
    if (!samples && tables == (TABLE_ORDER | TABLE_MISUSE))
        samples = sample_view_find("block");
    return samples ? samples->why_not(profile) : NULL;
}

// What is asked for by name must be there; a whole report says itself what is not.
static int find_missing(const struct profile *profile, const struct report_request *request)
{
    const struct sample_view *samples = request->options.samples;
    bool is_report = request->format->scope == FORMAT_REPORT;
    const char *why = report_why_missing(profile, request);
    if (!why || (is_report && (request->options.view->tables & TABLES_LEAKS) &&
                 !sample_view_find("heap")->why_not(profile)))
        return 0;
    char what[64];
    snprintf(what, sizeof(what), "view '%s'",
             samples ? samples->name : request->options.view->name);
    return command_error(what, "%s", why);
}

static int render(struct profile *profile, struct report_request *request, FILE *out)
{
    if (request->deadlock)
        return render_deadlock(profile, &request->options, request->deadlock, out);
    if (request->generate)
        return generate(profile, out);
    return request->format->render(profile, &request->options, out);
}

// Where the report goes is no place for it: that may be JSON, or a file nobody looks at.
static int print_verdict(struct profile *profile, const char *budgets, FILE *out)
{
    if (out)
        fflush(out);
    int status = check_print_verdict(profile, budgets, stderr);
    fflush(stderr);
    return status;
}

static int print_failure(const struct profile *profile, const struct report_request *request,
                         int error)
{
    if (error == -ENOENT && request->options.pattern)
        return command_error(request->format->name, "no function matches '%s'",
                             request->options.pattern);
    const char *why = error == -ENOENT ? "no such deadlock" : "not enough memory";
    return command_error(profile->path, "%s", why);
}

int report_begin_output(const struct report_request *request, FILE *out)
{
    bool is_file = out && request->output && strcmp(request->output, "-") != 0;
    int error = is_file ? output_file_begin(request->output, out) : 0;
    return error ? command_error(request->output, "can't be written: %s", strerror(-error)) : 0;
}

int report_print_profile(struct profile *profile, struct report_request *request,
                         struct suppressions *suppressions, FILE *out)
{
    request->options.suppressions = suppressions;
    request->options.selection = &request->selection;
    request->options.colour = out && wants_colour(out);
    if (profile->progress)
        profile->progress->writing_is_quiet = out && isatty(fileno(out));
    int missing = find_missing(profile, request);
    if (missing)
        return missing;
    int error = suppressions_apply(suppressions, profile);
    if (!error && !request->deadlock && !request->generate)
        error = selection_apply(&request->selection, profile);
    int status = error ? 0 : report_begin_output(request, out);
    if (!error && !status && !out)
        status = report_files_write(profile, request);
    else if (!error && !status)
        error = render(profile, request, out);
    progress_clear(profile->progress);
    if (error)
        return print_failure(profile, request, error);
    return !status && request->budgets ? print_verdict(profile, request->budgets, out) : status;
}

static int print_file(struct report_request *request, struct suppressions *suppressions,
                      struct profile_file *file, const char *path, FILE *out)
{
    struct report_scans scans;
    struct profile profile;
    int status = report_scans_make(&scans, request, file, path);
    if (status)
        return status;
    if (request->save)
        status = report_scans_save(&scans, file, request->save);
    bool is_needed = request->format != &report_format_none || request->budgets;
    if (!status && is_needed) {
        status = load(&profile, file, path, request, &scans);
        if (!status) {
            status = report_print_profile(&profile, request, suppressions, out);
            profile_release(&profile);
        }
    }
    report_scans_release(&scans);
    return status;
}

int report_print_path(struct report_request *request, struct suppressions *suppressions,
                      const char *path, FILE *out)
{
    struct profile_file file;
    const char *why = "";
    if (profile_file_open(&file, path, &why) != 0)
        return command_error(path, "%s", why);
    int status = print_file(request, suppressions, &file, path, out);
    profile_file_close(&file);
    return status;
}

// The reason names file and line itself.
int report_load_suppressions(struct suppressions *suppressions, const char *files)
{
    const char *why;
    if (suppressions_load(suppressions, files, &why) == 0)
        return 0;
    fprintf(stderr, "gaiaprof: %s\n", why);
    return EXIT_TROUBLE;
}

int report_print(struct report_request *request, const char *path, FILE *out)
{
    struct suppressions suppressions;
    int trouble = report_load_suppressions(&suppressions, request->suppressions);
    if (trouble && report_load_suppressions(&suppressions, NULL) != 0)
        return trouble;
    int status = report_print_path(request, &suppressions, path, out);
    suppressions_release(&suppressions);
    return status ? status : trouble;
}
