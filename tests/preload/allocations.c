// SPDX-License-Identifier: MIT
// Every block is counted at its caller: how many, how large, freed or not.
// EXPECT: site("keep")["allocations"] == 10 and site("keep")["allocated_bytes"] == 550
// EXPECT: site("keep")["live_blocks"] == 10 and site("keep")["live_bytes"] == 550
// EXPECT: site("give_back")["allocations"] == 7 == site("give_back")["frees"]
// EXPECT: site("give_back")["temporary"] == 7 and site("give_back")["live_bytes"] == 0
// EXPECT: heap["allocations"] == 17
// EXPECT: [frame["function"] for frame in sites("keep")[0]["stack"]][:2] == ["keep", "main"]
// EXPECT: sites("keep")[0]["stack"][0]["file"].endswith("allocations.c")
// EXPECT: sites("keep")[0]["stack"][0]["line"] == 18
// EXPECT: health["complete"] and not any(health["dropped"].values())
#include <stdlib.h>

static void *kept[10];

void keep(int i)
{
    kept[i] = malloc(10 * (i + 1));
}

void give_back(void)
{
    free(malloc(100));
}

int main(void)
{
    for (int i = 0; i < 10; i++)
        keep(i);
    for (int i = 0; i < 7; i++)
        give_back();
    return 0;
}
