// SPDX-License-Identifier: MIT
//
// witness.c - libwitness.so writes what a process is like, once right before main and once as late
// as it can at the end, to the file that WITNESS_OUTPUT names: open descriptors, signal handlers,
// limits, environment and more (state.h). Two runs of a program, without and with another preloaded
// library before this one, are then compared by `diff`.
//
// It allocates nothing, keeps no descriptor, starts no thread, takes itself out of the environment,
// and has no frame below main: a profiler that is compared sees the program as it is. With
// WITNESS_CHILDREN set it stays in the environment, and every process writes: WITNESS_OUTPUT.0, .1
// and so on, in no order to rely on.
#include "tests/witness/state.h"
#include "tests/witness/text.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define PROCESSES_MAX 1000

typedef int (*main_function)(int, char **, char **);
typedef void (*handler_function)(void);

static char output[4096];
static size_t output_length;
static bool has_children;
static pid_t file_pid; // whose file `output` is
static pid_t ended_pid;
static atomic_flag is_busy = ATOMIC_FLAG_INIT;

static main_function program_main;

static void number_output(int number)
{
    char *digit = output + output_length;

    *digit++ = '.';
    for (int unit = 100; unit; unit /= 10)
        *digit++ = (char)('0' + number / unit % 10);
    *digit = '\0';
}

// The file of this process, for appending.
static int open_output(void)
{
    pid_t pid = (pid_t)syscall(SYS_getpid); // not a number kept from before vfork
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;

    if (!output[0] || (!has_children && file_pid && file_pid != pid))
        return -1;
    if (file_pid == pid || !has_children) {
        file_pid = pid;
        return open_past_limit(output, flags, 0600);
    }
    for (int number = 0; number < PROCESSES_MAX; number++) {
        int fd;

        number_output(number);
        fd = open_past_limit(output, flags | O_EXCL, 0600);
        if (fd >= 0 || errno != EEXIST) {
            file_pid = pid;
            return fd;
        }
    }
    return -1;
}

static void testify(const char *when, int error, const sigset_t *mask)
{
    int fd = open_output();

    if (fd < 0)
        return;
    close(fd); // it is not there when the descriptors are listed
    put_line("= ", when, NULL);
    put_state(error, mask);
    fd = open_output();
    text_write(fd);
    close(fd);
}

static void testify_alone(const char *when)
{
    int error = errno;
    int cancel;
    sigset_t all;
    sigset_t mask;

    sigfillset(&all);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    pthread_sigmask(SIG_SETMASK, &all, &mask);
    if (!atomic_flag_test_and_set(&is_busy)) {
        testify(when, error, &mask);
        atomic_flag_clear(&is_busy);
    }
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    pthread_setcancelstate(cancel, NULL);
    errno = error;
}

static void testify_end(void)
{
    pid_t pid = (pid_t)syscall(SYS_getpid);

    if (ended_pid == pid)
        return;
    ended_pid = pid;
    testify_alone("end");
}

static void at_exit(int status, void *unused)
{
    (void)status;
    (void)unused;
    testify_end();
}

// Takes this library out of LD_PRELOAD, where it is the last, or the variable away.
static bool keep_variable(char *variable)
{
    char *us = strstr(variable, "libwitness.so");

    if (strncmp(variable, "WITNESS_", 8) == 0)
        return false;
    if (strncmp(variable, "LD_PRELOAD=", 11) != 0 || !us)
        return true;
    while (us[-1] != ':' && us[-1] != '=')
        us--;
    us[us[-1] == ':' ? -1 : 0] = '\0';
    return variable[11] != '\0';
}

static void clean_environment(void)
{
    char **kept = environ;

    for (char **variable = environ; *variable; variable++)
        if (keep_variable(*variable))
            *kept++ = *variable;
    *kept = NULL;
}

// Before the constructors of the libraries preloaded before this one: what it registers here is
// run after what they register, and after the destructors of all.
__attribute__((constructor)) static void construct(void)
{
    const char *path = getenv("WITNESS_OUTPUT");

    if (!path || strlen(path) >= sizeof(output) - 5)
        return;
    output_length = strlen(path);
    memcpy(output, path, output_length + 1);
    has_children = getenv("WITNESS_CHILDREN") != NULL;
    if (!has_children)
        clean_environment();
    on_exit(at_exit, NULL);
    at_quick_exit(testify_end);
}

static int main_with_witness(int count, char **arguments, char **environment)
{
    testify_alone("start");
    return program_main(count, arguments, environment); // a tail call: no frame stays
}

EXPORT int __libc_start_main(main_function main, int count, char **arguments, handler_function init,
                             handler_function fini, handler_function loader_fini, void *stack_end);
EXPORT int __libc_start_main(main_function main, int count, char **arguments, handler_function init,
                             handler_function fini, handler_function loader_fini, void *stack_end)
{
    int (*real)(main_function, int, char **, handler_function, handler_function, handler_function,
                void *) = dlsym(RTLD_NEXT, "__libc_start_main");

    program_main = main;
    return real(main_with_witness, count, arguments, init, fini, loader_fini, stack_end);
}

static void end(const char *name, int status)
{
    void (*real)(int) = dlsym(RTLD_NEXT, name);

    testify_end();
    real(status);
    __builtin_unreachable();
}

EXPORT void _exit(int status)
{
    end("_exit", status);
    __builtin_unreachable();
}

EXPORT void _Exit(int status)
{
    end("_Exit", status);
    __builtin_unreachable();
}
