// SPDX-License-Identifier: MIT
//
// The library of static_tls.c and tls_modules.c: MODEL of its thread-local storage and its SIZE are
// the build's. Where it is `initial-exec`, all of it must fit into what the loader keeps for late
// libraries, 512 bytes or so, and each thread has one at once.
static __thread char storage[SIZE] __attribute__((tls_model(MODEL)));

char *thread_storage(void)
{
    storage[0]++;
    return storage;
}
