// SPDX-License-Identifier: MIT
// Two ways to one function whose frame is at the same place both times: between them lies memory
// that nobody writes, so the return addresses of the other way are still there.
// EXPECT: site("leaf")["allocations"] == 4000
// EXPECT: len(sites("by_first")) == 1 and len(sites("by_second")) == 1
// EXPECT: sites("by_first")[0]["allocations"] == 2000 and sites("by_first")[0]["allocated_bytes"] == 2000 * 11
// EXPECT: sites("by_second")[0]["allocated_bytes"] == 2000 * 22
// EXPECT: [f["function"] for f in sites("by_first")[0]["stack"]][:5] == ["leaf", "inner", "moving", "by_first", "main"]
// EXPECT: [f["function"] for f in sites("by_second")[0]["stack"]][:5] == ["leaf", "inner", "moving", "by_second", "main"]
// STATUS: 0
#include <alloca.h>
#include <stdint.h>
#include <stdlib.h>

#define KEEP(memory) __asm__ volatile("" ::"r"(memory) : "memory")
#define TOP_BYTES 512

static uintptr_t bottom; // where inner's frame is to be
static int moved;

void leaf(size_t bytes)
{
    free(malloc(bytes));
}

void inner(size_t bytes)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    if (bottom == 0)
        bottom = here;
    moved += here != bottom;
    leaf(bytes);
    KEEP(bytes);
}

void moving(size_t bytes, size_t room)
{
    char *space = alloca(room);

    KEEP(space);
    inner(bytes);
}

void by_first(void)
{
    moving(11, TOP_BYTES + 256);
    KEEP(&bottom);
}

void by_second(void)
{
    char between[256];

    KEEP(between);
    moving(22, TOP_BYTES);
    KEEP(between);
}

int main(void)
{
    for (int i = 0; i < 2000; i++) {
        by_first();
        by_second();
    }
    return moved > 0;
}
