// SPDX-License-Identifier: MIT
//
// check.c - checks profiles one after the other, so that only one (and the baselines) is in memory,
// and puts the results together by program.
#include "report/check/check.h"

#include "report/commands/command.h"
#include "report/commands/output_file.h"
#include "report/model/profile_open.h"
#include "report/model/runtime_code.h"
#include "report/model/suppressions.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

struct baseline {
    struct profile profile;
    const char *program;
};

struct checking {
    const struct check_request *request;
    struct checked checked;
    struct suppressions suppressions;
    struct baseline *baselines;
    size_t baseline_count;
    bool no_memory;
};

// --- what to check with

static int load_suppressions(struct checking *checking)
{
    const char *why = "";
    if (suppressions_load(&checking->suppressions, checking->request->suppressions, &why) == 0)
        return 0;
    fprintf(stderr, "gaiaprof: %s\n", why); // it says which file
    return EXIT_TROUBLE;
}

static int open_profile(struct checking *checking, struct profile *profile, const char *path)
{
    const struct check_request *request = checking->request;
    bool leaks = budgets_need_leaks(request->budgets);
    const char *why = "";
    int error = profile_open(profile, path, leaks, request->progress, &why);
    progress_clear(request->progress);
    if (error)
        return command_error(path, "%s", why);
    if (suppressions_apply(&checking->suppressions, profile) == 0)
        return 0;
    profile_release(profile);
    return command_error(path, "not enough memory");
}

static int load_baselines(struct checking *checking)
{
    const struct check_request *request = checking->request;
    struct region *region = &checking->checked.region;
    checking->baselines =
        region_array(region, request->baseline_count + 1, sizeof(*checking->baselines));
    if (!checking->baselines)
        return command_error("check", "not enough memory");
    for (size_t i = 0; i < request->baseline_count; i++) {
        struct baseline *baseline = &checking->baselines[i];
        int status = open_profile(checking, &baseline->profile, request->baselines[i]);
        if (status)
            return status;
        checking->baseline_count++;
        baseline->program = profile_program(&baseline->profile, region);
        if (!baseline->program)
            return command_error("check", "not enough memory");
    }
    return 0;
}

// Of the same program. The only one there is fits all: a new build may go by another name.
static struct profile *baseline_of(const struct checking *checking, const char *program)
{
    if (checking->baseline_count == 1)
        return &checking->baselines[0].profile;
    for (size_t i = 0; i < checking->baseline_count; i++)
        if (strcmp(checking->baselines[i].program, program) == 0)
            return &checking->baselines[i].profile;
    return NULL;
}

// --- checking

// Most of a thousand processes of one program violate a budget in the same places.
static bool wants_details(const struct checked *checked, const char *program)
{
    size_t count = 0;
    for (size_t i = 0; i < checked->process_count && count < CHECK_DETAILED_MAX; i++)
        count +=
            checked->processes[i].violated && strcmp(checked->processes[i].program, program) == 0;
    return count < CHECK_DETAILED_MAX;
}

static int check_process(struct checking *checking, struct profile *profile,
                         struct checked_process *process)
{
    struct checked *checked = &checking->checked;
    process->line = profile_command_line(profile, &checked->region);
    if (!process->line)
        return -ENOMEM;
    process->pid = profile->header.pid;
    process->state = profile->state;
    process->duration_ns = profile->duration_ns;
    process->start_realtime_ns = profile->header.start_realtime_ns;
    process->order = checked->process_count;
    process->detailed = wants_details(checked, process->program);
    int error = budgets_check(checked->budgets, profile, baseline_of(checking, process->program),
                              process->detailed, &checked->region, &process->results);
    for (size_t i = 0; !error && i < checked->budgets->count; i++)
        process->violated += process->results[i].verdict != VERDICT_KEPT;
    return error;
}

// Whether one of the patterns is all of the name.
static bool is_matched(const char *only, const char *program)
{
    char pattern[256];
    for (size_t length; *only; only += length + (only[length] == ',')) {
        length = strcspn(only, ",");
        if (length >= sizeof(pattern))
            continue;
        memcpy(pattern, only, length);
        pattern[length] = '\0';
        if (fnmatch(pattern, program, 0) == 0)
            return true;
    }
    return false;
}

// By either name: as it was called, and that of its file.
static bool is_asked_for(const char *only, const char *program, const struct profile *profile)
{
    return !only || is_matched(only, program) || is_matched(only, path_basename(profile->exe));
}

static void check_path(struct checking *checking, const char *path)
{
    struct checked *checked = &checking->checked;
    struct checked_process *process = &checked->processes[checked->process_count];
    struct profile profile;
    if (open_profile(checking, &profile, path) != 0) {
        checked->failed++;
        return;
    }
    *process = (struct checked_process){
        .path = path,
        .program = profile_program(&profile, &checked->region),
    };
    if (process->program && !is_asked_for(checking->request->only, process->program, &profile)) {
        checked->left_out++;
    } else if (process->program && check_process(checking, &profile, process) == 0) {
        checked->violated += process->violated;
        checked->process_count++;
    } else {
        checking->no_memory = true;
    }
    profile_release(&profile);
}

// --- by program

static int compare_names(const void *left, const void *right)
{
    const struct checked_process *a = left, *b = right;
    int order = strcmp(a->program, b->program);
    if (order == 0 && (a->violated == 0) != (b->violated == 0))
        return a->violated == 0 ? 1 : -1;
    if (order == 0 && a->violated && a->detailed != b->detailed)
        return a->detailed ? -1 : 1;
    if (order == 0 && a->violated != b->violated)
        return a->violated < b->violated ? 1 : -1;
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static size_t first_order(const struct checked_program *program)
{
    size_t first = SIZE_MAX;
    for (size_t i = 0; i < program->process_count; i++)
        if (program->processes[i].order < first)
            first = program->processes[i].order;
    return first;
}

static int compare_programs(const void *left, const void *right)
{
    const struct checked_program *a = left, *b = right;
    if ((a->violating == 0) != (b->violating == 0))
        return a->violating == 0 ? 1 : -1;
    size_t first_a = first_order(a), first_b = first_order(b);
    return (first_a > first_b) - (first_a < first_b);
}

static int group(struct checked *checked)
{
    size_t count = checked->process_count;
    checked->programs = region_array(&checked->region, count + 1, sizeof(*checked->programs));
    if (!checked->programs)
        return -ENOMEM;
    qsort(checked->processes, count, sizeof(*checked->processes), compare_names);
    for (size_t i = 0; i < count; i++) {
        const struct checked_process *process = &checked->processes[i];
        if (i == 0 || strcmp(process[-1].program, process->program) != 0)
            checked->programs[checked->program_count++] =
                (struct checked_program){.name = process->program, .processes = process};
        struct checked_program *program = &checked->programs[checked->program_count - 1];
        program->process_count++;
        program->violating += process->violated != 0;
    }
    qsort(checked->programs, checked->program_count, sizeof(*checked->programs), compare_programs);
    return 0;
}

// --- the command's part

static int write_junit(const struct checked *checked, const char *path)
{
    FILE *out = strcmp(path, "-") == 0 ? stdout : output_file_open_or_say(path);
    if (!out)
        return EXIT_TROUBLE;
    check_print_junit(checked, out);
    return command_finish_output(out, path) ? 0 : EXIT_TROUBLE;
}

static int print(struct checking *checking, FILE *out)
{
    const struct check_request *request = checking->request;
    const struct checked *checked = &checking->checked;
    check_print_text(checked, request, out);
    if (request->github)
        check_print_github(checked, out);
    int trouble = request->junit ? write_junit(checked, request->junit) : 0;
    if (trouble || checked->failed)
        return EXIT_TROUBLE;
    return checked->violated ? EXIT_VIOLATED : 0;
}

static int prepare(struct checking *checking)
{
    int status = load_suppressions(checking);
    return status ? status : load_baselines(checking);
}

static void release(struct checking *checking)
{
    for (size_t i = 0; i < checking->baseline_count; i++)
        profile_release(&checking->baselines[i].profile);
    suppressions_release(&checking->suppressions);
    region_release(&checking->checked.region);
}

static int check_all(struct checking *checking, const char *const *paths, size_t count, FILE *out)
{
    struct checked *checked = &checking->checked;
    checked->processes = region_array(&checked->region, count + 1, sizeof(*checked->processes));
    for (size_t i = 0; i < count && checked->processes; i++)
        check_path(checking, paths[i]);
    if (!checked->processes || checking->no_memory || group(checked) != 0)
        return command_error("check", "not enough memory");
    if (checked->process_count == 0 && checked->left_out)
        return command_error(checking->request->only, "no such program among %zu profile%s",
                             checked->left_out, checked->left_out == 1 ? "" : "s");
    return print(checking, out);
}

int check_prepare(const struct check_request *request)
{
    struct checking checking = {.request = request};
    int status = prepare(&checking);
    release(&checking);
    return status;
}

int check_profiles(const struct check_request *request, const char *const *paths, size_t count,
                   FILE *out)
{
    struct checking checking = {.request = request, .checked = {.budgets = request->budgets}};
    int status = prepare(&checking);
    if (!status)
        status = check_all(&checking, paths, count, out);
    release(&checking);
    return status;
}

// --- at exit

static int print_violated(const struct budgets *budgets, struct profile *profile, FILE *out)
{
    struct budget_result *results;
    int status = 0;
    if (budgets_check(budgets, profile, NULL, true, &profile->region, &results) != 0) {
        fputs("gaiaprof: check: not enough memory\n", out);
        return EXIT_VIOLATED;
    }
    for (size_t i = 0; i < budgets->count; i++) {
        const struct budget_result *result = &results[i];
        if (result->verdict == VERDICT_KEPT)
            continue;
        status = EXIT_VIOLATED;
        fprintf(out, "gaiaprof: check: %s: %s", result->name, result->text);
        if (result->site_count)
            fprintf(out, ": %s", result->sites[0].where);
        fputc('\n', out);
    }
    return status;
}

int check_print_verdict(struct profile *profile, const char *budgets, FILE *out)
{
    struct budgets parsed = {0};
    const char *why;
    int status = EXIT_VIOLATED;
    if (budgets_parse(&parsed, budgets, &why))
        status = print_violated(&parsed, profile, out);
    else
        fprintf(out, "gaiaprof: check: %s\n", why);
    budgets_release(&parsed);
    return status;
}
