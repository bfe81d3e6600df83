// SPDX-License-Identifier: MIT
//
// hooks_process.c - how the host's process ends or becomes another program.
//
// A vfork child shares our memory and may only exec or _exit: recording_is_ours() tells it by the
// kernel's process id, and nothing of ours changes there.
#include "preload/hooks_process.h"

#include "preload/compiler.h"
#include "preload/exit_point.h"
#include "preload/modules.h"
#include "preload/options.h"
#include "preload/own_regions.h"
#include "preload/real.h"
#include "preload/recording.h"
#include "preload/reporter.h"
#include "preload/sys.h"
#include "preload/text.h"

#include <alloca.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define OWN_VARIABLES_MAX 64
#define OWN_VARIABLES_BYTES (32u << 10)
#define PRELOAD "LD_PRELOAD="
#define SEPARATORS " :"

// Our variables as they were, for programs that are followed into an environment without them.
static char *own_variables[OWN_VARIABLES_MAX];
static size_t own_variable_count;
static char own_variable_text[OWN_VARIABLES_BYTES];
static char own_library[PATH_MAX];

int hooks_process_quick_status;

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static bool is_own_entry(const char *entry, size_t length)
{
    const char *own = base_name(own_library);
    size_t own_length = strlen(own);

    if (own_length == 0 || length < own_length)
        return false;
    return memcmp(entry + length - own_length, own, own_length) == 0 &&
           (length == own_length || entry[length - own_length - 1] == '/');
}

static bool names_us(const char *list)
{
    while (*list) {
        size_t length = strcspn(list, SEPARATORS);

        if (is_own_entry(list, length))
            return true;
        list += length + (list[length] != '\0');
    }
    return false;
}

static bool is_preload(const char *variable)
{
    return strncmp(variable, PRELOAD, strlen(PRELOAD)) == 0;
}

void hooks_process_init(void)
{
    struct text text;
    Dl_info info;

    if (dladdr((void *)hooks_process_init, &info))
        strncpy(own_library, info.dli_fname, sizeof(own_library) - 1);
    text_init(&text, own_variable_text, sizeof(own_variable_text));
    // none at all where libc or the loader is the program
    for (char **variable = environ; variable && *variable; variable++) {
        char *copy = own_variable_text + text.length;

        if (strncmp(*variable, "GAIAPROF_", 9) != 0 || own_variable_count == OWN_VARIABLES_MAX)
            continue;
        text_add_bytes(&text, *variable, strlen(*variable) + 1);
        if (!text.is_cut)
            own_variables[own_variable_count++] = copy;
    }
}

// Copies the list without us over itself.
static void remove_us(char *list)
{
    char *end = list;
    const char *next = list;

    while (*next) {
        size_t length = strcspn(next, SEPARATORS);
        size_t with_separator = length + (next[length] != '\0');

        if (!is_own_entry(next, length)) {
            memmove(end, next, with_separator);
            end += with_separator;
        }
        next += with_separator;
    }
    while (end > list && strchr(SEPARATORS, end[-1]))
        end--;
    *end = '\0';
}

void hooks_process_clean_environment(void)
{
    char **kept = environ;

    if (!environ)
        return;
    for (char **variable = environ; *variable; variable++) {
        if (is_preload(*variable) && names_us(*variable + strlen(PRELOAD)))
            remove_us(*variable + strlen(PRELOAD));
        if (strcmp(*variable, PRELOAD) != 0)
            *kept++ = *variable;
    }
    *kept = NULL;
}

static const int violated_status = 23; // of the command `check` too

int hooks_process_end(int status)
{
    bool is_kept = true;

    if (!recording_begin_end())
        return status;
    exit_point_describe(&scan_help, CALLER);
    reporter_begin(!atomic_get(&sys_filters));
    recording_finish(PROFILE_EXIT_EXITED, status);
    is_kept = reporter_run();
    return status == 0 && !is_kept ? violated_status : status;
}

// Runs at exit before the program's own handlers, some of which close stderr.
static void exit_begins(void *unused)
{
    (void)unused;
    if (recording_is_ours())
        reporter_keep_stderr();
}

// The program's handlers are run last to first: one of ours above the latest of them comes first.
// Those of libraries that come and go are left alone, or each load would add one.
EXPORT int __cxa_atexit(void (*handler)(void *), void *argument, void *library);
EXPORT int __cxa_atexit(void (*handler)(void *), void *argument, void *library)
{
    int error = real_find() ? real.__cxa_atexit(handler, argument, library) : -1;

    if (error == 0 && recording_gate.is_open && modules_is_main_program((uintptr_t)handler))
        real.__cxa_atexit(exit_begins, NULL, NULL);
    return error;
}

bool hooks_process_sets_filter(long number, long operation)
{
    return (number == SYS_prctl && operation == PR_SET_SECCOMP) ||
           (number == SYS_seccomp &&
            (operation == SECCOMP_SET_MODE_STRICT || operation == SECCOMP_SET_MODE_FILTER));
}

void hooks_process_before_filter(void)
{
    if (recording_is_ours())
        profile_writer_expect_filter();
    atomic_add(&sys_filters, 1u);
    if (recording_is_ours())
        atomic_set(&profile_header->is_filtered, 1);
}

// One that the kernel did not take changes nothing.
long hooks_process_after_filter(long result)
{
    if (result < 0 && atomic_add(&sys_filters, -1u) == 1 && recording_is_ours())
        atomic_set(&profile_header->is_filtered, 0);
    return result;
}

// Takes as many arguments as any of its options has, where libc declares `...`: the same registers.
ENTRY int entry_prctl(int option, unsigned long a, unsigned long b, unsigned long c,
                      unsigned long d) __asm__("prctl");

ENTRY int entry_prctl(int option, unsigned long a, unsigned long b, unsigned long c,
                      unsigned long d)
{
    real_find();
    if (!hooks_process_sets_filter(SYS_prctl, option))
        return real.prctl(option, a, b, c, d);
    hooks_process_before_filter();
    return (int)hooks_process_after_filter(real.prctl(option, a, b, c, d));
}

// Its handlers are not told the status.
EXPORT void quick_exit(int status)
{
    hooks_process_quick_status = status;
    real_find();
    real.quick_exit(status);
    __builtin_unreachable();
}

// These three by way of hooks_exit.S.
HOOK void hook_exit(int status, const struct arch_registers *registers);
HOOK void hook__exit(int status, const struct arch_registers *registers);
HOOK void hook__Exit(int status, const struct arch_registers *registers);

static void note_exit(const struct arch_registers *registers)
{
    if (recording_is_ours())
        exit_point_note(registers);
}

HOOK void hook_exit(int status, const struct arch_registers *registers)
{
    note_exit(registers);
    real_find();
    real.exit(status);
}

HOOK void hook__exit(int status, const struct arch_registers *registers)
{
    note_exit(registers);
    status = hooks_process_end(status);
    real_find();
    real._exit(status);
}

HOOK void hook__Exit(int status, const struct arch_registers *registers)
{
    note_exit(registers);
    status = hooks_process_end(status);
    real_find();
    real._Exit(status);
}

// The environment that a started program gets. Where programs are followed and it lacks us, a
// merged one in a mapping of its own: not on the stack, which may be small, and not in our tables,
// which a vfork child must leave alone (there the mapping outlives a successful exec).
struct launch {
    char *const *environment;
    void *mapping; // NULL: the host's own environment
    size_t mapping_bytes;
};

static size_t count_strings(char *const *strings)
{
    size_t count = 0;

    while (strings && strings[count])
        count++;
    return count;
}

static bool has_variable(char *const *environment, const char *variable)
{
    size_t length = strcspn(variable, "=") + 1;

    for (; environment && *environment; environment++)
        if (strncmp(*environment, variable, length) == 0)
            return true;
    return false;
}

static const char *find_preload(char *const *environment)
{
    for (; environment && *environment; environment++)
        if (is_preload(*environment))
            return *environment + strlen(PRELOAD);
    return NULL;
}

static bool needs_merge(char *const *environment)
{
    const char *preload = find_preload(environment);

    return options_follow_exec() && own_library[0] && (!preload || !names_us(preload));
}

static size_t preload_room(char *const *environment)
{
    const char *preload = find_preload(environment);

    return strlen(PRELOAD) + strlen(own_library) + 2 + (preload ? strlen(preload) : 0);
}

static void merge(char *const *environment, char *room, char **merged)
{
    const char *preload = find_preload(environment);
    struct text text;

    text_init(&text, room, preload_room(environment));
    text_add(&text, PRELOAD);
    text_add(&text, own_library);
    if (preload && *preload) {
        text_add(&text, ":");
        text_add(&text, preload);
    }
    *merged++ = room;
    for (char *const *variable = environment; variable && *variable; variable++)
        if (!is_preload(*variable))
            *merged++ = *variable;
    for (size_t i = 0; i < own_variable_count; i++)
        if (!has_variable(environment, own_variables[i]))
            *merged++ = own_variables[i];
    *merged = NULL;
}

static struct launch prepare_launch(char *const *environment)
{
    struct launch launch = {environment, NULL, 0};
    size_t array_bytes;

    real_find();
    if (!needs_merge(environment))
        return launch;
    array_bytes = (count_strings(environment) + OWN_VARIABLES_MAX + 2) * sizeof(char *);
    launch.mapping_bytes = array_bytes + preload_room(environment);
    launch.mapping = sys_map_private(launch.mapping_bytes);
    if (!launch.mapping) // runs, without us
        return launch;
    merge(environment, (char *)launch.mapping + array_bytes, launch.mapping);
    launch.environment = launch.mapping;
    return launch;
}

static int finish_launch(struct launch launch, int result)
{
    if (launch.mapping)
        sys_unmap(launch.mapping, launch.mapping_bytes);
    return result;
}

// An exec closes the profile; when it fails the recording goes on.
static bool close_for_exec(void)
{
    bool is_closed = recording_begin_end();

    if (is_closed)
        recording_finish(PROFILE_EXIT_EXECED, 0);
    return is_closed;
}

#define EXEC(environment, call)                                                                    \
    do {                                                                                           \
        struct launch launch = prepare_launch(environment);                                        \
        bool was_closed = close_for_exec();                                                        \
        int result = call;                                                                         \
                                                                                                   \
        if (was_closed)                                                                            \
            recording_resume();                                                                    \
        return finish_launch(launch, result);                                                      \
    } while (0)

EXPORT int execve(const char *path, char *const arguments[], char *const environment[])
{
    EXEC(environment, real.execve(path, arguments, launch.environment));
}

EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[])
{
    EXEC(environment, real.execvpe(file, arguments, launch.environment));
}

EXPORT int fexecve(int fd, char *const arguments[], char *const environment[])
{
    EXEC(environment, real.fexecve(fd, arguments, launch.environment));
}

EXPORT int execveat(int directory, const char *path, char *const arguments[],
                    char *const environment[], int flags)
{
    EXEC(environment, real.execveat(directory, path, arguments, launch.environment, flags));
}

EXPORT int execv(const char *path, char *const arguments[])
{
    return execve(path, arguments, environ);
}

EXPORT int execvp(const char *file, char *const arguments[])
{
    return execvpe(file, arguments, environ);
}

// Puts the words of execl(path, first, ..., NULL) into an array on the caller's stack.
#define COLLECT(words, first, list)                                                                \
    do {                                                                                           \
        size_t count = 1;                                                                          \
        va_start(list, first);                                                                     \
        while (va_arg(list, const char *))                                                         \
            count++;                                                                               \
        va_end(list);                                                                              \
        words = alloca((count + 1) * sizeof(char *));                                              \
        words[0] = (char *)(first);                                                                \
        va_start(list, first);                                                                     \
        for (size_t i = 1; i <= count; i++)                                                        \
            words[i] = va_arg(list, char *);                                                       \
    } while (0)

EXPORT int execl(const char *path, const char *first, ...)
{
    va_list list;
    char **words;

    COLLECT(words, first, list);
    va_end(list);
    return execve(path, words, environ);
}

EXPORT int execlp(const char *file, const char *first, ...)
{
    va_list list;
    char **words;

    COLLECT(words, first, list);
    va_end(list);
    return execvpe(file, words, environ);
}

EXPORT int execle(const char *path, const char *first, ...)
{
    va_list list;
    char **words;
    char *const *environment;

    COLLECT(words, first, list);
    environment = va_arg(list, char *const *);
    va_end(list);
    return execve(path, words, environment);
}

EXPORT int posix_spawn(pid_t *restrict pid, const char *restrict path,
                       const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *restrict attributes, char *const arguments[],
                       char *const environment[])
{
    struct launch launch = prepare_launch(environment);

    return finish_launch(
        launch, real.posix_spawn(pid, path, actions, attributes, arguments, launch.environment));
}

EXPORT int posix_spawnp(pid_t *restrict pid, const char *restrict file,
                        const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *restrict attributes, char *const arguments[],
                        char *const environment[])
{
    struct launch launch = prepare_launch(environment);

    return finish_launch(
        launch, real.posix_spawnp(pid, file, actions, attributes, arguments, launch.environment));
}
