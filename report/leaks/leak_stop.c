// SPDX-License-Identifier: MIT
//
// leak_stop.c - see leak_stop.h. ptrace(2) wants all requests from one thread, and a thread that is
// attached but does not stop in time can only be let go by the end of its tracer: so the tracer is
// a thread of ours that lives no longer than the stop.
#include "report/leaks/leak_stop.h"

#include "report/leaks/leak_registers.h"
#include "report/model/clock.h"
#include "report/model/region.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_NS UINT64_C(1000000000)
#define PAUSE_NS_MAX 2000000u
#define EVENT_STOP 128 // PTRACE_EVENT_STOP

int leak_words_add(struct leak_words *words, const uint64_t *added, size_t count)
{
    if (words->count + count > words->room) {
        size_t room = 2 * (words->count + count);
        uint64_t *wider = reallocarray(words->words, room, sizeof(wider[0]));
        if (!wider)
            return -ENOMEM;
        words->words = wider;
        words->room = room;
    }
    memcpy(words->words + words->count, added, count * sizeof(added[0]));
    words->count += count;
    return 0;
}

// --- which threads there are

static bool is_known(const struct leak_stop *stop, pid_t tid)
{
    for (size_t i = stop->count; i-- > 0;)
        if (stop->threads[i].tid == tid)
            return true;
    return false;
}

static int add_thread(struct leak_stop *stop, pid_t tid)
{
    if (stop->count == stop->room) {
        size_t room = stop->room ? 2 * stop->room : 64;
        struct leak_thread *threads = reallocarray(stop->threads, room, sizeof(threads[0]));
        if (!threads)
            return -ENOMEM;
        stop->threads = threads;
        stop->room = room;
    }
    stop->threads[stop->count++] = (struct leak_thread){.tid = tid};
    return 0;
}

// Adds those that are new.
static int list_threads(struct leak_stop *stop)
{
    char path[64];
    int error = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)stop->pid);
    DIR *folder = opendir(path);
    if (!folder)
        return errno == ENOENT ? -ESRCH : -errno;
    for (struct dirent *entry; !error && (entry = readdir(folder));) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (tid > 0 && !is_known(stop, tid))
            error = add_thread(stop, tid);
    }
    closedir(folder);
    return error;
}

int leak_stop_list(struct leak_stop *stop, pid_t pid)
{
    *stop = (struct leak_stop){.pid = pid, .start_ns = clock_monotonic_ns()};
    int error = list_threads(stop);
    return error ? error : stop->count ? 0 : -ESRCH;
}

// --- why a process can't be stopped

// The value of "Name:\t..." in a file of /proc, or -1.
static long status_number(pid_t pid, const char *name)
{
    char path[64], line[256];
    long value = -1;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && value < 0 && fgets(line, sizeof(line), file))
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtol(line + strlen(name), NULL, 10);
    if (file)
        fclose(file);
    return value;
}

static char thread_state(pid_t pid, pid_t tid)
{
    char path[64], line[256], state = 'X';
    snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, (int)tid);
    FILE *file = fopen(path, "re");
    if (file && fgets(line, sizeof(line), file)) {
        const char *name_end = strrchr(line, ')');
        if (name_end && name_end[1] == ' ')
            state = name_end[2];
    }
    if (file)
        fclose(file);
    return state;
}

bool leak_stop_is_running(const struct leak_stop *stop, pid_t tid)
{
    char state = thread_state(stop->pid, tid);
    return state != 'Z' && state != 'X';
}

pid_t leak_stop_memory_thread(const struct leak_stop *stop)
{
    for (size_t i = 0; i < stop->count; i++)
        if (leak_stop_is_running(stop, stop->threads[i].tid))
            return stop->threads[i].tid;
    return stop->pid;
}

static int yama_scope(void)
{
    FILE *file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
    int scope = 0;
    if (file) {
        if (fscanf(file, "%d", &scope) != 1)
            scope = 0;
        fclose(file);
    }
    return scope;
}

static const char *why_refused(const struct leak_stop *stop, int error)
{
    long tracer = status_number(stop->pid, "TracerPid:");
    long user = status_number(stop->pid, "Uid:");
    char state = thread_state(stop->pid, stop->pid);
    if (error == ENOMEM)
        return "no memory";
    if (error == ESRCH || state == 'X' || (state == 'Z' && stop->count <= 1))
        return "the process has ended";
    if (tracer > 0)
        return region_printf(stop->region, "the process is traced by pid %ld already (a debugger?)",
                             tracer);
    if (error != EPERM && error != EACCES)
        return region_printf(stop->region, "the process could not be stopped: %s", strerror(error));
    if (user >= 0 && (uid_t)user != getuid() && getuid() != 0)
        return "the process is another user's";
    if (yama_scope() > 0)
        return region_printf(stop->region,
                             "the process may not be traced: kernel.yama.ptrace_scope is %d",
                             yama_scope());
    return "the process may not be traced: permission denied";
}

// --- stopping, on the thread that traces

static bool is_ended(const struct leak_stop *stop, pid_t tid)
{
    char state = thread_state(stop->pid, tid);
    return state == 'Z' || state == 'X';
}

static int seize(struct leak_stop *stop, struct leak_thread *thread)
{
    if (ptrace(PTRACE_SEIZE, thread->tid, NULL, NULL) != 0) {
        int error = errno;
        if (error != ESRCH && !is_ended(stop, thread->tid))
            return -error;
        thread->is_gone = true;
        return 0;
    }
    thread->is_seized = true;
    if (ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL) != 0)
        thread->is_gone = errno == ESRCH;
    return 0;
}

// `status`: a signal, and in the second byte the event of which it tells.
static int note_stop(struct leak_stop *stop, struct leak_thread *thread, int status)
{
    int event = status >> 8, signal = status & 127;
    if (event == 0)
        thread->signal = signal; // about to be delivered: it still is
    else if (event == EVENT_STOP && signal == SIGTRAP)
        leak_registers_restart_call(thread->tid);
    thread->is_stopped = true;
    int error = leak_registers_read(thread->tid, &stop->registers, &thread->sp);
    return error == -ENOMEM ? error : 0;
}

// True if it is known what has become of it. Ends of threads are left to whose children they are.
static bool look(struct leak_stop *stop, struct leak_thread *thread, int *error)
{
    siginfo_t change = {0};
    if (thread->is_stopped || thread->is_gone)
        return true;
    if (waitid(P_PID, (id_t)thread->tid, &change, __WALL | WSTOPPED | WNOHANG) == 0 &&
        change.si_pid == thread->tid)
        *error = note_stop(stop, thread, change.si_status);
    else
        thread->is_gone = is_ended(stop, thread->tid);
    return thread->is_stopped || thread->is_gone;
}

static int wait_for_all(struct leak_stop *stop)
{
    uint64_t deadline = stop->start_ns + PATIENCE_NS;
    long pause_ns = 20000;
    for (;;) {
        size_t missing = 0;
        int error = 0;
        for (size_t i = 0; !error && i < stop->count; i++)
            missing += !look(stop, &stop->threads[i], &error);
        if (error || missing == 0 || clock_monotonic_ns() > deadline)
            return error;
        nanosleep(&(struct timespec){.tv_nsec = pause_ns}, NULL);
        if (pause_ns < PAUSE_NS_MAX)
            pause_ns *= 2;
    }
}

// Until no thread is new: one that is stopped makes none.
static int stop_all(struct leak_stop *stop)
{
    size_t seen = 0;
    do {
        int error = list_threads(stop);
        if (error)
            return error;
        if (seen == stop->count)
            break;
        for (; seen < stop->count; seen++) {
            error = seize(stop, &stop->threads[seen]);
            if (error)
                return error;
        }
        error = wait_for_all(stop);
        if (error)
            return error;
    } while (clock_monotonic_ns() < stop->start_ns + PATIENCE_NS);
    for (size_t i = 0; i < stop->count; i++)
        stop->running += !stop->threads[i].is_stopped && !stop->threads[i].is_gone;
    size_t stopped = 0;
    for (size_t i = 0; i < stop->count; i++)
        stopped += stop->threads[i].is_stopped;
    return stopped ? 0 : stop->running ? -ETIMEDOUT : -ESRCH;
}

// A thread that stops only now is let go by the end of this one.
static void let_go(struct leak_stop *stop)
{
    for (size_t i = 0; i < stop->count; i++) {
        const struct leak_thread *thread = &stop->threads[i];
        if (thread->is_seized && !thread->is_gone)
            ptrace(PTRACE_DETACH, thread->tid, NULL, (void *)(intptr_t)thread->signal);
    }
}

static void *trace(void *context)
{
    struct leak_stop *stop = context;
    int error = stop_all(stop);
    if (error)
        stop->why = why_refused(stop, -error);
    stop->error = error;
    sem_post(&stop->stopped);
    while (!error && sem_wait(&stop->resume) != 0)
        continue;
    let_go(stop);
    return NULL;
}

static void wait_for_post(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0)
        continue;
}

int leak_stop_begin(struct leak_stop *stop, pid_t pid, struct region *region, const char **ret_why)
{
    *stop = (struct leak_stop){.pid = pid, .region = region, .start_ns = clock_monotonic_ns()};
    if (pid == getpid()) {
        *ret_why = "a process can't stop itself";
        return -EINVAL;
    }
    sem_init(&stop->stopped, 0, 0);
    sem_init(&stop->resume, 0, 0);
    int error = pthread_create(&stop->tracer, NULL, trace, stop);
    if (error) {
        *ret_why = "no thread could be started to trace it";
        return -error;
    }
    wait_for_post(&stop->stopped);
    if (stop->error) {
        pthread_join(stop->tracer, NULL);
        *ret_why = stop->why ? stop->why : "no memory";
    }
    return stop->error;
}

void leak_stop_end(struct leak_stop *stop)
{
    sem_post(&stop->resume);
    pthread_join(stop->tracer, NULL);
}

void leak_stop_release(struct leak_stop *stop)
{
    free(stop->threads);
    free(stop->registers.words);
    stop->threads = NULL;
    stop->registers = (struct leak_words){0};
}
