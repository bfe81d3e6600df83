// SPDX-License-Identifier: MIT
// A C program loads a C++ library with RTLD_LOCAL: its operator new binds to ours, and ours must
// find the real one; bad_alloc is thrown through it.
// EXPECT: sum(s["allocations"] for s in sites("use_cxx")) >= 11
// EXPECT: "caught" in stdout
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments)
{
    char path[4096];
    char *slash = strrchr(arguments[0], '/');
    void *library;
    int (*use_cxx)(int);

    (void)count;
    *slash = '\0';
    snprintf(path, sizeof(path), "%s/late_cxx_library.so", arguments[0]);
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return 1;
    use_cxx = (int (*)(int))dlsym(library, "use_cxx");
    printf("%s\n", use_cxx(10) ? "caught" : "not caught");
    return 0;
}
