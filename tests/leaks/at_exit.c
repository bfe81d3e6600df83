// SPDX-License-Identifier: MIT
// A program for at_exit.py: loses two blocks, and ends in the way it is told.
#include "leaks.h"

#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

static pthread_barrier_t both;

static SITE void lose(void)
{
    malloc(100);
    malloc(4);
}

static void *end(void *unused)
{
    pthread_barrier_wait(&both);
    _exit(0);
    return unused;
}

static void end_twice(void)
{
    pthread_t thread;

    pthread_barrier_init(&both, NULL, 2);
    pthread_create(&thread, NULL, end, NULL);
    end(NULL);
}

static int listen_at(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? listen(fd, 1) : 9;
}

// Runs itself many times, profiled: as soon as one has ended its port is free, and no other child
// is there.
static int run_listeners(char **argv)
{
    int unknown = 0, failed = 0, status;

    for (int i = 0; i < 40; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            setenv("LD_PRELOAD", argv[3], 1);
            execl("/proc/self/exe", argv[0], "listen", argv[2], NULL);
            _exit(99);
        }
        failed += waitpid(pid, &status, 0) != pid || status != 0;
        usleep(1000);
        while (waitpid(-1, &status, WNOHANG) > 0)
            unknown++;
    }
    return failed ? 1 : unknown ? 2 : 0;
}

int main(int argc, char **argv)
{
    const char *way = argv[1];

    lose();
    forget();
    if (strcmp(way, "ignoring") == 0)
        signal(SIGCHLD, SIG_IGN);
    if (strcmp(way, "traced") == 0)
        setenv("LD_TRACE_LOADED_OBJECTS", "1", 1);
    if (strcmp(way, "twice") == 0)
        end_twice();
    if (strcmp(way, "listen") == 0)
        return listen_at(argv[2]);
    if (strcmp(way, "listeners") == 0 && argc == 4)
        return run_listeners(argv);
    return strcmp(way, "failing") == 0 ? 6 : 0;
}
