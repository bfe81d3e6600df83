// SPDX-License-Identifier: MIT
//
// run_results.c - see run_results.h.
#include "report/commands/run_results.h"

#include "report/commands/command.h"
#include "report/commands/output_file.h"
#include "report/commands/profiler_options.h"
#include "report/commands/report_print.h"
#include "report/text/profile_tree.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct render_format *wanted_format(void)
{
    char *name = profiler_option_value(profiler_option_find("report"));
    const struct render_format *format = name ? render_format_find(name) : NULL;
    free(name);
    return format;
}

// Placeholders of report_file are the profiler's business; the plain ones are known here too.
static char *report_file_name(const struct run_results *results)
{
    char *pattern = profiler_option_value(profiler_option_find("report_file"));
    char *name = NULL;
    size_t room = 0;
    FILE *out = pattern ? open_memstream(&name, &room) : NULL;
    for (const char *at = pattern; out && *at; at++) {
        if (at[0] == '%' && at[1] == 'p')
            fprintf(out, "%d", (int)results->left->pid), at++;
        else if (at[0] == '%' && at[1] == 'e')
            fputs(results->file, out), at++;
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

// Stderr, or where the report was asked for. NULL after an error.
static FILE *open_report(const struct run_results *results, char **ret_name)
{
    *ret_name = report_file_name(results);
    return *ret_name && **ret_name ? output_file_open_or_say(*ret_name) : stderr;
}

static void print_report(const struct run_results *results, const struct render_format *format,
                         const char *path)
{
    struct report_request request;
    report_request_init(&request);
    request.format = format;
    char *name;
    FILE *out = open_report(results, &name);
    if (out) {
        report_print(&request, path, out);
        command_finish_output(out, name);
    }
    free(name);
}

// --- a tree

// As one would write it here.
static const char *short_path(const char *path)
{
    char here[PATH_MAX];
    size_t length = getcwd(here, sizeof(here)) ? strlen(here) : 0;
    bool is_below = length > 1 && strncmp(path, here, length) == 0 && path[length] == '/';
    return is_below ? path + length + 1 : path;
}

static const char **paths_of(const struct left_profiles *left)
{
    const char **paths = calloc(left->count + 1, sizeof(*paths));
    for (size_t i = 0; paths && i < left->count; i++)
        paths[i] = short_path(left->profiles[i].path);
    if (!paths)
        command_error("run", "not enough memory");
    return paths;
}

static bool is_one_process(const struct left_profiles *left)
{
    for (size_t i = 1; i < left->count; i++)
        if (left->profiles[i].pid != left->profiles[0].pid)
            return false;
    return true;
}

static void print_table(const struct run_results *results, const struct left_profiles *left)
{
    const char **paths = paths_of(left);
    char *suppressions = profiler_option_value(profiler_option_find("suppressions"));
    char *name = NULL;
    FILE *out = paths ? open_report(results, &name) : NULL;
    if (out) {
        profile_tree_print(paths, left->count, suppressions, out);
        command_finish_output(out, name);
    }
    free(name);
    free(suppressions);
    free(paths);
}

// A process that became one program after the other is reported as the last of them.
static void print_tree(const struct run_results *results, const struct left_profiles *left)
{
    if (is_one_process(left))
        print_report(results, render_format_find("text"), left->profiles[left->count - 1].path);
    else
        print_table(results, left);
}

// --- one after the other

static void print_reports(const struct run_results *results, const struct left_profiles *left)
{
    const struct render_format *format = wanted_format();
    for (size_t i = 0; i < left->count && format; i++)
        if (!left->profiles[i].reported)
            print_report(results, format, left->profiles[i].path);
}

// --- the verdict

static int check(const struct run_results *results, const struct left_profiles *left)
{
    if (!results->check)
        return 0;
    if (left->count == 0) {
        fprintf(stderr, "%snot known, as nothing was recorded\n", results->check->prefix);
        return EXIT_VIOLATED;
    }
    const char **paths = paths_of(left);
    if (results->for_tree || wanted_format())
        fputc('\n', stderr); // after the report
    int status = paths ? check_profiles(results->check, paths, left->count, stderr) : EXIT_TROUBLE;
    free(paths);
    if (results->launcher)
        command_error(results->program,
                      "only %s itself was profiled: -O follow=all profiles what it starts",
                      results->launcher);
    return status;
}

int run_results_print(const struct run_results *results)
{
    struct left_profiles left = {0};
    if (results->recorded && left_profiles_find(&left, results->left) != 0)
        command_error("run", "not enough memory to look for the profile");
    else if (results->recorded && left.count == 0)
        command_error(results->program, "no profile was made: the program did not load "
                                        "libgaiaprof.so, or could not write a file");
    if (left.count && results->for_tree)
        print_tree(results, &left);
    else
        print_reports(results, &left);
    int status = check(results, &left);
    left_profiles_release(&left);
    return status;
}
