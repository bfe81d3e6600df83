// SPDX-License-Identifier: MIT
//
// gaiaprof.c - the command: finds the subcommand in the table and runs it.
#include "report/commands/command.h"

#include <string.h>

static int unknown_command(const char *word)
{
    struct nearest nearest = {.word = word};
    for (const struct command *command = commands; command->name; command++)
        nearest_offer(&nearest, command->name);
    return command_error(word, "no such %s%s", word[0] == '-' ? "option" : "command",
                         nearest.best ? nearest_hint(&nearest) : "; see gaiaprof help");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        command_help(NULL, stderr);
        return EXIT_TROUBLE;
    }
    const char *word = argv[1];
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
        command_help(NULL, stdout);
        return command_finish_output(stdout, "stdout") ? 0 : EXIT_TROUBLE;
    }
    if (strcmp(word, "--version") == 0) {
        printf("gaiaprof %s\n", GAIAPROF_VERSION);
        return command_finish_output(stdout, "stdout") ? 0 : EXIT_TROUBLE;
    }
    const struct command *command = command_find(word);
    return command ? command->run(argc - 1, argv + 1) : unknown_command(word);
}
