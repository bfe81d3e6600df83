// SPDX-License-Identifier: MIT
// Waits by the program's own system calls, as those of other languages and own locks: idle time of
// a futex. A wait that the kernel refuses is none; one that times out is.
// EXPECT: lock("word")["kind"] == "futex" and lock("word")["waits"] == 2 and not lock("word").get("contentions")
// EXPECT: about(lock("word")["idle_ns"], stdout.split()[0]) and lock("word").get("timeouts", 0) == 0
// EXPECT: {f: w["count"] for f, w in waiters("word").items()} == {"wait_for_word": 2}
// EXPECT: lock("never")["waits"] == 1 and about(lock("never")["idle_ns"], stdout.split()[1])
// EXPECT: lock("never").get("timeouts") == 1
// EXPECT: [l["name"] for l in report["locks"] if l["kind"] == "futex"] == ["word", "never"] or sorted(l["name"] for l in report["locks"] if l["kind"] == "futex") == ["never", "word"]
// EXPECT: sum(t["lock_wait_ns"] for t in threads["records"]) == 0
// OUTPUT: varies
#include "steps.h"

#include <linux/futex.h>
#include <sys/syscall.h>

atomic_int word, never;
static atomic_int tids[2];
static long waited_ns, timed_ns;

void wait_for_word(int value)
{
    long began = now_ns();

    while (word == value)
        syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
    waited_ns += now_ns() - began;
}

void *waiter(void *unused)
{
    for (int i = 0; i < 2; i++) {
        arrive(&tids[i]);
        wait_for_word(i);
    }
    return unused;
}

int main(void)
{
    struct timespec limit = {0, 60000000};
    pthread_t thread = start(waiter, NULL);

    for (int i = 0; i < 2; i++) {
        await_asleep(&tids[i]);
        sleep_ms(50);
        word = i + 1;
        syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
    finish(thread);
    timed_ns = now_ns();
    syscall(SYS_futex, &never, FUTEX_WAIT_PRIVATE, 0, &limit, NULL, 0);
    timed_ns = now_ns() - timed_ns;
    syscall(SYS_futex, &never, FUTEX_WAKE, 1, NULL, NULL, 0);
    printf("%ld %ld\n", waited_ns, timed_ns);
    return 0;
}
