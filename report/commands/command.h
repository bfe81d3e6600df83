// SPDX-License-Identifier: MIT
//
// command.h - what the subcommands of gaiaprof share: the command table, errors, options. A new
// command is a row of the table in command.c and a cmd_NAME.c.
#ifndef GAIAPROF_COMMAND_H
#define GAIAPROF_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define EXIT_TROUBLE 2 // any error of gaiaprof itself

struct command {
    const char *name;
    const char *summary;
    const char *help; // after "Usage: gaiaprof "
    // argv[0] is the command's name. Returns the exit status.
    int (*run)(int argc, char **argv);
};

extern const struct command commands[]; // ends with name NULL

const struct command *command_find(const char *name);
void command_help(const struct command *command, FILE *out);

int cmd_run(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_help(int argc, char **argv);
extern const char cmd_run_help[], cmd_report_help[], cmd_check_help[], cmd_diff_help[],
    cmd_merge_help[], cmd_help_help[];

// "gaiaprof: WHAT: WHY" on stderr. Returns EXIT_TROUBLE.
int command_error(const char *what, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Closes stdout: false, with an error printed, if something could not be written.
bool command_finish_output(FILE *out, const char *name);

// --- options

struct option {
    char letter;      // what arguments_next() returns
    const char *name; // "--name"; NULL: only the letter
    bool only_name;   // the letter is not an option
    bool has_value;
};

// Every command has these.
#define OPTIONS_COMMON                                                                             \
    {'h', "help", false, false},                                                                   \
    {                                                                                              \
        'V', "version", true, false                                                                \
    }

struct arguments {
    const char *command;
    const struct option *options; // ends with letter 0
    bool stop_at_operand;         // the rest belongs to somebody else
    char **argv;                  // NULL-terminated
    int next;
    const char *cluster; // rest of "-abc"
    const char *value;   // of the option returned last
    char **operands;     // room for all; filled as they are met
    int operand_count;
    int operands_before; // "--"; 0: none, or there was none
};

// The next option's letter; 0 when there are none left (then `operands` is complete, and `next` is
// the first argument not looked at); -1 after an error, which has been printed.
int arguments_next(struct arguments *arguments);

// Handles the common options: true if the command is done, with status 0.
bool arguments_common(const struct arguments *arguments, int letter);

// The candidate most like `word`, if it is likely what was meant; else NULL.
struct nearest {
    const char *word, *best;
    size_t distance;
};
void nearest_offer(struct nearest *nearest, const char *candidate);
const char *nearest_result(const struct nearest *nearest);

// ": did you mean 'X'?", or "" where nothing is near. Valid until the next call.
const char *nearest_hint(const struct nearest *nearest);

#endif
