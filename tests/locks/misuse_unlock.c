// SPDX-License-Identifier: MIT
// Locks that are unlocked by who does not hold them: nobody does, or another thread does.
// EXPECT: {m[::2] for m in misuse("unlock of an unheld lock")} == {("free_book", "release_book"), ("free_mutex", "release_free"), ("free_turning", "main")}
// EXPECT: sum(m[1] for m in misuse("unlock of an unheld lock") if m[0] == "free_mutex") == 3
// EXPECT: sorted(misuse("unlock of another thread's lock")) == [("held_book", 1, "release_book", "main"), ("held_mutex", 1, "release_held", "take_held")]
// EXPECT: {m["owner"] for m in report["misuse"] if m["kind"].startswith("unlock of another")} == {1}
// EXPECT: {m["thread"] for m in report["misuse"] if m["kind"].startswith("unlock of another")} == {thread("run_alone")[0]["serial"]}
// EXPECT: all(0 < m["t_ns"] <= process["duration_ns"] for m in report["misuse"])
// EXPECT: sum(m["count"] for m in report["misuse"]) == 1 + 3 + 1 + 1 + 1
#include "steps.h"

pthread_mutex_t free_mutex = PTHREAD_MUTEX_INITIALIZER, held_mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_rwlock_t free_book = PTHREAD_RWLOCK_INITIALIZER, held_book = PTHREAD_RWLOCK_INITIALIZER;
pthread_spinlock_t free_turning;

void release_free(void)
{
    pthread_mutex_unlock(&free_mutex);
}

void take_held(void)
{
    pthread_mutex_lock(&held_mutex);
}

void release_held(void)
{
    pthread_mutex_unlock(&held_mutex);
}

void release_book(pthread_rwlock_t *book)
{
    pthread_rwlock_unlock(book);
}

void *other(void *unused)
{
    release_held();
    release_book(&held_book);
    return unused;
}

int main(void)
{
    pthread_mutex_lock(&free_mutex);
    for (int i = 0; i < 4; i++) // the first is right, of the rwlock too
        release_free();
    pthread_rwlock_wrlock(&free_book);
    for (int i = 0; i < 2; i++)
        release_book(&free_book);
    pthread_spin_init(&free_turning, PTHREAD_PROCESS_PRIVATE);
    pthread_spin_unlock(&free_turning);
    take_held();
    pthread_rwlock_wrlock(&held_book);
    run_alone(other, NULL);
    return 0;
}
