// SPDX-License-Identifier: MIT
// Threads unmap a mutex that they hold: one locks another then, one just ends.
// EXPECT: lock("other")["acquisitions"] == 1 and lock("other")["contentions"] == 0
// EXPECT: report["order"] == []
// EXPECT: sum(l["acquisitions"] for l in locks_of("mutex", "hold_and_unmap")) == 2
// EXPECT: health["complete"] and not any(health["dropped"].values())
#include "steps.h"

#include <sys/mman.h>

#define PAGE_BYTES 4096

pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;

void hold_and_unmap(void)
{
    pthread_mutex_t *mutex =
        mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    pthread_mutex_init(mutex, NULL);
    pthread_mutex_lock(mutex);
    munmap(mutex, PAGE_BYTES);
}

void *go_on(void *unused)
{
    hold_and_unmap();
    pthread_mutex_lock(&other);
    pthread_mutex_unlock(&other);
    return unused;
}

void *end(void *unused)
{
    hold_and_unmap();
    return unused;
}

int main(void)
{
    run_alone(go_on, NULL);
    run_alone(end, NULL);
    puts("end");
    return 0;
}
