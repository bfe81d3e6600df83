// SPDX-License-Identifier: MIT
// Locks of C++: members of objects are called by where the object was made; std::mutex needs no
// initialisation that could be seen.
// EXPECT: sorted(l["acquisitions"] for l in locks_of("mutex", "make_queue")) == [3, 4]
// EXPECT: all(l["name"].startswith("make_queue") for l in locks_of("mutex", "make_queue"))
// EXPECT: [l["flags"] for l in locks_of("mutex", "make_queue") if l["acquisitions"] == 4] == [["recursive"]]
// EXPECT: [l["acquisitions"] for l in locks_of("rwlock", "make_queue")] == [2]
// EXPECT: len({l["name"] for l in report["locks"] if l["name"].startswith("make_queue")}) == 3
// EXPECT: all(l["end"] == ("freed" if "make_queue" in l["name"] else "lives") for l in locks_of("mutex"))
// EXPECT: lock("Registry::mutex")["acquisitions"] == 2
#include <memory>
#include <mutex>
#include <shared_mutex>

struct Registry {
    static std::mutex mutex;
};

std::mutex Registry::mutex;

struct Queue {
    long length = 0;
    std::mutex mutex;
    std::recursive_mutex nested;
    std::shared_mutex shared;
};

std::unique_ptr<Queue> make_queue()
{
    return std::unique_ptr<Queue>(new Queue);
}

int main()
{
    std::unique_ptr<Queue> queue = make_queue();

    for (int i = 0; i < 3; i++)
        std::lock_guard<std::mutex> hold(queue->mutex);
    for (int i = 0; i < 2; i++) {
        std::lock_guard<std::recursive_mutex> outer(queue->nested);
        std::lock_guard<std::recursive_mutex> inner(queue->nested);
    }
    {
        std::shared_lock<std::shared_mutex> reading(queue->shared);
    }
    {
        std::unique_lock<std::shared_mutex> writing(queue->shared);
    }
    queue.reset();
    for (int i = 0; i < 2; i++)
        std::lock_guard<std::mutex> hold(Registry::mutex);
    return 0;
}
