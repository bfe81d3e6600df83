// SPDX-License-Identifier: MIT
//
// elf_symtab.h - the functions and variables that symbol tables name, of one module: .symtab and
// .dynsym of its file and of its separate debug file, merged. Filled file by file, sorted once.
//
// Where symbols share an address: GLOBAL over WEAK over LOCAL, FUNC over NOTYPE, sized over
// unsized, then a name without "__". A symbol without a size ends at the next symbol or the end of
// its section; what lies past the end of a sized symbol belongs to nobody.
#ifndef GAIAPROF_SYMBOLIZE_ELF_SYMTAB_H
#define GAIAPROF_SYMBOLIZE_ELF_SYMTAB_H

#include "symbolize/elf_file.h"
#include "symbolize/range_index.h"

struct elf_symbol {
    const char *name; // as in the file: mangled, maybe with @VERSION; lives as long as the file
    uint64_t address, end;
    uint64_t section_end;
    uint8_t rank;
    bool sized;
};

struct elf_symbol_list {
    struct elf_symbol *symbols;
    size_t count, capacity;
    struct range_index index;
};

struct elf_symtab {
    struct elf_symbol_list functions, variables;
};

// Adds the symbols of `file`; `shift` is added to their addresses. What can't be read or does not
// fit in memory is left out.
void elf_symtab_add(struct elf_symtab *symtab, const struct elf_file *file, uint64_t shift);
void elf_symtab_sort(struct elf_symtab *symtab);

// NULL if no symbol covers `address`.
const struct elf_symbol *elf_symbol_find(const struct elf_symbol_list *list, uint64_t address);

void elf_symtab_release(struct elf_symtab *symtab);

#endif
