// SPDX-License-Identifier: MIT
// Locks in memory that is freed and allocated again, and locks destroyed and made again, are
// others: orders of their earlier lives don't meet those of the later.
// EXPECT: stdout.split() == ["same"]
// EXPECT: report["order"] == [] and report["misuse"] == []
// EXPECT: len(locks_of("mutex", "make")) == 2
// EXPECT: len([l for l in report["locks"] if l["name"] == "anew"]) == 2
#include "order.h"

struct item {
    char text[64];
    pthread_mutex_t mutex;
};

pthread_mutex_t fixed = PTHREAD_MUTEX_INITIALIZER, anew;
static struct item *item;

struct item *make(void)
{
    struct item *made = malloc(sizeof(*made));

    memset(made, 0, sizeof(*made));
    return made;
}

void *forwards(void *unused)
{
    nest(&fixed, &item->mutex);
    nest(&fixed, &anew);
    return unused;
}

void *backwards(void *unused)
{
    nest(&item->mutex, &fixed);
    nest(&anew, &fixed);
    return unused;
}

int main(void)
{
    void *volatile last;

    item = make();
    pthread_mutex_init(&anew, NULL);
    run_alone(forwards, NULL);
    last = item;
    free(item);
    pthread_mutex_destroy(&anew);
    item = make();
    pthread_mutex_init(&anew, NULL);
    run_alone(backwards, NULL);
    puts(item == last ? "same" : "other");
    return 0;
}
