// SPDX-License-Identifier: MIT
// A library with a C++ runtime of its own beside the program's: what one allocates and the other
// frees matches.
// LEAKS: definite lib_make 1 24, indirect lib_make 11 *
// MISUSE: none
#include "library.h"

#include <string>
#include <vector>

static void *(*make)();
static void (*work)();

static SITE void lose()
{
    make();
}

static SITE void give_back()
{
    delete static_cast<std::vector<std::string> *>(make());
}

int main()
{
    void *library = load_library("lib_static_cxx.so");

    make = reinterpret_cast<void *(*)()>(symbol_of(library, "lib_make"));
    work = reinterpret_cast<void (*)()>(symbol_of(library, "lib_work"));
    work();
    give_back();
    lose();
    forget();
    return 0;
}
