// SPDX-License-Identifier: MIT
// Programs whose standard error is a pipe that nobody reads any more, or nothing at all, from their
// start on: no SIGPIPE, no report anywhere else, the same descriptors.
// OPTIONS: follow=exec:report=text
// STDERR: gaiaprof
// EXPECT: len(reports) == 3 and all(r["process"]["exit"] == {"kind": "exited", "status": 0} for r in reports)
// EXPECT: stdout == "first is 3\nended 0\nfirst is 2, 0 bytes\nended 0\n"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int program(void)
{
    struct stat status;
    int fd = open("own", O_CREAT | O_TRUNC | O_RDWR, 0600);

    free(malloc(50));
    printf("first is %d", fd);
    fstat(2, &status);
    if (fd == 2)
        printf(", %ld bytes", (long)status.st_size);
    printf("\n");
    return 0;
}

static void run_with(int standard_error)
{
    int status = 0;

    fflush(stdout);
    if (fork() == 0) {
        if (standard_error < 0)
            close(2);
        else
            dup2(standard_error, 2);
        closefrom(3);
        execl("/proc/self/exe", "program", "again", (char *)NULL);
        _exit(127);
    }
    wait(&status);
    printf("ended %d\n", status);
}

int main(int argc, char **argv)
{
    int ends[2];

    (void)argv;
    if (argc > 1)
        return program();
    pipe(ends);
    close(ends[0]);
    run_with(ends[1]);
    run_with(-1);
    return 0;
}
