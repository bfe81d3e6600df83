// SPDX-License-Identifier: MIT
//
// elf_plt.h - which function a stub of a procedure linkage table jumps to. Found out from its code,
// not its number: linkers differ in what comes first, and drop and reorder entries.
#ifndef GAIAPROF_SYMBOLIZE_ELF_PLT_H
#define GAIAPROF_SYMBOLIZE_ELF_PLT_H

#include "symbolize/elf_symtab.h"

struct elf_plt {
    const char **names; // of the functions jumped to, as in the file
    size_t count, capacity;
    struct range_index index;
};

// `functions` names the resolvers of IFUNCs, whose entries refer to no symbol.
void elf_plt_read(struct elf_plt *plt, const struct elf_file *file,
                  const struct elf_symbol_list *functions);

// Linkage name of the function that the stub at `address` jumps to; NULL if there is no stub.
const char *elf_plt_find(const struct elf_plt *plt, uint64_t address);

void elf_plt_release(struct elf_plt *plt);

#endif
