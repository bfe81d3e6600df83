// SPDX-License-Identifier: MIT
// The host does what it likes with its environment: clears it, puts an array of its own there that
// nobody may write, none at all; programs start meanwhile, and the report comes at the end.
// OPTIONS: report=text:report_file=report
// ENVIRONMENT: MINE=1
// EXPECT: stdout == "MINE=1\ncleared: \nput: HERE=2\nconstant: THERE=3\nnone: \n"
// EXPECT: process["exit"] == {"kind": "exited", "status": 0} and len(reports) == 1
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char *const constant[] = {(char *)"THERE=3", NULL};

// What a program gets that is started now, but for what each shell adds.
static void print_environment(const char *what)
{
    printf("%s", what);
    fflush(stdout);
    if (fork() == 0) {
        execl("/bin/sh", "sh", "-c", "/usr/bin/env | grep -Ev '^(PWD|OLDPWD|SHLVL|_)=' || echo",
              (char *)NULL);
        _exit(127);
    }
    wait(NULL);
}

int main(void)
{
    char here[] = "HERE=2";

    printf("MINE=%s\n", getenv("MINE"));
    clearenv();
    print_environment("cleared: ");
    putenv(here);
    print_environment("put: ");
    environ = (char **)constant;
    print_environment("constant: ");
    environ = NULL;
    print_environment("none: ");
    return 0;
}
