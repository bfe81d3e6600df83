// SPDX-License-Identifier: MIT
// A process with an auditor (LD_AUDIT): the loader tells it of each library and each binding, ours
// too, before anything of ours has run.
// ENVIRONMENT: LD_AUDIT=$ORIGIN/audit_library.so
// EXPECT: site("main")["allocations"] == 10
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    void *library = dlopen("$ORIGIN/scope_library.so", RTLD_LAZY);

    for (int i = 0; i < 10; i++)
        free(malloc(100));
    puts(library ? "loaded" : dlerror());
    return dlclose(library);
}
