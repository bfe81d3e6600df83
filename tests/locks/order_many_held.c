// SPDX-License-Identifier: MIT
// Seventy locks held at once; later another thread takes the last and then the first.
// EXPECT: len(report["order"]) == 1 and order()[0]["kind"] == "potential deadlock"
// EXPECT: len(order()[0]["locks"]) == 2
// EXPECT: {l["name"].partition("+")[0] for l in order()[0]["locks"]} == {"many"}
// EXPECT: sorted(int(l["address"], 16) if isinstance(l["address"], str) else l["address"] for l in order()[0]["locks"]) == [int(stdout.split()[0], 16), int(stdout.split()[1], 16)]
// EXPECT: not any(health["dropped"].values())
// EXPECT: sum(l["acquisitions"] for l in report["locks"]) == 72
// OUTPUT: varies
#include "order.h"

#define MANY 70

pthread_mutex_t many[MANY];

void *all(void *unused)
{
    for (int i = 0; i < MANY; i++)
        pthread_mutex_lock(&many[i]);
    for (int i = MANY; i-- > 0;)
        pthread_mutex_unlock(&many[i]);
    return unused;
}

void *last_and_first(void *unused)
{
    nest(&many[MANY - 1], &many[0]);
    return unused;
}

int main(void)
{
    in_threads(all, last_and_first);
    printf("%p %p\n", (void *)&many[0], (void *)&many[MANY - 1]);
    return 0;
}
