// SPDX-License-Identifier: MIT
// A thread made by a pthread_create that is not ours is met when it uses a lock or memory. It is in
// no other count; its locks are counted as everybody's.
// EXPECT: threads["adopted"] == 1 and threads["created"] == threads["joined"] == threads["finished"] == 1
// EXPECT: threads["leaked"] == threads["detached"] == threads["running_at_exit"] == 0
// EXPECT: lock("mutex")["acquisitions"] == 3 and lock("mutex")["owner_changes"] == 2
// EXPECT: report["misuse"] == [] and report["order"] == []
#include "steps.h"

#include <dlfcn.h>

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void *use(void *unused)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    return unused;
}

int main(void)
{
    void *library = dlopen("libc.so.6", RTLD_NOW);
    void *create = dlsym(library, "pthread_create");
    pthread_t thread;

    use(NULL);
    ((int (*)(pthread_t *, const pthread_attr_t *, thread_body, void *))create)(&thread, NULL, use,
                                                                                NULL);
    pthread_join(thread, NULL);
    run_alone(use, NULL);
    return 0;
}
