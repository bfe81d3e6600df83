// SPDX-License-Identifier: MIT
//
// stress: a program to profile. Runs its subsystems one after the other, each with a few threads,
// and prints what it measured itself; or does one scenario whose profile is known beforehand.
// The main thread starts and joins all others. A new subsystem is a file and a line in the table.
#include "workload/options.h"
#include "workload/runner.h"
#include "workload/scenarios/scenario.h"
#include "workload/subsystem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct subsystem *const subsystems[] = {
    &requests_subsystem, &metrics_subsystem, &counters_subsystem, &context_subsystem,
    &queue_subsystem,    &cache_subsystem,   &workers_subsystem,
};

#define SUBSYSTEM_COUNT (sizeof subsystems / sizeof subsystems[0])

// Whether a comma-separated list contains a name.
static bool list_has(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        if (strcspn(at, ",") == length && strncmp(at, name, length) == 0)
            return true;
    }
    return false;
}

static bool is_selected(const struct options *options, const struct subsystem *subsystem)
{
    return !options->subsystems || list_has(options->subsystems, subsystem->name);
}

static bool subsystem_exists(const char *name, size_t length)
{
    for (size_t i = 0; i < SUBSYSTEM_COUNT; i++) {
        if (strlen(subsystems[i]->name) == length &&
            strncmp(subsystems[i]->name, name, length) == 0)
            return true;
    }
    return false;
}

// Every name of the list must be one we have: a misspelt one would silently measure less.
static int check_selection(const char *list)
{
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        int length = (int)strcspn(at, ",");
        if (!subsystem_exists(at, (size_t)length)) {
            fprintf(stderr, "stress: --subsystems: no subsystem \"%.*s\", see stress --list\n",
                    length, at);
            return -EINVAL;
        }
    }
    return 0;
}

static unsigned count_selected(const struct options *options)
{
    unsigned count = 0;
    for (size_t i = 0; i < SUBSYSTEM_COUNT; i++)
        count += is_selected(options, subsystems[i]);
    return count;
}

static struct work_plan plan_for(const struct options *options, const struct subsystem *subsystem)
{
    struct work_plan plan = {.threads = options->threads, .seed = options->seed};
    if (options->operations)
        plan.operations = options->operations;
    else
        plan.operations = options->duration_ns ? UINT64_MAX : subsystem->operations;
    return plan;
}

// An equal part of the time that is left, for one of `left` subsystems.
static uint64_t time_share_ns(const struct options *options, uint64_t start_ns, unsigned left)
{
    if (!options->duration_ns)
        return UINT64_MAX;
    uint64_t used_ns = work_now_ns() - start_ns;
    return used_ns < options->duration_ns ? (options->duration_ns - used_ns) / left : 0;
}

static void run_subsystems(const struct options *options, struct run_result *total)
{
    struct run_result result;
    unsigned left = count_selected(options);
    uint64_t start_ns = work_now_ns();
    for (size_t i = 0; i < SUBSYSTEM_COUNT; i++) {
        if (!is_selected(options, subsystems[i]))
            continue;
        struct work_plan plan = plan_for(options, subsystems[i]);
        run_subsystem(subsystems[i], &plan, time_share_ns(options, start_ns, left--), &result);
        options->format->row(subsystems[i]->name, &plan, &result);
        run_result_add(total, &result);
    }
}

static int stress(const struct options *options)
{
    struct run_result total = {0};
    struct work_plan plan = {.threads = options->threads, .seed = options->seed};
    if (check_selection(options->subsystems))
        return 2;
    if (options->format->start)
        options->format->start(&plan);
    run_subsystems(options, &total);
    if (options->format->finish)
        options->format->finish(&plan, &total);
    return 0;
}

static int list(void)
{
    printf("subsystems, in the order they run (--subsystems LIST):\n");
    for (size_t i = 0; i < SUBSYSTEM_COUNT; i++)
        printf("  %-17s %s\n", subsystems[i]->name, subsystems[i]->summary);
    printf("\nscenarios, each with a known profile (--scenario NAME, --expect):\n");
    scenarios_list(stdout);
    return 0;
}

static int help(void)
{
    options_print_help();
    return 0;
}

static int version(void)
{
    printf("stress %s\n", GAIAPROF_VERSION);
    return 0;
}

static int do_scenario(const struct options *options)
{
    const struct scenario *scenario = scenario_find(options->scenario);
    if (!scenario) {
        fprintf(stderr, "stress: --scenario: no scenario \"%s\", see stress --list\n",
                options->scenario);
        return 2;
    }
    if (options->expect)
        scenario_print_expected(scenario, stdout);
    else
        scenario->run();
    return 0;
}

static int run(const struct options *options)
{
    if (options->help)
        return help();
    if (options->version)
        return version();
    if (options->list)
        return list();
    return options->scenario ? do_scenario(options) : stress(options);
}

int main(int argc, char **argv)
{
    // stdio would allocate a buffer of its own, the one block of a profile that is not ours.
    static char output[4096];
    struct options options;
    const char *what, *why;
    setvbuf(stdout, output, _IOFBF, sizeof output);
    if (options_parse(&options, argc, argv, &what, &why)) {
        fprintf(stderr, "stress: %s: %s\n", what, why);
        return 2;
    }
    int status = run(&options);
    if (fflush(stdout) || ferror(stdout))
        work_die("stdout", errno);
    return status;
}
