// SPDX-License-Identifier: MIT
//
// leak_stop.h - stops all threads of a process and lets them go on as if nothing had been: signals
// are not lost, system calls go on, a process that was stopped stays so. If we die the kernel lets
// them go.
#ifndef GAIAPROF_LEAK_STOP_H
#define GAIAPROF_LEAK_STOP_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct region;

struct leak_thread {
    pid_t tid;
    bool is_seized;
    bool is_stopped; // its registers are known
    bool is_gone;    // it ended before it could be stopped
    int signal;      // to be delivered when it goes on
    uint64_t sp;     // 0: unknown
};

// Words that may be pointers.
struct leak_words {
    uint64_t *words;
    size_t count, room;
};

struct leak_stop {
    pid_t pid;
    struct leak_thread *threads; // all that are there
    size_t count, room;
    size_t running; // of them: could not be stopped
    struct leak_words registers;
    uint64_t start_ns; // when the first was told to stop
    // between the caller and the thread that does it
    struct region *region; // of `why`
    const char *why;
    int error;
    pthread_t tracer;
    sem_t stopped, resume;
};

// 0 or -errno, then *ret_why says why not, in words that live in the region.
int leak_stop_begin(struct leak_stop *stop, pid_t pid, struct region *region, const char **ret_why);
// Lets them go. Until leak_stop_release() `threads` and `registers` may be used.
void leak_stop_end(struct leak_stop *stop);
void leak_stop_release(struct leak_stop *stop);

// A thread by whose number the memory is to be had: that of a first thread which has ended is gone.
pid_t leak_stop_memory_thread(const struct leak_stop *stop);
bool leak_stop_is_running(const struct leak_stop *stop, pid_t tid);

// Of a process whose threads something else holds: its threads, without registers. 0 or -errno.
int leak_stop_list(struct leak_stop *stop, pid_t pid);

int leak_words_add(struct leak_words *words, const uint64_t *added, size_t count);

#endif
