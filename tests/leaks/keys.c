// SPDX-License-Identifier: MIT
// Values of pthread keys hold blocks: of the first 32 keys, which lie in the thread itself, and of
// later ones, of the first thread and of one that lives.
// LEAKS: reachable of_main 40 1600, reachable of_thread 40 1920
#include "leaks.h"

static pthread_key_t keys[40];

static SITE void of_main(void)
{
    for (int i = 0; i < 40; i++)
        pthread_setspecific(keys[i], malloc(40));
}

static SITE void of_thread(void)
{
    for (int i = 0; i < 40; i++)
        pthread_setspecific(keys[i], malloc(48));
}

static void *live(void *unused)
{
    (void)unused;
    of_thread();
    park();
    return NULL;
}

int main(void)
{
    for (int i = 0; i < 40; i++)
        pthread_key_create(&keys[i], NULL);
    start_thread(live, NULL);
    wait_until_parked(1);
    of_main();
    forget();
    return 0;
}
