// SPDX-License-Identifier: MIT
// A program that has operators new and delete of its own, by malloc and free: blocks are malloc's.
// Both what it loses and what it frees in either way is as it should be. Memcheck puts its own
// operators in their place, and finds what is free's given to delete.
// LEAKS: definite own_new 2 80, reachable own_new 1 56
// MISUSE: none
// MEMCHECK: definite lose 2 80, reachable keep 1 56
// MEMCHECK-MISUSE: mismatch free_all free_all 2
#include "leaks.h"

#include <new>

static char *kept;

static SITE void *own_new(size_t bytes)
{
    void *block = malloc(bytes);

    if (!block)
        throw std::bad_alloc();
    return block;
}

void *operator new(size_t bytes)
{
    return own_new(bytes);
}

void operator delete(void *block) noexcept
{
    free(block);
}

void operator delete(void *block, size_t) noexcept
{
    free(block);
}

void *operator new[](size_t bytes)
{
    return own_new(bytes);
}

void operator delete[](void *block) noexcept
{
    free(block);
}

void operator delete[](void *block, size_t) noexcept
{
    free(block);
}

static SITE void lose()
{
    void *volatile block = new long[5];
    void *volatile other = operator new(40);

    (void)block;
    (void)other;
}

static SITE void keep()
{
    kept = new char[56];
}

static SITE void free_all()
{
    long *one = new long;
    char *array = new char[30];

    delete one;
    delete[] array;
    free(operator new(10));
    operator delete(malloc(20));
}

int main()
{
    lose();
    keep();
    free_all();
    forget();
    return 0;
}
