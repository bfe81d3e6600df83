// SPDX-License-Identifier: MIT
// Thread-local variables of a loaded library hold blocks: of the first thread and of one that
// lives; what those of a thread that ended held is lost.
// Memcheck sees the loader's table of a thread's blocks only by a pointer into its middle.
// LEAKS: reachable of_main 1 40, reachable of_thread 1 48, definite of_ended 1 56
// MEMCHECK: reachable of_main 1 40, possible of_thread 1 48, definite of_ended 1 56
#include "leaks.h"
#include "library.h"

static void (*volatile hold)(void *);

static SITE void of_main(void)
{
    hold(malloc(40));
}

static SITE void of_thread(void)
{
    hold(malloc(48));
}

static SITE void of_ended(void)
{
    hold(malloc(56));
    forget();
}

static void *live(void *unused)
{
    (void)unused;
    of_thread();
    park();
    return NULL;
}

static void *end(void *unused)
{
    (void)unused;
    of_ended();
    return NULL;
}

int main(void)
{
    pthread_t ended;

    hold = symbol_of(load_library("lib_tls.so"), "lib_hold");
    pthread_create(&ended, NULL, end, NULL);
    pthread_join(ended, NULL);
    start_thread(live, NULL);
    wait_until_parked(1);
    of_main();
    forget();
    return 0;
}
