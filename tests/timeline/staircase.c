// SPDX-License-Identifier: MIT
//
// staircase.c - live bytes go up in steps, each held for a while, and down again by frees alone.
// With an argument the process kills itself on top.
#include "shape.h"

#include <signal.h>
#include <unistd.h>

#define STEPS 5
#define BLOCKS 512
#define BLOCK_BYTES 1024
#define HELD_MS 40

static char *blocks[STEPS * BLOCKS];

static void climb(unsigned step)
{
    for (unsigned i = step * BLOCKS; i < (step + 1) * BLOCKS; i++)
        blocks[i] = malloc(BLOCK_BYTES);
    say("level", (step + 1) * BLOCKS * BLOCK_BYTES);
    churn_ms(HELD_MS);
    say("left", step);
}

int main(int argc, char **argv)
{
    (void)argv;
    for (unsigned step = 0; step < STEPS; step++)
        climb(step);
    if (argc > 1)
        kill(getpid(), SIGKILL);
    say("falls", STEPS * BLOCKS * BLOCK_BYTES);
    for (unsigned i = 0; i < STEPS * BLOCKS; i++) {
        free(blocks[i]);
        if (i % 8 == 0)
            usleep(300);
    }
    say("level", 0);
    return 0;
}
