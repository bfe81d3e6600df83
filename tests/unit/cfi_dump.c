// SPDX-License-Identifier: MIT
//
// cfi_dump.c - the rules of preload/cfi.h for the oracle (cfi_oracle.py) and seeds for the fuzzer.
//
//     cfi_dump FILE < ADDRESSES       a line of answer per line "HEX" on standard input (an address
//                                     as the file's tools show it): "SP OFFSET FP_SLOT", "END", ...
//     cfi_dump --tables FILE > OUT    the bytes of .eh_frame_hdr and .eh_frame, as mapped
//     cfi_dump --vdso > OUT           the image of the vDSO, an ELF file
//
// The file's segments are mapped read-only at their relative places, of a program that can't be
// moved at their own if they are free; nothing of it is run.
#include "preload/cfi.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_BYTES 4096ul

// The segments of one file in memory: the byte of address A lies at base + A.
struct image {
    uintptr_t base;
    uintptr_t low, high; // addresses, whole pages
    uintptr_t header;    // address of .eh_frame_hdr
    struct {
        uintptr_t low, high;
    } holder; // the segment of .eh_frame_hdr
    bool is_movable;
};

static void die(const char *name, const char *what)
{
    fprintf(stderr, "cfi_dump: %s: %s\n", name, what);
    exit(2);
}

static uintptr_t round_down(uintptr_t address)
{
    return address & ~(PAGE_BYTES - 1);
}

static uintptr_t round_up(uintptr_t address)
{
    return round_down(address + PAGE_BYTES - 1);
}

static void read_at(int fd, void *bytes, size_t count, uint64_t offset, const char *name)
{
    if (pread(fd, bytes, count, (off_t)offset) != (ssize_t)count)
        die(name, "cut short");
}

static const Elf64_Phdr *read_program_headers(struct image *image, int fd, size_t *ret_count,
                                              const char *name)
{
    static Elf64_Phdr headers[512];
    Elf64_Ehdr file;

    read_at(fd, &file, sizeof(file), 0, name);
    if (memcmp(file.e_ident, ELFMAG, SELFMAG) != 0 || file.e_ident[EI_CLASS] != ELFCLASS64 ||
        file.e_machine != EM_X86_64 || file.e_phnum > sizeof(headers) / sizeof(headers[0]))
        die(name, "not an x86-64 ELF file");
    read_at(fd, headers, file.e_phnum * sizeof(headers[0]), file.e_phoff, name);
    *ret_count = file.e_phnum;
    image->is_movable = file.e_type == ET_DYN;
    return headers;
}

// What a file has of a segment is mapped, the rest is zeros of the reservation; the bytes behind
// the file's in the last page are the file's too, as the kernel leaves them where nobody may write.
static void map_segment(const struct image *image, int fd, const Elf64_Phdr *segment,
                        const char *name)
{
    uintptr_t start = round_down(segment->p_vaddr);
    uintptr_t end = round_up(segment->p_vaddr + segment->p_filesz);
    off_t offset = (off_t)(segment->p_offset - (segment->p_vaddr - start));

    if (segment->p_filesz == 0)
        return;
    if (offset % (off_t)PAGE_BYTES != 0)
        die(name, "a segment is not aligned");
    if (mmap((void *)(image->base + start), end - start, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd,
             offset) == MAP_FAILED)
        die(name, strerror(errno));
}

static void measure(struct image *image, const Elf64_Phdr *headers, size_t count, const char *name)
{
    const Elf64_Phdr *frames = NULL;

    image->low = UINTPTR_MAX;
    for (const Elf64_Phdr *header = headers; header < headers + count; header++) {
        if (header->p_type == PT_LOAD && header->p_memsz) {
            if (header->p_vaddr < image->low)
                image->low = round_down(header->p_vaddr);
            if (header->p_vaddr + header->p_memsz > image->high)
                image->high = round_up(header->p_vaddr + header->p_memsz);
        } else if (header->p_type == PT_GNU_EH_FRAME && header->p_filesz) {
            frames = header;
        }
    }
    if (!frames || image->low >= image->high)
        die(name, "no .eh_frame_hdr");
    image->header = frames->p_vaddr;
    for (const Elf64_Phdr *header = headers; header < headers + count; header++)
        if (header->p_type == PT_LOAD && image->header - header->p_vaddr < header->p_filesz) {
            image->holder.low = header->p_vaddr;
            image->holder.high = header->p_vaddr + header->p_filesz;
        }
}

static void reserve(struct image *image, const char *name)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    size_t bytes = image->high - image->low;
    void *place = MAP_FAILED;

    if (!image->is_movable)
        place = mmap((void *)image->low, bytes, PROT_READ, flags | MAP_FIXED_NOREPLACE, -1, 0);
    if (place == MAP_FAILED)
        place = mmap(NULL, bytes, PROT_READ, flags, -1, 0);
    if (place == MAP_FAILED)
        die(name, strerror(errno));
    image->base = (uintptr_t)place - image->low;
}

static void image_open(struct image *image, const char *name)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    size_t count;

    if (fd < 0)
        die(name, strerror(errno));
    memset(image, 0, sizeof(*image));
    const Elf64_Phdr *headers = read_program_headers(image, fd, &count, name);
    measure(image, headers, count, name);
    reserve(image, name);
    for (size_t i = 0; i < count; i++)
        if (headers[i].p_type == PT_LOAD)
            map_segment(image, fd, &headers[i], name);
    close(fd);
}

static void print_rule(struct cfi_rule rule)
{
    static const char *const names[] = {
        [CFI_UNKNOWN] = "UNKNOWN", [CFI_NONE] = "NONE", [CFI_SP] = "SP",
        [CFI_FP] = "FP",           [CFI_ODD] = "ODD",   [CFI_FP_DEREF] = "FP_DEREF",
        [CFI_SIGNAL] = "SIGNAL",   [CFI_END] = "END"};

    if (rule.kind == CFI_SP || rule.kind == CFI_FP)
        printf("%s %d %d\n", names[rule.kind], rule.offset, rule.fp_slot);
    else if (rule.kind == CFI_FP_DEREF)
        printf("FP_DEREF %d\n", rule.offset);
    else
        puts(names[rule.kind]);
}

static void answer(const struct image *image)
{
    struct cfi_tables tables = {image->base + image->low, image->base + image->high,
                                image->base + image->header};
    char line[64];

    while (fgets(line, sizeof(line), stdin))
        print_rule(cfi_rule_at(&tables, image->base + strtoull(line, NULL, 16)));
}

// From .eh_frame_hdr to the end of its segment: .eh_frame follows it, or the header leads nowhere.
static void write_tables(const struct image *image)
{
    size_t bytes = image->holder.high - image->header;

    if (fwrite((const void *)(image->base + image->header), 1, bytes, stdout) != bytes)
        die("standard output", strerror(errno));
}

static void write_vdso(void)
{
    const Elf64_Ehdr *vdso = (const void *)getauxval(AT_SYSINFO_EHDR);

    if (!vdso)
        die("vDSO", "none");
    size_t bytes = vdso->e_shoff + (size_t)vdso->e_shnum * vdso->e_shentsize;
    if (fwrite(vdso, 1, bytes, stdout) != bytes)
        die("standard output", strerror(errno));
}

int main(int argc, char **argv)
{
    struct image image;
    bool is_tables = argc == 3 && strcmp(argv[1], "--tables") == 0;

    if (argc == 2 && strcmp(argv[1], "--vdso") == 0) {
        write_vdso();
    } else if (argc == 2 || is_tables) {
        image_open(&image, argv[argc - 1]);
        if (is_tables)
            write_tables(&image);
        else
            answer(&image);
    } else {
        die("usage", "cfi_dump FILE | --tables FILE | --vdso");
    }
    return fflush(stdout) == 0 ? 0 : 2;
}
