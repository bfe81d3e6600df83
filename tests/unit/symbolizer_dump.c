// SPDX-License-Identifier: MIT
//
// symbolizer_dump.c - what the symbolizer says about addresses of one file, in the form of
// `addr2line -a -f -i`, to be compared with it. Reads addresses in hex from stdin, bias 0.
//
//     symbolizer_dump FILE [DEBUG_ROOT]    -d instead of the root: data symbols, as NAME+OFFSET
#include "symbolize/symbolize.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FRAMES_MAX 256

static void print_frames(struct symbolizer *symbolizer, int module, uint64_t address)
{
    struct symbol_frame frames[FRAMES_MAX];
    size_t count = symbolizer_frames(symbolizer, module, address, frames, FRAMES_MAX);
    for (size_t i = 0; i < count; i++) {
        printf("%s\n", frames[i].function ? frames[i].function : "??");
        printf("%s:%" PRIu32 "\n", frames[i].file ? frames[i].file : "??", frames[i].line);
    }
}

static void print_data(struct symbolizer *symbolizer, int module, uint64_t address)
{
    struct data_symbol symbol = {.name = "??"};
    symbolizer_data(symbolizer, module, address, &symbol);
    printf("%s+%" PRIu64 "\n", symbol.name, symbol.offset);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    bool data = argc > 2 && strcmp(argv[2], "-d") == 0;
    struct symbolizer *symbolizer = symbolizer_new(argc > 2 && !data ? argv[2] : NULL);
    struct symbolizer_module module = {.path = argv[1], .end = UINT64_MAX};
    int number = symbolizer ? symbolizer_add_module(symbolizer, &module) : -1;
    uint64_t address;
    while (number >= 0 && scanf("%" SCNx64, &address) == 1) {
        printf("0x%016" PRIx64 "\n", address);
        if (data)
            print_data(symbolizer, number, address);
        else
            print_frames(symbolizer, number, address);
    }
    symbolizer_free(symbolizer);
    return number < 0;
}
