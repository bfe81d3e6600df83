// SPDX-License-Identifier: MIT
// A library loaded with RTLD_DEEPBIND finds libc's malloc before ours: what it allocates and frees
// we don't see, and blocks go from it to the program and back.
// EXPECT: site("main")["allocations"] == 1
// EVERY_MODE: health["complete"]
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    void *library = dlopen("$ORIGIN/scope_library.so", RTLD_NOW | RTLD_DEEPBIND);
    char *(*gives)(const char *) = (char *(*)(const char *))dlsym(library, "library_gives");
    void (*takes)(char *) = (void (*)(char *))dlsym(library, "library_takes");
    char *theirs = gives("given by the library"), *ours;

    puts(theirs);
    free(theirs);
    for (int i = 0; i < 1000; i++)
        free(gives("again")); // the same addresses, seen and not
    ours = malloc(50);
    takes(strcpy(ours, "given by the program"));
    for (int i = 0; i < 1000; i++)
        takes(gives("among themselves"));
    return dlclose(library);
}
