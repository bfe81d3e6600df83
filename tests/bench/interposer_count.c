// SPDX-License-Identifier: MIT
//
// interposer_count - what exact figures need at the least, without stacks: blocks and bytes per
// thread, and the size of every live block by its address. With BENCH_VERIFY_FRAMES=N it also reads
// two words per frame of N frames at every malloc and compares them with those of the time before:
// what it takes, at the least, to know that the stack has not changed. The benchmark's limits for
// an exact profiler; not one itself (nothing is printed, mappings that fail are not survived).
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

// 47 address bits: a root of 2^21 leaves, a leaf a slot for each 16 bytes of 64 MiB
enum { LEAF_BITS = 26, ROOT_BITS = 47 - LEAF_BITS, VERIFY_WORDS_MAX = 512, FRAME_WORDS = 6 };

struct counters {
    uint64_t allocations, allocated_bytes, frees, freed_bytes;
};

struct word {
    const uintptr_t *address;
    uintptr_t value;
};

static uint64_t *root[1 << ROOT_BITS]; // the size of the block at an address, plus one
static int verify_words;
static __thread struct word *words __attribute__((tls_model("initial-exec")));
// Nobody reads these; visible to others, they are written all the same.
__thread struct counters bench_counters __attribute__((tls_model("initial-exec")));
__thread uintptr_t bench_changed __attribute__((tls_model("initial-exec")));

static void *map(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                0);
}

__attribute__((constructor)) static void init(void)
{
    const char *frames = getenv("BENCH_VERIFY_FRAMES");
    int count = frames ? 2 * atoi(frames) : 0;

    verify_words = count < VERIFY_WORDS_MAX ? count : VERIFY_WORDS_MAX;
}

__attribute__((noinline)) static uint64_t *new_leaf(uint64_t **entry)
{
    uint64_t *leaf = map(sizeof *leaf << (LEAF_BITS - 4)), *other = NULL;

    if (__atomic_compare_exchange_n(entry, &other, leaf, 0, __ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
        return leaf;
    munmap(leaf, sizeof *leaf << (LEAF_BITS - 4));
    return other;
}

static inline uint64_t *slot(const void *block)
{
    uintptr_t address = (uintptr_t)block & ((1ull << 47) - 1);
    uint64_t **entry = &root[address >> LEAF_BITS];
    uint64_t *leaf = __atomic_load_n(entry, __ATOMIC_ACQUIRE);

    return &(leaf ? leaf : new_leaf(entry))[(address & ((1u << LEAF_BITS) - 1)) >> 4];
}

__attribute__((noinline)) static void remember(const uintptr_t *frame)
{
    struct word *made = map(VERIFY_WORDS_MAX * sizeof *made);

    for (int i = 0; i < verify_words; i++) {
        made[i].address = frame + i / 2 * FRAME_WORDS + i % 2;
        made[i].value = *made[i].address;
    }
    words = made;
}

static inline void verify(const uintptr_t *frame)
{
    uintptr_t changed = 0;

    if (!words)
        remember(frame);
    for (const struct word *word = words, *end = word + verify_words; word < end; word++)
        changed |= *word->address ^ word->value;
    bench_changed |= changed;
}

static inline void *add(void *block, size_t size)
{
    if (!block)
        return NULL;
    bench_counters.allocations++;
    bench_counters.allocated_bytes += size;
    *slot(block) = size + 1;
    if (verify_words)
        verify(__builtin_frame_address(0));
    return block;
}

static inline void take(const void *block)
{
    uint64_t *record = slot(block);

    if (!*record)
        return;
    bench_counters.frees++;
    bench_counters.freed_bytes += *record - 1;
    *record = 0;
}

void *malloc(size_t size)
{
    return add(__libc_malloc(size), size);
}

void *calloc(size_t count, size_t size)
{
    return add(__libc_calloc(count, size), count * size);
}

void *realloc(void *block, size_t size)
{
    if (block)
        take(block);
    return add(__libc_realloc(block, size), size);
}

void free(void *block)
{
    if (block)
        take(block);
    __libc_free(block);
}
