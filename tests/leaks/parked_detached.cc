// SPDX-License-Identifier: MIT
// Detached threads that wait when the program ends: what their functions captured, what their
// frames hold.
// LEAKS: reachable captured 3 96, reachable on_stack 3 240, reachable main 3 48
// LEAKS: definite lose 3 120
#include "leaks.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

struct thing {
    long numbers[4];
};

static std::mutex mutex;
static std::condition_variable never;

static SITE std::unique_ptr<thing> captured()
{
    return std::unique_ptr<thing>(new thing());
}

static SITE char *on_stack()
{
    return new char[80];
}

static SITE void lose()
{
    void *volatile block = new long[5];

    (void)block;
}

static SITE void wait()
{
    std::unique_ptr<char[]> block(on_stack());

    lose();
    forget();
    std::unique_lock<std::mutex> lock(mutex);
    sem_post(&parked_count);
    never.wait(lock, [] { return false; });
}

int main()
{
    for (int i = 0; i < 3; i++)
        std::thread([held = captured()] { wait(); }).detach();
    wait_until_parked(3);
    forget();
    _exit(0);
}
