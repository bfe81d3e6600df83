// SPDX-License-Identifier: MIT
// posix_spawn in its forms: actions on descriptors, attributes, a search in PATH, a script without
// an interpreter, and its errors. What is started runs clean.
// EXPECT: len(reports) == 1 and "libgaiaprof" not in stdout
// EXPECT: stdout.splitlines()[0] == "redirected" and "clean" in stdout
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void print_error(const char *what, int error)
{
    printf("%s %s\n", what, strerrorname_np(error) ? strerrorname_np(error) : "0");
    fflush(stdout);
}

// Prints after the child has printed.
static void end(pid_t pid, int error)
{
    int status = 0;

    waitpid(pid, &status, 0);
    printf("%d, status %d\n", error, WEXITSTATUS(status));
    fflush(stdout);
}

static void with_actions(void)
{
    char *arguments[] = {"sh", "-c", "echo redirected >&7; exit 3", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all;
    pid_t pid = 0;

    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, 1, 7);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, 8);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    int error = posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, environ);
    end(pid, error);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
}

static void searched(void)
{
    char *arguments[] = {"sh", "-c", "echo ${LD_PRELOAD:-clean}", NULL};
    pid_t pid = 0;

    int error = posix_spawnp(&pid, "sh", NULL, NULL, arguments, environ);
    end(pid, error);
}

static void script(void)
{
    char *arguments[] = {"./script", NULL};
    int fd = open("script", O_CREAT | O_WRONLY, 0700);
    pid_t pid = 0;

    write(fd, "exit 5\n", 7);
    close(fd);
    print_error("posix_spawn", posix_spawn(&pid, "./script", NULL, NULL, arguments, environ));
    print_error("posix_spawnp", posix_spawnp(&pid, "./script", NULL, NULL, arguments, environ));
}

int main(void)
{
    char *arguments[] = {"nothing", NULL};
    pid_t pid = 0;

    with_actions();
    searched();
    script();
    print_error("missing", posix_spawn(&pid, "/nowhere", NULL, NULL, arguments, environ));
    print_error("missing", posix_spawnp(&pid, "nowhere", NULL, NULL, arguments, environ));
    print_error("directory", posix_spawn(&pid, "/", NULL, NULL, arguments, environ));
    print_error("wait", wait(NULL) < 0 ? errno : 0);
    return 0;
}
