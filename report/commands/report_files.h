// SPDX-License-Identifier: MIT
//
// report_files.h - formats whose output is files, not text to look at: what they are called.
#ifndef GAIAPROF_REPORT_FILES_H
#define GAIAPROF_REPORT_FILES_H

#include "report/commands/report_request.h"

// Whether the output of a request goes to files of its own, so that there is no FILE for it.
bool report_files_wanted(const struct report_request *request);

// Whether request->output is a directory for them.
bool report_files_are_in_directory(const struct report_request *request);

// Renders to files: request->output, or PROGRAM.PID.VIEW and the format's suffix (of a whole report
// without VIEW) in the directory that output names or, by default, in the working directory. Prints
// their names on stdout. Returns an exit status; errors have been printed.
int report_files_write(struct profile *profile, struct report_request *request);

#endif
