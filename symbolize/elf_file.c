// SPDX-License-Identifier: MIT
//
// elf_file.c - see elf_file.h. Nothing in a file is trusted: every libelf result is checked, and
// what fails counts as absent.
#include "symbolize/elf_file.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool path_is_harmless(const char *path)
{
    struct stat status;
    return stat(path, &status) != 0 || S_ISREG(status.st_mode);
}

// Those that the kernel makes when they are read (/proc/kmsg, trace_pipe) are regular and empty:
// reading one may wait for ever, or take from it what others wait for.
static bool is_file(const struct stat *status)
{
    return S_ISREG(status->st_mode) && status->st_size > 0;
}

// Looks before it opens, as opening a device may have effects, and again after, as the file may
// have been exchanged in between.
static int open_regular(const char *path, struct stat *ret_status)
{
    if (stat(path, ret_status) != 0)
        return -errno;
    if (!is_file(ret_status))
        return -ENOEXEC;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    if (fstat(fd, ret_status) == 0 && is_file(ret_status))
        return fd;
    close(fd);
    return -ENOEXEC;
}

// ET_REL: what dwz writes for several programs together.
static bool is_usable(Elf *elf)
{
    GElf_Ehdr header;
    return elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header) &&
           (header.e_type == ET_EXEC || header.e_type == ET_DYN || header.e_type == ET_REL);
}

static void read_build_id(struct elf_file *file)
{
    const void *build_id;
    ssize_t bytes = dwelf_elf_gnu_build_id(file->elf, &build_id);
    if (bytes <= 0)
        return;
    file->build_id = build_id;
    file->build_id_bytes = (size_t)bytes;
}

int elf_file_open(struct elf_file *ret_file, const char *path)
{
    struct stat status;
    int fd = open_regular(path, &status);
    if (fd < 0)
        return fd;
    struct elf_file file = {.fd = fd, .device = status.st_dev, .inode = status.st_ino};
    file.elf = elf_begin(fd, ELF_C_READ, NULL);
    file.path = strdup(path);
    if (!is_usable(file.elf) || !file.path) {
        elf_file_close(&file);
        return -ENOEXEC;
    }
    read_build_id(&file);
    *ret_file = file;
    return 0;
}

void elf_file_detach(struct elf_file *file)
{
    if (!file->elf || file->fd < 0)
        return;
    elf_cntl(file->elf, ELF_C_FDDONE);
    close(file->fd);
    file->fd = -1;
}

void elf_file_close(struct elf_file *file)
{
    elf_end(file->elf);
    file->elf = NULL;
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
    free(file->path);
    file->path = NULL;
}

bool elf_file_has_build_id(const struct elf_file *file, const uint8_t *build_id, size_t bytes)
{
    return build_id && file->build_id && file->build_id_bytes == bytes &&
           memcmp(file->build_id, build_id, bytes) == 0;
}

bool elf_file_base(const struct elf_file *file, uint64_t *ret_address)
{
    size_t count;
    if (elf_getphdrnum(file->elf, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(file->elf, (int)i, &header))
            return false;
        if (header.p_type == PT_LOAD) {
            *ret_address = header.p_vaddr;
            return true;
        }
    }
    return false;
}

Elf_Scn *elf_file_section(const struct elf_file *file, const char *name)
{
    size_t names;
    if (elf_getshdrstrndx(file->elf, &names) != 0)
        return NULL;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(file->elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header))
            continue;
        const char *found = elf_strptr(file->elf, names, header.sh_name);
        if (found && strcmp(found, name) == 0)
            return section;
    }
    return NULL;
}

uint64_t elf_file_code_start(const struct elf_file *file)
{
    uint64_t lowest = UINT64_MAX;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(file->elf, section));) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && header.sh_flags & SHF_EXECINSTR &&
            header.sh_addr < lowest)
            lowest = header.sh_addr;
    }
    return lowest == UINT64_MAX ? 0 : lowest;
}
