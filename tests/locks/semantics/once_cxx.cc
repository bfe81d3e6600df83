// SPDX-License-Identifier: MIT
// pthread_once and std::call_once whose routine throws: the exception arrives, the next one runs
// it.
// EXPECT: health["complete"]
#include "codes.h"

#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

static int runs;

static void throws_twice()
{
    if (++runs < 3)
        throw std::runtime_error("thrown from once");
}

template <typename Call> static void try_one(const char *name, Call call)
{
    runs = 0;
    std::printf("%s:", name);
    for (int i = 0; i < 4; i++)
        try {
            call();
            std::printf(" returned");
        } catch (const std::exception &error) {
            std::printf(" %s,", error.what());
        }
    std::printf(", %d runs\n", runs);
}

// Threads that all call it: two of them are thrown at.
template <typename Call> static void try_threads(const char *name, Call call)
{
    std::vector<std::thread> threads;
    std::mutex mutex;
    int returned = 0, thrown = 0;

    runs = 0;
    for (int i = 0; i < 8; i++)
        threads.emplace_back([&] {
            bool is_thrown = false;

            try {
                call();
            } catch (const std::runtime_error &) {
                is_thrown = true;
            }
            std::lock_guard<std::mutex> lock(mutex);
            (is_thrown ? thrown : returned)++;
        });
    for (std::thread &thread : threads)
        thread.join();
    std::printf("%s: %d returned, %d thrown, %d runs\n", name, returned, thrown, runs);
}

static void throw_once()
{
    throw std::runtime_error("thrown from a deep once");
}

static void succeed_once()
{
    runs++;
}

static int fill(int depth)
{
    volatile long words[64];

    for (volatile long &word : words)
        word = 5;
    return static_cast<int>(words[7]) + (depth == 0 ? 0 : fill(depth - 1));
}

static void throw_deep(int depth, pthread_once_t *once)
{
    volatile char bytes[400];

    bytes[3] = 1;
    if (depth == 0)
        pthread_once(once, throw_once);
    else
        throw_deep(depth - 1, once);
    bytes[5] = bytes[3];
}

// What was on the stack of a call that was thrown out of is overwritten before the next call, which
// is less deep.
static void try_deep()
{
    for (int i = 0; i < 40; i++) {
        pthread_once_t once = PTHREAD_ONCE_INIT, another = PTHREAD_ONCE_INIT;

        try {
            throw_deep(i, &once);
        } catch (const std::runtime_error &) {
            fill(60);
        }
        pthread_once(&another, succeed_once);
        pthread_once(&once, succeed_once);
    }
    std::printf("deep: %d\n", runs);
}

int main()
{
    static pthread_once_t once = PTHREAD_ONCE_INIT, once_threads = PTHREAD_ONCE_INIT;
    static std::once_flag flag, flag_threads;

    try_one("pthread_once", [] { pthread_once(&once, throws_twice); });
    try_one("call_once", [] { std::call_once(flag, throws_twice); });
    try_threads("pthread_once", [] { pthread_once(&once_threads, throws_twice); });
    try_threads("call_once", [] { std::call_once(flag_threads, throws_twice); });
    runs = 0;
    try_deep();
    std::thread(try_deep).join();
}
