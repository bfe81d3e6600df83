// SPDX-License-Identifier: MIT
// Exceptions that are thrown and caught on fibers, one of which another fiber interrupts while it
// handles its own: each arrives, with allocations on all stacks meanwhile.
// EXPECT: stdout == "200 caught\n"
// EXPECT: site("in_catch")["allocations"] == 200 == site("in_catch")["frees"]
// EXPECT: all("start" in functions(s["stack"]) for s in sites("in_catch"))
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <ucontext.h>

static const int rounds = 100;
static const int stack_bytes = 64 << 10;
static ucontext_t back, fibers[2];
static int caught;

extern "C" void in_catch()
{
    std::free(std::malloc(24));
}

static void throw_at(int depth)
{
    if (depth == 0)
        throw std::runtime_error("from the depth");
    throw_at(depth - 1);
    in_catch();
}

static void start(int own)
{
    for (int i = 0; i < rounds; i++) {
        try {
            throw_at(10);
        } catch (const std::exception &) {
            in_catch();
            caught++;
        }
        swapcontext(&fibers[own], own == 0 ? &fibers[1] : &fibers[0]);
    }
}

int main()
{
    for (int i = 0; i < 2; i++) {
        getcontext(&fibers[i]);
        fibers[i].uc_stack.ss_sp = std::malloc(stack_bytes);
        fibers[i].uc_stack.ss_size = stack_bytes;
        fibers[i].uc_link = &back;
        makecontext(&fibers[i], (void (*)())start, 1, i);
    }
    swapcontext(&back, &fibers[0]);
    std::printf("%d caught\n", caught);
    return 0;
}
