// SPDX-License-Identifier: MIT
// Shared memory of no file, and data of the program's own, hold their blocks when they are made
// read-only, too; what is still as in the file holds nothing. Memcheck looks only at what may be
// written.
// LEAKS: reachable in_shared 1 40, reachable in_memory_file 1 48, reachable in_segment 1 56
// LEAKS: reachable in_data 10 640, reachable in_file 1 72, definite lose 1 80
// MEMCHECK: definite in_shared 1 40, definite in_memory_file 1 48, definite in_segment 1 56
// MEMCHECK: definite in_data 10 640, definite in_file 1 72, definite lose 1 80
#include "leaks.h"

#include <sys/mman.h>
#include <sys/shm.h>

#define PAGE 4096
#define FILE_BYTES (64 * PAGE)

static KEEP struct {
    void *words[PAGE / sizeof(void *)];
} data __attribute__((aligned(PAGE))) = {{(void *)1}};

static SITE void protect(void *words, size_t bytes)
{
    if (mprotect(words, bytes, PROT_READ) != 0)
        abort();
}

static SITE void **map(size_t bytes, int flags, int fd)
{
    void **words = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

    if (words == MAP_FAILED)
        abort();
    return words;
}

static SITE int memory_file(void)
{
    int fd = memfd_create("words", 0);

    if (fd < 0 || ftruncate(fd, FILE_BYTES) != 0)
        abort();
    return fd;
}

static SITE void in_shared(void)
{
    void **words = map(PAGE, MAP_SHARED | MAP_ANONYMOUS, -1);

    words[5] = malloc(40);
    protect(words, PAGE);
}

static SITE void in_memory_file(void)
{
    void **words = map(FILE_BYTES, MAP_SHARED, memory_file());

    words[5000] = malloc(48);
    protect(words, FILE_BYTES);
}

static SITE void in_segment(void)
{
    int id = shmget(IPC_PRIVATE, PAGE, 0600);
    void **words = shmat(id, NULL, 0);

    if (id < 0 || words == (void *)-1)
        abort();
    shmctl(id, IPC_RMID, NULL); // once nobody has it attached
    words[5] = malloc(56);
    protect(words, PAGE);
}

static SITE void in_data(void)
{
    for (int i = 0; i < 10; i++)
        data.words[7 * i] = malloc(64);
    protect(&data, PAGE);
}

static SITE void in_file(void)
{
    void **words = map(FILE_BYTES, MAP_PRIVATE, memory_file());

    words[20000] = malloc(72);
    protect(words, FILE_BYTES);
}

static SITE void lose(void)
{
    void *volatile block = malloc(80);

    (void)block;
}

int main(void)
{
    in_shared();
    in_memory_file();
    in_segment();
    in_data();
    in_file();
    lose();
    forget();
    return 0;
}
