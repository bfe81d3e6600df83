// SPDX-License-Identifier: MIT
// The root directory is changed to one whose /proc is no proc file system: what is there is the
// host's, and not for us to write. The report can't be made from there, which is told.
// OPTIONS: report=text:follow=fork
// STDERR: can't be started
// EXPECT: stdout == "kept\n" and len(reports) == 2
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_NAME "jail/proc/self/oom_score_adj"

static void make_jail(void)
{
    FILE *file;

    mkdir("jail", 0700);
    mkdir("jail/proc", 0700);
    mkdir("jail/proc/self", 0700);
    file = fopen(FILE_NAME, "w");
    fputs("kept\n", file);
    fclose(file);
}

static void ends_in_jail(void)
{
    if (chroot("jail") != 0 && (unshare(CLONE_NEWUSER) != 0 || chroot("jail") != 0))
        _exit(1);
    chdir("/");
    malloc(16);
    exit(0);
}

int main(void)
{
    char line[100] = "";
    FILE *file;

    make_jail();
    if (fork() == 0)
        ends_in_jail();
    wait(NULL);
    file = fopen(FILE_NAME, "r");
    fgets(line, sizeof(line), file);
    fputs(line, stdout);
    fclose(file);
    return 0;
}
