// SPDX-License-Identifier: MIT
// longjmp over many frames between events; a handler that jumps off another stack. What was jumped
// over is in no later stack.
// EXPECT: all(spelled(s) for s in sites("leaf")) and len(sites("leaf")) > 500
// EXPECT: site("leaf")["allocations"] == int(stdout) - 200 and site("on_signal_stack")["allocations"] == 200
// EXPECT: all("go_on" not in [f["function"] for f in s["stack"]] for s in sites("landed"))
// EXPECT: site("landed")["allocations"] > 400 and len(sites("landed")) == 1
#include "spell.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

static sigjmp_buf ground;
static volatile unsigned events;

void step_1(struct walk *walk, unsigned bytes)
{
    go_on(walk, bytes);
    go_on(walk, bytes);
    go_on(walk, bytes);
}

void step_2(struct walk *walk, unsigned bytes)
{
    go_on_from_any_size(walk, bytes);
}

void step_3(struct walk *walk, unsigned bytes)
{
    go_on(walk, bytes);
    if (next_random(walk) % 3 == 0)
        siglongjmp(ground, 1);
    go_on(walk, bytes);
}

void step_4(struct walk *walk, unsigned bytes)
{
    go_on(walk, bytes);
    if (next_random(walk) % 3 == 0 && events < 200)
        raise(SIGUSR1);
    go_on(walk, bytes);
}

const step_function steps[] = {step_1, step_2, step_3, step_4};
const unsigned step_count = 4;

void on_signal_stack(int signal)
{
    (void)signal;
    free(malloc(7));
    events++;
    siglongjmp(ground, 1);
}

void landed(void)
{
    free(malloc(9));
}

int main(void)
{
    static char space[64 << 10];
    stack_t other = {.ss_sp = space, .ss_size = sizeof(space)};
    struct sigaction action = {.sa_handler = on_signal_stack, .sa_flags = SA_ONSTACK};
    static struct walk walk = {.random = 1};

    setvbuf(stdout, NULL, _IONBF, 0);
    sigaltstack(&other, NULL);
    sigaction(SIGUSR1, &action, NULL);
    while (walk.leaves < 10000 || events < 200) {
        if (sigsetjmp(ground, 1))
            landed();
        go_on(&walk, 0);
    }
    printf("%u", walk.leaves + events);
    return 0;
}
