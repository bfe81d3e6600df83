// SPDX-License-Identifier: MIT
// Two libraries at the same address, one after the other: their frames keep their own names.
// EXPECT: sum(s["allocations"] for s in sites("first_function")) == 4
// EXPECT: sum(s["allocations"] for s in sites("second_function")) == 5
// EXPECT: any(f["module"].endswith("lib_first.so") for f in sites("first_function")[0]["stack"])
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static void use(const char *directory, const char *name, const char *function, int times)
{
    char path[4096];
    void *library;
    void (*call)(void);

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    library = dlopen(path, RTLD_NOW);
    call = (void (*)(void))dlsym(library, function);
    for (int i = 0; i < times; i++)
        call();
    dlclose(library);
}

int main(int count, char **arguments)
{
    char *slash = strrchr(arguments[0], '/');

    (void)count;
    *slash = '\0';
    use(arguments[0], "lib_first.so", "first_function", 4);
    use(arguments[0], "lib_second.so", "second_function", 5);
    return 0;
}
