// SPDX-License-Identifier: MIT
//
// run_aftermath.h - the profiles that a program started by `gaiaprof run` left, and the last word
// on those whose process could not write it: it was killed, or left by a raw system call.
#ifndef GAIAPROF_RUN_AFTERMATH_H
#define GAIAPROF_RUN_AFTERMATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct left_profile {
    char *path;
    pid_t pid;
    uint64_t start_ns;
    bool became_another; // its process went on as another program
    bool reported;       // its process ended in order, and printed its report then
};

struct left_profiles {
    struct left_profile *profiles; // in the order they were begun
    size_t count;
};

struct left_search {
    const char *output; // the pattern of profiles' names
    pid_t pid;          // of the program
    uint64_t tree;      // header.tree of what it started; 0: only `pid`
    uint64_t since_realtime_ns;
    int wait_status; // of `pid`
};

// Looks where the profiler may have put them: the directory of the pattern (all it may stand for),
// the working directory, $TMPDIR, /tmp; for a tree in all of these, else in the first that has one.
// Where that of `pid` says nothing about its end, `wait_status` is written into it. 0 or -ENOMEM.
int left_profiles_find(struct left_profiles *left, const struct left_search *wanted);
void left_profiles_release(struct left_profiles *left);

#endif
