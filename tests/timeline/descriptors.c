// SPDX-License-Identifier: MIT
//
// descriptors.c - with several threads nothing of ours is ever opened, not for a moment either, nor
// at the end: the number could be the one that another thread counts on. The program dies where
// anything is: its filter is set where no hook sees it.
#include "shape.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
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
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static pthread_barrier_t barrier;

static long set_filter(const struct sock_fprog *program)
{
    long result = SYS_seccomp;

    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"((long)SECCOMP_SET_MODE_FILTER), "S"((long)SECCOMP_FILTER_FLAG_TSYNC),
                       "d"(program)
                     : "rcx", "r11", "memory");
    return result;
}

static void *churn(void *unused)
{
    for (int round = 0; round < 2; round++) { // the same stacks before and after
        churn_ms(60);
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
    }
    return unused;
}

int main(void)
{
    const struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
    pthread_t thread;

    pthread_barrier_init(&barrier, NULL, 2);
    churn_ms(20);
    pthread_create(&thread, NULL, churn, NULL);
    for (int round = 0; round < 2; round++) {
        churn_ms(60);
        pthread_barrier_wait(&barrier);
        say(round == 0 ? "filters" : "done", 0);
        if (round == 1)
            _exit(0);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || set_filter(&program) != 0)
            return 77;
        pthread_barrier_wait(&barrier);
    }
}
