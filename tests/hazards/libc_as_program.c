// SPDX-License-Identifier: MIT
// libc is a program, too, that says who it is, and so is the loader: without main, handlers or an
// environment of libc's own making.
// OPTIONS: follow=exec
// EXPECT: "GNU C Library" in stdout and "hello" in stdout
#include <link.h>
#include <spawn.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *loaded(const char *part)
{
    for (struct link_map *map = _r_debug.r_map; map; map = map->l_next)
        if (strstr(map->l_name, part))
            return map->l_name;
    return "/";
}

static int run(const char *program, char *one, char *two)
{
    char *arguments[] = {"program", one, two, NULL};
    int status = -1;
    pid_t pid;

    if (posix_spawn(&pid, program, NULL, NULL, arguments, environ) == 0)
        waitpid(pid, &status, 0);
    return status != 0;
}

int main(void)
{
    return run(loaded("libc.so"), NULL, NULL) + run(loaded("ld-linux"), "/bin/echo", "hello");
}
