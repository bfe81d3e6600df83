// SPDX-License-Identifier: MIT
//
// profile_path.h - where files of this process go: placeholders, and paths made absolute while the
// working directory is still the one the user meant. Only while recording starts.
#ifndef GAIAPROF_PROFILE_PATH_H
#define GAIAPROF_PROFILE_PATH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

// Replaces %e %p %h %t %% of `pattern`. False if the result does not fit.
bool profile_path_expand(const char *pattern, char *path, size_t capacity_bytes);

// Puts `directory`/ before a relative path; "" leaves it. False if it does not fit.
bool profile_path_join(const char *directory, const char *file, char *path, size_t capacity_bytes);

// The path of the running program, "" if unknown.
void profile_path_executable(char *path, size_t capacity_bytes);

#endif
