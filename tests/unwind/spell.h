// SPDX-License-Identifier: MIT
//
// spell.h - a random walk over functions whose blocks spell the stack that allocated them: step_1
// that calls step_3 that calls step_2 allocates 132 bytes. known_answer.py's spelled(site) compares
// the stack that was recorded with the size, so a stale or a wrong frame shows. Every step calls
// go_on() some times, so the same outer frames serve many events; frames come to lie where others
// were, and what they do not write still holds the old return addresses.
#ifndef SPELL_H
#define SPELL_H

#include <stdlib.h>

#define SPELL_LONGEST 1000 // a block of at least so many bytes has four steps or more

struct walk {
    unsigned random;
    unsigned leaves;
};

typedef void (*step_function)(struct walk *walk, unsigned bytes);
extern const step_function steps[]; // step_1 first
extern const unsigned step_count;

static inline unsigned next_random(struct walk *walk)
{
    walk->random = walk->random * 1103515245 + 12345;
    return walk->random >> 16;
}

static __thread volatile int is_in_leaf; // for handlers: malloc is not to be entered now

__attribute__((noinline)) void leaf(struct walk *walk, unsigned bytes)
{
    is_in_leaf = 1;
    free(malloc(bytes));
    is_in_leaf = 0;
    walk->leaves++;
}

// One step further, or no further.
__attribute__((noinline)) void go_on(struct walk *walk, unsigned bytes)
{
    unsigned pick = next_random(walk) % (step_count + step_count / 4 + 1);

    if (bytes >= SPELL_LONGEST || (bytes && pick >= step_count))
        leaf(walk, bytes);
    else
        steps[pick % step_count](walk, bytes * 10 + pick % step_count + 1);
    __asm__ volatile("" ::: "memory"); // no tail call
}

// The whole of a step whose frame is of any size.
static inline __attribute__((always_inline)) void go_on_from_any_size(struct walk *walk,
                                                                      unsigned bytes)
{
    char space[next_random(walk) % 9 * 16 + 1];

    __asm__ volatile("" ::"r"(space) : "memory");
    go_on(walk, bytes);
    go_on(walk, bytes);
}

#endif
