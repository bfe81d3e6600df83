// SPDX-License-Identifier: MIT
// A library of libraries_in_turn.c, built twice: the same code at the same place, but for the name
// STEP and the size of its frame ROOM.
void STEP(void (*function)(unsigned), unsigned bytes);
void STEP(void (*function)(unsigned), unsigned bytes)
{
    char space[ROOM];

    __asm__ volatile("" ::"r"(space) : "memory");
    function(bytes);
    __asm__ volatile("" ::"r"(space) : "memory");
}
