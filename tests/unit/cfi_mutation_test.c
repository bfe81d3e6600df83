// SPDX-License-Identifier: MIT
//
// cfi_mutation_test.c - the CFI parser on damaged tables, the same in every run: the real tables of
// all modules of this process, whole and cut down to a few entries, with bytes changed, moved and
// cut off. tests/fuzz/cfi_fuzz.c asks, and sees reads outside of the tables; an endless loop is
// ended by the test's time limit.
//
//     cfi_mutation_test [--seeds DIR] [MUTATIONS]
#include "preload/cfi.h"

#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULES_MAX 16
#define IMAGE_BYTES (1u << 20)
#define HEADER_BYTES 12 // and 8 per row
#define ENTRIES_MAX 4
#define WHOLE_EVERY 64 // cut-down tables between two whole ones

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct module {
    const uint8_t *header, *end;
    uint32_t row_count;
};

static struct module modules[MODULES_MAX];
static size_t module_count;

struct image {
    uint8_t bytes[IMAGE_BYTES];
    size_t size;
};

static struct image image;

// ---- random numbers (splitmix64), the same in every run

static uint64_t random_state;

static uint64_t random_next(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static size_t random_below(size_t bound)
{
    return bound ? (size_t)(random_next() % bound) : 0;
}

// ---- real tables

// So that this program has a frame that gcc realigns.
__attribute__((noinline, used)) static int realigned(size_t count)
{
    _Alignas(64) volatile char bytes[64] = {(char)count};
    volatile char *more = __builtin_alloca(count);

    more[0] = bytes[count % 64];
    return more[0];
}

static int32_t load(const uint8_t *at)
{
    int32_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static void store(uint8_t *at, intptr_t value)
{
    int32_t narrow = (int32_t)value;

    memcpy(at, &narrow, sizeof(narrow));
}

static bool has_usual_header(const uint8_t *header)
{
    static const uint8_t usual[] = {1, 0x1b, 0x03, 0x3b};

    return memcmp(header, usual, sizeof(usual)) == 0;
}

static int add_module(struct dl_phdr_info *info, size_t bytes, void *unused)
{
    const ElfW(Phdr) *frames = NULL;
    struct module module;

    (void)bytes;
    (void)unused;
    for (size_t i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME)
            frames = &info->dlpi_phdr[i];
    for (size_t i = 0; frames && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || frames->p_vaddr - segment->p_vaddr >= segment->p_filesz)
            continue;
        module.header = (const uint8_t *)(info->dlpi_addr + frames->p_vaddr);
        module.end = (const uint8_t *)(info->dlpi_addr + segment->p_vaddr + segment->p_filesz);
        module.row_count = (uint32_t)load(module.header + 8);
        if (module_count < MODULES_MAX && has_usual_header(module.header) && module.row_count)
            modules[module_count++] = module;
    }
    return 0;
}

// From the header to the end of the segment.
static void copy_whole(const struct module *module)
{
    size_t size = (size_t)(module->end - module->header);

    image.size = size < IMAGE_BYTES ? size : IMAGE_BYTES;
    memcpy(image.bytes, module->header, image.size);
}

static size_t append(const uint8_t *entry)
{
    size_t at = image.size, bytes = 4 + (uint32_t)load(entry);

    if (at + bytes > IMAGE_BYTES)
        bytes = 0;
    memcpy(image.bytes + at, entry, bytes);
    image.size += bytes;
    return at;
}

// A few entries with their CIEs, and a header for them: every byte counts.
static void copy_some(const struct module *module, size_t count)
{
    uint8_t *bytes = image.bytes;
    intptr_t code = 0x100000; // from the header

    memcpy(bytes, module->header, 4);
    image.size = HEADER_BYTES + 8 * count;
    store(bytes + 4, (intptr_t)image.size - 4);
    store(bytes + 8, (intptr_t)count);
    for (size_t i = 0; i < count; i++, code += 0x4000) {
        size_t row = random_below(module->row_count);
        const uint8_t *fde = module->header + load(module->header + HEADER_BYTES + 8 * row + 4);
        size_t cie_at = append(fde + 4 - load(fde + 4));
        size_t fde_at = append(fde);

        store(bytes + fde_at + 4, (intptr_t)(fde_at + 4 - cie_at));
        store(bytes + fde_at + 8, code - (intptr_t)(fde_at + 8));
        store(bytes + HEADER_BYTES + 8 * i, code);
        store(bytes + HEADER_BYTES + 8 * i + 4, (intptr_t)fde_at);
    }
    store(bytes + image.size, 0);
    image.size += 4;
}

// ---- damage

static void change_byte(void)
{
    static const uint8_t telling[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a, 0x0b, 0x0f, 0x10,
                                      0x16, 0x0c, 0x0e, 0x13, 0x04, 0x1d, 0x40, 0xc6, 0x86,
                                      0x76, 0x77, 0x06, 0x22, 0x24, 'z',  'R',  'P'};
    uint8_t *byte = &image.bytes[random_below(image.size)];

    switch (random_below(3)) {
    case 0:
        *byte ^= (uint8_t)(1u << random_below(8));
        break;
    case 1:
        *byte = (uint8_t)random_next();
        break;
    default:
        *byte = telling[random_below(sizeof(telling))];
    }
}

static void change_number(void)
{
    static const int32_t telling[] = {0,  1,   -1,  4,     8,  12,         INT32_MIN, INT32_MAX,
                                      -8, -16, 255, 65536, -2, 0x1fffffff, 0x20000000};
    size_t at = random_below(image.size) & ~(size_t)3;
    int32_t value = telling[random_below(sizeof(telling) / sizeof(telling[0]))];

    if (random_below(4) == 0)
        value = (int32_t)random_below(image.size + 16) - (int32_t)random_below(image.size + 16);
    if (image.size - at >= 4)
        store(image.bytes + at, value);
}

static void fill_run(void)
{
    static const uint8_t fillers[] = {0x80, 0xff, 0x0a, 0x0b, 0x30, 0x40, 0x00};
    size_t at = random_below(image.size), count = 1 + random_below(24);

    if (count > image.size - at)
        count = image.size - at;
    memset(image.bytes + at, fillers[random_below(sizeof(fillers))], count);
}

static void move_run(void)
{
    size_t count = 1 + random_below(image.size < 64 ? image.size : 64);
    size_t from = random_below(image.size - count + 1), to = random_below(image.size - count + 1);

    memmove(image.bytes + to, image.bytes + from, count);
}

static void damage(void)
{
    for (size_t times = 1 + random_below(6); times > 0; times--) {
        switch (random_below(8)) {
        case 0:
        case 1:
            change_number();
            break;
        case 2:
            fill_run();
            break;
        case 3:
            move_run();
            break;
        default:
            change_byte();
        }
    }
    if (random_below(4) == 0)
        image.size = 1 + random_below(image.size);
}

static const struct module *any_module(void)
{
    return &modules[random_below(module_count)];
}

static void mutate(uint64_t number)
{
    random_state = number;
    if (number % WHOLE_EVERY == 0)
        copy_whole(any_module());
    else
        copy_some(any_module(), 1 + random_below(ENTRIES_MAX));
    damage();
    LLVMFuzzerTestOneInput(image.bytes, image.size);
}

// ---- giants: work must not grow with the square of the bytes

enum giant { LONG_AUGMENTATION, LONG_NUMBER, ONLY_CIES, ONLY_REMEMBERING, ONLY_ADVANCING, GIANTS };

static size_t open_giant(size_t id, size_t bytes)
{
    size_t at = image.size;

    store(image.bytes + at, (intptr_t)bytes);
    store(image.bytes + at + 4, (intptr_t)id);
    image.size += 4 + bytes;
    return at + 8;
}

// A header without a table: all entries have to be looked at. The first is a CIE of half the bytes.
static void make_giant(enum giant giant)
{
    static const uint8_t start[] = {1, 0x1b, 0xff, 0xff, 4, 0, 0, 0};
    static const uint8_t fillers[GIANTS] = {'B', 0x80, 0, 0x0a, 0x40};
    uint8_t *bytes = image.bytes;
    size_t cie = sizeof(start), at;

    memset(bytes, 0, IMAGE_BYTES);
    memcpy(bytes, start, sizeof(start));
    image.size = sizeof(start);
    at = open_giant(0, IMAGE_BYTES / 2);
    if (giant == LONG_AUGMENTATION) {
        memcpy(bytes + at, "\1z", 2);
        memset(bytes + at + 2, fillers[giant], IMAGE_BYTES / 2 - 64);
    } else {
        memcpy(bytes + at, "\1zR\0\1\x78\x10\1\x1b", 9);
        memset(bytes + at + (giant == LONG_NUMBER ? 4 : 9), fillers[giant], IMAGE_BYTES / 2 - 64);
    }
    while (image.size < IMAGE_BYTES - 64) {
        at = open_giant(giant == ONLY_CIES ? 0 : image.size + 4 - cie, 20);
        store(bytes + at, 0x1000000);
        store(bytes + at + 4, 16);
    }
}

static void ask_giants(void)
{
    for (enum giant giant = 0; giant < GIANTS; giant++) {
        struct cfi_tables tables = {(uintptr_t)image.bytes, 0, (uintptr_t)image.bytes};
        make_giant(giant);
        tables.end = tables.start + image.size;
        cfi_rule_at(&tables, 0);
        cfi_rule_at(&tables, tables.start + IMAGE_BYTES / 2 + 0x1000000 + 20);
    }
}

// ---- seeds for the fuzzer: tables of a few entries

static int write_seeds(const char *folder)
{
    for (int i = 0; i < 64; i++) {
        char path[4096];
        random_state = (uint64_t)i;
        copy_some(any_module(), 1 + (size_t)i % ENTRIES_MAX);
        snprintf(path, sizeof(path), "%s/seed%d", folder, i);
        FILE *file = fopen(path, "w");
        if (!file || fwrite(image.bytes, 1, image.size, file) != image.size || fclose(file) != 0)
            return 1;
    }
    return 0;
}

// What is not damaged has to work, or nothing here says anything.
static int check_undamaged(void)
{
    struct cfi_tables tables = {(uintptr_t)image.bytes, 0, (uintptr_t)image.bytes};
    int usable = 0;

    for (uint64_t i = 0; i < 1000; i++) {
        random_state = i;
        copy_some(any_module(), ENTRIES_MAX);
        tables.end = tables.start + image.size;
        for (size_t j = 0; j < ENTRIES_MAX; j++) {
            enum cfi_kind kind = cfi_rule_at(&tables, tables.start + 0x100000 + j * 0x4000).kind;
            usable += kind == CFI_SP || kind == CFI_FP;
        }
    }
    printf("%zu modules; %d of %d undamaged entries give a rule\n", module_count, usable,
           1000 * ENTRIES_MAX);
    return usable > 900 * ENTRIES_MAX ? 0 : 1;
}

int main(int argc, char **argv)
{
    uint64_t count = argc == 2 ? strtoull(argv[1], NULL, 10) : 200000;

    dl_iterate_phdr(add_module, NULL);
    if (module_count == 0) {
        puts("skipped: no tables of the usual form");
        return 77;
    }
    if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
        return write_seeds(argv[2]);
    if (check_undamaged() != 0)
        return 1;
    ask_giants();
    for (uint64_t i = 0; i < count; i++)
        mutate(i);
    printf("%llu damaged tables\n", (unsigned long long)count);
    return 0;
}
