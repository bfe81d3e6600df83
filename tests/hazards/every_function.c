// SPDX-License-Identifier: MIT
// Every function that allocates, and those of libc that give a block to be freed: each is counted
// once at its caller, is aligned as it must be, and a success leaves errno alone.
// EXPECT: site("direct")["allocations"] == 11 and site("direct")["allocated_bytes"] == 1221
// EXPECT: site("direct")["frees"] == 11 and site("direct")["live_blocks"] == 0
// EXPECT: all(sum(s["allocations"] for s in sites(f)) >= 1 for f in stdout.split()[-10:])
// EVERY_MODE: heap["mismatches"] == []
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define SIZE 111

static void *blocks[11];
static int count;

static void check(void *block, size_t alignment, int error)
{
    int saved_errno = errno;

    blocks[count++] = block;
    printf("%d %d %d %d\n", error, saved_errno, (uintptr_t)block % alignment == 0,
           malloc_usable_size(block) >= SIZE);
    memset(block, 1, SIZE);
    errno = 7;
}

void direct(void)
{
    void *block = NULL;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int error;

    errno = 7;
    check(malloc(SIZE), 16, 0);
    check(calloc(1, SIZE), 16, 0);
    check(calloc(SIZE, 1), 16, 0);
    check(realloc(NULL, SIZE), 16, 0);
    check(reallocarray(NULL, 1, SIZE), 16, 0);
    check(memalign(256, SIZE), 256, 0);
    check(aligned_alloc(64, SIZE), 64, 0);
    error = posix_memalign(&block, 1024, SIZE);
    check(block, 1024, error);
    check(valloc(SIZE), page, 0);
    check(pvalloc(SIZE), page, 0);
    check(memalign(3, SIZE), 1, 0); // a power of two is made of it
    for (int i = 0; i < count; i++)
        free(blocks[i]);
    printf("%d\n", errno);
}

#define GIVES(name, call)                                                                          \
    __attribute__((noinline)) void name(void)                                                      \
    {                                                                                              \
        free(call);                                                                                \
        puts(#name);                                                                               \
    }

static char *print(const char *format)
{
    char *text = NULL;

    if (asprintf(&text, format, 300, "x") < 0)
        return NULL;
    return text;
}

static char *read_line(void)
{
    FILE *file = fopen("/proc/self/stat", "r");
    size_t room = 0;
    char *line = NULL;

    if (getline(&line, &room, file) < 0)
        puts("no line");
    fclose(file);
    return line;
}

static char *stream(void)
{
    char *text;
    size_t length;
    FILE *file = open_memstream(&text, &length);

    fprintf(file, "%1000d", 5);
    fclose(file);
    return text;
}

GIVES(by_strdup, strdup("a string"))
GIVES(by_strndup, strndup("a string", 3))
GIVES(by_wcsdup, wcsdup(L"a string"))
GIVES(by_asprintf, print("%*s"))
GIVES(by_getline, read_line())
GIVES(by_getcwd, getcwd(NULL, 0))
GIVES(by_realpath, realpath("/proc/..", NULL))
GIVES(by_open_memstream, stream())
GIVES(by_canonicalize, canonicalize_file_name("/"))
GIVES(by_get_current_dir_name, get_current_dir_name())

int main(void)
{
    static char buffer[8192];

    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    direct();
    by_strdup();
    by_strndup();
    by_wcsdup();
    by_asprintf();
    by_getline();
    by_getcwd();
    by_realpath();
    by_open_memstream();
    by_canonicalize();
    by_get_current_dir_name();
    return 0;
}
