// SPDX-License-Identifier: MIT
// A lock in a heap block that was freed is used. (The allocator leaves the middle of the block as
// it was, so the program goes on.)
// EXPECT: {m[2:] for m in misuse("used in freed memory")} == {("use_after", "free_it")}
// EXPECT: {m["kind"] for m in report["misuse"]} == {"used in freed memory"}
// EXPECT: all(m[0].startswith("make") for m in misuse("used in freed memory"))
// EXPECT: [l["acquisitions"] for l in locks_of("mutex", "make") if l["generation"] == 0] == [3]
#include "steps.h"

struct item {
    char text[128];
    pthread_mutex_t mutex;
    char more[128];
};

static pthread_mutex_t *volatile dangling;

struct item *make(void)
{
    struct item *item = malloc(sizeof(*item));

    memset(item, 0, sizeof(*item));
    return item;
}

void free_it(struct item *item)
{
    free(item);
}

void use_before(void)
{
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(dangling);
        pthread_mutex_unlock(dangling);
    }
}

void use_after(void)
{
    pthread_mutex_lock(dangling);
    pthread_mutex_unlock(dangling);
}

int main(void)
{
    struct item *item = make();

    dangling = &item->mutex;
    use_before();
    free_it(item);
    use_after();
    return 0;
}
