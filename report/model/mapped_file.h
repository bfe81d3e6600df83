// SPDX-License-Identifier: MIT
//
// mapped_file.h - a file that is mapped to be read. Whoever may write it can cut it off meanwhile:
// the mapping then reads as zeros, where SIGBUS would have ended us, and is_lost says so.
//
// One thread makes and frees mappings; any may read them.
#ifndef GAIAPROF_MAPPED_FILE_H
#define GAIAPROF_MAPPED_FILE_H

#include <signal.h>
#include <stdint.h>

struct mapped_file {
    const void *bytes;
    uint64_t length_bytes; // not 0
    volatile sig_atomic_t is_lost;
    struct mapped_file *next;
};

// 0, -ENOMEM or what mmap(2) says.
int mapped_file_new(struct mapped_file **ret_mapped, int fd, uint64_t length_bytes);
void mapped_file_free(struct mapped_file *mapped); // NULL: nothing

#endif
