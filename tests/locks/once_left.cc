// SPDX-License-Identifier: MIT
// The routine of std::call_once throws, and the memory of the once_flag goes: a mapping of its own,
// and a block so large that free() unmaps it. The locks used after that are as they are.
// EXPECT: lock("mutex")["acquisitions"] == 4 and lock("mutex")["contentions"] == 0
// EXPECT: lock("other")["acquisitions"] == 2
// EXPECT: report["misuse"] == [] and report["order"] == []
// EXPECT: health["complete"] and not any(health["dropped"].values())
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <sys/mman.h>

#define PAGE_BYTES 4096
#define LARGE_BYTES 400000

std::mutex mutex, other;

void fail()
{
    std::lock_guard<std::mutex> hold(mutex);

    throw 1;
}

static void call_in(void *memory)
{
    auto *flag = new (memory) std::once_flag;

    try {
        std::call_once(*flag, fail);
        std::puts("returned");
    } catch (int) {
        std::puts("thrown");
    }
}

static void use_others()
{
    std::lock_guard<std::mutex> outer(mutex);
    std::lock_guard<std::mutex> inner(other);
}

int main()
{
    void *memory =
        mmap(nullptr, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    call_in(memory);
    munmap(memory, PAGE_BYTES);
    use_others();

    memory = std::malloc(LARGE_BYTES);
    call_in(memory);
    std::free(memory);
    use_others();
    return 0;
}
