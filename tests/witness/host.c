// SPDX-License-Identifier: MIT
//
// host.c - ends in the way it is told to: return, exit, _exit, _Exit, quick_exit, fork, vfork,
// limited.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void limit(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_NOFILE, &none);
    setrlimit(RLIMIT_FSIZE, &none);
}

int main(int count, char **arguments)
{
    const char *way = count > 1 ? arguments[1] : "return";

    if (strcmp(way, "exit") == 0)
        exit(3);
    if (strcmp(way, "_exit") == 0)
        _exit(3);
    if (strcmp(way, "_Exit") == 0)
        _Exit(3);
    if (strcmp(way, "quick_exit") == 0)
        quick_exit(3);
    if (strcmp(way, "vfork") == 0 && vfork() == 0)
        _exit(4);
    if (strcmp(way, "fork") == 0 && fork() == 0)
        return 4;
    if (strcmp(way, "limited") == 0)
        limit();
    wait(NULL);
    puts(getenv("LD_PRELOAD") ? "preloaded" : "clean");
    return 3;
}
