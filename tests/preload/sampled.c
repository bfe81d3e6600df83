// SPDX-License-Identifier: MIT
// A sampled heap: sites of known totals and sizes of blocks, with a fixed seed. Estimates are
// within 5 % of the truth and within their stated confidence; large blocks are all taken.
// OPTIONS: heap=4k:sample_seed=12
// EXPECT: report["mode"]["heap"] == "sampled" and report["mode"]["sample_bytes"] == 4096
// EXPECT: (s := site("sixteen")) and abs(s["allocations"] - 3200000) <= s["allocations_error"]
// EXPECT: (s := site("sixteen")) and 51200000 < s["allocated_bytes"] + s["allocated_bytes_error"]
// EXPECT: (s := site("sixteen")) and 51200000 > s["allocated_bytes"] - s["allocated_bytes_error"]
// EXPECT: abs(site("sixteen")["allocations"] - 3200000) <= 0.05 * 3200000
// EXPECT: (s := site("sixteen")) and 0 < s["allocations_error"] <= 0.03 * s["allocations"]
// EXPECT: (s := site("kib")) and abs(s["allocations"] - 60000) <= s["allocations_error"]
// EXPECT: (s := site("kib")) and 61440000 < s["allocated_bytes"] + s["allocated_bytes_error"]
// EXPECT: (s := site("kib")) and 61440000 > s["allocated_bytes"] - s["allocated_bytes_error"]
// EXPECT: abs(site("kib")["allocations"] - 60000) <= 0.05 * 60000
// EXPECT: (s := site("kib")) and 0 < s["allocations_error"] <= 0.03 * s["allocations"]
// EXPECT: (s := site("of_thread")) and abs(s["allocations"] - 60000) <= s["allocations_error"]
// EXPECT: (s := site("of_thread")) and 61440000 < s["allocated_bytes"] + s["allocated_bytes_error"]
// EXPECT: (s := site("of_thread")) and 61440000 > s["allocated_bytes"] - s["allocated_bytes_error"]
// EXPECT: abs(site("of_thread")["allocations"] - 60000) <= 0.05 * 60000
// EXPECT: (s := site("of_thread")) and 0 < s["allocations_error"] <= 0.03 * s["allocations"]
// EXPECT: (s := site("kib")) and abs(s["live_blocks"] - 30000) <= min(1500, s["live_blocks_error"])
// EXPECT: (s := site("kib")) and abs(s["live_bytes"] - (30000 << 10)) <= s["live_bytes_error"]
// EXPECT: site("kib")["temporary"] == 0 and site("of_thread")["temporary"] == 0
// EXPECT: (s := site("sixteen")) and s["temporary"] == s["frees"] == s["allocations"]
// EXPECT: (s := site("megabyte")) and s["samples"] == s["allocations"] == s["frees"] == 50
// EXPECT: site("megabyte")["allocated_bytes"] == 50 << 20
// EXPECT: site("megabyte")["allocations_error"] == site("megabyte")["live_bytes_error"] == 0
// EXPECT: site("page")["samples"] == site("page")["allocations"] == 500
// EXPECT: abs(heap["reallocs"] - 500) <= 1
// EXPECT: (s := site("sixteen")) and s["live_blocks"] == s["live_bytes"] == 0
// EXPECT: (s := site("of_thread")) and s["live_blocks"] == s["live_bytes"] == 0
// EXPECT: (s := site("page")) and s["live_blocks"] == s["live_bytes"] == 0
// EXPECT: (s := site("zero")) and abs(s["allocations"] - 8000000) <= s["allocations_error"]
// EXPECT: site("zero")["allocated_bytes"] == site("zero")["allocated_bytes_error"] == 0
// EXPECT: abs(heap["peak_bytes"] - (60000 << 10)) <= 0.05 * (60000 << 10)
// EXPECT: abs(thread("main")[0]["allocated_bytes"] - (60001 << 10)) <= 0.05 * (60000 << 10)
// EXPECT: health["dropped"]["reused"] == 0
#include <pthread.h>
#include <stdlib.h>

#define KIB_BLOCKS 60000

static void *blocks[KIB_BLOCKS];

void sixteen(void)
{
    free(malloc(16));
}

void zero(void)
{
    free(malloc(0));
}

void *kib(void)
{
    return malloc(1 << 10);
}

void *page(void *block)
{
    return realloc(block, 64 << 10);
}

void *megabyte(void)
{
    return malloc(1 << 20);
}

void *of_thread(void)
{
    return malloc(1 << 10);
}

// Never the latest of its thread: not temporary.
void *thread(void *argument)
{
    void *before = of_thread();

    for (int i = 1; i < KIB_BLOCKS; i++) {
        void *block = of_thread();
        free(before);
        before = block;
    }
    free(megabyte());
    free(before);
    return argument;
}

int main(void)
{
    pthread_t id;

    for (int i = 0; i < 3200000; i++)
        sixteen();
    for (int i = 0; i < 49; i++)
        free(megabyte());
    for (int i = 0; i < 500; i++)
        free(page(malloc(64 << 10)));
    pthread_create(&id, NULL, thread, NULL);
    pthread_join(id, NULL);
    for (int i = 0; i < KIB_BLOCKS; i++)
        blocks[i] = kib();
    for (int i = 0; i < KIB_BLOCKS; i += 2)
        free(blocks[i]);
    for (int i = 0; i < 8000000; i++)
        zero();
    return 0;
}
