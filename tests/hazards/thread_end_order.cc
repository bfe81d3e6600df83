// SPDX-License-Identifier: MIT
// A thread's last steps in their order: destructors on its stack, of thread-local objects, of keys,
// then what libc gives back itself. Each allocates and frees; all of it is seen.
// EXPECT: all(site(f)["allocations"] == 4 == site(f)["frees"] for f in ("of_stack", "of_thread_local", "of_key"))
// EXPECT: stdout.splitlines() == ["stack, thread_local, key"] * 4
// EXPECT: threads["finished"] == 4 and health["complete"]
#include <cstdio>
#include <cstdlib>
#include <pthread.h>

static pthread_key_t key;

extern "C" {
void of_stack()
{
    std::free(std::malloc(31));
}

void of_thread_local()
{
    std::free(std::malloc(32));
}

void of_key()
{
    std::free(std::malloc(33));
}
}

struct OnStack {
    ~OnStack()
    {
        of_stack();
        std::printf("stack");
    }
};

struct Local {
    ~Local()
    {
        of_thread_local();
        std::printf(", thread_local");
    }
    int used = 0;
};

static thread_local Local local;

static void destroy_key(void *)
{
    of_key();
    std::printf(", key\n");
}

static void *work(void *argument)
{
    OnStack on_stack;

    local.used = 1;
    pthread_setspecific(key, argument);
    pthread_exit(nullptr);
}

int main()
{
    pthread_key_create(&key, destroy_key);
    for (int i = 0; i < 4; i++) {
        pthread_t thread;

        pthread_create(&thread, nullptr, work, &key);
        pthread_join(thread, nullptr);
    }
    return 0;
}
