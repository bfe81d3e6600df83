// SPDX-License-Identifier: MIT
// Handlers around fork take every lock before and release it in parent and child: the child unlocks
// what its parent's thread locked, which is right. Locks that the parent's other thread held are
// made anew.
// OPTIONS: follow=fork
// EXPECT: len(reports) == 2 and all(r["misuse"] == [] and r["order"] == [] for r in reports)
// EXPECT: [l["acquisitions"] for l in report["locks"] if l["name"] == "first"] == [1 + 1]
// EXPECT: [l["acquisitions"] for l in reports[1]["locks"] if l["name"] == "after"] == [1]
#include "steps.h"

#include <sys/wait.h>

pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t foreign = PTHREAD_MUTEX_INITIALIZER, after = PTHREAD_MUTEX_INITIALIZER;
static atomic_int is_held, is_over;

static void prepare(void)
{
    pthread_mutex_lock(&first);
    pthread_mutex_lock(&second);
}

static void release(void)
{
    pthread_mutex_unlock(&second);
    pthread_mutex_unlock(&first);
}

static void release_in_child(void)
{
    release();
    pthread_mutex_init(&foreign, NULL);
}

void *holder(void *unused)
{
    pthread_mutex_lock(&foreign);
    come(&is_held);
    await(&is_over);
    pthread_mutex_unlock(&foreign);
    return unused;
}

static void use(pthread_mutex_t *mutex)
{
    pthread_mutex_lock(mutex);
    pthread_mutex_unlock(mutex);
}

int main(void)
{
    pthread_t thread = start(holder, NULL);
    pid_t child;
    int status;

    await(&is_held);
    pthread_atfork(prepare, release, release_in_child);
    child = fork();
    if (child == 0) {
        use(&foreign);
        use(&first);
        use(&after);
        exit(0);
    }
    waitpid(child, &status, 0);
    use(&first);
    come(&is_over);
    finish(thread);
    printf("%d\n", status);
    return 0;
}
