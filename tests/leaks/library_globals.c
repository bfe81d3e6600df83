// SPDX-License-Identifier: MIT
// Globals of a loaded library hold blocks, the program's and the library's own.
// LEAKS: reachable held 1 40, reachable make_own 1 1000
#include "library.h"

static void *handle;

static SITE void held(void)
{
    void (*hold)(void *) = symbol_of(handle, "lib_hold");

    hold(malloc(40));
}

int main(void)
{
    handle = load_library("lib_globals.so");
    held();
    forget();
    return 0;
}
