// SPDX-License-Identifier: MIT
//
// output_file.h - files that the user names for a result (-o, --junit, report_file), or that get a
// name that others can guess. They may lie in a directory that others write to, such as /tmp.
#ifndef GAIAPROF_OUTPUT_FILE_H
#define GAIAPROF_OUTPUT_FILE_H

#include <stdio.h>
#include <sys/stat.h>

// Opens `path` for writing. A new file is made with mode 0600, whatever the umask; one that is
// there is emptied and keeps its mode, if output_file_refusal() allows it. Devices and FIFOs are
// written to; /dev/stdout, /dev/stderr, /dev/fd/N and /proc/self/fd/N are the descriptor itself.
// 0, or -errno with the reason in *ret_why.
int output_file_open(const char *path, FILE **ret_out, const char **ret_why);

// The same, but what is there stays until output_file_begin(), for results that may fail to come.
int output_file_reserve(const char *path, FILE **ret_out, const char **ret_why);

// Empties what output_file_reserve() opened as `path`, if nothing was written to it yet.
// 0 or -errno.
int output_file_begin(const char *path, FILE *out);

// Why what is there must not be written over, for `status` of lstat(): a link, another user's, a
// file with other names. NULL: nothing speaks against it.
const char *output_file_refusal(const struct stat *status);

// output_file_open() and _reserve(), which have said what went wrong if they return NULL.
FILE *output_file_open_or_say(const char *path);
FILE *output_file_reserve_or_say(const char *path);

#endif
