// SPDX-License-Identifier: MIT
// delete of a pointer into the middle: of an array that has its count in front. glibc ends the
// program.
// LEAKS: unclassified
// MISUSE: interior new[] delete make release 1
// STATUS: -6
// MEMCHECK: definite make 1 88
#include "leaks.h"

struct thing {
    ~thing()
    {
        number = 0;
    }
    long number = 1;
};

static SITE thing *make()
{
    return new thing[10];
}

static SITE void release(thing *thing)
{
    operator delete(thing);
}

int main()
{
    release(make());
    return 0;
}
