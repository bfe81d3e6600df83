// SPDX-License-Identifier: MIT
//
// leak_own.c - see leak_own.h. The program headers in its first page say how long it is.
#include "report/leaks/leak_own.h"

#include <elf.h>
#include <string.h>

#define HEADERS_MAX 64

// The mapping of the file's beginning, below what lies there without a gap. NULL: there is none.
static const struct leak_map *find_base(const struct leak_maps *maps, uint64_t address)
{
    const struct leak_map *map = leak_maps_find(maps, address);
    while (map && !(map->inode && map->offset == 0)) {
        bool has_before = map > maps->maps && map[-1].end == map->start;
        map = has_before ? map - 1 : NULL;
    }
    return map;
}

// 0: it can't be told.
static uint64_t end_of_file_at(const struct leak_memory *memory, uint64_t start)
{
    Elf64_Ehdr header;
    Elf64_Phdr segments[HEADERS_MAX];
    uint64_t low = UINT64_MAX, high = 0;
    if (!leak_memory_read(memory, start, &header, sizeof(header)) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phnum > HEADERS_MAX ||
        !leak_memory_read(memory, start + header.e_phoff, segments,
                          header.e_phnum * sizeof(segments[0])))
        return 0;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        if (segments[i].p_type != PT_LOAD)
            continue;
        uint64_t end = segments[i].p_vaddr + segments[i].p_memsz;
        low = segments[i].p_vaddr < low ? segments[i].p_vaddr : low;
        high = end > high ? end : high;
    }
    return high > low ? start + high - (low & ~(uint64_t)(LEAK_PAGE_BYTES - 1)) : 0;
}

void leak_own_find(const struct leak_memory *memory, const struct leak_maps *maps, uint64_t address,
                   struct leak_ranges *ret_own)
{
    const struct leak_map *base = find_base(maps, address);
    uint64_t end = base ? end_of_file_at(memory, base->start) : 0;
    if (address < end)
        leak_ranges_add(ret_own, base->start,
                        (end + LEAK_PAGE_BYTES - 1) & ~(uint64_t)(LEAK_PAGE_BYTES - 1));
}
