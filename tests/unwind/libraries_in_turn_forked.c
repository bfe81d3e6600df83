// SPDX-License-Identifier: MIT
// A child that is followed unloads a library of its parent and loads another one to the same
// address: what the parent had learnt of the one's code is not used for the other's.
// OPTIONS: follow=fork
// EXPECT: len(reports) == 2 and stdout in ("same address", "another address")
// OUTPUT: varies
// EXPECT: all(spelled(s) for r in reports for s in r["heap"]["sites"] if s["stack"][0]["function"] == "in_plug")
// EXPECT: [sum(s["allocations"] for s in r["heap"]["sites"] if s["stack"][0]["function"] == "in_plug") for r in reports] == [1, 1]
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef void (*step_function)(void (*)(unsigned), unsigned);

void in_plug(unsigned bytes)
{
    free(malloc(bytes));
}

static step_function use(const char *directory, const char *name, const char *function,
                         unsigned bytes, void **ret_library)
{
    char path[4096];
    step_function step;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    *ret_library = dlopen(path, RTLD_NOW);
    step = (step_function)dlsym(*ret_library, function);
    step(in_plug, bytes);
    return step;
}

int main(int count, char **arguments)
{
    char *slash = strrchr(arguments[0], '/');
    step_function one, two;
    void *library;

    (void)count;
    *slash = '\0';
    setvbuf(stdout, NULL, _IONBF, 0);
    one = use(arguments[0], "plug_one.so", "step_1", 1, &library);
    if (fork() == 0) {
        dlclose(library);
        two = use(arguments[0], "plug_two.so", "step_2", 2, &library);
        printf("%s", one == two ? "same address" : "another address");
        return 0;
    }
    wait(NULL);
    return 0;
}
