// SPDX-License-Identifier: MIT
// A child has blocks of its own: what it loses it has lost; what only a block that its parent made
// holds is not lost. Of its parent's blocks it says nothing.
// OPTIONS: follow=fork
// LEAKS: definite parent_lost 1 40, reachable parent_kept 1 24
// CHILD: definite child_lost 1 56, reachable child_in_parents 1 64, reachable child_kept 1 72
// CHILD: reachable child_below 1 80, reachable child_large_in_parents 1 300000
#include "leaks.h"

#include <sys/wait.h>

static struct node *kept;
static void **kept_of_child;

static SITE void parent_lost(void)
{
    void *volatile block = malloc(40);

    (void)block;
}

static SITE void parent_kept(void)
{
    kept = calloc(1, sizeof(*kept));
}

static SITE void child_lost(void)
{
    void *volatile block = malloc(56);

    (void)block;
}

static SITE void child_in_parents(void)
{
    kept->next = malloc(64);
}

static SITE void child_large_in_parents(void)
{
    kept->other = calloc(1, 300000);
}

static SITE void *child_below(void)
{
    return malloc(80);
}

static SITE void child_kept(void)
{
    kept_of_child = calloc(1, 72);
    kept_of_child[2] = child_below();
}

static SITE void child(void)
{
    child_lost();
    child_in_parents();
    child_large_in_parents();
    child_kept();
    forget();
    exit(0);
}

int main(void)
{
    pid_t pid;

    parent_lost();
    parent_kept();
    forget();
    pid = fork();
    if (pid == 0)
        child();
    waitpid(pid, NULL, 0);
    forget();
    return 0;
}
