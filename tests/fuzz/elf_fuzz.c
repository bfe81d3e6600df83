// SPDX-License-Identifier: MIT
//
// elf_fuzz.c - any bytes are the file of a module: opened, and asked for the frames and variables
// at addresses of its sections. Other files that it names are not there (in /proc/self/fd, where it
// seems to be, is nothing but descriptors).
#include "symbolize/symbolize.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SECTIONS_ASKED 24
#define ADDRESSES_ASKED 12 // of each
#define FRAMES_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *file_with(const uint8_t *data, size_t size)
{
    static char path[64];
    static int file = -1;
    if (file < 0) {
        file = memfd_create("module", MFD_CLOEXEC);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    }
    if (ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != (ssize_t)size)
        abort();
    return path;
}

static void ask(struct symbolizer *symbolizer, int module, uint64_t address)
{
    struct symbol_frame frames[FRAMES_MAX];
    struct data_symbol symbol;
    size_t count = symbolizer_frames(symbolizer, module, address, frames, FRAMES_MAX);
    if (count == 0 || count > FRAMES_MAX || frames[count - 1].inlined)
        abort();
    if (symbolizer_data(symbolizer, module, address, &symbol) && !symbol.name)
        abort();
}

static void ask_section(struct symbolizer *symbolizer, int module, const Elf64_Shdr *section)
{
    uint64_t step = section->sh_size / ADDRESSES_ASKED + 1;
    if (section->sh_flags & SHF_ALLOC)
        for (uint64_t i = 0; i < ADDRESSES_ASKED; i++)
            ask(symbolizer, module, section->sh_addr + i * step);
}

static void ask_all(struct symbolizer *symbolizer, int module, const uint8_t *data, size_t size)
{
    Elf64_Ehdr header;
    Elf64_Shdr section;
    ask(symbolizer, module, 0);
    ask(symbolizer, module, UINT64_MAX);
    if (size < sizeof(header))
        return;
    memcpy(&header, data, sizeof(header));
    for (size_t i = 0; i < header.e_shnum && i < SECTIONS_ASKED; i++) {
        uint64_t at = header.e_shoff + i * sizeof(section);
        if (at > size || size - at < sizeof(section))
            return;
        memcpy(&section, data + at, sizeof(section));
        ask_section(symbolizer, module, &section);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct symbolizer *symbolizer = symbolizer_new("/nonexistent");
    struct symbolizer_module module = {.path = file_with(data, size), .end = UINT64_MAX};
    if (!symbolizer)
        abort();
    int number = symbolizer_add_module(symbolizer, &module);
    symbolizer_module_state(symbolizer, number);
    ask_all(symbolizer, number, data, size);
    symbolizer_free(symbolizer);
    return 0;
}
