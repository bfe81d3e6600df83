// SPDX-License-Identifier: MIT
//
// limited.c - one thread that needs little: many stacks, so that the profile has to grow, and
// nothing that a limit or a filter would refuse it. LATE says what it does to itself in the middle:
//
//   nothing, or one of: chroot, closes (all descriptors), filter CALL ACTION, many PATHS, fill FILE
//   BYTES
//
// CALL is a number, ACTION "refuse" or "kill", PATHS how many calls there shall be rather than
// 2000, by more stacks, FILE says how much memory is in use until it is BYTES. The last line of
// output is the lowest descriptor that is free, and the count of blocks.
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define DEPTH 13
#define DEPTH_OF_MANY 18
#define PATHS 2000
#define FILL_BYTES (64u << 10)

static int blocks;
static int depth = DEPTH;
static unsigned paths = PATHS;
static unsigned step = 2654435761u; // from path to path: far, so that all are touched

static void branch(int below, unsigned path)
{
    if (below == 0) {
        void *block = malloc(24);

        blocks += block != NULL;
        free(block);
    } else if (path >> (below - 1) & 1) {
        branch(below - 1, path);
    } else {
        branch(below - 1, path);
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

static int many(const char *count)
{
    depth = DEPTH_OF_MANY;
    step = 1 << 7; // one after the other
    paths = (unsigned)atoi(count);
    return 0;
}

static long number_in(const char *path)
{
    char digits[32] = "";
    int fd = open(path, O_RDONLY);

    if (read(fd, digits, sizeof(digits) - 1) <= 0)
        return -1;
    close(fd);
    return atol(digits);
}

static int fill(const char *path, long bytes)
{
    long used;

    while ((used = number_in(path)) >= 0 && used < bytes)
        if (mmap(NULL, FILL_BYTES, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) == MAP_FAILED)
            return -1;
    return used < 0;
}

static int late(char **what)
{
    if (!what[0])
        return 0;
    if (!strcmp(what[0], "many"))
        return many(what[1]);
    if (!strcmp(what[0], "fill"))
        return fill(what[1], atol(what[2]));
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
    for (unsigned path = 0; path < paths; path++) {
        if (path == 20 && late(argv + 1) != 0)
            return 77;
        branch(depth, path * step >> 7);
    }
    fd = dup(2);
    snprintf(line, sizeof(line), "free %d, errno %d, blocks %d\n", fd, errno, blocks);
    if (write(1, line, strlen(line)) < 0)
        return 3;
    return 4;
}
