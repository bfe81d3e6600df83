// SPDX-License-Identifier: MIT
// The library of constructor_waits.c.
#include <new>
#include <thread>

static int *volatile numbers;

extern "C" void work()
{
    numbers = new (std::nothrow) int[4];
    delete[] numbers;
}

__attribute__((constructor)) static void start()
{
    std::thread(work).join();
}
