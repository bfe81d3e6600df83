// SPDX-License-Identifier: MIT
//
// profile_open.h - a profile from a file, or of a process that runs, for commands that look at
// several of them.
#ifndef GAIAPROF_PROFILE_OPEN_H
#define GAIAPROF_PROFILE_OPEN_H

#include "report/model/profile.h"

// profile_load() of an open file, whose bytes and length `source` need not have. -EIO: it was cut
// off meanwhile.
struct profile_file;
int profile_load_file(struct profile *profile, const struct profile_file *file,
                      struct profile_source *source, const char **ret_why);

// `operand`: a file; a process id where no file has that name. profile->path is `operand`, which
// must live as long. With `leaks` a process that is named by its id is stopped for a moment, and
// its live blocks are classified. `progress` is told how far it is (NULL: nobody), also later, and
// is cleared by the caller. 0; -errno with a reason.
int profile_open(struct profile *profile, const char *operand, bool leaks,
                 struct progress *progress, const char **ret_why);

// As the program was called, for the file itself may go by another name (busybox, redis-server).
// One that writes something else where its arguments were ("nginx: worker") is called as its file
// is.
const char *profile_called(const struct profile *profile);

// The same, printable, without and with its arguments, of which there may be many.
// In `region`; NULL without memory.
const char *profile_program(const struct profile *profile, struct region *region);
const char *profile_command_line(const struct profile *profile, struct region *region);

#endif
