// SPDX-License-Identifier: MIT
// Two libraries are loaded and unloaded in turn, to the same address: what was learnt of the one's
// code is not used for the other's. A third frame outlives them, and threads allocate all the
// while.
// EXPECT: sum(s["allocations"] for s in sites("step_1")) == sum(s["allocations"] for s in sites("step_2")) == 300
// EXPECT: all(spelled(s) for s in sites("in_plug"))
// EXPECT: all([f["function"] for f in s["stack"]][2:5] == ["use", "main", "__libc_start_call_main"] for s in sites("in_plug"))
// EXPECT: all(s["stack"][1]["module"].endswith(("plug_one.so", "plug_two.so")[s["stack"][1]["function"] == "step_2"]) for s in sites("in_plug"))
// EXPECT: all("busy" in [f["function"] for f in s["stack"]] for s in sites("alone")) and site("alone")["allocations"] >= 20000
// EXPECT: stdout == "same address"
// OUTPUT: varies
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_int is_over;

void in_plug(unsigned bytes)
{
    free(malloc(bytes));
}

static void *use(const char *directory, const char *name, const char *function, unsigned bytes)
{
    void (*step)(void (*)(unsigned), unsigned);
    char path[4096];
    void *library;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    library = dlopen(path, RTLD_NOW);
    step = (void (*)(void (*)(unsigned), unsigned))dlsym(library, function);
    step(in_plug, bytes);
    step(in_plug, bytes);
    dlclose(library);
    return (void *)step;
}

void alone(int depth)
{
    free(malloc(70));
    if (depth > 0)
        alone(depth - 1);
    free(malloc(71));
}

void *busy(void *argument)
{
    unsigned events = 0;

    while (!is_over || events++ < 1000)
        alone(10);
    return argument;
}

int main(int count, char **arguments)
{
    char *slash = strrchr(arguments[0], '/');
    pthread_t threads[2];
    int same = 0;

    (void)count;
    *slash = '\0';
    setvbuf(stdout, NULL, _IONBF, 0);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, busy, NULL);
    for (int i = 0; i < 150; i++) {
        void *first = use(arguments[0], "plug_one.so", "step_1", 1);
        same += first == use(arguments[0], "plug_two.so", "step_2", 2);
    }
    is_over = 1;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("%s", same > 0 ? "same address" : "other addresses");
    return 0;
}
