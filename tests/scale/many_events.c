// SPDX-License-Identifier: MIT
// Ten million blocks, 10 GB in all, by two threads: counted to the byte. SCALE in the environment
// multiplies: 10 for 10^8 and 100 GB.
// EXPECT: site("work")["allocations"] == int(stdout) == site("work")["frees"] >= 10**7
// EXPECT: site("work")["allocated_bytes"] == 1000 * int(stdout) == site("work")["freed_bytes"] >= 10**10
// EXPECT: site("work")["temporary"] == int(stdout) and site("work")["live_bytes"] == 0
// EXPECT: sum(record["allocations"] for record in thread("main")) == int(stdout) // 2
// EXPECT: profile_bytes <= 8 << 20
// EXPECT: not any(health["dropped"].values()) and health["complete"]
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned long rounds;

void work(size_t bytes)
{
    free(malloc(bytes));
}

static void *half(void *argument)
{
    for (unsigned long i = 0; i < rounds; i++) { // 5 of 1000 bytes each on average
        work(1);
        work(1999);
        work(10);
        work(1990);
        work(1000);
    }
    return argument;
}

int main(void)
{
    const char *scale = getenv("SCALE");
    pthread_t other;

    setvbuf(stdout, NULL, _IONBF, 0);
    rounds = (scale ? strtoul(scale, NULL, 10) : 1) * 1000000;
    pthread_create(&other, NULL, half, NULL);
    half(NULL);
    pthread_join(other, NULL);
    printf("%lu", rounds * 10);
    return 0;
}
