// SPDX-License-Identifier: MIT
// Pointers in disguise: with a low bit set they lead into the middle; XORed, negated, shifted or in
// half a word they are none. In a union they are what they are.
// LEAKS: possible low_bit 1 24, definite low_bit_of_empty 1 0, possible low_bit_below 1 32
// LEAKS: definite xored 1 40, definite negated 1 48, definite high_bits 1 56, definite half 1 64
// LEAKS: reachable in_union 1 72
#include "leaks.h"

static uintptr_t kept[8];
static uint32_t kept_half;
static union {
    double number;
    void *pointer;
} kept_union;

static SITE void *low_bit_below(void)
{
    return calloc(1, 32);
}

static SITE void low_bit(void)
{
    struct node *node = calloc(1, sizeof(*node));

    node->next = low_bit_below();
    kept[0] = (uintptr_t)node | 1;
}

static SITE void low_bit_of_empty(void)
{
    kept[1] = (uintptr_t)malloc(0) | 1;
}

static SITE void xored(void)
{
    kept[2] = (uintptr_t)malloc(40) ^ 0x5555555555555555;
}

static SITE void negated(void)
{
    kept[3] = ~(uintptr_t)malloc(48);
}

static SITE void high_bits(void)
{
    kept[4] = (uintptr_t)malloc(56) | (uintptr_t)0xfe << 56;
}

static SITE void half(void)
{
    kept_half = (uint32_t)((uintptr_t)malloc(64) >> 4);
}

static SITE void in_union(void)
{
    kept_union.pointer = malloc(72);
}

int main(void)
{
    low_bit();
    low_bit_of_empty();
    xored();
    negated();
    high_bits();
    half();
    in_union();
    forget();
    return 0;
}
