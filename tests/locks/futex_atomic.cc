// SPDX-License-Identifier: MIT
// std::atomic::wait of C++20, which waits by system calls of its own, after a few rounds of giving
// way (long ones on a busy machine).
// EXPECT: [l["kind"] for l in report["locks"] if l["name"] == "value"] == ["futex"]
// EXPECT: int(stdout) * 0.5 < lock("value")["idle_ns"] <= int(stdout) and lock("value")["waits"] >= 1
// EXPECT: all("wait_for_value" in functions(w["stack"]) for w in lock("value")["waiters"])
// OUTPUT: varies
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

std::atomic<int> value;
static std::atomic<bool> is_near;

static long now_ns()
{
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

long wait_for_value()
{
    long began = now_ns();

    is_near = true;
    value.wait(0);
    return now_ns() - began;
}

int main()
{
    long waited_ns = 0;
    std::thread waiter([&] { waited_ns = wait_for_value(); });

    while (!is_near)
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    value = 1;
    value.notify_one();
    waiter.join();
    std::printf("%ld\n", waited_ns);
    return 0;
}
