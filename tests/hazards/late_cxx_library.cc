// SPDX-License-Identifier: MIT
// The library of late_cxx.c.
#include <new>

extern "C" __attribute__((visibility("default"))) int use_cxx(int times)
{
    for (int i = 0; i < times; i++)
        operator delete(operator new(4 + i));
    try {
        operator delete(operator new(~0ul / 2));
    } catch (const std::bad_alloc &) {
        return 1;
    }
    return 0;
}
