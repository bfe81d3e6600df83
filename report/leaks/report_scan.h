// SPDX-License-Identifier: MIT
//
// report_scan.h - the scans for leaks that a report is made with: of a process that runs or ends
// now, and an earlier one to compare with. What fails has been printed.
#ifndef GAIAPROF_REPORT_SCAN_H
#define GAIAPROF_REPORT_SCAN_H

#include "report/commands/report_request.h"
#include "report/leaks/leak_scan.h"
#include "report/model/profile_file.h"

struct report_scans {
    struct region region;
    struct leak_scan now, earlier;
    bool has_now, has_earlier;
    const char *not_appended; // why the scan is not in the profile; NULL: it is, or need not be
};

// Scans what `request` asks for. `file` is opened anew where the process went on writing. 0 or an
// exit status; then nothing is to be released.
int report_scans_make(struct report_scans *scans, const struct report_request *request,
                      struct profile_file *file, const char *path);
void report_scans_release(struct report_scans *scans);

// Writes a copy of the profile with the scan. 0 or an exit status.
int report_scans_save(const struct report_scans *scans, const struct profile_file *file,
                      const char *path);

// Seconds, with a fraction or not. False: no such time.
bool report_scans_parse_interval(const char *text, int64_t *ret_ns);

#endif
