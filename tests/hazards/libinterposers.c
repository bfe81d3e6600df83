// SPDX-License-Identifier: MIT
//
// The library of interposers.c: it stands in for malloc and its like, for mmap, open and
// dl_iterate_phdr. It
// looks for the real ones at their first use, as such libraries do, and allocates in between.
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int interposed_mallocs, interposed_maps, interposed_opens;

#define REAL(result, name, parameters)                                                             \
    static result(*real) parameters;                                                               \
    if (!real)                                                                                     \
    real = (result(*) parameters)dlsym(RTLD_NEXT, #name)

void *malloc(size_t size)
{
    REAL(void *, malloc, (size_t));
    interposed_mallocs++;
    return real(size);
}

void free(void *block)
{
    REAL(void, free, (void *));
    real(block);
}

void *realloc(void *block, size_t size)
{
    REAL(void *, realloc, (void *, size_t));
    return real(block, size);
}

// As a sanitizer's: of no use to anybody before the constructor has run.
static int (*real_iterate)(int (*)(struct dl_phdr_info *, size_t, void *), void *);

int dl_iterate_phdr(int (*visit)(struct dl_phdr_info *, size_t, void *), void *argument)
{
    return real_iterate(visit, argument);
}

__attribute__((constructor)) static void construct(void)
{
    free(malloc(10));
    *(void **)&real_iterate = dlsym(RTLD_NEXT, "dl_iterate_phdr");
}

static void allocate_a_little(void)
{
    free(strdup("what such a library allocates"));
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    REAL(void *, mmap, (void *, size_t, int, int, int, off_t));
    interposed_maps++;
    allocate_a_little();
    return real(address, length, protection, flags, fd, offset);
}

int open(const char *path, int flags, ...)
{
    REAL(int, open, (const char *, int, ...));
    va_list list;
    int mode;

    va_start(list, flags);
    mode = flags & O_CREAT ? va_arg(list, int) : 0;
    va_end(list);
    interposed_opens++;
    allocate_a_little();
    return real(path, flags, mode);
}
