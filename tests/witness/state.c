// SPDX-License-Identifier: MIT
//
// state.c - see state.h. Without /proc there are fewer lines.
#include "tests/witness/state.h"

#include "tests/witness/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

// What getdents64 fills in: libc's readdir allocates.
struct entry {
    uint64_t inode;
    int64_t next;
    unsigned short bytes;
    unsigned char type;
    char name[];
};

// Calls `visit` for each number among the names in a directory, but the descriptor used for that.
static bool for_each_number(const char *path, void (*visit)(int number))
{
    static char entries[32 << 10];
    int fd = open_past_limit(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    long got;

    if (fd < 0)
        return false;
    while ((got = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0) {
        for (long at = 0; at < got;) {
            const struct entry *entry = (const struct entry *)(entries + at);

            if (entry->name[0] != '.' && atoi(entry->name) != fd)
                visit(atoi(entry->name));
            at += entry->bytes;
        }
    }
    close(fd);
    return true;
}

static char *append(char *end, const char *string)
{
    size_t length = strlen(string);

    memcpy(end, string, length + 1);
    return end + length;
}

static const char *path_of(const char *directory, int number, const char *file)
{
    static char path[64];
    char digits[12] = "";
    char *digit = digits + sizeof(digits) - 1;

    do
        *--digit = (char)('0' + number % 10);
    while ((number /= 10));
    append(append(append(path, directory), digit), file);
    return path;
}

// "pipe:[123]" is a pipe whatever its number, but for one of ours.
static void put_target(int fd)
{
    static char target[4096];
    ssize_t length = readlink(path_of("/proc/self/fd/", fd, ""), target, sizeof(target) - 1);

    target[length < 0 ? 0 : length] = '\0';
    if (target[0] != '/')
        target[strcspn(target, ":")] = '\0';
    put_escaped(length < 0 ? "open" : target);
}

static void put_descriptor(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    if (flags < 0)
        return;
    put("descriptor ");
    put_number(fd);
    put(" ");
    put_target(fd);
    put(flags & FD_CLOEXEC ? " cloexec" : "");
    put(" flags ");
    put_hex((unsigned)fcntl(fd, F_GETFL));
    put_line("", NULL);
}

static void put_descriptors(void)
{
    if (!for_each_number("/proc/self/fd", put_descriptor))
        for (int fd = 0; fd < 1024; fd++)
            put_descriptor(fd);
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return line + (*line == '\n');
}

// "7f00-7f01 r-xp 00001000 08:01 77  /lib/x.so": where the module of `address` begins, and its
// name.
static void put_place(uintptr_t address)
{
    const char *line = read_file("/proc/self/maps");
    uintptr_t base = 0;

    for (; line && *line; line = next_line(line)) {
        char *after = NULL;
        uintptr_t start = strtoul(line, &after, 16);
        uintptr_t end = strtoul(after + 1, &after, 16);
        size_t length = strcspn(line, "\n");
        const char *path = memchr(line, '/', length);

        if (strtoul(after + 6, NULL, 16) == 0)
            base = start;
        if (address < start || address >= end)
            continue;
        put_bytes(path, path ? (size_t)(line + length - path) : 0);
        put("+");
        put_hex(address - base);
        return;
    }
    put("somewhere");
}

static void put_signal(int signal)
{
    struct sigaction action;

    if (sigaction(signal, NULL, &action) != 0 || action.sa_handler == SIG_DFL)
        return;
    put("signal ");
    put_number(signal);
    put(" ");
    if (action.sa_handler == SIG_IGN)
        put("ignored");
    else
        put_place((uintptr_t)action.sa_handler);
    put(" flags ");
    put_hex((unsigned)action.sa_flags);
    put(" mask ");
    put_hex(*(unsigned long *)&action.sa_mask);
    put_line("", NULL);
}

static void put_signals(const sigset_t *mask)
{
    stack_t stack;

    for (int signal = 1; signal <= 64; signal++)
        put_signal(signal);
    put("blocked signals ");
    put_hex(*(const unsigned long *)mask);
    put_line("", NULL);
    if (sigaltstack(NULL, &stack) == 0)
        put_line("signal stack ", stack.ss_flags & SS_DISABLE ? "none" : "set", NULL);
}

#define PF_EXITING 0x4 // of the kernel's

static int running_threads;

// One that is joined is still listed for a moment.
static void count_thread(int tid)
{
    const char *stat = read_file(path_of("/proc/self/task/", tid, "/stat"));
    const char *field = stat ? strrchr(stat, ')') : NULL;

    for (int i = 0; field && i < 7; i++) // state, parent, group, session, terminal, its group
        field = strchr(field + 1, ' ');
    if (field && !(strtoul(field, NULL, 10) & PF_EXITING))
        running_threads++;
}

static void put_threads(void)
{
    running_threads = 0;
    if (!for_each_number("/proc/self/task", count_thread))
        return;
    put("threads ");
    put_number(running_threads);
    put_line("", NULL);
}

// As wait() of the host sees them: not those that were cloned without an exit signal.
static void put_children(void)
{
    siginfo_t info;
    bool has_some = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;

    put_line("children ", has_some ? "some" : "none", NULL);
}

static void put_named_number(const char *name, long long number)
{
    put(name);
    put(" ");
    put_number(number);
    put_line("", NULL);
}

static void put_limits(void)
{
    for (int i = 0; i < RLIMIT_NLIMITS; i++) {
        struct rlimit limit;

        if (getrlimit(i, &limit) != 0)
            continue;
        put("limit ");
        put_number(i);
        put(" ");
        put_number((long long)limit.rlim_cur);
        put_named_number("", (long long)limit.rlim_max);
    }
}

static void count_timers(void)
{
    const char *line = read_file("/proc/self/timers");
    int count = 0;

    for (; line && *line; line = next_line(line))
        count += strncmp(line, "ID:", 3) == 0;
    put_named_number("timers", count);
}

static void put_timers(void)
{
    for (int i = ITIMER_REAL; i <= ITIMER_PROF; i++) {
        struct itimerval timer;

        if (getitimer(i, &timer) != 0 || (timer.it_value.tv_sec | timer.it_value.tv_usec) == 0)
            continue;
        put("interval timer ");
        put_number(i);
        put_named_number(" every", timer.it_interval.tv_sec * 1000000 + timer.it_interval.tv_usec);
    }
    count_timers();
}

static void put_status(void)
{
    static const char *const wanted[] = {
        "Name:",   "Umask:",  "Uid:",    "Gid:",        "Groups:",  "SigPnd:",
        "ShdPnd:", "CapEff:", "CapAmb:", "NoNewPrivs:", "Seccomp:", NULL};
    const char *line = read_file("/proc/self/status");

    for (; line && *line; line = next_line(line)) {
        for (int i = 0; wanted[i]; i++) {
            if (strncmp(line, wanted[i], strlen(wanted[i])) != 0)
                continue;
            put("status ");
            put_bytes(line, strcspn(line, "\n"));
            put_line("", NULL);
        }
    }
}

static void put_group(void)
{
    put_line("process group ", getpgrp() == getpid() ? "own" : "another's", NULL);
    put_line("session ", getsid(0) == getpid() ? "own" : "another's", NULL);
}

static void put_settings(void)
{
    cpu_set_t processors;
    int signal = 0;

    prctl(PR_GET_PDEATHSIG, &signal);
    put_named_number("signal at the parent's death", signal);
    put_named_number("dumpable", prctl(PR_GET_DUMPABLE));
    put_named_number("subreaper", prctl(PR_GET_CHILD_SUBREAPER, &signal) == 0 ? signal : -1);
    put_named_number("timer slack", prctl(PR_GET_TIMERSLACK));
    put_named_number("nice", getpriority(PRIO_PROCESS, 0));
    put_named_number("scheduler", sched_getscheduler(0));
    if (sched_getaffinity(0, sizeof(processors), &processors) == 0)
        put_named_number("processors", CPU_COUNT(&processors));
    put_line("locale ", setlocale(LC_ALL, NULL), NULL);
}

static bool is_of_the_test(const char *variable)
{
    return strncmp(variable, "GAIAPROF_", 9) == 0 || strncmp(variable, "WITNESS_", 8) == 0 ||
           strncmp(variable, "LD_PRELOAD=", 11) == 0;
}

static void put_environment(void)
{
    for (char **variable = environ; variable && *variable; variable++) {
        if (is_of_the_test(*variable))
            continue;
        put("environment ");
        put_escaped(*variable);
        put_line("", NULL);
    }
}

static void put_directory(void)
{
    static char path[4096];

    put("directory ");
    put_escaped(getcwd(path, sizeof(path)) ? path : "none");
    put_line("", NULL);
}

void put_state(int error, const sigset_t *mask)
{
    put_named_number("errno", error);
    put_descriptors();
    put_signals(mask);
    put_threads();
    put_children();
    put_limits();
    put_timers();
    put_status();
    put_group();
    put_settings();
    put_directory();
    put_environment();
}
