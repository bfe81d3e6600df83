// SPDX-License-Identifier: MIT
//
// leak_nodes - a large live heap for a leak scan to look through.
//
//   leak_nodes SHAPE MIB [check]
//
// Allocates MIB mebibytes, as counted by what is asked for, and says so:
//
//   blocks   1 KiB each, in a list
//   list     nodes of 56 bytes, in a list in the order of their addresses
//   random   nodes of 56 bytes, each with two pointers to random ones; all can be reached
//   lost     as list, and nothing points to it
//   small    30 nodes, whatever MIB is
//
// Then it waits for its stdin to be closed; or, with `check`, has the leak checker that is in it
// (LeakSanitizer) or around it (Memcheck) look, and prints how long that took.
#include "bench.h"

#include <stdbool.h>
#include <sys/mman.h>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define RUNNING_ON_VALGRIND 0
#define VALGRIND_DO_LEAK_CHECK
#endif

#define BLOCK_BYTES 1024
#define NODE_BYTES 56
#define SMALL_COUNT 30

struct node {
    struct node *next, *other;
};

static struct node *head;

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static void *checked(void *memory)
{
    if (!memory || memory == MAP_FAILED) {
        fputs("leak_nodes: no memory\n", stderr);
        exit(1);
    }
    return memory;
}

// Zeroed, as an application's are: else what the allocator left in it would be seen.
static struct node *new_node(size_t bytes)
{
    return checked(calloc(1, bytes));
}

__attribute__((noinline)) static void make_list(size_t count, size_t bytes)
{
    struct node **link = &head;

    for (size_t i = 0; i < count; i++) {
        *link = new_node(bytes);
        link = &(*link)->next;
    }
}

// The array is no block of the heap, and gone in the end.
__attribute__((noinline)) static void make_random(size_t count)
{
    uint64_t state = 88172645463325252u;
    size_t bytes = count * sizeof(struct node *);
    struct node **order =
        checked(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

    for (size_t i = 0; i < count; i++) {
        size_t other = random_next(&state) % (i + 1);

        order[i] = order[other];
        order[other] = new_node(NODE_BYTES);
    }
    for (size_t i = 0; i < count; i++) {
        order[i]->next = order[(i + 1) % count];
        order[i]->other = order[random_next(&state) % count];
    }
    head = order[0];
    munmap(order, bytes);
}

// What earlier calls left on the stack.
__attribute__((noinline)) static void clear_stack(void)
{
    volatile char bytes[16384];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = 0;
}

static size_t make(const char *shape, size_t bytes)
{
    bool is_blocks = strcmp(shape, "blocks") == 0, is_small = strcmp(shape, "small") == 0;
    size_t node_bytes = is_blocks ? BLOCK_BYTES : NODE_BYTES;
    size_t count = is_small ? SMALL_COUNT : bytes / node_bytes;

    if (strcmp(shape, "random") == 0)
        make_random(count);
    else
        make_list(count, node_bytes);
    if (strcmp(shape, "lost") == 0)
        head = NULL;
    clear_stack();
    return count;
}

static void check(void)
{
    uint64_t start = now_ns();

    if (__lsan_do_recoverable_leak_check)
        __lsan_do_recoverable_leak_check();
    else if (RUNNING_ON_VALGRIND)
        VALGRIND_DO_LEAK_CHECK;
    else
        return;
    printf("check_ms %.3f\n", (double)(now_ns() - start) / 1e6);
}

int main(int argc, char **argv)
{
    size_t bytes = (size_t)argument(argc, argv, 2, 1024) << 20;
    bool is_check = argc > 3 && strcmp(argv[3], "check") == 0;
    char byte;

    setvbuf(stdout, NULL, _IONBF, 0);
    printf("blocks %zu\n", make(argc > 1 ? argv[1] : "list", bytes));
    if (is_check)
        check();
    else
        while (read(STDIN_FILENO, &byte, 1) > 0)
            ;
    return 0;
}
