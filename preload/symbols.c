// SPDX-License-Identifier: MIT
//
// symbols.c - reads the dynamic symbol tables of loaded files, see symbols.h. By DT_GNU_HASH, which
// every linker has made for fifteen years; its layout: binutils, bfd/elflink.c.
#include "preload/symbols.h"

#include "preload/compiler.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct search {
    const char *name;
    uint32_t hash;
    bool is_after_us; // only what follows our own library
    void *found;
};

struct symbol_table {
    const Elf64_Sym *symbols;
    const char *names;
    const uint32_t *gnu_hash;
    const uint16_t *versions; // NULL: the file has none
};

// An old version, kept for programs that ask for it by name.
#define VERSION_HIDDEN 0x8000

static uint32_t hash_name(const char *name)
{
    uint32_t hash = 5381;

    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

// ld.so has added the load address to the pointers of most files, not to those of the vDSO.
static const void *pointer(Elf64_Addr base, Elf64_Addr value)
{
    return (const void *)(value < base ? value + base : value);
}

static struct symbol_table read_dynamic(Elf64_Addr base, const Elf64_Dyn *entry)
{
    struct symbol_table table = {NULL, NULL, NULL, NULL};

    for (; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_SYMTAB)
            table.symbols = pointer(base, entry->d_un.d_ptr);
        else if (entry->d_tag == DT_STRTAB)
            table.names = pointer(base, entry->d_un.d_ptr);
        else if (entry->d_tag == DT_GNU_HASH)
            table.gnu_hash = pointer(base, entry->d_un.d_ptr);
        else if (entry->d_tag == DT_VERSYM)
            table.versions = pointer(base, entry->d_un.d_ptr);
    return table;
}

static bool is_definition(const struct symbol_table *table, uint32_t index, const char *name)
{
    const Elf64_Sym *symbol = &table->symbols[index];

    if (table->versions && (table->versions[index] & VERSION_HIDDEN))
        return false;
    return symbol->st_shndx != SHN_UNDEF && symbol->st_value != 0 &&
           strcmp(table->names + symbol->st_name, name) == 0;
}

// Header {buckets, first symbol, filter words, shift}, filter, buckets, chains of hashes whose
// lowest bit marks the end.
static const Elf64_Sym *find_in(const struct symbol_table *table, const struct search *search)
{
    const uint32_t *header = table->gnu_hash;
    const uint32_t *buckets, *chains;
    uint32_t index;

    if (!table->symbols || !table->names || !header)
        return NULL;
    buckets = header + 4 + 2 * (size_t)header[2];
    chains = buckets + header[0];
    index = header[0] ? buckets[search->hash % header[0]] : 0;
    if (index < header[1])
        return NULL;
    for (;; index++) {
        uint32_t hash = chains[index - header[1]];

        if ((hash | 1) == (search->hash | 1) && is_definition(table, index, search->name))
            return &table->symbols[index];
        if (hash & 1)
            return NULL;
    }
}

static bool holds(const struct dl_phdr_info *info, uintptr_t address)
{
    for (size_t i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD &&
            address - info->dlpi_addr - info->dlpi_phdr[i].p_vaddr < info->dlpi_phdr[i].p_memsz)
            return true;
    return false;
}

static int look_into(struct dl_phdr_info *info, size_t bytes, void *argument)
{
    struct search *search = argument;
    const Elf64_Sym *symbol = NULL;

    (void)bytes;
    if (search->is_after_us) {
        if (holds(info, (uintptr_t)symbols_find_next))
            search->is_after_us = false;
        return 0;
    }
    for (size_t i = 0; i < info->dlpi_phnum && !symbol; i++) {
        const Elf64_Phdr *header = &info->dlpi_phdr[i];
        struct symbol_table table;

        if (header->p_type != PT_DYNAMIC)
            continue;
        table =
            read_dynamic(info->dlpi_addr, (const Elf64_Dyn *)(info->dlpi_addr + header->p_vaddr));
        symbol = find_in(&table, search);
    }
    if (!symbol)
        return 0;
    search->found = (void *)(info->dlpi_addr + symbol->st_value);
    return 1;
}

typedef int (*iterate_function)(int (*)(struct dl_phdr_info *, size_t, void *), void *);

static iterate_function iterate; // NULL: not looked for yet

// libc's own dl_iterate_phdr: a host may have one, too, and sanitizers do, that does not work yet
// when the first hook is called. The loader's list for debuggers is walked without its lock: at the
// first hook, when there is hardly a second thread yet.
static iterate_function find_iterate(void)
{
    const struct search search = {"dl_iterate_phdr", hash_name("dl_iterate_phdr"), false, NULL};

    for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
        const char *slash = strrchr(map->l_name, '/');
        const Elf64_Sym *symbol;
        struct symbol_table table;

        if (!slash || strcmp(slash, "/libc.so.6") != 0)
            continue;
        table = read_dynamic(map->l_addr, map->l_ld);
        symbol = find_in(&table, &search);
        if (symbol)
            return (iterate_function)(map->l_addr + symbol->st_value);
    }
    return dl_iterate_phdr;
}

static void *search_all(struct search search)
{
    iterate_function found = atomic_get(&iterate);

    if (!found) {
        found = find_iterate();
        atomic_set(&iterate, found);
    }
    found(look_into, &search);
    return search.found;
}

void *symbols_find(const char *name)
{
    return search_all((struct search){name, hash_name(name), false, NULL});
}

void *symbols_find_next(const char *name)
{
    return search_all((struct search){name, hash_name(name), true, NULL});
}
