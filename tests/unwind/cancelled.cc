// SPDX-License-Identifier: MIT
// Threads are cancelled, or leave by pthread_exit, deep in their frames: destructors and clean-up
// handlers allocate at their own depth while the stack is taken down, and so do destructors of
// thread-local values at the very end.
// EXPECT: site("Noisy::~Noisy")["allocations"] == 40 * 11 and site("clean_up")["allocations"] == 40
// EXPECT: site("AtEnd::~AtEnd")["allocations"] == 40
// EXPECT: sorted(len([f for f in s["stack"] if "descend" in str(f["function"])]) for s in sites("Noisy::~Noisy")) == list(range(1, 12))
// EXPECT: all(s["allocations"] == 40 for s in sites("Noisy::~Noisy"))
// EXPECT: all(any("worker" in str(f["function"]) for f in s["stack"]) for s in sites("Noisy::~Noisy") + sites("clean_up"))
// EXPECT: not any(health["dropped"].values())
#include <cstdlib>
#include <pthread.h>
#include <unistd.h>

static pthread_barrier_t deep;

struct Noisy {
    ~Noisy()
    {
        free(malloc(30));
    }
};

struct AtEnd {
    int value = 0;
    ~AtEnd()
    {
        free(malloc(31));
    }
};

static thread_local AtEnd at_end;

void clean_up(void *)
{
    free(malloc(32));
}

static volatile bool is_waiting = true;

void leave(bool is_cancelled)
{
    pthread_barrier_wait(&deep);
    while (is_waiting) {
        if (!is_cancelled)
            pthread_exit(nullptr);
        pause();
    }
}

void descend(int depth, bool is_cancelled)
{
    Noisy noisy;

    if (depth > 0)
        descend(depth - 1, is_cancelled);
    leave(is_cancelled);
    __asm__ volatile("" ::: "memory");
}

void *worker(void *argument)
{
    at_end.value++;
    pthread_cleanup_push(clean_up, nullptr);
    descend(10, argument != nullptr);
    pthread_cleanup_pop(0);
    return nullptr;
}

int main()
{
    pthread_barrier_init(&deep, nullptr, 2);
    for (volatile int i = 0; i < 40; i++) {
        pthread_t thread;

        pthread_create(&thread, nullptr, worker, i % 2 ? &deep : nullptr);
        pthread_barrier_wait(&deep);
        if (i % 2)
            pthread_cancel(thread);
        pthread_join(thread, nullptr);
    }
}
