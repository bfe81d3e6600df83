// SPDX-License-Identifier: MIT
//
// cmd_check.c - `gaiaprof check`: holds profiles against budgets, for a CI job to fail by.
#include "report/check/check.h"
#include "report/commands/command.h"
#include "report/commands/output_file.h"
#include "report/commands/profiler_options.h"

#include <stdlib.h>
#include <string.h>

const char cmd_check_help[] =
    "check [OPTIONS] BUDGET... PROFILE|PID...\n"
    "\n"
    "Holds profiles against budgets. The exit status is 0 if all are kept, 23 if one is violated\n"
    "or can't be judged since it was not recorded, 2 if something could not be read. Each process\n"
    "has to keep them for itself; the results are put together by program.\n"
    "\n"
    "A BUDGET is NAME=LIMIT, where NAME is one of\n"
    "\n"
    "  @budgets@"
    "\n"
    "and LIMIT the most that is allowed: a number (10, 10k: 10,000), bytes (64m: of 1024 KiB),\n"
    "a time (500us, 20ms, 1.5s), or +N% for so much more than in the profile given by --baseline.\n"
    "A process that runs is stopped for a moment where leaks are asked for.\n"
    "Without budgets those of GAIAPROF_CHECK are taken. A file with a '=' in its name is ./a=b.\n"
    "What is suppressed does not count: see gaiaprof help suppressions.\n"
    "\n"
    "  -b, --budget BUDGETS  budgets, separated by commas; of one name the last counts\n"
    "      --baseline FILE   a profile that +N% refers to; of several the one of the same program\n"
    "      --only PROGRAMS   check only these, separated by commas: --only 'test_*,server'\n"
    "      --suppressions FILES\n"
    "                        what not to count, separated by commas\n"
    "      --junit FILE      write JUnit XML there: a case for each program and budget\n"
    "      --github          print annotations for GitHub Actions, too\n"
    "  -o, --output FILE     write there instead of stdout\n"
    "  -q, --quiet           say only what is violated\n"
    "  -h, --help            this text\n"
    "      --version         the version\n"
    "\n"
    "Examples:\n"
    "  gaiaprof check leaks=0 leaked_threads=0 test.4711.gaia\n"
    "  gaiaprof check peak_bytes=64m lock_wait=20ms --junit gaiaprof.xml *.gaia\n"
    "  gaiaprof check peak_bytes=+10% allocations=+0% --baseline main.gaia test.4711.gaia\n"
    "  gaiaprof run --check leaks=0,peak_bytes=64m ./test    # run and check at once\n";

static const struct option check_options[] = {
    OPTIONS_COMMON,
    {'b', "budget", false, true},
    {'N', "only", true, true},
    {'B', "baseline", true, true},
    {'S', "suppressions", true, true},
    {'J', "junit", true, true},
    {'G', "github", true, false},
    {'o', "output", false, true},
    {'q', "quiet", false, false},
    {0},
};

struct check_command {
    struct check_request request;
    struct budgets budgets;
    const char **baselines; // room for all arguments
    const char **paths;
    size_t path_count;
    const char *output;
    char *suppressions; // of the environment
};

static bool add_budgets(struct check_command *command, const char *text)
{
    const char *why;
    if (budgets_parse(&command->budgets, text, &why))
        return true;
    command_error("check", "%s", why);
    return false;
}

static bool set_option(struct check_command *command, int letter, const char *value)
{
    struct check_request *request = &command->request;
    switch (letter) {
    case 'b':
        return add_budgets(command, value);
    case 'B':
        command->baselines[request->baseline_count++] = value;
        return true;
    case 'N':
        request->only = value;
        return true;
    case 'S':
        request->suppressions = value;
        return true;
    case 'J':
        request->junit = value;
        return true;
    case 'G':
        request->github = true;
        return true;
    case 'o':
        command->output = value;
        return true;
    default:
        request->quiet = true;
        return true;
    }
}

// NAME=...: what a slip of the pen is, too.
static bool is_budget(const char *operand)
{
    size_t name = strspn(operand, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");
    return name && operand[name] == '=';
}

static bool sort_operands(struct check_command *command, char *const *operands, int count)
{
    for (int i = 0; i < count; i++) {
        if (!is_budget(operands[i]))
            command->paths[command->path_count++] = operands[i];
        else if (!add_budgets(command, operands[i]))
            return false;
    }
    return true;
}

// Where the command line says nothing the profiler's options do.
static bool take_environment(struct check_command *command)
{
    bool good = true;
    if (command->budgets.count == 0) {
        char *check = profiler_option_value(profiler_option_find("check"));
        good = check && add_budgets(command, check);
        free(check);
    }
    if (!command->request.suppressions) {
        command->suppressions = profiler_option_value(profiler_option_find("suppressions"));
        command->request.suppressions = command->suppressions;
    }
    return good;
}

static int complain(const struct check_command *command)
{
    if (command->budgets.count == 0)
        return command_error("check", "no budget given; see gaiaprof help check");
    if (command->path_count == 0)
        return command_error("check", "no profile given; see gaiaprof help check");
    if (budgets_need_baseline(&command->budgets) && command->request.baseline_count == 0)
        return command_error("check", "a budget of +N%% needs --baseline FILE");
    return 0;
}

static int run_check(struct check_command *command)
{
    const char *name = command->output ? command->output : "stdout";
    FILE *out = command->output ? output_file_open_or_say(command->output) : stdout;
    if (!out)
        return EXIT_TROUBLE;
    int status = check_profiles(&command->request, command->paths, command->path_count, out);
    return command_finish_output(out, name) ? status : EXIT_TROUBLE;
}

static int parse_and_run(struct check_command *command, char **operands, char **argv)
{
    struct arguments arguments = {.command = "check",
                                  .options = check_options,
                                  .argv = argv,
                                  .next = 1,
                                  .operands = operands};
    int letter;
    while ((letter = arguments_next(&arguments)) > 0) {
        if (arguments_common(&arguments, letter))
            return command_finish_output(stdout, "stdout") ? 0 : EXIT_TROUBLE;
        if (!set_option(command, letter, arguments.value))
            return EXIT_TROUBLE;
    }
    if (letter < 0 || !sort_operands(command, operands, arguments.operand_count) ||
        !take_environment(command) || complain(command))
        return EXIT_TROUBLE;
    return run_check(command);
}

int cmd_check(int argc, char **argv)
{
    struct check_command command = {.request.prefix = ""};
    char **operands = calloc((size_t)argc + 1, sizeof(*operands));
    command.baselines = calloc((size_t)argc + 1, sizeof(*command.baselines));
    command.paths = calloc((size_t)argc + 1, sizeof(*command.paths));
    struct progress progress;
    progress_init(&progress, stderr);
    command.request.progress = &progress;
    command.request.budgets = &command.budgets;
    command.request.baselines = command.baselines;
    int status = operands && command.baselines && command.paths
                     ? parse_and_run(&command, operands, argv)
                     : command_error("check", "not enough memory");
    budgets_release(&command.budgets);
    free(command.suppressions);
    free(command.baselines);
    free(command.paths);
    free(operands);
    return status;
}
