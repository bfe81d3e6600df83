// SPDX-License-Identifier: MIT
// A C program loads a C++ library whose constructor waits for a thread: that thread meets the
// operators for the first time, while the loader's lock is held by the one that waits.
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
// EXPECT: sum(s["allocations"] for s in sites("work")) >= 1
// EXPECT: sum(s["live_blocks"] for s in sites("work")) == 0
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments)
{
    char path[4096];
    char *slash = strrchr(arguments[0], '/');

    (void)count;
    *slash = '\0';
    snprintf(path, sizeof(path), "%s/constructor_waits_library.so", arguments[0]);
    puts(dlopen(path, RTLD_NOW | RTLD_LOCAL) ? "loaded" : dlerror());
    return 0;
}
