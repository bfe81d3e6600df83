// SPDX-License-Identifier: MIT
// Objects held by a pointer to their second base, or to a virtual base, which lies in their middle:
// known forms of an interior pointer, so they are reachable. A base without a virtual function has
// nothing to know it by.
// LEAKS: reachable second_base 1 32, reachable virtual_base 1 32, reachable first_base 1 32
// LEAKS: possible plain_base 1 32, definite lose 1 32
#include "leaks.h"

struct first {
    virtual ~first() {}
    long a = 1;
};

struct second {
    virtual ~second() {}
    long b = 2;
};

struct both : first, second {
};

struct left : virtual second {
    long c = 3;
};

struct plain {
    long d = 4;
};

struct with_plain : first, plain {
    long e = 5;
};

static second *kept_second;
static first *kept_first;
static second *kept_virtual;
static plain *kept_plain;

static SITE void second_base()
{
    kept_second = new both;
}

static SITE void first_base()
{
    kept_first = new both;
}

static SITE void virtual_base()
{
    kept_virtual = new left;
}

static SITE void plain_base()
{
    kept_plain = new with_plain;
}

static SITE void lose()
{
    both *volatile object = new both;

    (void)object;
}

int main()
{
    second_base();
    first_base();
    virtual_base();
    plain_base();
    lose();
    forget();
    return 0;
}
