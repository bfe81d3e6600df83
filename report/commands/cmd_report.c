// SPDX-License-Identifier: MIT
//
// cmd_report.c - `gaiaprof report`: loads profiles and renders them; also what the preloaded
// library starts at exit (--at-exit) and when a deadlock forms (--deadlock), and what `gaiaprof
// run` calls for a process that could not.
#include "report/commands/cmd_report.h"

#include "report/check/check.h"
#include "report/commands/command.h"
#include "report/commands/profiler_options.h"
#include "report/formats/render.h"
#include "report/leaks/report_scan.h"
#include "report/model/clock.h"
#include "report/model/profile_file.h"
#include "report/model/units.h"
#include "report/text/profile_tree.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char cmd_report_help[] =
    "report [OPTIONS] PROFILE|PID...\n"
    "\n"
    "Reports on profiles: files that a profiled program left, or the process id of one that runs.\n"
    "\n"
    "  -f, --format FORMAT   text (default) or json\n"
    "  -v, --view VIEW       what to show:\n"
    "                        @views@"
    "  -n, --rows N          rows of each table, and stacks below it; 0: all; of JSON,\n"
    "                        the sites of the heap (default: all)\n"
    "      --sort KEY        order of the rows: @sorts@\n"
    "      --focus RE        only stacks with a frame whose function, file or module matches\n"
    "      --ignore RE       no stacks with such a frame\n"
    "      --suppressions FILES\n"
    "                        what not to count, separated by commas; default\n"
    "                        GAIAPROF_SUPPRESSIONS; see gaiaprof help suppressions\n"
    "      --generate-suppressions\n"
    "                        print suppressions for what is wrong in place of a report\n"
    "      --by-program      a table of all profiles by program; so is more than one profile\n"
    "                        shown where no view is asked for\n"
    "  -o, --output FILE     write there instead of stdout\n"
    "  -q, --quiet           no warnings\n"
    "  -h, --help            this text\n"
    "      --version         the version\n"
    "\n"
    "Leaks of a process that runs: it is stopped while its memory is read.\n"
    "      --leaks           classify its live blocks, also where the view is not leaks\n"
    "      --interval SECONDS\n"
    "                        twice, so much apart: what leaked in between\n"
    "      --save FILE       write a copy of the profile with what was found\n"
    "      --since FILE      what leaked since such a copy was made\n"
    "\n"
    "Examples:\n"
    "  gaiaprof report jq.4711.gaia\n"
    "  gaiaprof report -v peak -n 30 jq.4711.gaia\n"
    "  gaiaprof report --focus '^parse_' --ignore libc jq.4711.gaia\n"
    "  gaiaprof report -f json -o jq.json jq.4711.gaia\n"
    "  gaiaprof report 4711                            # while it runs\n"
    "  gaiaprof report -v leaks --interval 60 4711\n";

static const struct option report_options[] = {
    OPTIONS_COMMON,
    {'f', "format", false, true},
    {'v', "view", false, true},
    {'P', "by-program", true, false},
    {'n', "rows", false, true},
    {'s', "sort", true, true},
    {'F', "focus", true, true},
    {'I', "ignore", true, true},
    {'o', "output", false, true},
    {'q', "quiet", false, false},
    {'S', "suppressions", true, true},
    {'G', "generate-suppressions", true, false},
    {'L', "leaks", true, false},
    {'N', "interval", true, true},
    {'W', "save", true, true},
    {'B', "since", true, true},
    {'C', "check", true, true},
    {'E', "at-exit", true, false},
    {'D', "deadlock", true, true},
    {0},
};

// --- values of options

static int render_nothing(struct profile *profile, const struct render_options *options, FILE *out)
{
    (void)profile;
    (void)options;
    (void)out;
    return 0;
}

// At exit, where only what leaked is to be found out.
static const struct render_format no_format = {"none", NULL, render_nothing};

static bool set_format(struct report_request *request, const char *name)
{
    request->format = strcmp(name, no_format.name) == 0 ? &no_format : render_format_find(name);
    if (request->format)
        return true;
    struct nearest nearest = {.word = name};
    for (const struct render_format *format = render_formats; format->name; format++)
        nearest_offer(&nearest, format->name);
    command_error(name, "no such format%s",
                  nearest.best ? nearest_hint(&nearest) : " (text, json)");
    return false;
}

static bool set_view(struct report_request *request, const char *name)
{
    const struct view *view = view_find(name);
    if (view && view->tables) {
        request->options.view = view;
        return true;
    }
    struct nearest nearest = {.word = name};
    for (const struct view *each = views; each->name; each++)
        if (each->tables)
            nearest_offer(&nearest, each->name);
    char what[64];
    snprintf(what, sizeof(what), "view '%.40s'", name);
    if (view)
        command_error(what, "not recorded by this version");
    else
        command_error(what, "no such view%s",
                      nearest.best ? nearest_hint(&nearest) : "; see gaiaprof help report");
    return false;
}

static bool set_sort(struct report_request *request, const char *name)
{
    request->options.sort = sort_key_find(name);
    if (request->options.sort)
        return true;
    char keys[256] = "";
    for (const struct sort_key *key = sort_keys; key->name; key++) {
        strcat(keys, *keys ? ", " : "");
        strcat(keys, key->name);
    }
    command_error(name, "can't sort by this; the keys are %s", keys);
    return false;
}

static bool set_rows(struct report_request *request, const char *text)
{
    char *end;
    errno = 0;
    long rows = strtol(text, &end, 10);
    if (errno || *end || end == text || rows < 0) {
        command_error(text, "not a number of rows (0 for all)");
        return false;
    }
    request->options.rows = rows;
    return true;
}

static bool set_deadlock(struct report_request *request, const char *text)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno || *end || end == text || number == 0 || number > UINT32_MAX) {
        command_error(text, "not the number of a deadlock");
        return false;
    }
    request->deadlock = (uint32_t)number;
    return true;
}

static bool set_pattern(const char **pattern, const char *text)
{
    const char *why = selection_check(text);
    if (why) {
        command_error(text, "not a regular expression: %s", why);
        return false;
    }
    *pattern = text;
    return true;
}

static bool set_interval(struct report_request *request, const char *text)
{
    if (report_scans_parse_interval(text, &request->interval_ns))
        return true;
    command_error(text, "not a number of seconds (such as 10 or 0.5)");
    return false;
}

static bool set_leak_option(struct report_request *request, int letter, const char *value)
{
    switch (letter) {
    case 'S':
        request->suppressions = value;
        return true;
    case 'G':
        request->generate = true;
        return true;
    case 'L':
        request->leaks = true;
        return true;
    case 'N':
        return set_interval(request, value);
    case 'W':
        request->save = value;
        return true;
    case 'B':
        request->since = value;
        return true;
    case 'C':
        request->budgets = *value ? value : NULL;
        return true;
    default:
        return true; // -q: there are no warnings yet
    }
}

static bool set_option(struct report_request *request, int letter, const char *value)
{
    switch (letter) {
    case 'f':
        return set_format(request, value);
    case 'v':
        request->has_view = true;
        return set_view(request, value);
    case 'P':
        request->by_program = true;
        return true;
    case 'n':
        return set_rows(request, value);
    case 's':
        return set_sort(request, value);
    case 'F':
        return set_pattern(&request->selection.focus, value);
    case 'I':
        return set_pattern(&request->selection.ignore, value);
    case 'o':
        request->output = value;
        return true;
    case 'D':
        return set_deadlock(request, value);
    case 'E':
        request->at_exit = true;
        return true;
    default:
        return set_leak_option(request, letter, value);
    }
}

// --- one report

// A file that is cut while it is mapped ends in SIGBUS, wherever we are.
static void on_bus_error(int signal)
{
    static const char text[] =
        "gaiaprof: the profile: was cut off or unreadable while it was read\n";
    (void)signal;
    ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)ignored;
    _exit(EXIT_TROUBLE);
}

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
        .bytes = file->bytes,
        .length_bytes = file->length_bytes,
        .running = !request->at_exit && profile_file_is_mapped_by(file, pid),
        .now_ns = clock_monotonic_ns(),
        .scan = scans->has_now ? &scans->now : NULL,
        .earlier_scan = scans->has_earlier ? &scans->earlier : NULL,
    };
    if (profile_load(profile, &source, &why) != 0)
        return command_error(path, "%s", why);
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

static int render(struct profile *profile, struct report_request *request, FILE *out)
{
    request->options.selection = &request->selection;
    request->options.colour = wants_colour(out);
    if (request->deadlock)
        return render_deadlock(profile, &request->options, request->deadlock, out);
    if (request->generate)
        return generate(profile, out);
    int error = selection_apply(&request->selection, profile);
    return error ? error : request->format->render(profile, &request->options, out);
}

// Where the report goes is no place for it: that may be JSON, or a file nobody looks at.
static int print_verdict(struct profile *profile, const char *budgets, FILE *out)
{
    fflush(out);
    int status = check_print_verdict(profile, budgets, stderr);
    fflush(stderr);
    return status;
}

static int print_loaded(struct profile *profile, struct report_request *request,
                        struct suppressions *suppressions, FILE *out)
{
    request->options.suppressions = suppressions;
    int error = suppressions_apply(suppressions, profile);
    if (!error)
        error = render(profile, request, out);
    if (error)
        return command_error(profile->path,
                             error == -ENOENT ? "no such deadlock" : "not enough memory");
    return request->budgets ? print_verdict(profile, request->budgets, out) : 0;
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
    bool is_needed = request->format != &no_format || request->budgets;
    if (!status && is_needed) {
        status = load(&profile, file, path, request, &scans);
        if (!status) {
            status = print_loaded(&profile, request, suppressions, out);
            profile_release(&profile);
        }
    }
    report_scans_release(&scans);
    return status;
}

static int print_path(struct report_request *request, struct suppressions *suppressions,
                      const char *path, FILE *out)
{
    struct profile_file file;
    const char *why = "";
    signal(SIGBUS, on_bus_error);
    if (profile_file_open(&file, path, &why) != 0)
        return command_error(path, "%s", why);
    int status = print_file(request, suppressions, &file, path, out);
    profile_file_close(&file);
    return status;
}

// The reason names file and line itself.
static int load_suppressions(struct suppressions *suppressions, const char *files)
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
    int trouble = load_suppressions(&suppressions, request->suppressions);
    if (trouble && load_suppressions(&suppressions, NULL) != 0)
        return trouble;
    int status = print_path(request, &suppressions, path, out);
    suppressions_release(&suppressions);
    return status ? status : trouble;
}

void report_request_init(struct report_request *request)
{
    *request = (struct report_request){
        .format = &render_formats[0],
        .options = {.view = &views[0], .rows = ROWS_DEFAULT},
    };
}

// --- the command

static int report_operand(struct report_request *request, struct suppressions *suppressions,
                          const char *operand, FILE *out)
{
    request->pid = profile_file_operand_pid(operand);
    if (!request->pid)
        return request->at_exit ? report_print(request, operand, out)
                                : print_path(request, suppressions, operand, out);
    char *path;
    const char *why;
    if (profile_file_of_process(request->pid, &path, &why) != 0)
        return command_error(operand, "%s", why);
    int status = print_path(request, suppressions, path, out);
    free(path);
    return status;
}

// A report of each process of a tree would be too much to read, unless something is looked for.
static bool is_by_program(const struct report_request *request, int count)
{
    const struct selection *selection = &request->selection;
    return request->by_program ||
           (count > 1 && request->format->render == render_text && !request->has_view &&
            !request->generate && !request->leaks && !request->interval_ns && !selection->focus &&
            !selection->ignore);
}

static int report_each(struct report_request *request, struct suppressions *suppressions,
                       char **operands, int count)
{
    const char *name = request->output ? request->output : "stdout";
    FILE *out = request->output ? fopen(request->output, "we") : stdout;
    if (!out)
        return command_error(request->output, "can't be written: %s", strerror(errno));
    int status = 0;
    if (is_by_program(request, count)) {
        status = profile_tree_print((const char *const *)operands, (size_t)count,
                                    request->suppressions, out);
        count = 0;
    }
    for (int i = 0; i < count; i++) {
        if (i > 0 && request->format->render == render_text)
            fputc('\n', out);
        int trouble = report_operand(request, suppressions, operands[i], out);
        status = trouble ? trouble : status;
    }
    return command_finish_output(out, name) ? status : EXIT_TROUBLE;
}

// At exit the report is more than the suppressions: there report_print() loads them.
static int report_all(struct report_request *request, char **operands, int count)
{
    char *own = NULL;
    if (!request->suppressions) {
        own = profiler_option_value(profiler_option_find("suppressions"));
        request->suppressions = own;
    }
    struct suppressions suppressions;
    int status = load_suppressions(&suppressions, request->at_exit ? NULL : request->suppressions);
    if (!status) {
        status = report_each(request, &suppressions, operands, count);
        suppressions_release(&suppressions);
    }
    free(own);
    return status;
}

static bool suits_one_process(const struct report_request *request, int count)
{
    if (count == 1 || (!request->save && !request->since))
        return true;
    command_error(request->save ? "--save" : "--since", "takes one profile at a time");
    return false;
}

static bool format_suits(const struct report_request *request)
{
    if (request->format != &no_format || request->at_exit)
        return true;
    command_error("none", "no such format (text, json)");
    return false;
}

static bool sort_suits_view(const struct report_request *request)
{
    const struct sort_key *sort = request->options.sort;
    if (!sort || (sort->tables & request->options.view->tables))
        return true;
    command_error(sort->name, "view '%s' has no table to sort by this",
                  request->options.view->name);
    return false;
}

int cmd_report(int argc, char **argv)
{
    struct report_request request;
    report_request_init(&request);
    char **operands = calloc((size_t)argc + 1, sizeof(*operands));
    if (!operands)
        return command_error("report", "not enough memory");
    struct arguments arguments = {.command = "report",
                                  .options = report_options,
                                  .argv = argv,
                                  .next = 1,
                                  .operands = operands};
    int letter, status = EXIT_TROUBLE;
    while ((letter = arguments_next(&arguments)) > 0) {
        if (arguments_common(&arguments, letter)) {
            status = command_finish_output(stdout, "stdout") ? 0 : EXIT_TROUBLE;
            goto done;
        }
        if (!set_option(&request, letter, arguments.value))
            goto done;
    }
    if (letter == 0 && sort_suits_view(&request) && format_suits(&request)) {
        if (arguments.operand_count == 0)
            command_error("report", "no profile given; see gaiaprof help report");
        else if (suits_one_process(&request, arguments.operand_count))
            status = report_all(&request, operands, arguments.operand_count);
    }
done:
    free(operands);
    return status;
}
