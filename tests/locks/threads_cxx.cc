// SPDX-License-Identifier: MIT
// std::thread and std::async make threads like any other, and are joined or detached as such.
// EXPECT: threads["created"] == 4 and threads["joined"] == 3 and threads["detached"] == 1
// EXPECT: sorted(t["join"] for t in threads["records"] if t["serial"] > 1) == ["detached", "joined", "joined", "joined"]
// EXPECT: [t["join"] for t in thread("make_detached")] == ["detached"]
// EXPECT: sorted(t["join"] for t in thread("make_joined")) == ["joined", "joined"]
// EXPECT: [t["join"] for t in thread("make_future")] == ["joined"]
// EXPECT: lock("total_mutex")["acquisitions"] == 4
// EXPECT: report["misuse"] == [] and report["order"] == []
#include <chrono>
#include <cstdio>
#include <future>
#include <mutex>
#include <thread>

std::mutex total_mutex;
static int total;

void add()
{
    std::lock_guard<std::mutex> hold(total_mutex);
    total++;
}

void make_joined()
{
    std::thread(add).join();
}

void make_detached()
{
    std::thread(add).detach();
}

void make_future()
{
    std::async(std::launch::async, add).get();
}

int main()
{
    make_detached();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    make_joined();
    make_joined();
    make_future();
    std::printf("%d\n", total);
    return 0;
}
