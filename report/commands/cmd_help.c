// SPDX-License-Identifier: MIT
//
// cmd_help.c - `gaiaprof help`: of all, of one command, of the profiler's options.
#include "report/check/budgets.h"
#include "report/commands/command.h"
#include "report/commands/profiler_options.h"
#include "report/formats/render.h"
#include "report/model/suppressions.h"
#include "report/text/text_table.h"

#include <string.h>

const char cmd_help_help[] =
    "help [COMMAND|options|suppressions]\n"
    "\n"
    "Explains a command, the options of the profiler (what GAIAPROF_OPTIONS, the variables\n"
    "GAIAPROF_<KEY> and `gaiaprof run -O` take), or files of suppressions.\n"
    "\n"
    "Examples:\n"
    "  gaiaprof help run\n"
    "  gaiaprof help options\n";

static const char general_help[] =
    "gaiaprof profiles any dynamically linked program: every allocation with its stack, lock "
    "waits,\n"
    "threads. Nothing has to be rebuilt.\n"
    "\n"
    "  gaiaprof run PROGRAM [ARGS]         profile it; a report is printed when it ends\n"
    "  gaiaprof report PROFILE|PID         report again, or on a process that runs\n"
    "\n"
    "Commands:\n";

static const char general_examples[] = "\n"
                                       "gaiaprof help COMMAND explains one; gaiaprof help options "
                                       "lists what can be recorded, and how.\n";

const struct command *command_find(const char *name)
{
    for (const struct command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static void put_views(FILE *out)
{
    const char *before = "";
    for (const struct view *view = views; view->name; view++) {
        if (!view->tables)
            continue;
        fprintf(out, "%s%-14s%s\n", before, view->name, view->help);
        before = "                        ";
    }
}

static void put_formats(FILE *out)
{
    const char *before = "";
    for (const struct render_format *format = render_formats; format->name; format++) {
        fprintf(out, "%s%-14s%s%s\n", before, format->name, format->help,
                format->off ? " (not in this build)" : "");
        before = "                        ";
    }
}

static bool is_first_with_value(const struct sample_view *view, const char *type)
{
    for (const struct sample_view *other = sample_views; other != view; other++)
        if (sample_type_find(other, type) >= 0)
            return false;
    return true;
}

// The values of several views have one name.
static void put_values(FILE *out)
{
    const char *before = "";
    for (const struct sample_view *view = sample_views; view->name; view++)
        for (size_t i = 0; i < view->type_count; i++) {
            if (!is_first_with_value(view, view->types[i].type))
                continue;
            fprintf(out, "%s%-18s%s\n", before, view->types[i].type, view->types[i].help);
            before = "                        ";
        }
}

#define SORTS_COLUMNS 52 // behind "order of the rows: "

static void put_sorts(FILE *out)
{
    const char *separator = "";
    size_t column = 0;
    for (const struct sort_key *key = sort_keys; key->name; key++) {
        column += 1 + strlen(key->name);
        bool full = column > SORTS_COLUMNS;
        fprintf(out, "%s%s", full ? "\n                        " : separator, key->name);
        column = full ? 1 + strlen(key->name) : column;
        separator = " ";
    }
}

// Tables of the program stand in its help as @name@.
static void put_filled(const char *text, FILE *out)
{
    static const struct {
        const char *mark;
        void (*put)(FILE *out);
    } marks[] = {{"@views@", put_views},
                 {"@sorts@", put_sorts},
                 {"@formats@", put_formats},
                 {"@values@", put_values},
                 {"@budgets@", budgets_print_kinds}};
    while (*text) {
        size_t skip = 0;
        for (size_t i = 0; i < sizeof(marks) / sizeof(*marks) && !skip; i++) {
            if (strncmp(text, marks[i].mark, strlen(marks[i].mark)) != 0)
                continue;
            marks[i].put(out);
            skip = strlen(marks[i].mark);
        }
        if (!skip)
            fputc(*text, out);
        text += skip ? skip : 1;
    }
}

void command_help(const struct command *command, FILE *out)
{
    if (command) {
        fputs("Usage: gaiaprof ", out);
        put_filled(command->help, out);
        return;
    }
    fputs(general_help, out);
    for (const struct command *each = commands; each->name; each++)
        fprintf(out, "  %-10s%s\n", each->name, each->summary);
    fputs(general_examples, out);
}

// --- options

#define OPTION_INDENT 16

static void put_option(const struct profiler_option *option, FILE *out)
{
    fprintf(out, "  %-*s", OPTION_INDENT - 2, option->key);
    text_wrap(option->help, OPTION_INDENT, out);
    fprintf(out, "%*s", OPTION_INDENT, "");
    if (option->kind != PROFILER_STRING)
        fprintf(out, "%s; ", profiler_option_domain(option));
    fprintf(out, "default %s\n", *option->value ? option->value : "empty");
}

static void put_options(FILE *out)
{
    fputs("Options of the profiler. Each can be set in three ways:\n"
          "\n"
          "  gaiaprof run -O key=value PROGRAM\n"
          "  GAIAPROF_KEY=value LD_PRELOAD=libgaiaprof.so PROGRAM\n"
          "  GAIAPROF_OPTIONS=\"key=value:key=value\" LD_PRELOAD=libgaiaprof.so PROGRAM\n"
          "\n",
          out);
    for (const struct profiler_option *option = profiler_options; option->key; option++)
        put_option(option, out);
}

// --- suppressions

static const char suppressions_help[] =
    "Suppressions say what is known and need not be heard of again. A file of them has a\n"
    "pattern in each line:\n"
    "\n"
    "  # what gtk keeps for ever\n"
    "  leak:libgtk-3.so         leaks and misuse of the heap with such a frame in the stack\n"
    "  thread:^start_logger$    threads created by such a stack, or of such a name\n"
    "  lock:cache_lock          misuse of and waits for a lock of such a name, or in such a stack\n"
    "  order:*Database::commit  locks taken in circles, deadlocks, by the same\n"
    "\n"
    "A pattern is a part of a function's name, of its source file or of its module. * stands for\n"
    "any text, ^ in front for the beginning, $ behind for the end: ^init$ is init alone, init is\n"
    "also init_cache. A definite leak takes with it what is lost only because of it.\n"
    "\n"
    "  gaiaprof report --generate-suppressions prog.4711.gaia >known.supp\n"
    "  gaiaprof report --suppressions known.supp prog.4711.gaia\n"
    "  GAIAPROF_SUPPRESSIONS=/src/known.supp LD_PRELOAD=libgaiaprof.so prog\n"
    "\n"
    "gaiaprof report -v leaks says which patterns were used, and which found nothing.\n"
    "\n"
    "These are built in:\n"
    "\n";

static void put_suppressions(FILE *out)
{
    fputs(suppressions_help, out);
    suppressions_print_builtin(out);
}

static const struct option help_options[] = {OPTIONS_COMMON, {0}};

static int help_on(const char *topic)
{
    const struct command *command = topic ? command_find(topic) : NULL;
    struct nearest nearest = {.word = topic};
    if (!topic || command) {
        command_help(command, stdout);
    } else if (strcmp(topic, "options") == 0) {
        put_options(stdout);
    } else if (strcmp(topic, "suppressions") == 0) {
        put_suppressions(stdout);
    } else {
        for (const struct command *each = commands; each->name; each++)
            nearest_offer(&nearest, each->name);
        nearest_offer(&nearest, "options");
        nearest_offer(&nearest, "suppressions");
        return command_error(topic, "no help on this%s",
                             nearest.best ? nearest_hint(&nearest) : "; see gaiaprof help");
    }
    return command_finish_output(stdout, "stdout") ? 0 : EXIT_TROUBLE;
}

int cmd_help(int argc, char **argv)
{
    char *operands[3] = {0};
    if (argc > 3)
        return command_error(argv[3], "one topic at a time");
    struct arguments arguments = {
        .command = "help", .options = help_options, .argv = argv, .next = 1, .operands = operands};
    int letter = arguments_next(&arguments);
    if (letter < 0)
        return EXIT_TROUBLE;
    if (arguments_common(&arguments, letter))
        return command_finish_output(stdout, "stdout") ? 0 : EXIT_TROUBLE;
    if (arguments.operand_count > 1)
        return command_error(operands[1], "one topic at a time");
    return help_on(operands[0]);
}
