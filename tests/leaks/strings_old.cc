// SPDX-License-Identifier: MIT
// Strings of the old kind point behind the header of their block: a known form of an interior
// pointer, so they are reachable.
// LEAKS: reachable keep 1 125, definite lose 1 8, indirect lose 1 225
#define _GLIBCXX_USE_CXX11_ABI 0
#include "leaks.h"

#include <string>

static std::string kept;

static SITE void keep()
{
    kept = std::string(100, 'x');
}

static SITE void lose()
{
    std::string *volatile text = new std::string(200, 'x');

    (void)text;
}

int main()
{
    keep();
    lose();
    forget();
    _exit(0);
}
