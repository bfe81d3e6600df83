// SPDX-License-Identifier: MIT
//
// leak_profile.h - what a leak scan needs of the profile: threads and stacks. The process goes on
// writing it until it is stopped, so it is looked at twice.
#ifndef GAIAPROF_LEAK_PROFILE_H
#define GAIAPROF_LEAK_PROFILE_H

#include "report/model/profile_file.h"
#include "report/model/profile_reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct leak_span_list {
    struct profile_span *spans;
    size_t count, room;
};

struct leak_profile {
    int fd;
    struct mapped_file *mapped; // of its own
    struct profile_reader reader;
    struct profile_span last; // the walk goes on behind it
    struct leak_span_list nodes, threads;
};

// 0 or -errno; *ret_why says so in words.
int leak_profile_open(struct leak_profile *profile, const struct profile_file *file,
                      const char **ret_why);
// Looks at what the process has written since, header included. 0 or -errno.
int leak_profile_update(struct leak_profile *profile, const char **ret_why);
void leak_profile_release(struct leak_profile *profile);

// What threads will be given that have not begun: the program has handed it over, nobody has it. 0
// or -ENOMEM.
struct leak_words;
int leak_profile_add_arguments(const struct leak_profile *profile, struct leak_words *words);

// Whether a thread is in the middle of a realloc: the block is in no table then.
bool leak_profile_has_realloc(const struct leak_profile *profile);

// The return address in the leaf of a stack; 0: no such stack.
uint64_t leak_profile_leaf(const struct leak_profile *profile, uint32_t stack);

// Goes through the threads, the oldest first: { struct leak_thread_cursor c = {0}; ... }
struct leak_thread_cursor {
    size_t span;
    uint64_t index;
};
bool leak_profile_next_thread(const struct leak_profile *profile, struct leak_thread_cursor *cursor,
                              struct profile_thread *ret_thread);

#endif
