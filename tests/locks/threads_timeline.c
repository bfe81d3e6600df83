// SPDX-License-Identifier: MIT
// How many threads lived over the run, and how many had ended and were not joined: five work and
// end, three of them are joined much later.
// EXPECT: {(1, 0), (6, 0), (1, 5), (1, 2)} <= {(m["alive"], m["unjoined"]) for m in threads["timeline"]}
// EXPECT: [m["t_ns"] for m in threads["timeline"]] == sorted(m["t_ns"] for m in threads["timeline"])
// EXPECT: 2 <= len(threads["timeline"]) <= 100 and threads["timeline"][-1]["t_ns"] <= process["duration_ns"]
// EXPECT: max(m["alive"] for m in threads["timeline"]) == threads["peak"] == 6
// EXPECT: (threads["timeline"][-1]["alive"], threads["timeline"][-1]["unjoined"]) == (1, 2)
// EXPECT: threads["timeline"][0]["alive"] == 1 and threads["growth"] == []
#include "steps.h"

static atomic_int tids[5], all_live;

void *work(void *tid)
{
    arrive(tid);
    await(&all_live);
    sleep_ms(200);
    return NULL;
}

int main(void)
{
    pthread_t threads[5];

    sleep_ms(100);
    for (int i = 0; i < 5; i++)
        threads[i] = start(work, &tids[i]);
    for (int i = 0; i < 5; i++)
        await(&tids[i]);
    come(&all_live);
    for (int i = 0; i < 5; i++)
        await_end(tids[i]);
    sleep_ms(200);
    for (int i = 0; i < 3; i++)
        finish(threads[i]);
    sleep_ms(100);
    return 0;
}
