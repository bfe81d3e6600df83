// SPDX-License-Identifier: MIT
// Spin locks, private and shared: every code, and the lock's word, as without us.
// EXPECT: health["complete"]
#include "codes.h"

static struct other other;
static pthread_spinlock_t spin;
static volatile int count;

static int op_lock(void *unused)
{
    (void)unused;
    return pthread_spin_lock(&spin);
}

static int op_trylock(void *unused)
{
    (void)unused;
    return pthread_spin_trylock(&spin);
}

static int op_unlock(void *unused)
{
    (void)unused;
    return pthread_spin_unlock(&spin);
}

static int op_count(void *unused)
{
    for (int i = 0; i < 20000; i++) {
        pthread_spin_lock(&spin);
        count++;
        pthread_spin_unlock(&spin);
    }
    (void)unused;
    return 0;
}

// 1 is free, 0 held on x86.
static void print_after(const char *name, int result)
{
    printf("  %s %s [%d]", name, code(result), (int)spin);
}

static void try_codes(int shared)
{
    print_after("init", pthread_spin_init(&spin, shared));
    print_after("lock", pthread_spin_lock(&spin));
    print_after("trylock", pthread_spin_trylock(&spin));
    print_after("other's trylock", other_do(&other, op_trylock, NULL));
    print_after("unlock", pthread_spin_unlock(&spin));
    print_after("trylock", pthread_spin_trylock(&spin));
    print_after("other's unlock", other_do(&other, op_unlock, NULL));
    print_after("other's trylock", other_do(&other, op_trylock, NULL));
    print_after("trylock", pthread_spin_trylock(&spin));
    print_after("unlock", pthread_spin_unlock(&spin));
    print_after("unlock", pthread_spin_unlock(&spin));
    print_after("lock", pthread_spin_lock(&spin));
    other_begin(&other, op_lock, NULL);
    sleep_ms(SHORT_MS);
    printf("  unlock %s", code(pthread_spin_unlock(&spin)));
    print_after("other's lock", other_result(&other));
    print_after("destroy held", pthread_spin_destroy(&spin));
    print_after("unlock", pthread_spin_unlock(&spin));
    print_after("destroy", pthread_spin_destroy(&spin));
    putchar('\n');
}

int main(void)
{
    other_start(&other);
    for (int shared = 0; shared < 3; shared++) // 2 is invalid
        try_codes(shared);
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    other_begin(&other, op_count, NULL);
    op_count(NULL);
    other_result(&other);
    printf("count %d, %s\n", count, code(pthread_spin_destroy(&spin)));
    other_end(&other);
    return 0;
}
