// SPDX-License-Identifier: MIT
// Streams that nobody closed are in the C library's list of all, with their buffers; so is a buffer
// that the program gave to one. What was given to a closed one is lost.
// LEAKS: reachable forgotten 1 *, reachable given_buffer 1 8192, definite of_closed 1 4096
#include "leaks.h"

static SITE FILE *forgotten(void)
{
    return fopen("/dev/null", "w");
}

static SITE void *given_buffer(void)
{
    return malloc(8192);
}

static SITE void *of_closed(void)
{
    return malloc(4096);
}

static SITE void run(void)
{
    FILE *stream = fopen("/dev/null", "w");

    setvbuf(stream, of_closed(), _IOFBF, 4096);
    fclose(stream);
    setvbuf(forgotten(), given_buffer(), _IOFBF, 8192);
}

int main(void)
{
    run();
    forget();
    return 0;
}
