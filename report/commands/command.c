// SPDX-License-Identifier: MIT
//
// command.c - the table of subcommands; errors, options and suggestions of all of them.
#include "report/commands/command.h"

#include "report/model/units.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define WORD_MAX 32

const struct command commands[] = {
    {"run", "profile a program", cmd_run_help, cmd_run},
    {"report", "report on a profile, or on a process that runs", cmd_report_help, cmd_report},
    {"check", "hold profiles against budgets, for CI", cmd_check_help, cmd_check},
    {"diff", "what changed between profiles, or between repeated runs", cmd_diff_help, cmd_diff},
    {"merge", "add profiles up to one", cmd_merge_help, cmd_merge},
    {"help", "explain a command, or the options of the profiler", cmd_help_help, cmd_help},
    {NULL, NULL, NULL, NULL},
};

int command_error(const char *what, const char *format, ...)
{
    struct region region = {0};
    va_list arguments;
    va_start(arguments, format);
    const char *why = region_vprintf(&region, format, arguments);
    va_end(arguments);
    const char *printable_what = text_printable(&region, what);
    const char *printable_why = why ? text_printable(&region, why) : NULL;
    fflush(stdout);
    fprintf(stderr, "gaiaprof: %s: %s\n", printable_what ? printable_what : "",
            printable_why ? printable_why : "not enough memory");
    region_release(&region);
    return EXIT_TROUBLE;
}

bool command_finish_output(FILE *out, const char *name)
{
    bool failed = ferror(out) != 0;
    if (failed) { // long ago: another byte says why
        clearerr(out);
        fputc('\n', out);
    }
    errno = 0;
    if (fflush(out) != 0 || failed || (out != stdout && out != stderr && fclose(out) != 0)) {
        command_error(name, "can't be written: %s", strerror(errno ? errno : EIO));
        return false;
    }
    return true;
}

// --- suggestions

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Levenshtein's distance of two words shorter than WORD_MAX.
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t length = strlen(b);
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            size_t substituted = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = smaller(substituted, 1 + smaller(row[j], row[j + 1]));
        }
    }
    return row[length];
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t length = strlen(nearest->word);
    if (length >= WORD_MAX || strlen(candidate) >= WORD_MAX)
        return;
    size_t distance = edit_distance(nearest->word, candidate);
    if (length >= 2 && strncmp(candidate, nearest->word, length) == 0)
        distance = 1; // the start of a word is meant for it
    if (distance > length / 3 + 1 || distance >= strlen(candidate))
        return;
    if (!nearest->best || distance < nearest->distance) {
        nearest->best = candidate;
        nearest->distance = distance;
    }
}

const char *nearest_result(const struct nearest *nearest)
{
    return nearest->best;
}

const char *nearest_hint(const struct nearest *nearest)
{
    static char hint[WORD_MAX + 32];
    if (!nearest->best)
        return "";
    snprintf(hint, sizeof(hint), "; did you mean '%s'?", nearest->best);
    return hint;
}

// --- options

// What the preloaded library alone uses.
static bool is_internal(const char *name)
{
    return strcmp(name, "at-exit") == 0 || strcmp(name, "deadlock") == 0;
}

static int unknown_name(const struct arguments *arguments, const char *argument)
{
    size_t length = strcspn(argument + 2, "=");
    char word[WORD_MAX];
    if (length >= sizeof(word))
        return command_error(argument, "no such option"), -1;
    memcpy(word, argument + 2, length);
    word[length] = '\0';
    struct nearest nearest = {.word = word};
    for (const struct option *option = arguments->options; option->letter; option++)
        if (option->name && !is_internal(option->name))
            nearest_offer(&nearest, option->name);
    if (nearest.best)
        command_error(argument, "no such option; did you mean '--%s'?", nearest.best);
    else
        command_error(argument, "no such option; see gaiaprof help %s", arguments->command);
    return -1;
}

static int take_value(struct arguments *arguments, const struct option *option, const char *joined)
{
    const char *shown = arguments->argv[arguments->next - 1];
    if (joined) {
        arguments->value = joined;
    } else if (arguments->argv[arguments->next]) {
        arguments->value = arguments->argv[arguments->next++];
    } else {
        command_error(shown, "needs a value; see gaiaprof help %s", arguments->command);
        return -1;
    }
    return option->letter;
}

static int next_name(struct arguments *arguments, const char *argument)
{
    size_t length = strcspn(argument + 2, "=");
    const char *joined = argument[2 + length] == '=' ? argument + 3 + length : NULL;
    for (const struct option *option = arguments->options; option->letter; option++) {
        if (!option->name || strlen(option->name) != length ||
            strncmp(option->name, argument + 2, length) != 0)
            continue;
        if (option->has_value)
            return take_value(arguments, option, joined);
        if (joined) {
            command_error(argument, "this option takes no value");
            return -1;
        }
        return option->letter;
    }
    return unknown_name(arguments, argument);
}

static int next_letter(struct arguments *arguments)
{
    char letter = *arguments->cluster++;
    const char *rest = *arguments->cluster ? arguments->cluster : NULL;
    for (const struct option *option = arguments->options; option->letter; option++) {
        if (option->only_name || option->letter != letter)
            continue;
        if (!option->has_value)
            return letter;
        arguments->cluster = NULL;
        return take_value(arguments, option, rest);
    }
    char shown[] = {'-', letter, '\0'};
    command_error(shown, "no such option; see gaiaprof help %s", arguments->command);
    return -1;
}

static int take_rest(struct arguments *arguments)
{
    while (arguments->argv[arguments->next])
        arguments->operands[arguments->operand_count++] = arguments->argv[arguments->next++];
    return 0;
}

int arguments_next(struct arguments *arguments)
{
    if (arguments->cluster && *arguments->cluster)
        return next_letter(arguments);
    arguments->cluster = NULL;
    char *argument;
    while ((argument = arguments->argv[arguments->next])) {
        if (strcmp(argument, "--") == 0) {
            arguments->next++;
            arguments->operands_before = arguments->operand_count;
            return take_rest(arguments);
        }
        if (argument[0] != '-' || argument[1] == '\0') {
            if (arguments->stop_at_operand)
                return take_rest(arguments);
            arguments->operands[arguments->operand_count++] = argument;
            arguments->next++;
            continue;
        }
        arguments->next++;
        if (argument[1] == '-')
            return next_name(arguments, argument);
        arguments->cluster = argument + 1;
        return next_letter(arguments);
    }
    return 0;
}

bool arguments_common(const struct arguments *arguments, int letter)
{
    if (letter == 'h')
        command_help(command_find(arguments->command), stdout);
    else if (letter == 'V')
        printf("gaiaprof %s\n", GAIAPROF_VERSION);
    return letter == 'h' || letter == 'V';
}
