// SPDX-License-Identifier: MIT
// A block freed and allocated again at the same address, with a lock inside that nobody initialises
// or destroys: each life of the block is another lock.
// EXPECT: stdout.split() == ["same", "same"]
// EXPECT: [l["acquisitions"] for l in sorted(locks_of("mutex", "make"), key=lambda l: l["generation"])] == [3, 5, 2]
// EXPECT: sorted(l["generation"] for l in locks_of("mutex", "make")) == [0, 1, 2]
// EXPECT: len({l["address"] for l in locks_of("mutex", "make")}) == 1
// EXPECT: [l["end"] for l in sorted(locks_of("mutex", "make"), key=lambda l: l["generation"])] == ["freed", "freed", "lives"]
// EXPECT: all(l["block"]["offset"] == 64 for l in locks_of("mutex", "make"))
// EXPECT: report["misuse"] == [] and report["order"] == []
#include "steps.h"

struct item {
    char text[64];
    pthread_mutex_t mutex;
};

struct item *volatile kept;

struct item *make(void)
{
    struct item *item = malloc(sizeof(*item));

    memset(item, 0, sizeof(*item));
    return item;
}

static void use(struct item *item, int times)
{
    for (int i = 0; i < times; i++) {
        pthread_mutex_lock(&item->mutex);
        pthread_mutex_unlock(&item->mutex);
    }
}

int main(void)
{
    static const int times[] = {3, 5, 2};
    struct item *last = NULL;

    setvbuf(stdout, NULL, _IONBF, 0);
    for (int i = 0; i < 3; i++) {
        struct item *item = make();

        if (last)
            puts(item == last ? "same" : "other");
        last = item;
        use(item, times[i]);
        kept = item;
        if (i < 2)
            free(item);
    }
    return 0;
}
