// SPDX-License-Identifier: MIT
// A tool like nsenter goes late into the namespaces of another process (setns): of users, mounts,
// names, network, and processes for its next child. In the mounts the directory of the profile is
// hidden. That process ends, and with it whatever could be started there. What was begun is
// recorded to the end all the same, by way of the hole, where the file system has holes for it.
// EXPECT: site("before")["allocations"] == 2 and process["exit"] == {"kind": "exited", "status": 0}
// EXPECT: len(sites("branch")) == 4096 or health["dropped"]["profile_full"] > 0
#include "many_stacks.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPACES (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWPID)

static void before(void)
{
    malloc(16);
}

static int others(int ready)
{
    int is_made = unshare(SPACES) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                  mount("none", "/tmp", "tmpfs", 0, NULL) == 0;
    pid_t first = is_made ? fork() : 0; // of the new processes

    if (first == 0 && is_made)
        is_made = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
    if (first == 0 && write(ready, &is_made, sizeof(is_made)) > 0)
        pause();
    waitpid(first, NULL, 0);
    _exit(0);
}

static int enter(pid_t process)
{
    static const char *const names[] = {"user", "mnt", "uts", "net", "pid_for_children"};
    int fds[5], entered = 0;
    char path[64];

    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)process, names[i]);
        fds[i] = open(path, O_RDONLY | O_CLOEXEC);
    }
    for (int i = 0; i < 5; i++) {
        entered += setns(fds[i], 0) == 0;
        close(fds[i]);
    }
    return entered;
}

int main(void)
{
    int ready[2], is_made = 0, entered = 0;
    pid_t process;

    before();
    pipe(ready);
    process = fork();
    if (process == 0)
        others(ready[1]);
    read(ready[0], &is_made, sizeof(is_made));
    if (is_made)
        entered = enter(process);
    kill(process, SIGKILL);
    waitpid(process, NULL, 0);
    many_stacks(12);
    before();
    // the first of its processes is dead or about to die: none can be made
    while (is_made && (process = fork()) >= 0) {
        if (process == 0)
            _exit(0);
        waitpid(process, NULL, 0);
    }
    printf("%d of 5, fork: %s\n", entered, is_made ? strerrorname_np(errno) : "not tried");
    return 0;
}
