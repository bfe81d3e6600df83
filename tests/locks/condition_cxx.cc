// SPDX-License-Identifier: MIT
// Conditions of C++, which wait inside the C++ library or in code of its headers.
// EXPECT: lock("changed")["kind"] == "condition" and lock("changed")["waits"] == 2
// EXPECT: lock("changed")["timeouts"] == 1 and about(lock("changed")["idle_ns"], stdout.split()[0])
// EXPECT: all({"wait_for_change", "give_up"} & set(functions(w["stack"])) for w in lock("changed")["waiters"])
// EXPECT: lock("mutex")["acquisitions"] == 1 + 1 + 1 + 1 and lock("mutex")["contentions"] == 0
// EXPECT: report["misuse"] == [] and report["order"] == []
// OUTPUT: varies
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

std::mutex mutex;
std::condition_variable changed;
static bool is_changed;

static long now_ns()
{
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

void wait_for_change(std::unique_lock<std::mutex> &hold)
{
    changed.wait(hold, [] { return is_changed; });
}

void give_up(std::unique_lock<std::mutex> &hold)
{
    changed.wait_for(hold, std::chrono::milliseconds(60));
}

static void wait_twice(long *waited_ns)
{
    std::unique_lock<std::mutex> hold(mutex);
    long began = now_ns();

    wait_for_change(hold);
    give_up(hold);
    *waited_ns = now_ns() - began;
}

// Long after the waiter has begun to wait.
static void change()
{
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    std::lock_guard<std::mutex> hold(mutex);
    is_changed = true;
    changed.notify_one();
}

int main()
{
    long waited_ns = 0;
    std::thread waiter(wait_twice, &waited_ns);

    change();
    waiter.join();
    std::printf("%ld\n", waited_ns);
    return 0;
}
