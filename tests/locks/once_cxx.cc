// SPDX-License-Identifier: MIT
// std::call_once, and a routine that throws: the exception passes, and another call tries again.
// EXPECT: lock("ready")["kind"] == "once" and lock("ready")["acquisitions"] == 3
// EXPECT: lock("ready")["contentions"] == 0 and lock("mutex")["acquisitions"] == 5
// EXPECT: report["misuse"] == [] and report["order"] == []
// EXPECT: not any(health["dropped"].values())
#include <cstdio>
#include <mutex>
#include <stdexcept>

std::once_flag ready;
std::mutex mutex;
static int attempts;

void initialise()
{
    std::lock_guard<std::mutex> hold(mutex);

    if (++attempts <= 2)
        throw std::runtime_error("not yet");
}

static void call()
{
    try {
        std::call_once(ready, initialise);
        std::puts("returned");
    } catch (const std::runtime_error &error) {
        std::puts(error.what());
    }
}

int main()
{
    for (int i = 0; i < 5; i++)
        call();
    for (int i = 0; i < 2; i++)
        std::lock_guard<std::mutex> hold(mutex);
    return 0;
}
