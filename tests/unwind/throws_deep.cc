// SPDX-License-Identifier: MIT
// Exceptions thrown through many frames: destructors, handlers and what is thrown again allocate
// at their own depth of the stack that is being taken down.
// EXPECT: site("Noisy::~Noisy")["allocations"] == 50 * 20 == int(stdout)
// EXPECT: sorted(len([f for f in s["stack"] if "descend" in str(f["function"])]) for s in sites("Noisy::~Noisy")) == list(range(1, 21))
// EXPECT: all(s["allocations"] == 50 and s["stack"][-1]["function"] == "_start" for s in sites("Noisy::~Noisy"))
// EXPECT: site("handle")["allocations"] == 50 and site("handle_again")["allocations"] == 50
// EXPECT: [str(f["function"]).split("(")[0] for f in sites("handle")[0]["stack"]][:2] == ["handle", "main"]
// EXPECT: len(sites("handle_again")) == 1 and len([f for f in sites("handle_again")[0]["stack"] if "descend" in str(f["function"])]) == 10
// EXPECT: len({str(s["stack"]) for s in sites("__cxa_allocate_exception")}) == 1
#include <cstdio>
#include <cstdlib>

static int destroyed;

struct Noisy {
    ~Noisy()
    {
        free(malloc(30));
        destroyed++;
    }
};

void handle(int value)
{
    free(malloc(value));
}

void handle_again(int value)
{
    free(malloc(value));
}

void descend(int depth)
{
    Noisy noisy;
    char moves[depth * 16 + 1];

    __asm__ volatile("" ::"r"(moves) : "memory");
    if (depth == 0)
        throw 40;
    if (depth != 10) {
        descend(depth - 1);
        return;
    }
    try {
        descend(depth - 1);
    } catch (int value) {
        handle_again(value);
        throw;
    }
}

int main()
{
    for (int i = 0; i < 50; i++)
        try {
            descend(19);
        } catch (int value) {
            handle(value);
        }
    std::printf("%d", destroyed);
}
