// SPDX-License-Identifier: MIT
// std::mutex, which tells nobody of its end, on the stacks of threads that run one after another:
// at the same address there is another one each time, so nothing is taken in two orders.
// EXPECT: stdout == "the same place\n"
// EXPECT: report["order"] == [] and report["misuse"] == []
// EXPECT: lock("common")["acquisitions"] == 2
// EXPECT: [l["acquisitions"] for l in locks_of("mutex", "run")].count(1) == 2
#include <cstdio>
#include <mutex>
#include <thread>

struct task {
    std::mutex mutex;
};

std::mutex common;
static void *places[2];

void lock_both(std::mutex &first, std::mutex &second)
{
    std::lock_guard<std::mutex> outer(first);
    std::lock_guard<std::mutex> inner(second);
}

void run(int number)
{
    task task;

    places[number] = &task;
    if (number == 0)
        lock_both(common, task.mutex);
    else
        lock_both(task.mutex, common);
}

int main()
{
    std::thread(run, 0).join();
    std::thread(run, 1).join();
    std::puts(places[0] == places[1] ? "the same place" : "another place");
    return 0;
}
