// SPDX-License-Identifier: MIT
//
// cmd_run.c - `gaiaprof run`: starts a program with libgaiaprof.so preloaded, or says why it can't
// be profiled; ends as the program ended. The program prints its report itself when it ends;
// where it could not (a signal, exec), it is printed here.
#include "report/cmd_report.h"
#include "report/command.h"
#include "report/profiler_options.h"
#include "report/program_check.h"
#include "report/run_aftermath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIBRARY "libgaiaprof.so"

const char cmd_run_help[] =
    "run [OPTIONS] [--] PROGRAM [ARGS]\n"
    "\n"
    "Runs PROGRAM and profiles it. A report is printed on stderr when it ends, and its profile is\n"
    "left for gaiaprof report. The exit status is the program's.\n"
    "\n"
    "  -f, --format FORMAT   of that report: text (default), json, none\n"
    "  -o, --output FILE     write the report there (%e program, %p pid, %h host, %t time)\n"
    "  -p, --profile FILE    the profile; default %e.%p.gaia in the working directory\n"
    "  -O, --option KEY=VALUE\n"
    "                        an option of the profiler: see gaiaprof help options\n"
    "  -q, --quiet           no report\n"
    "  -h, --help            this text\n"
    "      --version         the version\n"
    "\n"
    "Examples:\n"
    "  gaiaprof run jq . large.json\n"
    "  gaiaprof run -q -p /tmp/jq.gaia -- jq -r .name large.json\n"
    "  gaiaprof run -O follow=exec make\n";

static const struct option run_options[] = {
    OPTIONS_COMMON,
    {'f', "format", false, true},
    {'o', "output", false, true},
    {'p', "profile", false, true},
    {'O', "option", false, true},
    {'q', "quiet", false, false},
    {0},
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

static bool set_option(int letter, const char *value)
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
    default:
        return set_profiler_option("report", "none");
    }
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

// The child gets the signals we do not want to die of while it handles them.
static int start_program(struct run *run)
{
    int failure[2], error = 0;
    struct timespec now;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
    if (pipe2(failure, O_CLOEXEC) != 0)
        return command_error(run->argv[0], "can't be run: %s", strerror(errno));
    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    clock_gettime(CLOCK_REALTIME, &now);
    run->start_realtime_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    run->pid = fork();
    if (run->pid == 0) {
        sigaction(SIGINT, &interrupt, NULL);
        sigaction(SIGQUIT, &quit, NULL);
        exec_program(run, failure[1]);
    }
    if (run->pid < 0)
        error = errno;
    close(failure[1]);
    if (run->pid > 0 && read(failure[0], &error, sizeof(error)) == (ssize_t)sizeof(error))
        waitpid(run->pid, NULL, 0);
    close(failure[0]);
    return error ? command_error(run->argv[0], "can't be run: %s", strerror(error)) : 0;
}

static void wait_for_program(struct run *run)
{
    while (waitpid(run->pid, &run->wait_status, 0) < 0 && errno == EINTR)
        continue;
}

// --- what it left

static const struct render_format *wanted_format(void)
{
    char *name = profiler_option_value(profiler_option_find("report"));
    const struct render_format *format = name ? render_format_find(name) : NULL;
    free(name);
    return format;
}

// Placeholders of report_file are the profiler's business; the plain ones are known here too.
static char *report_file_name(const struct run *run)
{
    char *pattern = profiler_option_value(profiler_option_find("report_file"));
    const char *slash = strrchr(run->path, '/');
    char *name = NULL;
    size_t room = 0;
    FILE *out = pattern ? open_memstream(&name, &room) : NULL;
    for (const char *at = pattern; out && *at; at++) {
        if (at[0] == '%' && at[1] == 'p')
            fprintf(out, "%d", (int)run->pid), at++;
        else if (at[0] == '%' && at[1] == 'e')
            fputs(slash ? slash + 1 : run->path, out), at++;
        else if (at[0] == '%' && at[1] == '%')
            fputc(*at++, out);
        else
            fputc(*at, out);
    }
    if (out)
        fclose(out);
    free(pattern);
    return name;
}

static void print_report(const struct run *run, const struct render_format *format,
                         const char *path)
{
    struct report_request request;
    report_request_init(&request);
    request.format = format;
    request.at_exit = true;
    char *name = report_file_name(run);
    FILE *out = name && *name ? fopen(name, "we") : stderr;
    if (!out) {
        command_error(name, "can't be written: %s", strerror(errno));
    } else {
        report_print(&request, path, out);
        command_finish_output(out, name);
    }
    free(name);
}

static void report_what_is_left(struct run *run)
{
    char *output = profiler_option_value(profiler_option_find("output"));
    const struct render_format *format = wanted_format();
    struct left_profiles left;
    if (!output ||
        left_profiles_find(&left, output, run->pid, run->start_realtime_ns, run->wait_status)) {
        command_error("run", "not enough memory to look for the profile");
    } else {
        if (left.count == 0)
            command_error(run->argv[0], "no profile was made: the program did not load " LIBRARY
                                        ", or could not write a file");
        for (size_t i = 0; i < left.count && format; i++)
            if (!left.profiles[i].reported)
                print_report(run, format, left.profiles[i].path);
        left_profiles_release(&left);
    }
    free(output);
}

// So that our parent sees what it would have seen; the core dump has been written already.
static int end_likewise(const struct run *run)
{
    if (!WIFSIGNALED(run->wait_status))
        return WEXITSTATUS(run->wait_status);
    struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none);
    signal(WTERMSIG(run->wait_status), SIG_DFL);
    raise(WTERMSIG(run->wait_status));
    return 128 + WTERMSIG(run->wait_status);
}

static int run_program(char **argv)
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
        if (run.profiled)
            report_what_is_left(&run);
    }
    free(run.path);
    return status ? status : end_likewise(&run);
}

int cmd_run(int argc, char **argv)
{
    char **operands = calloc((size_t)argc + 1, sizeof(*operands));
    if (!operands)
        return command_error("run", "not enough memory");
    struct arguments arguments = {.command = "run",
                                  .options = run_options,
                                  .stop_at_operand = true,
                                  .argv = argv,
                                  .next = 1,
                                  .operands = operands};
    int letter, status = EXIT_TROUBLE;
    while ((letter = arguments_next(&arguments)) > 0) {
        if (arguments_common(&arguments, letter)) {
            status = command_finish_output(stdout, "stdout") ? 0 : EXIT_TROUBLE;
            goto done;
        }
        if (!set_option(letter, arguments.value))
            goto done;
    }
    if (letter == 0 && arguments.operand_count == 0)
        command_error("run", "no program given; see gaiaprof help run");
    else if (letter == 0)
        status = run_program(operands);
done:
    free(operands);
    return status;
}
