// SPDX-License-Identifier: MIT
// Memory given back by key destructors and by C++-style thread_local destructors is seen.
// EXPECT: site("of_key")["frees"] == 8 and site("of_key")["live_blocks"] == 0
// EXPECT: site("of_thread_local")["frees"] == 8 and site("of_thread_local")["live_blocks"] == 0
// EXPECT: health["dropped"]["reused"] == 0
#include <pthread.h>
#include <stdlib.h>

extern int __cxa_thread_atexit_impl(void (*)(void *), void *, void *);
extern void *__dso_handle;
static pthread_key_t key;

void *of_key(void)
{
    return malloc(40);
}

void *of_thread_local(void)
{
    return malloc(50);
}

void *work(void *unused)
{
    pthread_setspecific(key, of_key());
    __cxa_thread_atexit_impl(free, of_thread_local(), &__dso_handle);
    return unused;
}

int main(void)
{
    pthread_t threads[8];

    pthread_key_create(&key, free);
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
