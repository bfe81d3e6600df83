// SPDX-License-Identifier: MIT
//
// limited.c - one thread that needs little: many stacks, so that the profile has to grow, and
// nothing that a limit or a filter would refuse it. LATE says what it does to itself in the middle:
//
//   nothing, or one of: chroot, closes (all descriptors), filter CALL ACTION
//
// CALL is a number, ACTION "refuse" or "kill". The last line of output is the lowest descriptor
// that is free, and the count of blocks.
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define DEPTH 13
#define PATHS 2000

static int blocks;

static void branch(int depth, unsigned path)
{
    if (depth == 0) {
        void *block = malloc(24);

        blocks += block != NULL;
        free(block);
    } else if (path & 1) {
        branch(depth - 1, path >> 1);
    } else {
        branch(depth - 1, path >> 1);
    }
}

static int set_filter(int number, const char *action)
{
    struct sock_filter lines[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K,
                 strcmp(action, "kill") ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof(lines) / sizeof(lines[0]), lines};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int other_root(void)
{
    if (unshare(CLONE_NEWUSER) != 0)
        return 1;
    return chroot("/proc/self/fdinfo"); // nothing of ours is in there
}

static int close_all(void)
{
    for (int fd = 3; fd < 1024; fd++)
        close(fd);
    return 0;
}

static int late(char **what)
{
    if (!what[0])
        return 0;
    if (!strcmp(what[0], "chroot"))
        return other_root();
    if (!strcmp(what[0], "closes"))
        return close_all();
    return set_filter(atoi(what[1]), what[2]);
}

int main(int argc, char **argv)
{
    char line[64];
    int fd;

    (void)argc;
    for (unsigned path = 0; path < PATHS; path++) {
        if (path == 20 && late(argv + 1) != 0)
            return 77;
        branch(DEPTH, path * 2654435761u >> 7);
    }
    fd = dup(2);
    snprintf(line, sizeof(line), "free %d, errno %d, blocks %d\n", fd, errno, blocks);
    if (write(1, line, strlen(line)) < 0)
        return 3;
    return 4;
}
