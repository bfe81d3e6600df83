// SPDX-License-Identifier: MIT
// Allocates a known pattern by every function there is, and prints what it did, a line for each of
// its functions: "NAME allocations bytes frees freed_bytes". run_pattern.py compares the report.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <new>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

namespace
{

constexpr int BLOCKS = 2000;

struct Count {
    unsigned long allocations, bytes, frees, freed_bytes;
};

void *blocks[BLOCKS];
size_t sizes[BLOCKS];

void show(const char *name, const Count &count)
{
    std::printf("%s %lu %lu %lu %lu\n", name, count.allocations, count.bytes, count.frees,
                count.freed_bytes);
}

void allocated(Count &count, int i, void *block, size_t bytes)
{
    if (!block || (i > 0 && block == blocks[i - 1]))
        std::abort();
    std::memset(block, i, bytes);
    blocks[i] = block;
    sizes[i] = bytes;
    count.allocations++;
    count.bytes += bytes;
}

void freed(Count &count, int i)
{
    blocks[i] = nullptr;
    count.frees++;
    count.freed_bytes += sizes[i];
}

// Every third block stays.
template <typename Free> void free_most(Count &count, int blocks_count, Free give_back)
{
    for (int i = 0; i < blocks_count; i++)
        if (i % 3) {
            give_back(blocks[i], sizes[i]);
            freed(count, i);
        }
}

void plain_free(void *block, size_t)
{
    std::free(block);
}

} // namespace

// blocks of 1 to 8 bytes, which lie 8 bytes apart where the allocator has such a class
extern "C" void by_malloc()
{
    Count count{};

    for (int i = 0; i < BLOCKS; i++)
        allocated(count, i, std::malloc(i % 8 + 1), i % 8 + 1);
    free_most(count, BLOCKS, plain_free);
    show("by_malloc", count);
}

extern "C" void by_malloc_of_all_sizes()
{
    Count count{};

    for (int i = 0; i < BLOCKS; i++)
        allocated(count, i, std::malloc(i * 37), i * 37);
    free_most(count, BLOCKS, plain_free);
    show("by_malloc_of_all_sizes", count);
}

extern "C" void by_large_malloc()
{
    Count count{};

    for (int i = 0; i < 10; i++)
        allocated(count, i, std::malloc(size_t(i + 1) << 20), size_t(i + 1) << 20);
    free_most(count, 10, plain_free);
    show("by_large_malloc", count);
}

extern "C" void by_calloc()
{
    Count count{};

    for (int i = 0; i < BLOCKS; i++) {
        char *block = static_cast<char *>(std::calloc(i % 5 + 1, 3));
        if (block[0] || block[i % 5 * 3 + 2])
            std::abort();
        allocated(count, i, block, (i % 5 + 1) * 3);
    }
    free_most(count, BLOCKS, plain_free);
    show("by_calloc", count);
}

// each block grows 30 times, moved or not, and shrinks
extern "C" void by_realloc()
{
    Count count{};

    for (int i = 0; i < 50; i++) {
        allocated(count, i, std::realloc(nullptr, 5), 5);
        for (int step = 1; step < 30; step++) {
            void *old = blocks[i];
            freed(count, i);
            allocated(count, i, std::realloc(old, step * step * 40), step * step * 40);
        }
        void *old = blocks[i];
        freed(count, i);
        allocated(count, i, reallocarray(old, 3, 4), 12);
    }
    free_most(count, 50, plain_free);
    show("by_realloc", count);
}

extern "C" void by_aligned()
{
    Count count{};

    for (int i = 0; i < 400; i += 4) {
        size_t alignment = size_t(16) << i / 4 % 9;
        void *block;

        allocated(count, i, aligned_alloc(alignment, alignment * 2), alignment * 2);
        if (posix_memalign(&block, alignment, 100))
            std::abort();
        allocated(count, i + 1, block, 100);
        allocated(count, i + 2, memalign(alignment, 9), 9);
        if (posix_memalign(&block, 8, 8))
            std::abort();
        allocated(count, i + 3, block, 8);
        if (reinterpret_cast<uintptr_t>(blocks[i + 1]) % alignment)
            std::abort();
    }
    free_most(count, 400, plain_free);
    show("by_aligned", count);
}

extern "C" void by_new()
{
    Count count{};

    for (int i = 0; i < BLOCKS; i++)
        allocated(count, i, ::operator new(i % 8 + 1), i % 8 + 1);
    free_most(count, BLOCKS, [](void *block, size_t bytes) { ::operator delete(block, bytes); });
    show("by_new", count);
}

extern "C" void by_array_new()
{
    Count count{};

    for (int i = 0; i < BLOCKS; i++)
        allocated(count, i, ::operator new[](i % 100 + 1), i % 100 + 1);
    free_most(count, BLOCKS, [](void *block, size_t) { ::operator delete[](block); });
    show("by_array_new", count);
}

extern "C" void by_nothrow_new()
{
    Count count{};

    for (int i = 0; i < BLOCKS; i += 2) {
        allocated(count, i, ::operator new(9, std::nothrow), 9);
        allocated(count, i + 1, ::operator new[](10, std::nothrow), 10);
    }
    free_most(count, BLOCKS, [](void *block, size_t) { ::operator delete(block, std::nothrow); });
    show("by_nothrow_new", count);
}

// of whole alignments: libstdc++ asks for so many
extern "C" void by_aligned_new()
{
    Count count{};
    constexpr std::align_val_t alignment{64};

    for (int i = 0; i < BLOCKS; i += 4) {
        allocated(count, i, ::operator new(64, alignment), 64);
        allocated(count, i + 1, ::operator new[](128, alignment), 128);
        allocated(count, i + 2, ::operator new(192, alignment, std::nothrow), 192);
        allocated(count, i + 3, ::operator new[](64, alignment, std::nothrow), 64);
    }
    free_most(count, BLOCKS,
              [](void *block, size_t) { ::operator delete (block, std::align_val_t{64}); });
    show("by_aligned_new", count);
}

extern "C" void by_failing()
{
    volatile size_t huge = SIZE_MAX / 4;

    for (int i = 0; i < 10; i++)
        if (::operator new(huge, std::nothrow) || std::malloc(huge) || std::realloc(nullptr, huge))
            std::abort();
}

// freed by other threads than those that allocated
extern "C" void *by_thread(void *argument)
{
    void **mine = static_cast<void **>(argument);

    for (int i = 0; i < 500; i++)
        mine[i] = std::malloc(i % 300 + 1);
    for (int i = 0; i < 5000; i++)
        std::free(std::malloc(24));
    return nullptr;
}

extern "C" void by_threads()
{
    static void *of_threads[4][500];
    pthread_t threads[4];
    unsigned long bytes = 0;

    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], nullptr, by_thread, of_threads[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], nullptr);
    for (int i = 0; i < 500; i++) {
        bytes += 4 * (i % 300 + 1);
        for (int j = 0; j < 4; j++)
            std::free(of_threads[j][i]);
    }
    show("by_thread", Count{4 * 5500, bytes + 4 * 5000 * 24, 4 * 5500, bytes + 4 * 5000 * 24});
}

extern "C" void by_child()
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        for (int i = 0; i < 1000; i++)
            std::free(std::malloc(i));
        ::operator delete(::operator new(3));
        for (int i = 0; i < BLOCKS; i++) // the parent's
            if (blocks[i]) {
                std::free(blocks[i]);
                break;
            }
        _exit(0);
    }
    waitpid(pid, &status, 0);
    if (status)
        std::abort();
    show("by_child", Count{});
}

int main()
{
    static char buffer[1 << 14];

    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    by_malloc();
    by_malloc_of_all_sizes();
    by_large_malloc();
    by_calloc();
    by_realloc();
    by_aligned();
    by_new();
    by_array_new();
    by_nothrow_new();
    by_aligned_new();
    by_failing();
    by_child();
    by_threads();
    std::puts("done");
    return 0;
}
