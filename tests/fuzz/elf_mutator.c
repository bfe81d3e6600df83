// SPDX-License-Identifier: MIT
//
// elf_mutator.c - libFuzzer's mutations for ELF files: mostly within one section or its header, so
// that all others stay where they are said to be.
#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static uint64_t next(uint64_t *state) // splitmix64
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static void mutate_in_place(uint8_t *data, size_t size)
{
    if (size)
        LLVMFuzzerMutate(data, size, size);
}

// A field of a section's header: small numbers, sizes and offsets.
static void change_field(uint8_t *section, size_t size, uint64_t *random)
{
    uint64_t values[] = {next(random) % 64, size - next(random) % 32, UINT64_MAX, next(random)};
    uint64_t value = values[next(random) % (sizeof(values) / sizeof(*values))];
    memcpy(section + next(random) % (sizeof(Elf64_Shdr) / 8) * 8, &value, sizeof(value));
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    Elf64_Ehdr header;
    Elf64_Shdr section;
    uint64_t random = seed;
    if (size < sizeof(header) || next(&random) % 8 == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    memcpy(&header, data, sizeof(header));
    uint64_t number = header.e_shnum ? next(&random) % header.e_shnum : 0;
    uint64_t at = header.e_shoff + number * sizeof(section);
    if (at > size || size - at < sizeof(section))
        return LLVMFuzzerMutate(data, size, max_size);
    memcpy(&section, data + at, sizeof(section));
    if (next(&random) % 6 == 0)
        change_field(data + at, size, &random);
    else if (section.sh_offset < size && section.sh_size <= size - section.sh_offset)
        mutate_in_place(data + section.sh_offset, section.sh_size);
    return size;
}
