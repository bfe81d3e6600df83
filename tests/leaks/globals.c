// SPDX-License-Identifier: MIT
// Every kind of global holds a block: initialised, zeroed, local to a function, in an array, in a
// struct, aligned, in a section of its own, at the very end of .bss.
// LEAKS: reachable in_data 1 16, reachable in_bss 1 24, reachable in_local 1 32
// LEAKS: reachable in_array 3 120, reachable in_struct 1 48, reachable in_section 1 56
// LEAKS: reachable in_big 1 64
#include "leaks.h"

static struct {
    long magic;
    void *pointer;
} data = {42, NULL};
static void *bss;
static void *array[100];
static struct {
    char name[13];
    struct {
        void *pointer;
    } inner;
} nested;
static void *own_section __attribute__((section("kept_section"))) = &data;
static void *big[1 << 18];

static SITE void in_data(void)
{
    data.pointer = malloc(16);
}

static SITE void in_bss(void)
{
    bss = malloc(24);
}

static SITE void in_local(void)
{
    static void *local;

    local = malloc(32);
    __asm__ volatile("" : : "r"(&local));
}

static SITE void in_array(int i)
{
    array[i] = malloc(40);
}

static SITE void in_struct(void)
{
    nested.inner.pointer = malloc(48);
}

static SITE void in_section(void)
{
    own_section = malloc(56);
}

static SITE void in_big(void)
{
    big[(1 << 18) - 1] = malloc(64);
}

int main(void)
{
    in_data();
    in_bss();
    in_local();
    for (int i = 0; i < 3; i++)
        in_array(i * 49);
    in_struct();
    in_section();
    in_big();
    forget();
    return 0;
}
