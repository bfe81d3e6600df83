// SPDX-License-Identifier: MIT
//
// cmd_report.h - one report, for commands that print one.
#ifndef GAIAPROF_CMD_REPORT_H
#define GAIAPROF_CMD_REPORT_H

#include "report/render.h"

#include <stdint.h>
#include <sys/types.h>

struct report_request {
    const struct render_format *format;
    struct render_options options;
    struct selection selection;
    const char *output; // NULL: stdout
    pid_t pid;          // 0: that of the profile
    uint32_t deadlock;  // 0: a whole report; else only this one
    bool at_exit;       // the process is ending: it does not count as running
};

void report_request_init(struct report_request *request);

// Loads and renders one profile. Returns an exit status; errors have been printed.
int report_print(struct report_request *request, const char *path, FILE *out);

#endif
