// SPDX-License-Identifier: MIT
//
// profile_open.c - see profile_open.h.
#include "report/model/profile_open.h"

#include "report/leaks/leak_scan.h"
#include "report/model/clock.h"
#include "report/model/profile_file.h"
#include "report/model/runtime_code.h"
#include "report/model/units.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_COLUMNS 60

int profile_load_file(struct profile *profile, const struct profile_file *file,
                      struct profile_source *source, const char **ret_why)
{
    const char *why_cut;
    source->bytes = file->bytes;
    source->length_bytes = file->length_bytes;
    int error = profile_load(profile, source, ret_why);
    if (profile_file_check(file, &why_cut) == 0)
        return error;
    if (!error)
        profile_release(profile);
    *ret_why = why_cut;
    return -EIO;
}

// `pid`: 0: that of the profile.
static int load(struct profile *profile, const struct profile_file *file, const char *operand,
                pid_t pid, const struct leak_scan *scan, struct progress *progress,
                const char **ret_why)
{
    struct profile_source source = {
        .path = operand,
        .running = profile_file_is_mapped_by(file, pid ? pid : profile_file_pid(file)),
        .now_ns = clock_monotonic_ns(),
        .scan = scan,
        .progress = progress,
    };
    return profile_load_file(profile, file, &source, ret_why);
}

static int load_live(struct profile *profile, const struct profile_file *file, const char *operand,
                     pid_t pid, const char **ret_why)
{
    struct region region = {0};
    struct leak_scan scan;
    int error = leak_scan_make(&scan, &region, file, pid, false);
    if (error)
        *ret_why = "not enough memory";
    else
        error = load(profile, file, operand, pid, &scan, NULL, ret_why);
    region_release(&region);
    return error;
}

int profile_open(struct profile *profile, const char *operand, bool leaks,
                 struct progress *progress, const char **ret_why)
{
    pid_t pid = profile_file_operand_pid(operand);
    char *path = NULL;
    int error = pid ? profile_file_of_process(pid, &path, ret_why) : 0;
    struct profile_file file;
    if (!error)
        error = profile_file_open(&file, path ? path : operand, ret_why);
    free(path);
    if (error)
        return error;
    error = pid && leaks ? load_live(profile, &file, operand, pid, ret_why)
                         : load(profile, &file, operand, pid, NULL, progress, ret_why);
    profile_file_close(&file);
    return error;
}

const char *profile_called(const struct profile *profile)
{
    const char *file = path_basename(profile->exe);
    const char *called = profile->arg_count ? profile->args[0] : file;
    return strpbrk(called, " :") && *file ? file : path_basename(called);
}

const char *profile_program(const struct profile *profile, struct region *region)
{
    const char *name = profile_called(profile);
    const char *printable = text_printable(region, *name ? name : "a program");
    return printable ? region_printf(region, "%s", printable) : NULL;
}

const char *profile_command_line(const struct profile *profile, struct region *region)
{
    const char *line = profile_program(profile, region);
    for (size_t i = 1; i < profile->arg_count && line && text_columns(line) <= LINE_COLUMNS; i++) {
        const char *argument = text_printable(region, profile->args[i]);
        line = argument ? region_printf(region, "%s %s", line, argument) : NULL;
    }
    return line ? text_cut(region, line, LINE_COLUMNS) : NULL;
}
