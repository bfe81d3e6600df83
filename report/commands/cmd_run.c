// SPDX-License-Identifier: MIT
//
// cmd_run.c - `gaiaprof run`: starts a program with libgaiaprof.so preloaded, or says why it can't
// be profiled; ends as the program ended. The program prints its report itself when it ends;
// where it could not (a signal, exec), it is printed here.
#include "report/commands/command.h"
#include "report/commands/profiler_options.h"
#include "report/commands/program_check.h"
#include "report/commands/run_results.h"
#include "report/commands/run_signals.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIBRARY "libgaiaprof.so"

const char cmd_run_help[] =
    "run [OPTIONS] [--] PROGRAM [ARGS]\n"
    "\n"
    "Runs PROGRAM and profiles it. A report is printed on stderr when it ends, and its profile is\n"
    "left for gaiaprof report. The exit status is the program's; with --check it is 23 where that\n"
    "would be 0 and a budget is violated.\n"
    "\n"
    "  -f, --format FORMAT   of that report: text (default), json, none\n"
    "  -o, --output FILE     write the report there (%e program, %p pid, %h host, %t time)\n"
    "  -p, --profile FILE    the profile; default %e.%p.gaia in the working directory\n"
    "  -O, --option KEY=VALUE\n"
    "                        an option of the profiler: see gaiaprof help options\n"
    "  -q, --quiet           no report; of budgets only those that are violated\n"
    "      --check BUDGETS   such as leaks=0,peak_bytes=64m: each process must keep them; default\n"
    "                        GAIAPROF_CHECK; see gaiaprof help check\n"
    "      --only PROGRAMS   of several processes check only those of these programs\n"
    "      --baseline FILE   a profile that budgets of +N% refer to\n"
    "      --suppressions FILES\n"
    "                        what not to count, separated by commas\n"
    "      --junit FILE      write the verdict there as JUnit XML\n"
    "      --github          print annotations for GitHub Actions, too\n"
    "  -h, --help            this text\n"
    "      --version         the version\n"
    "\n"
    "With -O follow=fork, exec or all the processes that PROGRAM starts are profiled, too. Then "
    "one\n"
    "table of all of them takes the place of the report, unless -o has a %p in it.\n"
    "\n"
    "Examples:\n"
    "  gaiaprof run jq . large.json\n"
    "  gaiaprof run -q -p /tmp/jq.gaia -- jq -r .name large.json\n"
    "  gaiaprof run --check leaks=0,leaked_threads=0 ./test\n"
    "  gaiaprof run -O follow=all make -j8\n"
    "  gaiaprof run -O follow=all --check leaks=0 --only 'test_*' ctest\n";

static const struct option run_options[] = {
    OPTIONS_COMMON,
    {'C', "check", true, true},
    {'N', "only", true, true},
    {'B', "baseline", true, true},
    {'S', "suppressions", true, true},
    {'J', "junit", true, true},
    {'G', "github", true, false},
    {'f', "format", false, true},
    {'o', "output", false, true},
    {'p', "profile", false, true},
    {'O', "option", false, true},
    {'q', "quiet", false, false},
    {0},
};

struct run_command {
    struct check_request check;
    struct budgets budgets;
    const char **baselines; // room for all arguments
    char *suppressions;
    uint64_t tree; // 0: no other process is followed
    bool for_tree; // one report for all processes
};

// --- options

static bool set_profiler_option(const char *key, const char *value)
{
    const struct profiler_option *option = profiler_option_find(key);
    if (!option) {
        struct nearest nearest = {.word = key};
        for (option = profiler_options; option->key; option++)
            nearest_offer(&nearest, option->key);
        command_error(key, "no such option of the profiler%s",
                      nearest.best ? nearest_hint(&nearest) : "; see gaiaprof help options");
        return false;
    }
    if (!profiler_option_accepts(option, value)) {
        command_error(key, "'%s' is not %s", value, profiler_option_domain(option));
        return false;
    }
    return setenv(profiler_option_variable(option), value, 1) == 0;
}

static bool set_assignment(const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    char key[64];
    if (!equals || equals == assignment || (size_t)(equals - assignment) >= sizeof(key)) {
        command_error(assignment, "not of the form KEY=VALUE; see gaiaprof help options");
        return false;
    }
    memcpy(key, assignment, (size_t)(equals - assignment));
    key[equals - assignment] = '\0';
    return set_profiler_option(key, equals + 1);
}

static bool add_budgets(struct run_command *command, const char *text)
{
    const char *why;
    if (budgets_parse(&command->budgets, text, &why))
        return true;
    command_error("check", "%s", why);
    return false;
}

// A gate that an empty variable of a script opens is none.
static bool add_given_budgets(struct run_command *command, const char *text)
{
    if (text[strspn(text, " ,")])
        return add_budgets(command, text);
    command_error("check", "no budget given; see gaiaprof help check");
    return false;
}

static bool set_check_option(struct run_command *command, int letter, const char *value)
{
    switch (letter) {
    case 'C':
        return add_given_budgets(command, value);
    case 'B':
        command->baselines[command->check.baseline_count++] = value;
        return true;
    case 'N':
        command->check.only = value;
        return true;
    case 'J':
        command->check.junit = value;
        return true;
    default:
        command->check.github = true;
        return true;
    }
}

static bool set_option(struct run_command *command, int letter, const char *value)
{
    switch (letter) {
    case 'f':
        return set_profiler_option("report", value);
    case 'o':
        return set_profiler_option("report_file", value);
    case 'p':
        return set_profiler_option("output", value);
    case 'O':
        return set_assignment(value);
    case 'S':
        return set_profiler_option("suppressions", value);
    case 'q':
        command->check.quiet = true;
        return set_profiler_option("report", "none");
    default:
        return set_check_option(command, letter, value);
    }
}

// --- budgets

// Ours to judge, from the profiles: the program would do it a second time.
static int take_over_check(struct run_command *command)
{
    char *text = profiler_option_value(profiler_option_find("check"));
    bool good = text && (command->budgets.count || add_budgets(command, text));
    if (good && *text)
        setenv("GAIAPROF_CHECK", "", 1);
    free(text);
    return good ? 0 : EXIT_TROUBLE;
}

// What is wrong with it must be known before the program has run for an hour.
static int prepare_check(struct run_command *command)
{
    const struct check_request *check = &command->check;
    int status = take_over_check(command);
    if (status)
        return status;
    if (command->budgets.count == 0)
        return check->junit || check->github || check->only || check->baseline_count
                   ? command_error("run",
                                   "--only, --baseline, --junit and --github need --check BUDGETS")
                   : 0;
    if (budgets_need_baseline(&command->budgets) && check->baseline_count == 0)
        return command_error("check", "a budget of +N%% needs --baseline FILE");
    command->suppressions = profiler_option_value(profiler_option_find("suppressions"));
    command->check.suppressions = command->suppressions;
    return check_prepare(check);
}

// --- processes that are followed

static bool option_is(const char *key, const char *value)
{
    char *text = profiler_option_value(profiler_option_find(key));
    bool equal = text && strcmp(text, value) == 0;
    free(text);
    return equal;
}

static bool has_file_for_each(void)
{
    char *pattern = profiler_option_value(profiler_option_find("report_file"));
    bool has = pattern && strstr(pattern, "%p");
    free(pattern);
    return has;
}

// Wherever a process is then, its files are put where the first one's are. A name without a
// directory is left to the profiler where the working directory can't be written.
static int fix_directory(const char *key)
{
    const struct profiler_option *option = profiler_option_find(key);
    char *pattern = profiler_option_value(option);
    char here[PATH_MAX], *absolute = NULL;
    bool is_relative = pattern && *pattern && *pattern != '/' && getcwd(here, sizeof(here)) &&
                       (strchr(pattern, '/') || access(here, W_OK) == 0);
    int status = pattern ? 0 : -1;
    if (is_relative && asprintf(&absolute, "%s/%s", here, pattern) < 0)
        status = -1;
    else if (is_relative)
        status = setenv(profiler_option_variable(option), absolute, 1);
    free(absolute);
    free(pattern);
    return status ? command_error("run", "not enough memory") : 0;
}

// By a number that all of them carry. One report for all takes the place of one from each, unless
// each has a file of its own for it.
static int prepare_tree(struct run_command *command)
{
    char number[24];
    if (option_is("follow", "none"))
        return 0;
    while (command->tree == 0)
        if (getrandom(&command->tree, sizeof(command->tree), 0) < 0)
            command->tree = (uint64_t)getpid();
    snprintf(number, sizeof(number), "%" PRIu64, command->tree);
    setenv("GAIAPROF_TREE", number, 1);
    command->for_tree = option_is("report", "text") && !has_file_for_each();
    if (command->for_tree)
        setenv("GAIAPROF_REPORT", "none", 1);
    int status = fix_directory("output");
    return status ? status : fix_directory("report_file");
}

// --- the library

static bool beside(const char *directory, const char *middle, char *ret_path)
{
    int length = snprintf(ret_path, PATH_MAX, "%s%s/" LIBRARY, directory, middle);
    return length > 0 && length < PATH_MAX && access(ret_path, R_OK) == 0;
}

// Beside the command in a build; where the installation puts libraries, seen from the command.
static bool find_library(char *ret_path)
{
    char path[PATH_MAX], found[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (length <= 0)
        return false;
    path[length] = '\0';
    *strrchr(path, '/') = '\0';
    return (beside(path, "", found) || beside(path, "/" GAIAPROF_LIBDIR_FROM_BINDIR, found)) &&
           realpath(found, ret_path);
}

static int set_preload(void)
{
    char library[PATH_MAX];
    if (!find_library(library))
        return command_error(LIBRARY, "not found beside gaiaprof nor in its library directory");
    if (strpbrk(library, " :"))
        return command_error(library, "the loader can't preload a path with a space or a colon");
    const char *others = getenv("LD_PRELOAD");
    char *value;
    if (asprintf(&value, "%s%s%s", library, others && *others ? ":" : "", others ? others : "") < 0)
        return command_error("run", "not enough memory");
    int status = setenv("LD_PRELOAD", value, 1) == 0 ? 0 : EXIT_TROUBLE;
    free(value);
    return status;
}

// --- the program

struct run {
    char **argv;
    char *path;
    bool profiled;
    pid_t pid;
    uint64_t start_realtime_ns;
    int wait_status;
};

static int find_program(struct run *run)
{
    int error = program_find(run->argv[0], &run->path);
    if (error == -EISDIR)
        return command_error(run->argv[0], "can't be run: it is a directory");
    if (error == -ENOENT)
        return command_error(run->argv[0], "can't be run: not found%s",
                             strchr(run->argv[0], '/') ? "" : " in $PATH");
    return error ? command_error(run->argv[0], "can't be run: %s", strerror(-error)) : 0;
}

static int check_program(struct run *run)
{
    const char *why;
    enum program_verdict verdict = program_check(run->path, &why);
    if (verdict == PROGRAM_REFUSE)
        return command_error(run->argv[0], "can't be profiled: %s", why);
    run->profiled = verdict == PROGRAM_FINE;
    if (!run->profiled)
        command_error(run->argv[0], "nothing will be recorded: %s", why);
    return run->profiled ? set_preload() : 0;
}

static void hint_env_script(const struct run *run)
{
    char *follow = profiler_option_value(profiler_option_find("follow"));
    if (follow && strcmp(follow, "exec") != 0 && strcmp(follow, "all") != 0 &&
        program_is_env_script(run->path))
        command_error(run->argv[0], "this script is started by env: use -O follow=exec to profile "
                                    "what env runs");
    free(follow);
}

// Whose own little heap nobody asks for. NULL: it is the program that was meant.
static const char *launcher_of(const struct run *run)
{
    const char *launcher = option_is("follow", "none") ? program_launcher(run->path) : NULL;
    return run->profiled ? launcher : NULL;
}

static void exec_program(const struct run *run, int failure)
{
    execv(run->path, run->argv);
    int error = errno;
    if (error == ENOEXEC && !program_is_elf(run->path))
        execvp(run->path, run->argv); // has a shell run it
    ssize_t written = write(failure, &error, sizeof(error));
    (void)written;
    _exit(127);
}

static void wait_for_program(struct run *run)
{
    siginfo_t ended;
    while (waitid(P_PID, (id_t)run->pid, &ended, WEXITED | WNOWAIT) < 0 && errno == EINTR)
        continue;
    run_signals_ended();
    while (waitpid(run->pid, &run->wait_status, 0) < 0 && errno == EINTR)
        continue;
}

static int start_program(struct run *run)
{
    int failure[2], error = 0;
    struct timespec now;
    if (pipe2(failure, O_CLOEXEC) != 0)
        return command_error(run->argv[0], "can't be run: %s", strerror(errno));
    run_signals_prepare();
    clock_gettime(CLOCK_REALTIME, &now);
    run->start_realtime_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    run->pid = fork();
    if (run->pid == 0) {
        run_signals_restore();
        exec_program(run, failure[1]);
    }
    if (run->pid < 0)
        error = errno;
    run_signals_started(run->pid);
    close(failure[1]);
    if (run->pid > 0 && read(failure[0], &error, sizeof(error)) == (ssize_t)sizeof(error))
        wait_for_program(run);
    close(failure[0]);
    return error ? command_error(run->argv[0], "can't be run: %s", strerror(error)) : 0;
}

// --- what it left

static int print_results(const struct run *run, const struct run_command *command)
{
    char *output = profiler_option_value(profiler_option_find("output"));
    if (!output)
        return command_error("run", "not enough memory");
    const char *slash = strrchr(run->path, '/');
    const struct left_search left = {
        .output = output,
        .pid = run->pid,
        .tree = command->tree,
        .since_realtime_ns = run->start_realtime_ns,
        .wait_status = run->wait_status,
    };
    const struct run_results results = {
        .program = run->argv[0],
        .file = slash ? slash + 1 : run->path,
        .launcher = launcher_of(run),
        .left = &left,
        .recorded = run->profiled,
        .for_tree = command->for_tree,
        .check = command->budgets.count ? &command->check : NULL,
    };
    int status = run_results_print(&results);
    free(output);
    return status;
}

// So that our parent sees what it would have seen; the core dump has been written already. The
// verdict has a say where the program itself has nothing to complain of.
static int end_likewise(const struct run *run, int verdict)
{
    if (!WIFSIGNALED(run->wait_status))
        return WEXITSTATUS(run->wait_status) ? WEXITSTATUS(run->wait_status) : verdict;
    struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none);
    signal(WTERMSIG(run->wait_status), SIG_DFL);
    raise(WTERMSIG(run->wait_status));
    return 128 + WTERMSIG(run->wait_status);
}

static int run_program(struct run_command *command, char **argv)
{
    struct run run = {.argv = argv};
    int status = find_program(&run);
    if (!status)
        status = check_program(&run);
    if (!status && run.profiled)
        hint_env_script(&run);
    if (!status)
        status = start_program(&run);
    if (!status) {
        wait_for_program(&run);
        status = end_likewise(&run, print_results(&run, command));
    }
    free(run.path);
    return status;
}

// --- the command

static int parse_and_run(struct run_command *command, char **operands, char **argv)
{
    struct arguments arguments = {.command = "run",
                                  .options = run_options,
                                  .stop_at_operand = true,
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
    if (letter < 0)
        return EXIT_TROUBLE;
    if (arguments.operand_count == 0)
        return command_error("run", "no program given; see gaiaprof help run");
    int status = prepare_check(command);
    if (!status)
        status = prepare_tree(command);
    return status ? status : run_program(command, operands);
}

int cmd_run(int argc, char **argv)
{
    struct run_command command = {.check.prefix = "gaiaprof: check: "};
    char **operands = calloc((size_t)argc + 1, sizeof(*operands));
    command.baselines = calloc((size_t)argc + 1, sizeof(*command.baselines));
    command.check.budgets = &command.budgets;
    command.check.baselines = command.baselines;
    int status = operands && command.baselines ? parse_and_run(&command, operands, argv)
                                               : command_error("run", "not enough memory");
    budgets_release(&command.budgets);
    free(command.suppressions);
    free(command.baselines);
    free(operands);
    return status;
}
