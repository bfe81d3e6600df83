// SPDX-License-Identifier: MIT
// Memory that the program maps itself holds the only pointers to blocks: private, shared, of a
// file, with holes. What was in memory that is unmapped again is lost.
// LEAKS: reachable in_private 4 160, reachable in_shared 1 48, reachable in_file 1 56
// LEAKS: reachable in_shared_file 1 64, definite in_unmapped 1 72, reachable beyond_hole 1 80
#include "leaks.h"

#include <sys/mman.h>

#define BYTES (1 << 20)

static SITE void **map(int flags, int fd)
{
    void **words = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, flags, fd, 0);

    if (words == MAP_FAILED)
        abort();
    return words;
}

static SITE int file(void)
{
    int fd = memfd_create("words", 0);

    if (fd < 0 || ftruncate(fd, BYTES) != 0)
        abort();
    return fd;
}

static SITE void in_private(void)
{
    void **words = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);

    for (int i = 0; i < 4; i++)
        words[i * 20000 + 7] = malloc(40);
}

static SITE void in_shared(void)
{
    map(MAP_SHARED | MAP_ANONYMOUS, -1)[5000] = malloc(48);
}

static SITE void in_file(void)
{
    map(MAP_PRIVATE, file())[6000] = malloc(56);
}

static SITE void in_shared_file(void)
{
    map(MAP_SHARED, file())[6000] = malloc(64);
}

static SITE void in_unmapped(void)
{
    void **words = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);

    words[10] = malloc(72);
    munmap(words, BYTES);
}

static SITE void beyond_hole(void)
{
    char *bytes = (char *)map(MAP_PRIVATE | MAP_ANONYMOUS, -1);

    munmap(bytes + 65536, 65536);
    *(void **)(bytes + 131072) = malloc(80);
}

int main(void)
{
    in_private();
    in_shared();
    in_file();
    in_shared_file();
    in_unmapped();
    beyond_hole();
    forget();
    return 0;
}
