// SPDX-License-Identifier: MIT
//
// filter.c - a program that ends where it makes a call that it did not foresee: what a moment asks
// the kernel is not among those it did.
#include "shape.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KILLS(number)                                                                              \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),                                             \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

static struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    KILLS(SYS_openat),
    KILLS(SYS_open),
    KILLS(SYS_pread64),
    KILLS(SYS_read),
    KILLS(SYS_gettid),
    KILLS(SYS_getpid),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

// What a library does to find out what the kernel can.
static void probe(void)
{
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0);
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL);
    syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &(uint32_t){SECCOMP_RET_ALLOW});
}

int main(void)
{
    const struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
    bool is_filtered = false;

    probe();
    say("probed", 0);
    for (;;) { // the same stacks before and after
        churn_ms(40);
        say(is_filtered ? "done" : "filters", 0);
        if (is_filtered)
            syscall(SYS_exit_group, 0);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0)
            return 77;
        is_filtered = true;
    }
}
