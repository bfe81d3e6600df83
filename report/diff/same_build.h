// SPDX-License-Identifier: MIT
//
// same_build.h - whether two profiles are of one build of a program: then lines and addresses in it
// mean the same.
#ifndef GAIAPROF_SAME_BUILD_H
#define GAIAPROF_SAME_BUILD_H

#include <stdbool.h>

// By the build ids of the program and the libraries both have. False for processes that run, and
// for files that are no profile.
bool diff_is_same_build(const char *old, const char *new);

#endif
