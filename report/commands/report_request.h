// SPDX-License-Identifier: MIT
//
// report_request.h - what a report is asked for: the options of `gaiaprof report` and of the
// commands that print reports of other things.
#ifndef GAIAPROF_REPORT_REQUEST_H
#define GAIAPROF_REPORT_REQUEST_H

#include "report/commands/command.h"
#include "report/formats/render.h"

#include <stdint.h>
#include <sys/types.h>

struct report_request {
    const struct render_format *format;
    struct render_options options;
    struct selection selection;
    const char *output; // NULL: stdout, or what the format's files are called
    pid_t pid;          // 0: that of the profile
    uint32_t deadlock;  // 0: a whole report; else only this one
    bool at_exit;       // the process is ending: it does not count as running
    bool is_quiet;
    bool by_program;               // of several profiles a table, in place of a report of each
    bool has_view;                 // one was asked for
    bool has_format, has_analysis; // one was asked for; by an option of its own
    const char *value;             // of the view, by its name; NULL: the view's own
    bool leaks;                    // scan a process that runs, whatever the view
    bool generate;                 // suppressions in place of a report
    int64_t interval_ns;           // between two scans; 0: one is enough
    const char *save, *since;      // copies of profiles with a scan; NULL: none
    const char *suppressions;      // files, separated by commas; NULL: none but the built-in ones
    struct progress *progress;     // NULL: how far it is is shown to nobody
    const char *budgets;           // say whether they were kept; NULL: none
};

void report_request_init(struct report_request *request);

// Options that say what a report looks like, for a table of options.
#define REPORT_OPTIONS                                                                             \
    {'f', "format", false, true}, {'v', "view", false, true}, {'n', "rows", false, true},          \
        {'s', "sort", true, true}, {'F', "focus", true, true}, {'I', "ignore", true, true},        \
        {'o', "output", false, true}, {'q', "quiet", false, false},                                \
        {'S', "suppressions", true, true}, {'U', "value", true, true}, {'T', "tree", true, false}, \
        {'K', "peek", true, true}, {'A', "list", true, true}, {'O', "dot", true, false},           \
    {                                                                                              \
        'R', "source-path", true, true                                                             \
    }

// Takes one of them, or of those of `gaiaprof report` alone. False after an error, which has been
// printed.
bool report_request_set(struct report_request *request, int letter, const char *value);

// After the last option: whether they go together; finds the values that are asked for.
bool report_request_finish(struct report_request *request);

// Writes nothing: at exit, where only what leaked is to be found out.
extern const struct render_format report_format_none;

#endif
