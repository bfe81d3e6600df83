// SPDX-License-Identifier: MIT
//
// hash.h - uthash, which ends the command where there is no memory: not without a word. (It could
// leave the element out instead, and each table would have to take that back.)
#ifndef GAIAPROF_HASH_H
#define GAIAPROF_HASH_H

#include <stdio.h>
#include <stdlib.h>

#define uthash_fatal(message)                                                                      \
    do {                                                                                           \
        fputs("gaiaprof: not enough memory\n", stderr);                                            \
        exit(2);                                                                                   \
    } while (0)
#include <uthash.h>

#endif
