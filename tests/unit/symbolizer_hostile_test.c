// SPDX-License-Identifier: MIT
//
// symbolizer_hostile_test.c - files cut short at every place, with flipped bytes (fixed seed) and
// with debug information in circles: fewer answers, never a crash, a hang or endless memory.
#include "tests/unit/symbolizer_support.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SECONDS_MAX 60
#define MEMORY_MAX ((rlim_t)2 << 30)

static int setup(void **state)
{
    (void)state;
    make_scratch();
    alarm(SECONDS_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    alarm(0);
    remove_scratch();
    return 0;
}

// Asks for everything that is to be had; any answer will do.
static void ask_all(const char *path)
{
    struct opened opened = open_module(path, scratch_path("none"));
    struct symbol_frame frames[FRAMES_MAX];
    struct data_symbol symbol;
    for (uint64_t offset = 0x1000; offset < 0x1400; offset += 5) {
        size_t count = frames_at(&opened, offset, frames);
        assert_false(frames[count - 1].inlined);
    }
    for (uint64_t offset = 0x3000; offset < 0x5000; offset += 16)
        symbolizer_data(opened.symbolizer, 0, offset, &symbol);
    close_module(&opened);
}

// The state is the fixture's name.
static void test_truncated(void **state)
{
    struct bytes file = read_file(fixture(*state));
    const char *path = scratch_path("cut");
    size_t step = file.size / 150 + 1;
    for (size_t size = 0; size < file.size; size += size < 256 ? 7 : step) {
        write_file(path, file.data, size);
        ask_all(path);
    }
    free(file.data);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

// The section headers of an intact file.
static const Elf64_Shdr *sections_of(const struct bytes *file, size_t *ret_count)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)file->data;
    *ret_count = header->e_shnum;
    return (const Elf64_Shdr *)(file->data + header->e_shoff);
}

// A byte of some section, small ones as often as large ones; 0 if this one has no bytes.
static size_t pick_byte(const struct bytes *file, uint32_t *seed)
{
    size_t count;
    const Elf64_Shdr *sections = sections_of(file, &count);
    const Elf64_Shdr *section = &sections[next_random(seed) % count];
    if (section->sh_type == SHT_NOBITS || section->sh_size == 0)
        return 0;
    return section->sh_offset + next_random(seed) % section->sh_size;
}

static void test_flipped(void **state)
{
    struct bytes file = read_file(fixture(*state));
    uint8_t *broken = malloc(file.size);
    const char *path = scratch_path("flipped");
    uint32_t seed = 1;
    for (int round = 0; round < 400; round++) {
        memcpy(broken, file.data, file.size);
        for (int i = 0; i < 1 << round % 7; i++) {
            size_t at = round % 4 ? pick_byte(&file, &seed) : next_random(&seed) % file.size;
            broken[at] = (uint8_t)next_random(&seed);
        }
        memcpy(broken, file.data, 4); // it stays an ELF file
        write_file(path, broken, file.size);
        ask_all(path);
    }
    free(broken);
    free(file.data);
}

// libdw 0.188 reads on past the end of a section that ends within a string.
static void test_strings_without_end(void **state)
{
    struct bytes file = read_file(fixture(*state));
    const char *path = scratch_path("endless");
    size_t count;
    const Elf64_Shdr *sections = sections_of(&file, &count);
    for (size_t i = 0; i < count; i++) {
        if (sections[i].sh_type == SHT_NOBITS || sections[i].sh_size == 0)
            continue;
        uint8_t *last = file.data + sections[i].sh_offset + sections[i].sh_size - 1;
        uint8_t kept = *last;
        *last = 'x';
        write_file(path, file.data, file.size);
        ask_all(path);
        *last = kept;
    }
    free(file.data);
}

// Section headers are where a wild value does most.
static void test_wild_headers(void **state)
{
    struct bytes file = read_file(fixture(*state));
    uint64_t table;
    const char *path = scratch_path("wild");
    memcpy(&table, file.data + 0x28, sizeof(table)); // e_shoff
    for (size_t at = table; at + 8 <= file.size; at += 8) {
        uint64_t kept, wild = at % 16 ? UINT64_MAX : file.size - 1;
        memcpy(&kept, file.data + at, sizeof(kept));
        memcpy(file.data + at, &wild, sizeof(wild));
        write_file(path, file.data, file.size);
        ask_all(path);
        memcpy(file.data + at, &kept, sizeof(kept));
    }
    free(file.data);
}

static void test_circles(void **state)
{
    const char *path = fixture(*state);
    struct symbol_frame frames[FRAMES_MAX];
    struct opened opened = open_module(path, NULL);
    size_t count = frames_at(&opened, symbol_address(path, "circle") + 1, frames);
    assert_string_equal(frames[count - 1].function, "circle");
    close_module(&opened);
}

#define hostile(test, fixture_name)                                                                \
    {                                                                                              \
        .name = #test " " fixture_name, .test_func = test, .setup_func = setup,                    \
        .teardown_func = teardown, .initial_state = (void *)(uintptr_t)(fixture_name)              \
    }

int main(void)
{
    const struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};
    if (!SYMBOLIZER_SANITIZED)
        setrlimit(RLIMIT_AS, &memory);
    const struct CMUnitTest tests[] = {
        hostile(test_truncated, "code_dwarf5.so"),
        hostile(test_truncated, "code_zlib.so"),
        hostile(test_truncated, "names_gcc.so"),
        hostile(test_flipped, "code_dwarf5.so"),
        hostile(test_flipped, "code_dwarf4.so"),
        hostile(test_flipped, "code_zlib.so"),
        hostile(test_flipped, "names_gcc.so"),
        hostile(test_flipped, "symbols.so"),
        hostile(test_flipped, "code_dwz.so"),
        hostile(test_flipped, "code_split5.so"),
        hostile(test_strings_without_end, "code_dwarf5.so"),
        hostile(test_strings_without_end, "code_dwarf4.so"),
        hostile(test_strings_without_end, "code_clang.so"),
        hostile(test_flipped, "hostile_dwarf.so"),
        hostile(test_wild_headers, "code_dwarf5.so"),
        hostile(test_wild_headers, "symbols.so"),
        hostile(test_circles, "hostile_dwarf.so"),
        hostile(test_circles, "hostile_deep.so"),
        hostile(test_circles, "hostile_doubling.so"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
