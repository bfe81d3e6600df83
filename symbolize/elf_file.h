// SPDX-License-Identifier: MIT
//
// elf_file.h - one ELF file on disk: opened without ever blocking, read into memory (not mapped:
// a file cut short by a rebuild would be SIGBUS), identified by its build id.
#ifndef GAIAPROF_SYMBOLIZE_ELF_FILE_H
#define GAIAPROF_SYMBOLIZE_ELF_FILE_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct elf_file {
    Elf *elf; // NULL: not open
    char *path;
    int fd; // -1 after elf_file_detach()
    dev_t device;
    ino_t inode;
    const uint8_t *build_id; // NULL if it has none
    size_t build_id_bytes;
};

// Regular ELF files only, no cores and archives. 0 or -errno; -ENOEXEC for another kind of file.
// Nothing is open after a failure.
int elf_file_open(struct elf_file *ret_file, const char *path);

// Sections not read so far can't be read any more, but no file descriptor is kept.
void elf_file_detach(struct elf_file *file);

void elf_file_close(struct elf_file *file);

bool elf_file_has_build_id(const struct elf_file *file, const uint8_t *build_id, size_t bytes);

// Address of the first loadable segment: it moves when a file is prelinked. False if there is none.
bool elf_file_base(const struct elf_file *file, uint64_t *ret_address);

// The first section of this name, NULL if there is none.
Elf_Scn *elf_file_section(const struct elf_file *file, const char *name);

// Where code starts: the lowest address of an executable section, 0 without sections.
uint64_t elf_file_code_start(const struct elf_file *file);

// Regular or absent: opening `path` can't block.
bool path_is_harmless(const char *path);

#endif
