// SPDX-License-Identifier: MIT
//
// report_files.c - see report_files.h.
#include "report/commands/report_files.h"

#include "report/commands/output_file.h"
#include "report/model/profile_open.h"
#include "report/model/runtime_code.h"

#include <string.h>
#include <sys/stat.h>

bool report_files_wanted(const struct report_request *request)
{
    return request->format->suffix && !request->generate && !request->by_program &&
           !(request->output && strcmp(request->output, "-") == 0);
}

bool report_files_are_in_directory(const struct report_request *request)
{
    struct stat status;
    return request->output && stat(request->output, &status) == 0 && S_ISDIR(status.st_mode);
}

// As %e of the profiler's option output, with the pid of a process.
static char *file_name(struct profile *profile, const struct report_request *request,
                       const struct sample_view *view)
{
    const char *directory = report_files_are_in_directory(request) ? request->output : NULL;
    const char *program = *profile->exe ? path_basename(profile->exe) : "program";
    const char *of = profile->old ? "diff" : "merged";
    if (!profile_is_merged(profile))
        of = region_printf(&profile->region, "%u", profile->header.pid);
    return of ? region_printf(&profile->region, "%s%s%s.%s%s%s%s", directory ? directory : "",
                              directory ? "/" : "", program, of, view ? "." : "",
                              view ? view->name : "", request->format->suffix)
              : NULL;
}

static int write_file(struct profile *profile, struct report_request *request,
                      const struct sample_view *view)
{
    bool is_named = request->output && !report_files_are_in_directory(request);
    const char *name = is_named ? request->output : file_name(profile, request, view);
    if (!name)
        return command_error(profile->path, "not enough memory");
    FILE *out = output_file_open_or_say(name);
    if (!out)
        return EXIT_TROUBLE;
    int error = request->format->render(profile, &request->options, out);
    if (!command_finish_output(out, name))
        return EXIT_TROUBLE;
    if (error)
        return command_error(profile->path, "not enough memory");
    if (!is_named)
        puts(name);
    return 0;
}

static int write_views(struct profile *profile, struct report_request *request)
{
    if (request->output && !report_files_are_in_directory(request))
        return command_error(request->output, "is no directory, for a file of each view; or say "
                                              "which view (-v)");
    int status = 0, written = 0;
    for (const struct sample_view *view = sample_views; view->name && !status; view++) {
        if (view->why_not(profile))
            continue;
        request->options.samples = view;
        request->options.value = view->default_type;
        status = write_file(profile, request, view);
        written++;
    }
    request->options.samples = NULL;
    if (!status && !written)
        return command_error(profile->path, "nothing was recorded that this format can hold");
    return status;
}

int report_files_write(struct profile *profile, struct report_request *request)
{
    if (request->format->scope == FORMAT_VIEW && !request->options.samples)
        return write_views(profile, request);
    bool has_view = request->format->scope == FORMAT_VIEW;
    return write_file(profile, request, has_view ? request->options.samples : NULL);
}
