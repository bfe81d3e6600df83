// SPDX-License-Identifier: MIT
//
// check.h - budgets against profiles: of one process when it ends, of many afterwards. Limits hold
// for each process; the results are put together by program.
#ifndef GAIAPROF_CHECK_H
#define GAIAPROF_CHECK_H

#include "report/check/budgets.h"

// Of a program so many processes that violate budgets get their sites.
#define CHECK_DETAILED_MAX 10

struct checked_process {
    const char *path; // of its profile
    uint32_t pid;
    const char *program;
    const char *line; // its command line, cut
    enum profile_state state;
    int64_t duration_ns; // -1: unknown
    uint64_t start_realtime_ns;
    size_t order;                  // in which it was given
    struct budget_result *results; // of each budget
    size_t violated;               // of the results, the unknown ones included
    bool detailed;                 // violated ones have sites
};

// The processes of one program are neighbours.
struct checked_program {
    const char *name;
    const struct checked_process *processes; // detailed ones first, then by violations
    size_t process_count;
    size_t violating; // processes
};

struct checked {
    struct region region;
    const struct budgets *budgets;
    struct checked_process *processes;
    size_t process_count;
    struct checked_program *programs; // those that violate first, then as they were given
    size_t program_count;
    size_t violated; // results of all processes
    size_t failed;   // profiles that could not be read
    size_t left_out; // not of the programs asked for
};

struct check_request {
    const struct budgets *budgets;
    const char *suppressions;     // files, separated by commas; NULL: none but the built-in ones
    const char *const *baselines; // profiles
    size_t baseline_count;
    const char *only;          // patterns of the programs that are checked, with commas; NULL: all
    const char *prefix;        // of the lines that say who
    bool quiet;                // say nothing of what is kept
    bool github;               // workflow annotations, too
    const char *junit;         // a file for JUnit's XML; NULL: none
    struct progress *progress; // NULL: how far it is is shown to nobody
};

// Whether the suppressions and baselines can be read: 0, or EXIT_TROUBLE after an error was
// printed.
int check_prepare(const struct check_request *request);

// Prints the results. An exit status: 0, EXIT_VIOLATED, or EXIT_TROUBLE where something could not
// be read or written, which has been printed.
int check_profiles(const struct check_request *request, const char *const *paths, size_t count,
                   FILE *out);

// For the report at exit: a line for each of `budgets` that is violated. 0 or EXIT_VIOLATED, also
// where the text is no budgets: a gate with a slip of the pen must not let everything through.
int check_print_verdict(struct profile *profile, const char *budgets, FILE *out);

// --- the formats

void check_print_text(const struct checked *checked, const struct check_request *request,
                      FILE *out);
void check_print_junit(const struct checked *checked, FILE *out);
void check_print_github(const struct checked *checked, FILE *out);

#endif
