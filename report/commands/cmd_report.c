// SPDX-License-Identifier: MIT
//
// cmd_report.c - `gaiaprof report`: loads profiles and renders them; also what the preloaded
// library starts at exit (--at-exit) and when a deadlock forms (--deadlock), and what `gaiaprof
// run` calls for a process that could not.
#include "report/commands/output_file.h"
#include "report/commands/profiler_options.h"
#include "report/commands/report_files.h"
#include "report/commands/report_print.h"
#include "report/model/profile_file.h"
#include "report/text/profile_tree.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char cmd_report_help[] =
    "report [OPTIONS] PROFILE|PID...\n"
    "\n"
    "Reports on profiles: files that a profiled program left, or the process id of one that runs.\n"
    "\n"
    "  -f, --format FORMAT   what the report looks like:\n"
    "                        @formats@"
    "  -v, --view VIEW       what to show:\n"
    "                        @views@"
    "      --value NAME      of a view with several values, the one to count by:\n"
    "                        @values@"
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
    "  -o, --output FILE     write there; a directory, where a format makes files; - is\n"
    "                        stdout, the default of the other formats\n"
    "  -q, --quiet           do not show how far long work is\n"
    "  -h, --help            this text\n"
    "      --version         the version\n"
    "\n"
    "Where in the code, by one value of a view (default: -v heap):\n"
    "      --tree            the call tree, with shares\n"
    "      --peek RE         callers and callees of the functions that match\n"
    "      --list RE         their source, with what each line costs\n"
    "      --source-path DIRS\n"
    "                        where to look for source, separated by colons\n"
    "      --dot             the call graph, for graphviz\n"
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
    "  gaiaprof report -f html jq.4711.gaia            # jq.4711.html\n"
    "  gaiaprof report -f pprof jq.4711.gaia && go tool pprof -top jq.4711.heap.pb.gz\n"
    "  gaiaprof report --list parse_value -v allocs jq.4711.gaia\n"
    "  gaiaprof report 4711                            # while it runs\n"
    "  gaiaprof report -v leaks --interval 60 4711\n";

static const struct option report_options[] = {
    OPTIONS_COMMON,
    REPORT_OPTIONS,
    {'P', "by-program", true, false},
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

static int report_operand(struct report_request *request, struct suppressions *suppressions,
                          const char *operand, FILE *out)
{
    request->pid = profile_file_operand_pid(operand);
    if (!request->pid)
        return request->at_exit ? report_print(request, operand, out)
                                : report_print_path(request, suppressions, operand, out);
    char *path;
    const char *why;
    if (profile_file_of_process(request->pid, &path, &why) != 0)
        return command_error(operand, "%s", why);
    int status = report_print_path(request, suppressions, path, out);
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

static bool is_to_file(const struct report_request *request)
{
    return request->output && strcmp(request->output, "-") != 0;
}

static int print_by_program(const struct report_request *request, char **operands, int count,
                            FILE *out)
{
    char *text = NULL;
    size_t length = 0;
    FILE *table = open_memstream(&text, &length);
    if (!table)
        return command_error("report", "not enough memory");
    int status = profile_tree_print((const char *const *)operands, (size_t)count,
                                    request->suppressions, table);
    fclose(table);
    int trouble = length ? report_begin_output(request, out) : 0;
    if (length && !trouble)
        fwrite(text, 1, length, out);
    free(text);
    return trouble ? trouble : status;
}

static int report_each(struct report_request *request, struct suppressions *suppressions,
                       char **operands, int count)
{
    const char *name = is_to_file(request) ? request->output : "stdout";
    FILE *out = NULL;
    if (!report_files_wanted(request))
        out = is_to_file(request) ? output_file_reserve_or_say(request->output) : stdout;
    if (!out && !report_files_wanted(request))
        return EXIT_TROUBLE;
    int status = 0;
    if (is_by_program(request, count)) {
        status = print_by_program(request, operands, count, out);
        count = 0;
    }
    bool has_report = false;
    for (int i = 0; i < count; i++) {
        if (has_report && request->format->render == render_text)
            fputc('\n', out);
        int trouble = report_operand(request, suppressions, operands[i], out);
        has_report |= trouble != EXIT_TROUBLE;
        status = trouble ? trouble : status;
    }
    return command_finish_output(out ? out : stdout, name) ? status : EXIT_TROUBLE;
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
    int status =
        report_load_suppressions(&suppressions, request->at_exit ? NULL : request->suppressions);
    if (!status) {
        status = report_each(request, &suppressions, operands, count);
        suppressions_release(&suppressions);
    }
    free(own);
    return status;
}

// Text, JSON and folded stacks of several profiles may follow each other.
static bool can_follow(const struct report_request *request)
{
    const struct render_format *format = request->format;
    if (report_files_wanted(request))
        return !is_to_file(request) || report_files_are_in_directory(request);
    return request->generate || format->render == render_text || format->render == render_json ||
           format->render == render_folded || format->render == report_format_none.render;
}

static bool suits_count(const struct report_request *request, int count)
{
    if (count == 1)
        return true;
    if (request->save || request->since) {
        command_error(request->save ? "--save" : "--since", "takes one profile at a time");
        return false;
    }
    if (can_follow(request))
        return true;
    command_error(request->format->name, "one output holds one profile; gaiaprof merge puts "
                                         "several together");
    return false;
}

// Where memory runs short, in a container say, the kernel ends this process and not the host that
// waits for it, which may be the larger one. Before exec the value could become the host's, too.
static void go_before_host(const struct report_request *request)
{
    int fd = -1;
    if (request->at_exit || request->deadlock)
        fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t ignored = write(fd, "1000", 4);
    (void)ignored;
    close(fd);
}

int cmd_report(int argc, char **argv)
{
    struct report_request request;
    struct progress progress;
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
        if (!report_request_set(&request, letter, arguments.value))
            goto done;
    }
    if (letter == 0 && report_request_finish(&request)) {
        go_before_host(&request);
        if (arguments.operand_count == 0)
            command_error("report", "no profile given; see gaiaprof help report");
        else if (suits_count(&request, arguments.operand_count)) {
            progress_init(&progress, request.is_quiet || request.at_exit ? NULL : stderr);
            request.progress = &progress;
            status = report_all(&request, operands, arguments.operand_count);
        }
    }
done:
    free(operands);
    return status;
}
