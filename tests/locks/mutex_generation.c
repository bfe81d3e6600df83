// SPDX-License-Identifier: MIT
// A mutex made anew at the same address, elsewhere in the program, is another lock.
// EXPECT: sorted(l["acquisitions"] for l in report["locks"] if l["name"] == "place") == [2, 5]
// EXPECT: sorted(l["generation"] for l in report["locks"] if l["name"] == "place") == [0, 1]
#include <pthread.h>

pthread_mutex_t place;

static void use(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_mutex_lock(&place);
        pthread_mutex_unlock(&place);
    }
}

void first_life(void)
{
    pthread_mutex_init(&place, NULL);
    use(5);
    pthread_mutex_destroy(&place);
}

void second_life(void)
{
    pthread_mutex_init(&place, NULL);
    use(2);
}

int main(void)
{
    first_life();
    second_life();
    return 0;
}
