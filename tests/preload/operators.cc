// SPDX-License-Identifier: MIT
// Every form of operator new and delete, each block counted once; a failing new still throws.
// EXPECT: sum(s["allocations"] for s in sites("all_forms")) == 8
// EXPECT: sum(s["frees"] for s in sites("all_forms")) == 8
// EXPECT: sum(s["allocated_bytes"] for s in sites("all_forms")) == 8 * 64
// EXPECT: [s["live_blocks"] for s in sites("__cxa_allocate_exception")] == [0]
#include <cstdio>
#include <new>

void all_forms()
{
    std::align_val_t aligned{64};
    void *blocks[] = {
        operator new(64),
        operator new[](64),
        operator new(64, std::nothrow),
        operator new[](64, std::nothrow),
        operator new(64, aligned),
        operator new[](64, aligned),
        operator new(64, aligned, std::nothrow),
        operator new[](64, aligned, std::nothrow),
    };
    operator delete(blocks[0]);
    operator delete[](blocks[1], 64);
    operator delete(blocks[2], std::nothrow);
    operator delete[](blocks[3]);
    operator delete(blocks[4], aligned);
    operator delete[](blocks[5], 64, aligned);
    operator delete(blocks[6], aligned, std::nothrow);
    operator delete[](blocks[7], aligned);
}

void too_much()
{
    try {
        operator delete(operator new (~std::size_t{0} / 2));
        std::puts("no exception");
    } catch (const std::bad_alloc &error) {
        std::puts(error.what());
    }
}

int main()
{
    all_forms();
    too_much();
}
