// SPDX-License-Identifier: MIT
// A handler forks after every third instruction of locking, unlocking, allocating and freeing, our
// hooks included. Each child goes on from there for a while: nothing of what it does gets into its
// parent's profile, and it ends as without us.
// EXPECT: site("heap_round")["allocations"] == site("heap_round")["frees"] == 2
// EXPECT: sorted(l["acquisitions"] for l in report["locks"] if l["name"] in ("mutex", "rwlock")) == [2, 2]
// EXPECT: misuse("unlock of another thread's lock") == misuse("unlock of an unlocked lock") == []
// EXPECT: len(reports) == 1 and stdout == "0 children failed\n"
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define TRAP_FLAG 0x100
#define MORE_ROUNDS 20 // of a child
#define EACH 3         // instruction

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static volatile int is_child, failed, handled;

// The kernel's clock there is read anew whenever it has ticked meanwhile: for ever, at this pace.
static int is_in_vdso(uintptr_t pc)
{
    return pc - getauxval(AT_SYSINFO_EHDR) < 4 * 4096;
}

// Loops are gone round once.
static bool was_seen(uintptr_t pc)
{
    static bool seen[1 << 20];
    bool before = seen[pc % sizeof(seen)];

    seen[pc % sizeof(seen)] = true;
    return before;
}

static void reap(pid_t pid)
{
    int status = -1;

    waitpid(pid, &status, 0);
    failed += status != 0;
}

static void on_step(int signal, siginfo_t *info, void *context)
{
    ucontext_t *interrupted = context;
    pid_t pid;

    (void)signal;
    (void)info;
    if (is_in_vdso((uintptr_t)interrupted->uc_mcontext.gregs[REG_RIP]))
        return;
    if (was_seen((uintptr_t)interrupted->uc_mcontext.gregs[REG_RIP]))
        return;
    if (handled++ % EACH != 0)
        return;
    pid = fork();
    if (pid != 0) {
        reap(pid);
        return;
    }
    is_child = 1;
    alarm(10); // rather than hang
    interrupted->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

static void set_trap(int on)
{
    if (on)
        __asm__ volatile("pushfq; orq %0, (%%rsp); popfq" ::"i"(TRAP_FLAG) : "memory", "cc");
    else
        __asm__ volatile("pushfq; andq %0, (%%rsp); popfq" ::"i"(~TRAP_FLAG) : "memory", "cc");
}

static void mutex_round(void)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

static void rwlock_round(void)
{
    pthread_rwlock_rdlock(&rwlock);
    pthread_rwlock_unlock(&rwlock);
}

static void heap_round(void)
{
    free(malloc(40));
}

static void each_step(void (*round)(void))
{
    round(); // names are bound, tables are there
    set_trap(1);
    round();
    set_trap(0);
    for (int i = 0; is_child && i < MORE_ROUNDS; i++)
        round();
    if (is_child)
        exit(0);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};

    sigaction(SIGTRAP, &action, NULL);
    each_step(mutex_round);
    each_step(rwlock_round);
    each_step(heap_round);
    printf("%d children failed\n", failed);
    return handled < 20;
}
