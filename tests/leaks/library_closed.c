// SPDX-License-Identifier: MIT
// What only the globals of an unloaded library held is lost.
// LEAKS: definite held 1 40, definite make_own 1 1000
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
    dlclose(handle);
    handle = NULL;
    forget();
    return 0;
}
