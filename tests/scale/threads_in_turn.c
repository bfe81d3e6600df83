// SPDX-License-Identifier: MIT
// Many threads, one after the other, some side by side: their slots are reused, and the profile
// does not grow with them but for a record of each. SCALE in the environment multiplies: 5 for
// 100,000.
// EXPECT: int(stdout) == site("in_thread")["allocations"] == site("in_thread")["frees"] >= 20000
// EXPECT: threads["created"] == threads["finished"] == int(stdout) and threads["leaked"] == 0
// EXPECT: threads["peak"] <= 9
// EXPECT: profile_bytes < (16 << 20) + 256 * int(stdout)
// EXPECT: not any(health["dropped"].values()) and health["complete"]
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define SIDE_BY_SIDE 8

void in_thread(void)
{
    free(malloc(100));
}

static void *thread_main(void *argument)
{
    in_thread();
    return argument;
}

int main(void)
{
    const char *scale = getenv("SCALE");
    int rounds = (scale ? atoi(scale) : 1) * 20000 / SIDE_BY_SIDE;

    setvbuf(stdout, NULL, _IONBF, 0);
    for (int i = 0; i < rounds; i++) {
        pthread_t threads[SIDE_BY_SIDE];

        for (int j = 0; j < SIDE_BY_SIDE; j++)
            if (pthread_create(&threads[j], NULL, thread_main, NULL) != 0)
                abort();
        for (int j = 0; j < SIDE_BY_SIDE; j++)
            pthread_join(threads[j], NULL);
    }
    printf("%d", rounds * SIDE_BY_SIDE);
    return 0;
}
