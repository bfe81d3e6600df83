// SPDX-License-Identifier: MIT
// The locks of the C++ library in each state, and waits on atomics, latches, barriers, semaphores.
// EXPECT: health["complete"]
#include "codes.h"

#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <system_error>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

// What an operation in another thread gives.
template <typename Operation> static int elsewhere(Operation operation)
{
    int result = 0;

    std::thread([&] { result = operation(); }).join();
    return result;
}

template <typename Mutex> static void try_lock_unlock(const char *name)
{
    Mutex mutex;

    std::printf("%s:", name);
    std::printf(" try_lock %d", mutex.try_lock());
    std::printf(" elsewhere %d", elsewhere([&] { return mutex.try_lock(); }));
    mutex.unlock();
    mutex.lock();
    std::printf(" locked %d", elsewhere([&] { return mutex.try_lock(); }));
    mutex.unlock();
    std::printf(" unlocked %d", elsewhere([&] {
                    bool is_locked = mutex.try_lock();

                    if (is_locked)
                        mutex.unlock();
                    return is_locked;
                }));
}

template <typename Mutex> static void try_timed(const char *name)
{
    Mutex mutex;

    try_lock_unlock<Mutex>(name);
    std::printf(" for %d", mutex.try_lock_for(2ms));
    std::printf(" elsewhere for %d", elsewhere([&] { return mutex.try_lock_for(2ms); }));
    std::printf(" until %d", elsewhere([&] {
                    return mutex.try_lock_until(std::chrono::system_clock::now() + 2ms);
                }));
    std::printf(" steady %d", elsewhere([&] {
                    return mutex.try_lock_until(std::chrono::steady_clock::now() + 2ms);
                }));
    std::printf(" past %d\n", elsewhere([&] {
                    return mutex.try_lock_until(std::chrono::system_clock::time_point());
                }));
    mutex.unlock();
}

template <typename Mutex> static void try_recursive(const char *name)
{
    Mutex mutex;

    try_lock_unlock<Mutex>(name);
    mutex.lock();
    mutex.lock();
    std::printf(" third %d", mutex.try_lock());
    for (int i = 0; i < 3; i++) {
        std::printf(" held %d", elsewhere([&] { return mutex.try_lock(); }));
        mutex.unlock();
    }
    std::printf("\n");
}

template <typename Mutex> static void try_shared(const char *name)
{
    Mutex mutex;

    try_lock_unlock<Mutex>(name);
    mutex.lock_shared();
    std::printf(" shared %d", elsewhere([&] {
                    bool is_locked = mutex.try_lock_shared();

                    if (is_locked)
                        mutex.unlock_shared();
                    return is_locked;
                }));
    std::printf(" exclusive %d", elsewhere([&] { return mutex.try_lock(); }));
    mutex.unlock_shared();
    mutex.lock();
    std::printf(" shared of locked %d", elsewhere([&] { return mutex.try_lock_shared(); }));
    // the thread that holds it is told of its deadlock, which try_lock_shared_for hides
    try {
        mutex.lock();
    } catch (const std::system_error &error) {
        std::printf(" lock again: %s", code(error.code().value()));
    } catch (...) {
        std::printf(" lock again: thrown");
    }
    mutex.unlock();
    std::printf("\n");
}

static void try_shared_timed()
{
    std::shared_timed_mutex mutex;

    mutex.lock();
    std::printf("shared timed: %d", elsewhere([&] { return mutex.try_lock_for(2ms); }));
    std::printf(" %d", elsewhere([&] { return mutex.try_lock_shared_for(2ms); }));
    std::printf(" %d", elsewhere([&] {
                    return mutex.try_lock_shared_until(std::chrono::system_clock::now() + 2ms);
                }));
    std::printf(" %d", elsewhere([&] {
                    return mutex.try_lock_until(std::chrono::steady_clock::now() + 2ms);
                }));
    mutex.unlock();
    std::printf(" %d", mutex.try_lock_shared_for(2ms));
    std::printf(" %d", mutex.try_lock_shared_for(0ms));
    mutex.unlock_shared();
    mutex.unlock_shared();
    std::printf(" %d\n", mutex.try_lock());
    mutex.unlock();
}

template <typename Condition, typename Mutex> static void try_condition(const char *name)
{
    Condition condition;
    Mutex mutex;
    int turn = 0;
    std::thread other([&] {
        for (int i = 1; i < 200; i += 2) {
            std::unique_lock<Mutex> lock(mutex);

            condition.wait(lock, [&] { return turn == i; });
            turn++;
            condition.notify_all();
        }
    });

    for (int i = 0; i < 200; i += 2) {
        std::unique_lock<Mutex> lock(mutex);

        condition.wait_for(lock, 20s, [&] { return turn == i; });
        turn++;
        condition.notify_one();
    }
    other.join();
    std::unique_lock<Mutex> lock(mutex);
    std::printf("%s: %d turns", name, turn);
    std::printf(", for %d", condition.wait_for(lock, 2ms, [] { return false; }));
    std::printf(" until %d", condition.wait_until(lock, std::chrono::system_clock::now() + 2ms,
                                                  [] { return false; }));
    std::printf(" owns %d\n", lock.owns_lock());
}

static void try_many_locks()
{
    std::mutex a, b, c;
    std::recursive_mutex d;
    long count = 0;
    std::vector<std::thread> threads;

    for (int i = 0; i < 4; i++)
        threads.emplace_back([&, i] {
            for (int j = 0; j < 500; j++)
                if (i & 1) {
                    std::scoped_lock lock(a, b, c, d);
                    count++;
                } else {
                    std::scoped_lock lock(d, c, b, a);
                    count++;
                }
        });
    for (std::thread &thread : threads)
        thread.join();
    std::printf("scoped: %ld", count);
    a.lock();
    std::printf(" try_lock %d", elsewhere([&] { return std::try_lock(b, c, a); }));
    a.unlock();
    std::printf(" %d\n", std::try_lock(b, c, a));
    a.unlock();
    b.unlock();
    c.unlock();
}

static void try_cxx20()
{
    std::counting_semaphore<10> semaphore(2);
    std::binary_semaphore binary(0);
    std::latch latch(4);
    int completions = 0;
    std::barrier barrier(4, [&]() noexcept { completions++; });
    std::atomic<int> word(0);
    std::vector<std::jthread> threads;

    std::printf("semaphore: %d", semaphore.try_acquire());
    semaphore.acquire();
    std::printf(" %d", semaphore.try_acquire());
    std::printf(" for %d\n", semaphore.try_acquire_for(2ms));
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&] {
            latch.arrive_and_wait();
            for (int round = 0; round < 50; round++)
                barrier.arrive_and_wait();
            if (word.fetch_add(1) == 3) {
                word.notify_all();
                binary.release();
            }
        });
    latch.wait();
    for (int seen = word; seen < 4; seen = word)
        word.wait(seen);
    binary.acquire();
    threads.clear();
    std::printf("latch %d, barrier %d, atomic %d\n", latch.try_wait(), completions, word.load());
}

static void try_futures()
{
    std::promise<int> promise;
    std::future<int> future = promise.get_future();
    std::thread thread([&] { promise.set_value(42); });
    std::thread none;

    std::printf("future %d", future.get());
    std::printf(" async %d", std::async(std::launch::async, [] { return 7; }).get());
    thread.join();
    try {
        thread.join();
    } catch (const std::system_error &error) {
        std::printf(" join again: %s", code(error.code().value()));
    }
    try {
        std::thread own;

        own.detach();
    } catch (const std::system_error &error) {
        std::printf(" detach of none: %s\n", code(error.code().value()));
    }
}

int main()
{
    try_lock_unlock<std::mutex>("mutex");
    std::printf("\n");
    try_timed<std::timed_mutex>("timed");
    try_timed<std::recursive_timed_mutex>("recursive timed");
    try_recursive<std::recursive_mutex>("recursive");
    try_shared<std::shared_mutex>("shared");
    try_shared<std::shared_timed_mutex>("shared timed");
    try_shared_timed();
    try_condition<std::condition_variable, std::mutex>("condition");
    try_condition<std::condition_variable_any, std::mutex>("condition any");
    try_condition<std::condition_variable_any, std::recursive_timed_mutex>("condition timed");
    try_condition<std::condition_variable_any, std::shared_mutex>("condition shared");
    try_many_locks();
    try_cxx20();
    try_futures();
}
