// SPDX-License-Identifier: MIT
// Arrays of objects with destructors begin with their count, and the program has a pointer
// behind it: a known form of an interior pointer, so they are reachable. With a wrong count they
// are not of that form.
// LEAKS: reachable keep 1 168, reachable keep_plain 1 160, definite lose 1 88
// LEAKS: possible wrong_count 1 248
#include "leaks.h"

struct thing {
    ~thing()
    {
        numbers[0] = 0;
    }
    long numbers[2] = {1, 2};
};

static thing *kept;
static long *kept_plain;
static thing *kept_wrong;

static SITE void keep()
{
    kept = new thing[10];
}

static SITE void keep_plain()
{
    kept_plain = new long[20];
}

static SITE void lose()
{
    thing *volatile things = new thing[5];

    (void)things;
}

static SITE void wrong_count()
{
    kept_wrong = new thing[15];
    reinterpret_cast<size_t *>(kept_wrong)[-1] = 1000;
}

int main()
{
    keep();
    keep_plain();
    lose();
    wrong_count();
    forget();
    return 0;
}
