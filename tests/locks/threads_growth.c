// SPDX-License-Identifier: MIT
// Places that make more and more threads that nobody joins, or that never end, against those that
// make many and join them, or made them all at the start.
// EXPECT: sorted(functions(g["created_by"])[1] for g in threads["growth"]) == ["forget", "pile_up"]
// EXPECT: all(len(g["counts"]) == 8 and g["counts"] == sorted(g["counts"]) for g in threads["growth"])
// EXPECT: all(g["counts"][-1] >= 14 and g["counts"][0] <= 8 for g in threads["growth"])
// TIMED: growth is counted in eighths of the run, which are even only where no step takes long
// EXPECT: threads["created"] == 16 * 3 + 4 and threads["joined"] == 16
#include "steps.h"

#define STEPS 16

void *end(void *unused)
{
    return unused;
}

void *run(void *unused)
{
    for (;;)
        pause();
    return unused;
}

void forget(void)
{
    start(end, NULL);
}

void pile_up(void)
{
    start(run, NULL);
}

void join(void)
{
    run_alone(end, NULL);
}

void prepare(void)
{
    for (int i = 0; i < 4; i++)
        start(run, NULL);
}

int main(void)
{
    prepare();
    for (int i = 0; i < STEPS; i++) {
        sleep_ms(50);
        forget();
        pile_up();
        join();
    }
    sleep_ms(10);
    return 0;
}
