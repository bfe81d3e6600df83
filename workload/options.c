// SPDX-License-Identifier: MIT
//
// Parses the command line with getopt_long, from one table of options. A setter takes the text of
// the argument (NULL for a flag) and returns NULL or why it won't do.
#include "workload/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 1024
#define OPERATIONS_MAX 1000000000000
#define DURATION_MAX_S 86400

static bool parse_count(const char *text, uint64_t *ret_value)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || errno)
        return false;
    *ret_value = value;
    return true;
}

static const char *set_threads(struct options *options, const char *text)
{
    uint64_t value;
    if (!parse_count(text, &value) || value < 1 || value > THREADS_MAX)
        return "must be a whole number from 1 to 1024";
    options->threads = (unsigned)value;
    return NULL;
}

static const char *set_operations(struct options *options, const char *text)
{
    uint64_t value;
    if (!parse_count(text, &value) || value < 1 || value > OPERATIONS_MAX)
        return "must be a whole number from 1 to 1000000000000";
    options->operations = value;
    return NULL;
}

static double unit_seconds(const char *unit)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(units[i].name, unit) == 0)
            return units[i].seconds;
    }
    return 0;
}

static const char *set_duration(struct options *options, const char *text)
{
    char *unit;
    double seconds = strtod(text, &unit) * unit_seconds(unit);
    // Digits only: strtod would also take signs, inf, nan and hexadecimal.
    if (!isdigit((unsigned char)text[0]) || strspn(text, "0123456789.") != (size_t)(unit - text) ||
        unit_seconds(unit) == 0)
        return "must be a time with its unit, such as 2s or 500ms";
    if (seconds < 1e-9 || seconds > DURATION_MAX_S)
        return "must be more than nothing and at most 24h";
    options->duration_ns = (uint64_t)(seconds * 1e9);
    return NULL;
}

static const char *set_seed(struct options *options, const char *text)
{
    return parse_count(text, &options->seed) ? NULL : "must be a whole number below 2^64";
}

static const char *set_subsystems(struct options *options, const char *text)
{
    options->subsystems = text;
    return NULL;
}

static const char *set_format(struct options *options, const char *text)
{
    if (strcmp(text, results_table.name) == 0)
        options->format = &results_table;
    else if (strcmp(text, results_bench.name) == 0)
        options->format = &results_bench;
    else
        return "must be table or bench";
    return NULL;
}

static const char *set_quiet(struct options *options, const char *text)
{
    (void)text;
    options->format = &results_none;
    return NULL;
}

static const char *set_scenario(struct options *options, const char *text)
{
    options->scenario = text;
    return NULL;
}

static const char *set_expect(struct options *options, const char *text)
{
    (void)text;
    options->expect = true;
    return NULL;
}

static const char *set_list(struct options *options, const char *text)
{
    (void)text;
    options->list = true;
    return NULL;
}

static const char *set_help(struct options *options, const char *text)
{
    (void)text;
    options->help = true;
    return NULL;
}

static const char *set_version(struct options *options, const char *text)
{
    (void)text;
    options->version = true;
    return NULL;
}

// An option's place in the table is its value in getopt_long, counted from OPTION_BASE.
static const struct {
    const char *name;
    const char *argument; // NULL: a flag
    char letter;          // '\0': none
    bool shapes_run;      // means nothing to a scenario
    const char *help;
    const char *(*set)(struct options *options, const char *text);
} rows[] = {
    {"--threads", "N", 0, true, "threads of each subsystem (4)", set_threads},
    {"--operations", "N", 0, true,
     "operations of each thread, instead of each subsystem's own number", set_operations},
    {"--duration", "TIME", 0, true,
     "at most this long in all, such as 2s or 500ms; without --operations,\n"
     "                        until then",
     set_duration},
    {"--seed", "N", 0, true, "the same seed does the same work (1)", set_seed},
    {"--subsystems", "LIST", 0, true, "only these, separated by commas", set_subsystems},
    {"--format", "FORMAT", 0, true, "table, or bench: Go benchmark text, as benchstat reads it",
     set_format},
    {"--scenario", "NAME", 0, false, "do one small thing whose profile is known", set_scenario},
    {"--expect", NULL, 0, false, "print what a profile of the scenario must say, as JSON",
     set_expect},
    {"--list", NULL, 0, false, "list subsystems and scenarios", set_list},
    {"--quiet", NULL, 'q', false, "print no results", set_quiet},
    {"--help", NULL, 'h', false, "print this", set_help},
    {"--version", NULL, 0, false, "print the version", set_version},
};

#define ROW_COUNT (sizeof rows / sizeof rows[0])
#define OPTION_BASE 256
#define SHORT_OPTIONS ":hq"

void options_print_help(void)
{
    printf(
        "usage: stress [options]\n"
        "       stress --scenario NAME [--expect]\n\n"
        "A program to profile: threads that share locks, queues and caches without much thought.\n"
        "    LD_PRELOAD=libgaiaprof.so stress\n\n");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        char text[24];
        snprintf(text, sizeof text, "%s %s", rows[i].name, rows[i].argument ?: "");
        printf("  %c%c%c %-18s%s\n", rows[i].letter ? '-' : ' ', rows[i].letter ?: ' ',
               rows[i].letter ? ',' : ' ', text, rows[i].help);
    }
}

static void fill_long_options(struct option *long_options)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        long_options[i] = (struct option){
            .name = rows[i].name + strlen("--"),
            .has_arg = rows[i].argument ? required_argument : no_argument,
            .val = OPTION_BASE + (int)i,
        };
    }
    long_options[ROW_COUNT] = (struct option){0};
}

// The row of what getopt_long returned, ROW_COUNT if it is no option of ours.
static size_t row_of(int value)
{
    if (value >= OPTION_BASE)
        return (size_t)(value - OPTION_BASE);
    size_t row = 0;
    while (row < ROW_COUNT && !(rows[row].letter && rows[row].letter == value))
        row++;
    return row;
}

// What the options contradict each other in, or NULL. run_option is one that shapes a run, or NULL.
static const char *contradiction(const struct options *options, const char *run_option,
                                 const char **ret_what)
{
    *ret_what = "--expect";
    if (options->expect && !options->scenario)
        return "needs --scenario NAME";
    *ret_what = run_option;
    if (options->scenario && run_option)
        return "has no meaning with --scenario";
    return NULL;
}

static void options_init(struct options *options)
{
    *options = (struct options){.threads = 4, .seed = 1, .format = &results_table};
}

// The word that getopt_long could not use. It has not stepped past a word of letters (-xq) whose
// other letters it has still to read.
static const char *unknown_word(char **argv)
{
    const char *last = argv[optind - 1];
    bool is_letter = optopt > 0 && optopt < OPTION_BASE;
    return is_letter && !(last[0] == '-' && strchr(last, optopt)) ? argv[optind] : last;
}

// Obeys one value of getopt_long. NULL, or why it can't be done, with *ret_what filled.
static const char *options_apply(struct options *options, int value, char **argv,
                                 const char **ret_what)
{
    size_t row = row_of(value);
    if (row < ROW_COUNT) {
        *ret_what = rows[row].name;
        return rows[row].set(options, optarg);
    }
    *ret_what = unknown_word(argv);
    if (value == ':')
        return "needs an argument";
    return optopt >= OPTION_BASE ? "takes no argument" : "no such option, see stress --help";
}

int options_parse(struct options *ret_options, int argc, char **argv, const char **ret_what,
                  const char **ret_why)
{
    struct option long_options[ROW_COUNT + 1];
    const char *run_option = NULL;
    int value;
    options_init(ret_options);
    fill_long_options(long_options);
    opterr = 0;
    while ((value = getopt_long(argc, argv, SHORT_OPTIONS, long_options, NULL)) != -1) {
        *ret_why = options_apply(ret_options, value, argv, ret_what);
        if (*ret_why)
            return -EINVAL;
        if (rows[row_of(value)].shapes_run)
            run_option = rows[row_of(value)].name;
    }
    *ret_what = argv[optind];
    *ret_why = optind < argc ? "stress takes options only, see stress --help"
                             : contradiction(ret_options, run_option, ret_what);
    return *ret_why ? -EINVAL : 0;
}
