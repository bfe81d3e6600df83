// SPDX-License-Identifier: MIT
// A library in a namespace of its own (dlmopen) has another libc, whose malloc we don't see. Its
// blocks go back to it, also from a thread of ours; what the program itself allocates is counted.
// EXPECT: site("own")["allocations"] == 2 and site("own")["live_blocks"] == 1
// EXPECT: not sites("library_gives") and not sites("library_takes")
// EVERY_MODE: health["complete"] and threads["created"] == 1
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static char *(*gives)(const char *);
static void (*takes)(char *);

static void *own(size_t bytes)
{
    return malloc(bytes);
}

static void *work(void *unused)
{
    free(own(20));
    for (int i = 0; i < 1000; i++)
        takes(gives("in the other namespace"));
    return unused;
}

int main(void)
{
    void *library = dlmopen(LM_ID_NEWLM, "$ORIGIN/scope_library.so", RTLD_NOW);
    pthread_t thread;
    char *theirs;

    if (!library) {
        puts(dlerror());
        return 1;
    }
    gives = (char *(*)(const char *))dlsym(library, "library_gives");
    takes = (void (*)(char *))dlsym(library, "library_takes");
    theirs = gives("theirs");
    own(30);
    puts(theirs);
    takes(theirs);
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    return dlclose(library);
}
