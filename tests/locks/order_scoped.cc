// SPDX-License-Identifier: MIT
// std::lock and std::scoped_lock take several locks in any order and never deadlock; two
// lock_guards do.
// EXPECT: len(report["order"]) == 1 and [o["kind"] for o in order("c", "d")] == ["potential deadlock"]
// EXPECT: lock("a")["acquisitions"] == lock("b")["acquisitions"] == 4
#include <mutex>
#include <thread>

std::mutex a, b, c, d;

template <class First, class Second> void together(First &first, Second &second)
{
    std::scoped_lock both(first, second);
}

void one_at_a_time(std::mutex &first, std::mutex &second)
{
    std::lock_guard<std::mutex> outer(first);
    std::lock_guard<std::mutex> inner(second);
}

void unlocked(std::mutex &first, std::mutex &second)
{
    std::unique_lock<std::mutex> one(first, std::defer_lock), other(second, std::defer_lock);

    std::lock(one, other);
}

void forwards()
{
    together(a, b);
    unlocked(a, b);
    one_at_a_time(c, d);
}

void backwards()
{
    together(b, a);
    unlocked(b, a);
    one_at_a_time(d, c);
}

int main()
{
    std::thread(forwards).join();
    std::thread(backwards).join();
    return 0;
}
