// SPDX-License-Identifier: MIT
// What locks are called: by their symbol, by the place that allocated the block around them, or by
// their address.
// EXPECT: [lock(name)["acquisitions"] for name in ("global", "hidden")] == [1, 2]
// EXPECT: [l["acquisitions"] for l in report["locks"] if l["name"].startswith("inside")] == [3]
// EXPECT: sorted(l["acquisitions"] for l in report["locks"] if l["name"].startswith("rows")) == [4, 4, 4]
// EXPECT: len({l["name"] for l in report["locks"] if l["name"].startswith("rows")}) == 3
// EXPECT: sorted(l["block"]["offset"] for l in locks_of("mutex", "make_account")) == [24, 104]
// EXPECT: {l["name"].partition("+")[0] for l in locks_of("mutex", "make_account")} == {"make_account"}
// EXPECT: all(functions(l["block"]["stack"])[:2] == ["make_account", "use_heap"] for l in locks_of("mutex", "make_account"))
// EXPECT: sorted(l["acquisitions"] for l in locks_of("mutex", "make_account")) == [5, 6]
// EXPECT: all(l["end"] == "freed" for l in locks_of("mutex", "make_account"))
// EXPECT: [l["name"] == l["address"] or l["name"].startswith("0x") for l in locks_of("mutex", "on_stack")] == [True]
// EXPECT: all(not l.get("block") for l in report["locks"] if l["acquisitions"] not in (5, 6))
// EXPECT: len(report["locks"]) == 9
#include "steps.h"

struct account {
    char owner[24];
    pthread_mutex_t mutex;
    char address[40];
    pthread_mutex_t history;
};

pthread_mutex_t global = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t hidden = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t rows[3];

static void use(pthread_mutex_t *mutex, int times)
{
    for (int i = 0; i < times; i++) {
        pthread_mutex_lock(mutex);
        pthread_mutex_unlock(mutex);
    }
}

struct account *make_account(void)
{
    return calloc(1, sizeof(struct account));
}

void use_heap(void)
{
    struct account *account = make_account();

    use(&account->mutex, 5);
    use(&account->history, 6);
    free(account);
}

void on_stack(void)
{
    pthread_mutex_t local = PTHREAD_MUTEX_INITIALIZER;

    use(&local, 7);
}

int main(void)
{
    static pthread_mutex_t inside = PTHREAD_MUTEX_INITIALIZER;

    use(&global, 1);
    use(&hidden, 2);
    use(&inside, 3);
    for (int i = 0; i < 3; i++)
        use(&rows[i], 4);
    use_heap();
    on_stack();
    return 0;
}
