// SPDX-License-Identifier: MIT
//
// cmd_report.h - one report, for commands that print one.
#ifndef GAIAPROF_CMD_REPORT_H
#define GAIAPROF_CMD_REPORT_H

#include "report/formats/render.h"

#include <stdint.h>
#include <sys/types.h>

struct report_request {
    const struct render_format *format;
    struct render_options options;
    struct selection selection;
    const char *output;       // NULL: stdout
    pid_t pid;                // 0: that of the profile
    uint32_t deadlock;        // 0: a whole report; else only this one
    bool at_exit;             // the process is ending: it does not count as running
    bool by_program;          // of several profiles a table, in place of a report of each
    bool has_view;            // one was asked for
    bool leaks;               // scan a process that runs, whatever the view
    bool generate;            // suppressions in place of a report
    int64_t interval_ns;      // between two scans; 0: one is enough
    const char *save, *since; // copies of profiles with a scan; NULL: none
    const char *suppressions; // files, separated by commas; NULL: none but the built-in ones
    const char *budgets;      // say whether they were kept; NULL: none
};

void report_request_init(struct report_request *request);

// Loads and renders one profile. Returns an exit status; errors have been printed. Files of
// suppressions that can't be read are such an error, and no reason not to render.
int report_print(struct report_request *request, const char *path, FILE *out);

#endif
