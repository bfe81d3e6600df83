// SPDX-License-Identifier: MIT
// The library of locale_constructor.c: newlocale allocates while it holds the lock of setlocale.
#include <locale.h>

locale_t made;

__attribute__((constructor)) static void make(void)
{
    made = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);
}
