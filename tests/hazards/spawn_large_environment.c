// SPDX-License-Identifier: MIT
// A thread with a small stack starts a program with 20,000 variables, without ours among them:
// they are put in, elsewhere than on that stack.
// OPTIONS: follow=exec
// EXPECT: len(reports) == 2
// EXPECT: [r["process"]["exit"]["status"] for r in reports] == [0, 0]
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define VARIABLES 20000
#define STACK_BYTES (64 << 10)
#define BELOW_BYTES (16 << 20) // forbidden

static char text[VARIABLES][16];
static char *variables[VARIABLES + 1];

void *work(void *unused)
{
    char *arguments[] = {"true", NULL};
    int status = -1;
    pid_t pid;

    printf("%d\n", posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, variables));
    waitpid(pid, &status, 0);
    printf("%d\n", status);
    return unused;
}

int main(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    char *memory = mmap(NULL, BELOW_BYTES + STACK_BYTES, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    for (int i = 0; i < VARIABLES; i++) {
        snprintf(text[i], sizeof(text[i]), "V%d=x", i);
        variables[i] = text[i];
    }
    mprotect(memory + BELOW_BYTES, STACK_BYTES, PROT_READ | PROT_WRITE);
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, memory + BELOW_BYTES, STACK_BYTES);
    printf("%d\n", pthread_create(&thread, &attributes, work, NULL));
    pthread_join(thread, NULL);
    return 0;
}
