// SPDX-License-Identifier: MIT
// The host closes stderr and opens a file in its place: the report must not go into it.
// ENVIRONMENT: EXPECT_REPORT=1
// OPTIONS: report=text
// EXPECT: stdout == "0 bytes\n"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    struct stat status;
    int fd;

    // a child of the same program reports into what it has as stderr: ask the kernel afterwards
    if (fork() == 0) {
        char *arguments[] = {"/bin/sh", "-c", "exit 0", NULL};
        execv(arguments[0], arguments);
    }
    wait(NULL);
    close(2);
    fd = open("mine", O_CREAT | O_RDWR | O_TRUNC, 0600);
    free(malloc(1));
    fstat(fd, &status);
    printf("%ld bytes\n", (long)status.st_size);
    return 0;
}
