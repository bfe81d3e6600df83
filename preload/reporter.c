// SPDX-License-Identifier: MIT
//
// reporter.c - the report at exit, see reporter.h.
//
// Two processes, since exec makes every process one that its parent gets SIGCHLD for and reaps by
// wait(). The *keeper* never execs: its exit signal is 0, so the kernel hides it from every wait()
// without __WALL. It holds the host's other threads and starts the command, its own child. Both
// share our memory until they exec or end, so they make raw system calls only, and both have all
// signals blocked until then: no handler of the host runs there.
#include "preload/reporter.h"

#include "preload/arch/syscall.h"
#include "preload/compiler.h"
#include "preload/freeze.h"
#include "preload/options.h"
#include "preload/profile_path.h"
#include "preload/profile_writer.h"
#include "preload/sys.h"
#include "preload/text.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_STACK_BYTES (32u << 10)
#define SIGNALS 64
#define KEPT_FD_MIN 100 // out of the way of the host's low numbers

static char command[PATH_MAX];
static char report_path[PATH_MAX]; // "": stderr
static struct sys_file_id stderr_id;
static int kept_stderr = -1;

struct kernel_sigaction {
    uintptr_t handler;
    uint64_t flags;
    uintptr_t restorer;
    uint64_t mask;
};

static bool try_command(const char *directory, const char *relative)
{
    return profile_path_join(directory, relative, command, sizeof(command)) &&
           sys_is_executable(command);
}

// Beside the library (a build), else where an installation has it.
static void find_command(const char *here)
{
    Dl_info info;
    char library[PATH_MAX];
    char *slash;

    if (getenv("GAIAPROF_CLI")) {
        profile_path_join(here, getenv("GAIAPROF_CLI"), command, sizeof(command));
        return;
    }
    if (!dladdr((void *)reporter_init, &info) ||
        !profile_path_join(here, info.dli_fname, library, sizeof(library)))
        return;
    slash = strrchr(library, '/');
    if (!slash)
        return;
    *slash = '\0';
    if (!try_command(library, "gaiaprof") && !try_command(library, GAIAPROF_LIB_TO_BIN "/gaiaprof"))
        try_command(library, "gaiaprof"); // for the message
}

void reporter_init(void)
{
    char here[PATH_MAX], name[OPTION_TEXT_MAX];

    if (sys_working_directory(here, sizeof(here)) < 0)
        here[0] = '\0';
    find_command(here);
    report_path[0] = '\0';
    if (options.report_file[0] &&
        !(profile_path_expand(options.report_file, name, sizeof(name)) &&
          profile_path_join(here, name, report_path, sizeof(report_path)))) {
        report_path[0] = '\0';
        text_warn(2, "option 'report_file'", "too long with its placeholders; stderr it is");
    }
    stderr_id = sys_file_id(2);
}

// The host may have closed its stderr, and opened a file of its own in its place.
static bool is_stderr(int fd)
{
    struct sys_file_id now = sys_file_id(fd);

    return now.is_valid && stderr_id.is_valid && now.device == stderr_id.device &&
           now.inode == stderr_id.inode;
}

void reporter_keep_stderr(void)
{
    if (kept_stderr < 0 && is_stderr(2))
        kept_stderr = sys_duplicate(2, KEPT_FD_MIN);
}

// The descriptor to report on. -1: none.
static int find_stderr(void)
{
    if (is_stderr(2))
        return 2;
    return kept_stderr >= 0 && is_stderr(kept_stderr) ? kept_stderr : -1;
}

struct child {
    int process, thread; // of the host that waits
    int stderr_fd;       // -1: the report goes to a file
    char *const *arguments;
    char *const *environment;
    uint64_t signals;
    long error;
};

static void default_signals(void)
{
    for (int signal = 1; signal <= SIGNALS; signal++) {
        struct kernel_sigaction action;

        if (arch_syscall(SYS_rt_sigaction, signal, 0, (long)&action, 8, 0, 0) == 0 &&
            action.handler != (uintptr_t)SIG_IGN && action.handler != (uintptr_t)SIG_DFL) {
            memset(&action, 0, sizeof(action));
            arch_syscall(SYS_rt_sigaction, signal, (long)&action, 0, 8, 0, 0);
        }
    }
}

// The report's stdout is the host's stderr.
static int command_main(void *argument)
{
    struct child *child = argument;

    default_signals();
    if (child->stderr_fd >= 0)
        arch_syscall(SYS_dup3, child->stderr_fd, 1, 0, 0, 0, 0);
    if (child->stderr_fd > 2)
        arch_syscall(SYS_dup3, child->stderr_fd, 2, 0, 0, 0, 0);
    arch_syscall(SYS_close_range, 3, ~0u, 0, 0, 0, 0);
    sys_restore_signals(&child->signals);
    child->error = arch_syscall(SYS_execve, (long)command, (long)child->arguments,
                                (long)child->environment, 0, 0, 0);
    arch_syscall(SYS_exit_group, 127, 0, 0, 0, 0, 0);
    return 0;
}

static void wait_for(int pid)
{
    long result;

    do
        result = arch_syscall(SYS_wait4, pid, 0, __WALL, 0, 0, 0);
    while (result == -EINTR);
}

static int keeper_main(void *argument)
{
    static char stack[CHILD_STACK_BYTES] __attribute__((aligned(16)));
    struct child *child = argument;
    int pid;

    freeze_threads(child->process, child->thread);
    pid = clone(command_main, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, child);
    if (pid > 0)
        wait_for(pid);
    else
        child->error = -EAGAIN;
    arch_syscall(SYS_exit_group, 0, 0, 0, 0, 0, 0);
    return 0;
}

// The host's environment without LD_PRELOAD: the command is profiled by nobody. The host's own
// array stays as it is, other threads may be reading it. NULL without memory.
static char **without_preload(void)
{
    size_t count = 0;
    char **copy, **end;

    while (environ && environ[count])
        count++;
    end = copy = sys_map_private((count + 1) * sizeof(char *));
    for (size_t i = 0; copy && i < count && environ[i]; i++)
        if (strncmp(environ[i], "LD_PRELOAD=", 11) != 0)
            *end++ = environ[i];
    return copy;
}

static long run_command(char *const *arguments, int stderr_fd)
{
    static char stack[CHILD_STACK_BYTES] __attribute__((aligned(16)));
    char **environment = without_preload();
    struct child child = {
        .process = sys_process_id(),
        .thread = sys_thread_id(),
        .stderr_fd = stderr_fd,
        .arguments = arguments,
        .environment = environment ? environment : environ,
    };
    int pid;

    sys_allow_tracing();
    sys_block_signals(&child.signals);
    pid = clone(keeper_main, stack + sizeof(stack), CLONE_VM | CLONE_VFORK, &child);
    sys_restore_signals(&child.signals);
    if (pid < 0)
        return -EAGAIN;
    wait_for(pid);
    return child.error;
}

static void say_where(int fd)
{
    char why[2 * PATH_MAX];
    struct text text;

    text_init(&text, why, sizeof(why));
    text_add(&text, "can't be started; report the profile with: gaiaprof report ");
    text_add(&text, profile_writer_path());
    text_warn(fd, command[0] ? command : "gaiaprof", why);
}

void reporter_run(void)
{
    char *format = options.report == REPORT_JSON ? "json" : "text";
    char *arguments[] = {"gaiaprof", "report", "--at-exit", "-f", format, NULL, NULL, NULL, NULL};
    size_t count = 5;
    int saved_errno = errno;
    int fd = find_stderr();

    if (options.report == REPORT_NONE || (!report_path[0] && fd < 0))
        return;
    if (report_path[0]) {
        arguments[count++] = "-o";
        arguments[count++] = report_path;
    }
    arguments[count] = (char *)profile_writer_path();
    if (run_command(arguments, report_path[0] ? -1 : fd) != 0 && fd >= 0)
        say_where(fd);
    errno = saved_errno;
}
