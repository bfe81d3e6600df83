// SPDX-License-Identifier: MIT
//
// reporter.c - the report at exit, see reporter.h.
//
// Two processes, since exec makes every process one that its parent gets SIGCHLD for and reaps by
// wait(). The *keeper* never execs: its exit signal is 0, so the kernel hides it from every wait()
// without __WALL. It holds the host's other threads and starts the command, its own child.
//
//   host:    begin ──▶ waits      finish figures ──▶ waits             ends: a keeper is killed
//   keeper:  holds threads ──▶ STAGE_HELD   STAGE_GO ──▶ command ──▶ STAGE_DONE ──▶ ends
//
// Both children share our memory until they exec or end, so they make raw system calls only, and
// have all signals blocked: no handler of the host runs there.
#include "preload/reporter.h"

#include "preload/arch/syscall.h"
#include "preload/compiler.h"
#include "preload/freeze.h"
#include "preload/options.h"
#include "preload/own_regions.h"
#include "preload/profile_path.h"
#include "preload/profile_writer.h"
#include "preload/spinlock.h"
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
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_STACK_BYTES (32u << 10)
#define SIGNALS 64
#define LINGER_US 100000
#define LIVE_MAX 10 // deadlocks printed; a report has them all
#define LIVE_TRIES 2000
#define LIVE_INTERVAL_US 1000
#define KEPT_FD_MIN 100 // out of the way of the host's low numbers

static char command[PATH_MAX];
static char report_path[PATH_MAX];                  // "": stderr
static char suppression_files[2 * OPTION_TEXT_MAX]; // absolute, separated by commas
static struct sys_file_id stderr_id;
static struct sys_file_id root_id; // of "/" where the command was found
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

static void name_suppressions(const char *here)
{
    const char *list = options.suppressions;
    struct text text;

    text_init(&text, suppression_files, sizeof(suppression_files));
    while (*list) {
        char file[OPTION_TEXT_MAX], path[PATH_MAX];
        size_t length = strcspn(list, ",");

        memcpy(file, list, length);
        file[length] = '\0';
        list += length + (list[length] == ',');
        if (!profile_path_join(here, file, path, sizeof(path)))
            continue;
        if (text.length)
            text_add(&text, ",");
        text_add(&text, path);
    }
}

void reporter_init(void)
{
    char here[PATH_MAX], name[OPTION_TEXT_MAX];

    if (sys_working_directory(here, sizeof(here)) < 0)
        here[0] = '\0';
    find_command(here);
    root_id = sys_path_id("/");
    report_path[0] = '\0';
    if (options.report_file[0] &&
        !(profile_path_expand(options.report_file, name, sizeof(name)) &&
          profile_path_join(here, name, report_path, sizeof(report_path)))) {
        report_path[0] = '\0';
        text_warn(2, "option 'report_file'", "too long with its placeholders; stderr it is");
    }
    name_suppressions(here);
    stderr_id = sys_file_id(2);
}

// The host may have closed its stderr, and opened a file of its own in its place.
// Behind a filter of system calls nobody asks: the C library does without fstat.
static bool is_stderr(int fd)
{
    struct sys_file_id now = {0};

    if (!atomic_get(&sys_filters))
        now = sys_file_id(fd);
    return now.is_valid && stderr_id.is_valid && now.device == stderr_id.device &&
           now.inode == stderr_id.inode;
}

void reporter_keep_stderr(void)
{
    if (kept_stderr < 0 && is_stderr(2))
        kept_stderr = sys_duplicate(2, KEPT_FD_MIN);
}

void reporter_drop_stderr(void)
{
    if (kept_stderr >= 0 && is_stderr(kept_stderr))
        sys_close(kept_stderr);
    kept_stderr = -1;
}

int reporter_stderr(void)
{
    if (is_stderr(2))
        return 2;
    return kept_stderr >= 0 && is_stderr(kept_stderr) ? kept_stderr : -1;
}

enum stage { STAGE_BEGIN, STAGE_HELD, STAGE_GO, STAGE_DONE };

// Shared by the host's thread, the keeper and the command until it execs.
struct run {
    unsigned stage;      // enum stage
    int keeper;          // process id; 0: none
    int process, thread; // of the host that ends
    uint64_t signals;    // the mask of the host's thread
    bool holds_signals;
    int stderr_fd; // -1: the report goes to a file
    char *arguments[14];
    char *const *environment;
    long error;
    int wait_status; // of the command
    char keeper_stack[CHILD_STACK_BYTES] __attribute__((aligned(16)));
    char command_stack[CHILD_STACK_BYTES] __attribute__((aligned(16)));
};

static struct run at_exit;

// Of a deadlock. One at a time: the next one waits.
static struct run live;
static struct spinlock live_lock;

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

// The report's stdout is the host's stderr. Without one nothing is said: what the host has at these
// numbers is its own.
static void set_streams(int stderr_fd)
{
    if (stderr_fd < 0)
        stderr_fd = (int)arch_syscall(SYS_openat, AT_FDCWD, (long)"/dev/null", O_WRONLY, 0, 0, 0);
    if (stderr_fd != 1)
        arch_syscall(SYS_dup3, stderr_fd, 1, 0, 0, 0, 0);
    if (stderr_fd != 2)
        arch_syscall(SYS_dup3, stderr_fd, 2, 0, 0, 0, 0);
}

// After chroot() the same path is another program, by whoever may write there.
static bool has_other_root(void)
{
    struct sys_file_id now = sys_path_id("/");

    return !now.is_valid || now.device != root_id.device || now.inode != root_id.inode;
}

static int command_main(void *argument)
{
    struct run *run = argument;

    if (run == &live) // goes with the keeper
        arch_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
    default_signals();
    set_streams(run->stderr_fd);
    arch_syscall(SYS_close_range, 3, ~0u, 0, 0, 0, 0);
    sys_restore_signals(&run->signals);
    run->error = has_other_root() ? -ESTALE
                                  : arch_syscall(SYS_execve, (long)command, (long)run->arguments,
                                                 (long)run->environment, 0, 0, 0);
    arch_syscall(SYS_exit_group, 127, 0, 0, 0, 0, 0);
    return 0;
}

static void run_command(struct run *run)
{
    const struct kernel_sigaction by_default = {0};
    long pid, waited;

    // the host may ignore it, and then there would be no status to wait for
    arch_syscall(SYS_rt_sigaction, SIGCHLD, (long)&by_default, 0, 8, 0, 0);
    pid = clone(command_main, run->command_stack + CHILD_STACK_BYTES,
                CLONE_VM | CLONE_VFORK | SIGCHLD, run);
    if (pid < 0) {
        run->error = -EAGAIN;
        return;
    }
    do
        waited = arch_syscall(SYS_wait4, pid, (long)&run->wait_status, __WALL, 0, 0, 0);
    while (waited == -EINTR);
    if (waited != pid)
        run->wait_status = -1;
}

static bool holds_threads(void)
{
    return scan_help.held_thread_count > 0;
}

static int keeper_main(void *argument)
{
    struct run *run = argument;

    arch_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
    freeze_threads(run->process, run->thread, &scan_help);
    atomic_publish(&run->stage, STAGE_HELD);
    while (atomic_get_acquire(&run->stage) != STAGE_GO)
        sys_sleep_us(20);
    run_command(run);
    arch_syscall(SYS_close_range, 0, ~0u, 0, 0, 0, 0); // the host's: they go with it, not with us
    atomic_publish(&run->stage, STAGE_DONE);
    if (holds_threads())
        sys_sleep_us(LINGER_US); // the host's last steps must not wait for a thread that is held
    arch_syscall(SYS_exit_group, 0, 0, 0, 0, 0, 0);
    return 0;
}

// It holds nobody.
static int live_keeper_main(void *argument)
{
    arch_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
    run_command(argument);
    arch_syscall(SYS_exit_group, 0, 0, 0, 0, 0, 0);
    return 0;
}

// False if the keeper is dead before it got there.
static bool wait_for(const struct run *run, enum stage stage, unsigned interval_us)
{
    while (atomic_get_acquire(&run->stage) < stage) {
        if (arch_syscall(SYS_wait4, run->keeper, 0, __WALL | WNOHANG, 0, 0, 0) == run->keeper)
            return false;
        sys_sleep_us(interval_us);
    }
    return true;
}

// The host's environment without LD_PRELOAD: the command is profiled by nobody. The host's own
// array stays as it is, other threads may be reading it. NULL without memory.
static char **without_preload(void)
{
    size_t count = 0;
    char **copy, **end;

    while (environ && environ[count])
        count++;
    end = copy = own_regions_map((count + 1) * sizeof(char *));
    for (size_t i = 0; copy && i < count && environ[i]; i++)
        if (strncmp(environ[i], "LD_PRELOAD=", 11) != 0 &&
            strncmp(environ[i], "LD_TRACE_LOADED_OBJECTS=", 24) != 0)
            *end++ = environ[i];
    return copy;
}

static void say_where(int fd, bool is_started)
{
    char why[2 * PATH_MAX];
    struct text text;

    text_init(&text, why, sizeof(why));
    text_add(&text, is_started ? "was killed" : "can't be started");
    text_add(&text, "; report the profile with: gaiaprof report ");
    text_add(&text, profile_writer_path());
    text_warn(fd, command[0] ? command : "gaiaprof", why);
}

static bool start_keeper(struct run *run, int (*keeper)(void *))
{
    sys_block_signals(&run->signals);
    run->keeper = clone(keeper, run->keeper_stack + CHILD_STACK_BYTES, CLONE_VM, run);
    sys_restore_signals(&run->signals);
    return run->keeper > 0;
}

static bool wants_report(void)
{
    return options.report != REPORT_NONE && (report_path[0] || at_exit.stderr_fd >= 0);
}

static bool wants_scan(void)
{
    return options.leaks && options.heap == HEAP_EXACT;
}

void reporter_reset(void)
{
    memset(&at_exit, 0, sizeof(at_exit));
    memset(&live, 0, sizeof(live));
    live_lock.is_taken = 0;
}

void reporter_begin(bool is_possible)
{
    int saved_errno = errno;

    at_exit.stderr_fd = reporter_stderr();
    if (!wants_report() && !wants_scan() && !options.check[0])
        return;
    if (!is_possible) {
        at_exit.keeper = -1;
        return;
    }
    at_exit.process = sys_process_id();
    at_exit.thread = sys_thread_id();
    sys_allow_tracing();
    if (start_keeper(&at_exit, keeper_main)) {
        sys_hold_signals();
        at_exit.holds_signals = true;
        if (!wait_for(&at_exit, STAGE_HELD, 20))
            at_exit.keeper = -1;
    }
    errno = saved_errno;
}

static void set_arguments(char **next)
{
    *next++ = "gaiaprof";
    *next++ = "report";
    *next++ = "--at-exit";
    *next++ = "-f";
    *next++ = !wants_report() ? "none" : options.report == REPORT_JSON ? "json" : "text";
    if (report_path[0]) {
        *next++ = "-o";
        *next++ = report_path;
    }
    if (suppression_files[0]) {
        *next++ = "--suppressions";
        *next++ = suppression_files;
    }
    if (options.check[0]) {
        *next++ = "--check";
        *next++ = options.check;
    }
    *next++ = (char *)profile_writer_path();
    *next = NULL;
}

static void set_environment(struct run *run)
{
    char **environment = without_preload();

    run->environment = environment ? environment : environ;
}

// It ends by itself. Left to the end of the host it would be an orphan, and there may be somebody
// who adopts them and counts.
static void reap(int keeper)
{
    while (arch_syscall(SYS_wait4, keeper, 0, __WALL, 0, 0, 0) == -EINTR)
        continue;
}

static bool run_at_exit(void)
{
    bool is_done, is_good;

    set_arguments(at_exit.arguments);
    set_environment(&at_exit);
    if (!wants_report() && !options.check[0])
        at_exit.stderr_fd = -1; // nothing is to be said, not even why
    atomic_publish(&at_exit.stage, STAGE_GO);
    is_done = at_exit.keeper > 0 && wait_for(&at_exit, STAGE_DONE, 100);
    if (is_done && !holds_threads())
        reap(at_exit.keeper);
    is_good = is_done && !at_exit.error && WIFEXITED(at_exit.wait_status);
    if (!is_good && reporter_stderr() >= 0 && (wants_report() || options.check[0]))
        say_where(reporter_stderr(), is_done && !at_exit.error);
    return !options.check[0] || (is_good && WEXITSTATUS(at_exit.wait_status) == 0);
}

// Without us the process would have ended before those signals came: handlers may use what its
// destructors have taken down, and a timer not handled would kill it.
bool reporter_run(void)
{
    bool is_kept;

    if (at_exit.keeper == 0)
        return true;
    is_kept = run_at_exit();
    if (at_exit.holds_signals)
        sys_drop_held_signals(&at_exit.signals);
    return is_kept;
}

static void run_live(struct run *run)
{
    run->error = 0;
    if (!start_keeper(run, live_keeper_main)) {
        run->error = -EAGAIN;
        return;
    }
    for (int i = 0; i < LIVE_TRIES; i++) {
        if (arch_syscall(SYS_wait4, run->keeper, 0, __WALL | WNOHANG, 0, 0, 0) == run->keeper)
            return;
        sys_sleep_us(LIVE_INTERVAL_US);
    }
    // stderr takes no more, or the machine is busy: the host must not wait for that
    arch_syscall(SYS_kill, run->keeper, SIGKILL, 0, 0, 0, 0);
    arch_syscall(SYS_wait4, run->keeper, 0, __WALL, 0, 0, 0);
}

static void set_live_arguments(char **next, char *number)
{
    *next++ = "gaiaprof";
    *next++ = "report";
    *next++ = "--deadlock";
    *next++ = number;
    *next++ = (char *)profile_writer_path();
    *next = NULL;
}

cold void reporter_show_deadlock(unsigned number)
{
    int saved_errno = errno, fd = reporter_stderr();
    char digits[16];
    struct text text;

    if (number > LIVE_MAX || fd < 0 || !spinlock_take(&live_lock))
        return;
    text_init(&text, digits, sizeof(digits));
    text_add_number(&text, number);
    live.stderr_fd = fd;
    set_live_arguments(live.arguments, digits);
    set_environment(&live);
    run_live(&live);
    spinlock_give(&live_lock);
    if (live.error)
        text_warn(fd, "deadlock",
                  "threads wait for each other for ever: see gaiaprof report -v order");
    errno = saved_errno;
}
