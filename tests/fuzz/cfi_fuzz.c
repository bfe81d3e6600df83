// SPDX-License-Identifier: MIT
//
// cfi_fuzz.c - libFuzzer's entry: any bytes are .eh_frame_hdr and .eh_frame of a module. They lie
// between two pages that nobody may touch, once at the lower and once at the upper, so that every
// read outside of them is a crash. Asked are addresses that the bytes themselves speak of. Without
// a fuzzer replay.c feeds it files, and cfi_mutation_test.c what it makes of real tables.
#include "preload/cfi.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_BYTES 4096u
#define ARENA_BYTES (2u << 20)
#define ROWS_ASKED 6
#define ENTRIES_ASKED 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int32_t read_int32(const struct cfi_tables *tables, uintptr_t at)
{
    int32_t value = 0;

    if (at >= tables->start && at < tables->end && tables->end - at >= sizeof(value))
        memcpy(&value, (const void *)at, sizeof(value));
    return value;
}

// The answer must be one that an unwinder can use.
static void ask(const struct cfi_tables *tables, uintptr_t pc)
{
    struct cfi_rule rule = cfi_rule_at(tables, pc);
    bool has_offset = rule.kind == CFI_SP || rule.kind == CFI_FP || rule.kind == CFI_FP_DEREF;

    if (rule.kind == CFI_UNKNOWN || rule.kind > CFI_ODD || (has_offset && rule.offset % 8 != 0) ||
        rule.fp_slot < 0)
        abort();
}

static void ask_around(const struct cfi_tables *tables, uintptr_t pc)
{
    ask(tables, pc - 1);
    ask(tables, pc);
    ask(tables, pc + 11);
    ask(tables, pc + 0x200);
}

// As if all pointers were of the usual encoding.
static void ask_rows(const struct cfi_tables *tables)
{
    uint32_t count = (uint32_t)read_int32(tables, tables->header + 8);
    uint32_t fitting = (uint32_t)(tables->end - tables->header) / 8;
    uint32_t step = 1;

    if (count > fitting)
        count = fitting;
    if (count > ROWS_ASKED)
        step = count / ROWS_ASKED;
    for (uint32_t i = 0; i < count; i += step) {
        intptr_t offset = read_int32(tables, tables->header + 12 + 8ul * i);
        ask_around(tables, tables->header + (uintptr_t)offset);
    }
}

static void ask_entries(const struct cfi_tables *tables)
{
    uintptr_t at = tables->header + 4 + (uintptr_t)(intptr_t)read_int32(tables, tables->header + 4);

    for (int i = 0; i < ENTRIES_ASKED; i++) {
        intptr_t offset = read_int32(tables, at + 8);
        ask_around(tables, at + 8 + (uintptr_t)offset);
        at += 4 + (uint32_t)read_int32(tables, at);
    }
}

static void ask_all(uintptr_t start, size_t size)
{
    struct cfi_tables tables = {start, start + size, start};

    ask(&tables, 0);
    ask(&tables, UINTPTR_MAX);
    ask_around(&tables, start);
    ask_rows(&tables);
    ask_entries(&tables);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t *arena; // between the two pages

    if (!arena) {
        uint8_t *pages = mmap(NULL, ARENA_BYTES + 2 * PAGE_BYTES, PROT_NONE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (pages == MAP_FAILED ||
            mprotect(pages + PAGE_BYTES, ARENA_BYTES, PROT_READ | PROT_WRITE) != 0)
            abort();
        arena = pages + PAGE_BYTES;
    }
    if (size == 0 || size > ARENA_BYTES)
        return 0;
    memcpy(arena, data, size);
    ask_all((uintptr_t)arena, size);
    memcpy(arena + ARENA_BYTES - size, data, size);
    ask_all((uintptr_t)(arena + ARENA_BYTES - size), size);
    return 0;
}
