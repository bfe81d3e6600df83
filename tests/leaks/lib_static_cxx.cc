// SPDX-License-Identifier: MIT
// A library that has a C++ runtime of its own linked in: its operators are as good as the others.
#include "leaks.h"

#include <string>
#include <vector>

extern "C" void *lib_make(void);
extern "C" void lib_free(void *block);
extern "C" void lib_work(void);

extern "C" __attribute__((noinline)) void *lib_make(void)
{
    return new std::vector<std::string>(10, std::string(100, 'x'));
}

extern "C" __attribute__((noinline)) void lib_free(void *block)
{
    delete static_cast<std::vector<std::string> *>(block);
}

extern "C" __attribute__((noinline)) void lib_work(void)
{
    lib_free(lib_make());
    delete[] new char[100];
    try {
        throw std::string(50, 'y');
    } catch (const std::string &) {
    }
}
