// SPDX-License-Identifier: MIT
// Fibers that go on in another thread than they stopped in, between allocations and with a mutex
// that each thread takes for itself: what they allocate is counted, where they are.
// EXPECT: site("step")["allocations"] == 3000 == site("step")["frees"]
// EXPECT: all("fiber" in functions(s["stack"]) and "main" not in functions(s["stack"]) for s in sites("step"))
// EXPECT: stdout == "3000 steps, moved\n" and health["complete"]
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

#define FIBERS 6
#define STEPS 500
#define STACK_BYTES (64 << 10)

static struct fiber {
    ucontext_t self, *carrier;
    int steps;
    pid_t last;
    bool is_taken;
} fibers[FIBERS];

static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static int left = FIBERS, steps, moves;
static void *blocks[FIBERS];

static void step(int own)
{
    blocks[own] = malloc(64);
}

static void fiber(int own)
{
    struct fiber *self = &fibers[own];

    while (self->steps++ < STEPS) {
        step(own);
        swapcontext(&self->self, self->carrier);
        free(blocks[own]);
    }
}

// The next fiber that nobody runs, behind the last one. NULL: all are being run.
static struct fiber *take(int *next)
{
    struct fiber *found = NULL;

    pthread_mutex_lock(&queue);
    for (int i = 0; i < FIBERS && !found; i++) {
        struct fiber *candidate = &fibers[(*next + i) % FIBERS];

        if (!candidate->is_taken && candidate->steps <= STEPS) {
            candidate->is_taken = true;
            *next = (int)(candidate - fibers) + 1;
            found = candidate;
        }
    }
    pthread_mutex_unlock(&queue);
    return found;
}

static void give(struct fiber *done)
{
    pthread_mutex_lock(&queue);
    done->is_taken = false;
    moves += done->last && done->last != gettid();
    done->last = gettid();
    steps += done->steps <= STEPS;
    left -= done->steps > STEPS;
    pthread_mutex_unlock(&queue);
}

static bool is_over(void)
{
    bool over;

    pthread_mutex_lock(&queue);
    over = left == 0;
    pthread_mutex_unlock(&queue);
    return over;
}

static void *carry(void *first)
{
    ucontext_t here;
    int next = *(int *)first;

    while (!is_over()) {
        struct fiber *taken = take(&next);

        if (!taken) {
            usleep(10);
            continue;
        }
        taken->carrier = &here;
        swapcontext(&here, &taken->self);
        give(taken);
        usleep(1);
    }
    return NULL;
}

// Where it ends it goes to whoever carried it last.
static void start(int own)
{
    fiber(own);
    setcontext(fibers[own].carrier);
}

int main(void)
{
    pthread_t threads[3];
    int firsts[3] = {0, 2, 4};

    for (int i = 0; i < FIBERS; i++) {
        getcontext(&fibers[i].self);
        fibers[i].self.uc_stack.ss_sp = malloc(STACK_BYTES);
        fibers[i].self.uc_stack.ss_size = STACK_BYTES;
        makecontext(&fibers[i].self, (void (*)(void))start, 1, i);
    }
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, carry, &firsts[i]);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("%d steps, %s\n", steps, moves ? "moved" : "never moved");
    return 0;
}
