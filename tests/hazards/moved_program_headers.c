// SPDX-License-Identifier: MIT
// A library whose program headers are not where its file offset says, as patchelf leaves them.
// EXPECT: "allocated" in stdout
// known by its module, by name if the symbols are found:
// EXPECT: sum(s["frees"] for s in heap["sites"] if "moved_program" in s["stack"][0]["module"]) == 3
// and unwound by libunwind, whose loader's lists have them:
// EXPECT: all("main" in [f["function"] for f in s["stack"]] for s in heap["sites"] if "moved_program" in s["stack"][0]["module"])
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments)
{
    char path[4096];
    char *slash = strrchr(arguments[0], '/');
    void *library;
    void *(*allocate)(void);

    (void)count;
    *slash = '\0';
    snprintf(path, sizeof(path), "%s/moved_program_headers_moved.so", arguments[0]);
    library = dlopen(path, RTLD_NOW);
    if (!library)
        return 1;
    allocate = (void *(*)(void))dlsym(library, "allocate");
    for (int i = 0; i < 3; i++)
        free(allocate());
    puts("allocated");
    return 0;
}
