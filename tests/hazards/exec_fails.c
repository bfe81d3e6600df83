// SPDX-License-Identifier: MIT
// Every way in which exec fails, by each of its functions: errno as without us, and the recording
// goes on after each.
// EXPECT: site("go_on")["allocations"] == 8 == site("go_on")["frees"]
// EXPECT: len(reports) == 1 and process["exit"] == {"kind": "exited", "status": 0}
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOO_MUCH_BYTES (4 << 20) // for one argument, and for most limits of all of them

extern char **environ;

static void go_on(const char *what)
{
    printf("%s: %s\n", what, strerrorname_np(errno));
    fflush(stdout);
    free(malloc(60));
}

static void write_file(const char *name, const char *text, int mode)
{
    int fd = open(name, O_CREAT | O_WRONLY, mode);

    write(fd, text, strlen(text));
    close(fd);
}

int main(void)
{
    char *arguments[] = {"program", NULL, NULL};
    char *large = malloc(TOO_MUCH_BYTES + 1);
    int fd;

    write_file("no_program", "neither this nor that", 0700);
    write_file("not_executable", "#!/bin/sh\n", 0600);
    write_file("wrong_interpreter", "#!/nowhere\n", 0700);
    symlink("loop", "loop");
    memset(large, 'x', TOO_MUCH_BYTES);
    large[TOO_MUCH_BYTES] = '\0';

    execve("/nowhere", arguments, environ);
    go_on("execve, missing");
    execv("./not_executable", arguments);
    go_on("execv, no permission");
    execle("./no_program", "program", "1", "2", (char *)NULL, environ);
    go_on("execle, no program");
    execlp("nowhere_in_path", "program", (char *)NULL);
    go_on("execlp, missing");
    execl("./wrong_interpreter", "program", (char *)NULL);
    go_on("execl, interpreter missing");
    execvp("./loop", arguments);
    go_on("execvp, loop");
    fd = open("no_program", O_RDONLY);
    fexecve(fd, arguments, environ);
    go_on("fexecve, no program");
    arguments[1] = large;
    execvpe("/bin/true", arguments, environ);
    go_on("execvpe, too large");
    free(large);
    return 0;
}
