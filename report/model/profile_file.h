// SPDX-License-Identifier: MIT
//
// profile_file.h - profiles on disk and in live processes: opening one safely, finding that of a
// process. All errors come back as -errno with a reason in words.
#ifndef GAIAPROF_PROFILE_FILE_H
#define GAIAPROF_PROFILE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct mapped_file;

struct profile_file {
    int fd;
    struct mapped_file *mapped; // NULL where the file is empty
    const void *bytes;          // of `mapped`
    uint64_t length_bytes;
    dev_t device;
    ino_t inode;
};

// Never blocks: a FIFO is refused.
int profile_file_open(struct profile_file *file, const char *path, const char **ret_why);
void profile_file_close(struct profile_file *file);

// Whether the file was all there whenever something of it was read: 0, or -EIO and why not.
int profile_file_check(const struct profile_file *file, const char **ret_why);

// True if process `pid` lives and maps the file.
bool profile_file_is_mapped_by(const struct profile_file *file, pid_t pid);

// The path of the profile that live process `pid` writes, to be freed. It may be one below /proc,
// where the file has been removed.
int profile_file_of_process(pid_t pid, char **ret_path, const char **ret_why);

// The process that a profile says it is of; 0: it says nothing.
pid_t profile_file_pid(const struct profile_file *file);

// The process that an operand names: a pid is a number, unless there is a file of that name. 0:
// none.
pid_t profile_file_operand_pid(const char *operand);

#endif
