// SPDX-License-Identifier: MIT
//
// elf_symtab.c - see elf_symtab.h. Symbols that name no code or variable (sections, files, TLS,
// undefined, absolute, assembler's mapping symbols, end markers) are left out while reading.
#include "symbolize/elf_symtab.h"

#include <gelf.h>
#include <stdlib.h>

enum symbol_class { CLASS_NONE, CLASS_FUNCTION, CLASS_VARIABLE };

// One symbol table with what its entries refer to.
struct table_reader {
    const struct elf_file *file;
    uint64_t shift;
    GElf_Shdr header;
    Elf_Data *symbols;
    Elf_Data *wide_indexes; // of sections beyond 0xff00; NULL: there are none
};

static bool is_code(const GElf_Shdr *section)
{
    return section->sh_flags & SHF_EXECINSTR;
}

static enum symbol_class classify(const GElf_Sym *symbol, const GElf_Shdr *section,
                                  const char *name)
{
    if (!(section->sh_flags & SHF_ALLOC) || section->sh_flags & SHF_TLS || name[0] == '\0')
        return CLASS_NONE;
    switch (GELF_ST_TYPE(symbol->st_info)) {
    case STT_FUNC:
    case STT_GNU_IFUNC:
        return CLASS_FUNCTION;
    case STT_NOTYPE:
        return is_code(section) && name[0] != '$' ? CLASS_FUNCTION : CLASS_NONE;
    case STT_OBJECT:
    case STT_COMMON:
        return CLASS_VARIABLE;
    default:
        return CLASS_NONE;
    }
}

// Higher is better; the order of the tests is the order of elf_symtab.h.
static uint8_t rank_of(const GElf_Sym *symbol, const char *name)
{
    unsigned int binding = GELF_ST_BIND(symbol->st_info);
    unsigned int rank = binding == STB_LOCAL ? 0 : binding == STB_WEAK ? 1 : 2;
    rank = rank << 1 | (GELF_ST_TYPE(symbol->st_info) != STT_NOTYPE);
    rank = rank << 1 | (symbol->st_size != 0);
    rank = rank << 1 | !(name[0] == '_' && name[1] == '_');
    return (uint8_t)rank;
}

static void append(struct elf_symbol_list *list, const struct elf_symbol *symbol)
{
    if (grow_array((void **)&list->symbols, list->count, &list->capacity, sizeof(*symbol)))
        list->symbols[list->count++] = *symbol;
}

static Elf_Scn *section_of(const struct table_reader *reader, const GElf_Sym *symbol,
                           Elf32_Word wide_index)
{
    size_t index = symbol->st_shndx == SHN_XINDEX ? wide_index : symbol->st_shndx;
    if (index == SHN_UNDEF || (symbol->st_shndx >= SHN_LORESERVE && symbol->st_shndx != SHN_XINDEX))
        return NULL;
    return elf_getscn(reader->file->elf, index);
}

static void add_symbol(struct elf_symtab *symtab, const struct table_reader *reader, int number)
{
    GElf_Sym entry;
    GElf_Shdr section;
    Elf32_Word wide_index = 0;
    if (!gelf_getsymshndx(reader->symbols, reader->wide_indexes, number, &entry, &wide_index) ||
        !gelf_getshdr(section_of(reader, &entry, wide_index), &section))
        return;
    const char *name = elf_strptr(reader->file->elf, reader->header.sh_link, entry.st_name);
    if (!name || entry.st_value < section.sh_addr ||
        entry.st_value - section.sh_addr >= section.sh_size)
        return;
    struct elf_symbol symbol = {
        .name = name,
        .address = entry.st_value + reader->shift,
        .section_end = section.sh_addr + section.sh_size + reader->shift,
        .rank = rank_of(&entry, name),
        .sized = entry.st_size != 0,
    };
    symbol.end = symbol.address + entry.st_size;
    enum symbol_class class = classify(&entry, &section, name);
    if (class == CLASS_FUNCTION)
        append(&symtab->functions, &symbol);
    else if (class == CLASS_VARIABLE)
        append(&symtab->variables, &symbol);
}

static Elf_Data *find_wide_indexes(Elf *elf, Elf_Scn *table)
{
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB_SHNDX &&
            header.sh_link == elf_ndxscn(table))
            return elf_getdata(section, NULL);
    }
    return NULL;
}

static void add_table(struct elf_symtab *symtab, struct table_reader *reader, Elf_Scn *table)
{
    size_t entry_bytes = gelf_fsize(reader->file->elf, ELF_T_SYM, 1, EV_CURRENT);
    reader->symbols = elf_getdata(table, NULL);
    if (!reader->symbols || entry_bytes == 0 || reader->header.sh_flags & SHF_COMPRESSED)
        return;
    reader->wide_indexes = find_wide_indexes(reader->file->elf, table);
    size_t count = reader->symbols->d_size / entry_bytes;
    for (size_t i = 1; i < count && i <= INT32_MAX; i++)
        add_symbol(symtab, reader, (int)i);
}

void elf_symtab_add(struct elf_symtab *symtab, const struct elf_file *file, uint64_t shift)
{
    struct table_reader reader = {.file = file, .shift = shift};
    for (Elf_Scn *section = NULL; (section = elf_nextscn(file->elf, section));) {
        if (gelf_getshdr(section, &reader.header) &&
            (reader.header.sh_type == SHT_SYMTAB || reader.header.sh_type == SHT_DYNSYM))
            add_table(symtab, &reader, section);
    }
}

static int compare_symbols(const void *left, const void *right)
{
    const struct elf_symbol *a = left, *b = right;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return (a->rank > b->rank) - (a->rank < b->rank);
}

// Gives the unsized among symbols [first, past), which share an address, an end: that of a sized
// namesake, or the next symbol. Labels inside a sized function, which reaches to `covered`, get
// none.
static void end_unsized(struct elf_symbol_list *list, size_t first, size_t past, uint64_t covered)
{
    uint64_t sized_end = 0;
    uint64_t next = past < list->count ? list->symbols[past].address : UINT64_MAX;
    for (size_t i = first; i < past; i++) {
        if (list->symbols[i].sized && list->symbols[i].end > sized_end)
            sized_end = list->symbols[i].end;
    }
    for (size_t i = first; i < past; i++) {
        struct elf_symbol *symbol = &list->symbols[i];
        if (symbol->sized)
            continue;
        if (sized_end)
            symbol->end = sized_end;
        else if (covered <= symbol->address)
            symbol->end = next < symbol->section_end ? next : symbol->section_end;
    }
}

static void set_ends(struct elf_symbol_list *list)
{
    uint64_t covered = 0;
    for (size_t first = 0, past; first < list->count; first = past) {
        for (past = first + 1; past < list->count; past++) {
            if (list->symbols[past].address != list->symbols[first].address)
                break;
        }
        end_unsized(list, first, past, covered);
        for (size_t i = first; i < past; i++) {
            if (list->symbols[i].sized && list->symbols[i].end > covered)
                covered = list->symbols[i].end;
        }
    }
}

static void sort_list(struct elf_symbol_list *list)
{
    if (list->count == 0)
        return;
    qsort(list->symbols, list->count, sizeof(struct elf_symbol), compare_symbols);
    set_ends(list);
    for (size_t i = 0; i < list->count; i++) {
        const struct elf_symbol *symbol = &list->symbols[i];
        range_index_add(&list->index, symbol->address, symbol->end, symbol->rank, (uint32_t)i);
    }
    range_index_sort(&list->index);
}

void elf_symtab_sort(struct elf_symtab *symtab)
{
    sort_list(&symtab->functions);
    sort_list(&symtab->variables);
}

const struct elf_symbol *elf_symbol_find(const struct elf_symbol_list *list, uint64_t address)
{
    const struct range *range = range_index_find(&list->index, address);
    return range ? &list->symbols[range->item] : NULL;
}

static void release_list(struct elf_symbol_list *list)
{
    free(list->symbols);
    range_index_release(&list->index);
}

void elf_symtab_release(struct elf_symtab *symtab)
{
    release_list(&symtab->functions);
    release_list(&symtab->variables);
    *symtab = (struct elf_symtab){0};
}
