// SPDX-License-Identifier: MIT
//
// elf_plt.c - x86-64: a stub is [endbr64] [bnd] jmp *slot(%rip). The slot's relocation names the
// function. Other machines: no names.
#include "symbolize/elf_plt.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#define STUB_BYTES 16 // when the section doesn't tell

// A slot of the global offset table and who fills it.
struct got_slot {
    uint64_t address;
    const char *name;
};

struct got {
    struct got_slot *slots;
    size_t count, capacity;
};

static const char *relocation_name(Elf *elf, const GElf_Rela *relocation, Elf_Scn *symbols,
                                   const struct elf_symbol_list *functions)
{
    GElf_Sym symbol;
    GElf_Shdr header;
    if (GELF_R_TYPE(relocation->r_info) == R_X86_64_IRELATIVE) {
        const struct elf_symbol *resolver =
            elf_symbol_find(functions, (uint64_t)relocation->r_addend);
        return resolver ? resolver->name : NULL;
    }
    if (GELF_R_SYM(relocation->r_info) == 0 || !gelf_getshdr(symbols, &header) ||
        !gelf_getsym(elf_getdata(symbols, NULL), (int)GELF_R_SYM(relocation->r_info), &symbol))
        return NULL;
    const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);
    return name && name[0] ? name : NULL;
}

static void add_relocations(struct got *got, Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
                            const struct elf_symbol_list *functions)
{
    Elf_Data *data = elf_getdata(section, NULL);
    Elf_Scn *symbols = elf_getscn(elf, header->sh_link);
    GElf_Rela relocation;
    for (int i = 0; data && gelf_getrela(data, i, &relocation); i++) {
        const char *name = relocation_name(elf, &relocation, symbols, functions);
        if (!name ||
            !grow_array((void **)&got->slots, got->count, &got->capacity, sizeof(struct got_slot)))
            continue;
        got->slots[got->count++] = (struct got_slot){relocation.r_offset, name};
    }
}

static int compare_slots(const void *left, const void *right)
{
    const struct got_slot *a = left, *b = right;
    return (a->address > b->address) - (a->address < b->address);
}

static void read_got(struct got *got, Elf *elf, const struct elf_symbol_list *functions)
{
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_RELA &&
            header.sh_flags & SHF_ALLOC)
            add_relocations(got, elf, section, &header, functions);
    }
    if (got->count)
        qsort(got->slots, got->count, sizeof(struct got_slot), compare_slots);
}

// Address of the slot that the stub at `address` jumps through; 0 if this is not a stub.
static uint64_t decode_stub(const uint8_t *code, size_t bytes, uint64_t address)
{
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    size_t at = 0;
    int32_t distance;
    if (bytes >= sizeof(endbr64) && memcmp(code, endbr64, sizeof(endbr64)) == 0)
        at += sizeof(endbr64);
    if (at < bytes && code[at] == 0xf2)
        at++;
    if (bytes - at < 6 || code[at] != 0xff || code[at + 1] != 0x25)
        return 0;
    memcpy(&distance, code + at + 2, sizeof(distance));
    return address + at + 6 + (uint64_t)(int64_t)distance;
}

static void add_stub(struct elf_plt *plt, const struct got *got, uint64_t slot, uint64_t address,
                     size_t bytes)
{
    struct got_slot wanted = {.address = slot};
    const struct got_slot *found =
        bsearch(&wanted, got->slots, got->count, sizeof(wanted), compare_slots);
    if (!found || !grow_array((void **)&plt->names, plt->count, &plt->capacity, sizeof(char *)))
        return;
    plt->names[plt->count] = found->name;
    if (range_index_add(&plt->index, address, address + bytes, 0, (uint32_t)plt->count))
        plt->count++;
}

static void read_stubs(struct elf_plt *plt, const struct got *got, Elf_Scn *section,
                       const GElf_Shdr *header)
{
    Elf_Data *data = elf_rawdata(section, NULL);
    size_t stub_bytes = header->sh_entsize == 8 ? 8 : STUB_BYTES;
    if (!data || !data->d_buf)
        return;
    for (size_t at = 0; at < data->d_size; at += stub_bytes) {
        size_t bytes = data->d_size - at < stub_bytes ? data->d_size - at : stub_bytes;
        uint64_t address = header->sh_addr + at;
        uint64_t slot = decode_stub((const uint8_t *)data->d_buf + at, bytes, address);
        if (slot)
            add_stub(plt, got, slot, address, bytes);
    }
}

static bool is_stub_section(Elf *elf, const GElf_Shdr *header, size_t names)
{
    if (header->sh_type != SHT_PROGBITS || !(header->sh_flags & SHF_EXECINSTR))
        return false;
    const char *name = elf_strptr(elf, names, header->sh_name);
    return name && (strcmp(name, ".plt") == 0 || strncmp(name, ".plt.", 5) == 0 ||
                    strcmp(name, ".iplt") == 0);
}

void elf_plt_read(struct elf_plt *plt, const struct elf_file *file,
                  const struct elf_symbol_list *functions)
{
    GElf_Ehdr machine;
    size_t names;
    struct got got = {0};
    if (!gelf_getehdr(file->elf, &machine) || machine.e_machine != EM_X86_64 ||
        elf_getshdrstrndx(file->elf, &names) != 0)
        return;
    read_got(&got, file->elf, functions);
    for (Elf_Scn *section = NULL; got.count && (section = elf_nextscn(file->elf, section));) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && is_stub_section(file->elf, &header, names))
            read_stubs(plt, &got, section, &header);
    }
    range_index_sort(&plt->index);
    free(got.slots);
}

const char *elf_plt_find(const struct elf_plt *plt, uint64_t address)
{
    const struct range *range = range_index_find(&plt->index, address);
    return range ? plt->names[range->item] : NULL;
}

void elf_plt_release(struct elf_plt *plt)
{
    free(plt->names);
    range_index_release(&plt->index);
    *plt = (struct elf_plt){0};
}
