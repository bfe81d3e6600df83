// SPDX-License-Identifier: MIT
//
// cmd_help.c - `gaiaprof help`: of all, of one command, of the profiler's options.
#include "report/command.h"
#include "report/profiler_options.h"
#include "report/text_table.h"
#include "report/view.h"

#include <string.h>

const char cmd_help_help[] =
    "help [COMMAND|options]\n"
    "\n"
    "Explains a command, or the options of the profiler: what GAIAPROF_OPTIONS, the variables\n"
    "GAIAPROF_<KEY> and `gaiaprof run -O` take.\n"
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

static void put_sorts(FILE *out)
{
    for (const struct sort_key *key = sort_keys; key->name; key++)
        fprintf(out, "%s%s", key == sort_keys ? "" : " ", key->name);
}

// Tables of the program stand in its help as @name@.
static void put_filled(const char *text, FILE *out)
{
    static const struct {
        const char *mark;
        void (*put)(FILE *out);
    } marks[] = {{"@views@", put_views}, {"@sorts@", put_sorts}};
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

static const struct option help_options[] = {OPTIONS_COMMON, {0}};

static int help_on(const char *topic)
{
    const struct command *command = topic ? command_find(topic) : NULL;
    struct nearest nearest = {.word = topic};
    if (!topic || command) {
        command_help(command, stdout);
    } else if (strcmp(topic, "options") == 0) {
        put_options(stdout);
    } else {
        for (const struct command *each = commands; each->name; each++)
            nearest_offer(&nearest, each->name);
        nearest_offer(&nearest, "options");
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
