// SPDX-License-Identifier: MIT
//
// report_print.h - one report, for commands that print one. Returned are exit statuses; errors have
// been printed.
#ifndef GAIAPROF_REPORT_PRINT_H
#define GAIAPROF_REPORT_PRINT_H

#include "report/commands/report_request.h"

// Files of suppressions, separated by commas; NULL: the built-in ones alone.
int report_load_suppressions(struct suppressions *suppressions, const char *files);

// Renders a profile: to `out`, or to the files of its own that the format has (`out` is NULL).
int report_print_profile(struct profile *profile, struct report_request *request,
                         struct suppressions *suppressions, FILE *out);

// Before something is written to `out` that is the output file of the request, if it has one: what
// was in it goes now.
int report_begin_output(const struct report_request *request, FILE *out);

// Loads one and renders it.
int report_print_path(struct report_request *request, struct suppressions *suppressions,
                      const char *path, FILE *out);

// The same with the suppressions that are asked for. Files of suppressions that can't be read are
// an error, and no reason not to render.
int report_print(struct report_request *request, const char *path, FILE *out);

// Why the profile lacks the view that is asked for by name, with how to record it. NULL: it has it.
const char *report_why_missing(const struct profile *profile, const struct report_request *request);

#endif
