// SPDX-License-Identifier: MIT
// A daemon of the old school: forks twice, leads a session, leaves its directory, closes all it has
// and opens its own. Nobody records it, and it leaves nothing in what it opens.
// EXPECT: len(reports) == 1 and process["exit"] == {"kind": "exited", "status": 0}
// EXPECT: site("in_daemon") == {} and site("main")["allocations"] == 1
// EXPECT: stdout == "daemon: fds 0 1 2, directory /, log 4 bytes\n"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FDS 1024

static void in_daemon(int depth)
{
    free(malloc(100));
    if (depth > 0)
        in_daemon(depth - 1);
}

static void print_state(FILE *report, const char *log)
{
    char directory[100];
    struct stat status;

    fprintf(report, "daemon: fds");
    for (int fd = 0; fd < FDS; fd++)
        if (fcntl(fd, F_GETFD) >= 0 && fd != fileno(report))
            fprintf(report, " %d", fd);
    stat(log, &status);
    fprintf(report, ", directory %s, log %ld bytes\n", getcwd(directory, sizeof(directory)),
            (long)status.st_size);
}

static void run_daemon(const char *here)
{
    char log[4000], report_path[4000], ready[4000];
    FILE *report;
    int fd;

    snprintf(log, sizeof(log), "%s/log", here);
    snprintf(report_path, sizeof(report_path), "%s/report", here);
    snprintf(ready, sizeof(ready), "%s/ready", here);
    chdir("/");
    umask(0);
    closefrom(0);
    open("/dev/null", O_RDWR);
    dup(0);
    dup(0);
    fd = open(log, O_CREAT | O_WRONLY, 0600);
    in_daemon(200);
    write(fd, "log\n", 4);
    close(fd);
    report = fopen(report_path, "w");
    print_state(report, log);
    fclose(report);
    rename(report_path, ready);
    exit(0);
}

int main(void)
{
    char here[3900], line[200];
    FILE *file;

    free(malloc(10));
    getcwd(here, sizeof(here));
    if (fork() == 0) {
        setsid();
        if (fork() != 0)
            _exit(0);
        run_daemon(here);
    }
    wait(NULL);
    while (!(file = fopen("ready", "r")))
        usleep(1000);
    errno = 0; // it was there at once, or was not
    fgets(line, sizeof(line), file);
    fputs(line, stdout);
    return 0;
}
