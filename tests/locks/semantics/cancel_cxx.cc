// SPDX-License-Identifier: MIT
// C++ threads cancelled in waits: destructors run, locks are given back, a catch-all rethrows.
// EXPECT: health["complete"]
#include "codes.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cxxabi.h>
#include <mutex>
#include <shared_mutex>

static std::mutex mutex;
static std::shared_mutex shared;
static std::condition_variable condition;
static sem_t sem;
static std::atomic<int> tid, destroyed, caught;

struct Witness {
    ~Witness()
    {
        destroyed++;
    }
};

static void in_wait()
{
    Witness witness;
    std::unique_lock<std::mutex> lock(mutex);

    tid = gettid();
    for (;;)
        condition.wait(lock);
}

static void in_wait_for()
{
    Witness witness;
    std::unique_lock<std::mutex> lock(mutex);

    tid = gettid();
    for (;;)
        condition.wait_for(lock, std::chrono::seconds(20));
}

static void in_semaphore()
{
    Witness witness;

    tid = gettid();
    sem_wait(&sem);
}

static void in_catch_all()
{
    Witness witness;
    std::unique_lock<std::mutex> lock(mutex);

    tid = gettid();
    try {
        Witness inner;

        for (;;)
            condition.wait(lock);
    } catch (abi::__forced_unwind &) {
        caught++;
        throw;
    }
}

static void in_shared()
{
    Witness witness;
    std::shared_lock<std::shared_mutex> lock(shared);

    tid = gettid();
    sem_wait(&sem);
}

static void *run(void *work)
{
    Witness witness;

    reinterpret_cast<void (*)()>(work)();
    return nullptr;
}

static void try_one(const char *name, void (*work)())
{
    pthread_t thread;
    void *result;

    tid = destroyed = caught = 0;
    pthread_create(&thread, nullptr, run, reinterpret_cast<void *>(work));
    while (!tid)
        sleep_ms(1);
    await_sleep(tid);
    pthread_cancel(thread);
    std::printf("%s: join %s", name, code(pthread_join(thread, &result)));
    std::printf(" %s, %d destroyed, %d caught", result == PTHREAD_CANCELED ? "cancelled" : "ended",
                destroyed.load(), caught.load());
    if (mutex.try_lock()) {
        std::printf(", unlocked");
        mutex.unlock();
    }
    if (shared.try_lock()) {
        std::printf(", not shared");
        shared.unlock();
    }
    std::printf("\n");
}

// A wait that is not a cancellation point, then a point.
static void in_lock()
{
    Witness witness;

    tid = gettid();
    {
        std::lock_guard<std::mutex> lock(mutex);
        caught = 1;
    }
    pthread_testcancel();
}

static void try_lock()
{
    pthread_t thread;
    void *result;

    tid = destroyed = caught = 0;
    mutex.lock();
    pthread_create(&thread, nullptr, run, reinterpret_cast<void *>(in_lock));
    while (!tid)
        sleep_ms(1);
    await_sleep(tid);
    pthread_cancel(thread);
    mutex.unlock();
    pthread_join(thread, &result);
    std::printf("lock: %s, got it %d, %d destroyed\n",
                result == PTHREAD_CANCELED ? "cancelled" : "ended", caught.load(),
                destroyed.load());
}

int main()
{
    sem_init(&sem, 0, 0);
    try_one("wait", in_wait);
    try_one("wait_for", in_wait_for);
    try_one("semaphore", in_semaphore);
    try_one("catch", in_catch_all);
    try_one("shared", in_shared);
    try_lock();
}
