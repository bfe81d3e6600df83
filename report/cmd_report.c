// SPDX-License-Identifier: MIT
//
// cmd_report.c - `gaiaprof report`: loads profiles and renders them; also what the preloaded
// library starts at exit (--at-exit) and when a deadlock forms (--deadlock), and what `gaiaprof
// run` calls for a process that could not.
#include "report/cmd_report.h"

#include "report/command.h"
#include "report/profile_file.h"
#include "report/render.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
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
    "  -o, --output FILE     write there instead of stdout\n"
    "  -q, --quiet           no warnings\n"
    "  -h, --help            this text\n"
    "      --version         the version\n"
    "\n"
    "Examples:\n"
    "  gaiaprof report jq.4711.gaia\n"
    "  gaiaprof report -v peak -n 30 jq.4711.gaia\n"
    "  gaiaprof report --focus '^parse_' --ignore libc jq.4711.gaia\n"
    "  gaiaprof report -f json -o jq.json jq.4711.gaia\n"
    "  gaiaprof report 4711                            # while it runs\n";

static const struct option report_options[] = {
    OPTIONS_COMMON,
    {'f', "format", false, true},
    {'v', "view", false, true},
    {'n', "rows", false, true},
    {'s', "sort", true, true},
    {'F', "focus", true, true},
    {'I', "ignore", true, true},
    {'o', "output", false, true},
    {'q', "quiet", false, false},
    {'E', "at-exit", true, false},
    {'D', "deadlock", true, true},
    {0},
};

// --- values of options

static bool set_format(struct report_request *request, const char *name)
{
    request->format = render_format_find(name);
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

static bool set_option(struct report_request *request, int letter, const char *value)
{
    switch (letter) {
    case 'f':
        return set_format(request, value);
    case 'v':
        return set_view(request, value);
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
        return true; // -q: there are no warnings yet
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

static uint64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static pid_t header_pid(const struct profile_file *file)
{
    const struct profile_header *header = file->bytes;
    return file->length_bytes >= PROFILE_HEADER_BYTES ? (pid_t)header->pid : 0;
}

static int load(struct profile *profile, const struct profile_file *file, const char *path,
                const struct report_request *request, const char **ret_why)
{
    pid_t pid = request->pid ? request->pid : header_pid(file);
    struct profile_source source = {
        .path = path,
        .bytes = file->bytes,
        .length_bytes = file->length_bytes,
        .running = !request->at_exit && profile_file_is_mapped_by(file, pid),
        .now_ns = monotonic_ns(),
    };
    return profile_load(profile, &source, ret_why);
}

static int render(struct profile *profile, struct report_request *request, FILE *out)
{
    request->options.selection = &request->selection;
    request->options.colour = wants_colour(out);
    if (request->deadlock)
        return render_deadlock(profile, &request->options, request->deadlock, out);
    int error = selection_apply(&request->selection, profile);
    return error ? error : request->format->render(profile, &request->options, out);
}

int report_print(struct report_request *request, const char *path, FILE *out)
{
    struct profile_file file;
    struct profile profile;
    const char *why = "";
    signal(SIGBUS, on_bus_error);
    if (profile_file_open(&file, path, &why) != 0)
        return command_error(path, "%s", why);
    int error = load(&profile, &file, path, request, &why);
    if (!error) {
        error = render(&profile, request, out);
        if (error)
            why = error == -ENOENT ? "no such deadlock" : "not enough memory";
        profile_release(&profile);
    }
    profile_file_close(&file);
    return error ? command_error(path, "%s", why) : 0;
}

void report_request_init(struct report_request *request)
{
    *request = (struct report_request){
        .format = &render_formats[0],
        .options = {.view = &views[0], .rows = ROWS_DEFAULT},
    };
}

// --- the command

// A pid is a number, unless there is a file with that name.
static pid_t operand_pid(const char *operand)
{
    char *end;
    struct stat status;
    errno = 0;
    long number = strtol(operand, &end, 10);
    bool is_number = *operand >= '0' && *operand <= '9' && !*end && !errno && number <= INT_MAX;
    return is_number && number > 0 && stat(operand, &status) != 0 ? (pid_t)number : 0;
}

static int report_operand(struct report_request *request, const char *operand, FILE *out)
{
    request->pid = operand_pid(operand);
    if (!request->pid)
        return report_print(request, operand, out);
    char *path;
    const char *why;
    if (profile_file_of_process(request->pid, &path, &why) != 0)
        return command_error(operand, "%s", why);
    int status = report_print(request, path, out);
    free(path);
    return status;
}

static int report_all(struct report_request *request, char **operands, int count)
{
    const char *name = request->output ? request->output : "stdout";
    FILE *out = request->output ? fopen(request->output, "we") : stdout;
    if (!out)
        return command_error(request->output, "can't be written: %s", strerror(errno));
    int status = 0;
    for (int i = 0; i < count; i++) {
        if (i > 0 && request->format->render == render_text)
            fputc('\n', out);
        int trouble = report_operand(request, operands[i], out);
        status = trouble ? trouble : status;
    }
    return command_finish_output(out, name) ? status : EXIT_TROUBLE;
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
    if (letter == 0 && sort_suits_view(&request)) {
        if (arguments.operand_count == 0)
            command_error("report", "no profile given; see gaiaprof help report");
        else
            status = report_all(&request, operands, arguments.operand_count);
    }
done:
    free(operands);
    return status;
}
