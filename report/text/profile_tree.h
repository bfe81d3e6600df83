// SPDX-License-Identifier: MIT
//
// profile_tree.h - many profiles at once, such as those of a whole `make`: a table by program.
#ifndef GAIAPROF_PROFILE_TREE_H
#define GAIAPROF_PROFILE_TREE_H

#include <stddef.h>
#include <stdio.h>

// Counts are sums over the processes of a program, the peak is that of its largest. `suppressions`:
// files, separated by commas; NULL: the built-in ones alone. Returns an exit status; what could not
// be read has been printed, and is left out.
int profile_tree_print(const char *const *paths, size_t count, const char *suppressions, FILE *out);

#endif
