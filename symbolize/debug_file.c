// SPDX-License-Identifier: MIT
//
// debug_file.c - see debug_file.h. Names in a file are never followed out of the places searched:
// a debuglink with a slash is refused.
#include "symbolize/debug_file.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUILD_ID_MAX_BYTES 64

struct path {
    char text[PATH_MAX];
};

__attribute__((format(printf, 2, 3))) static bool path_print(struct path *ret_path,
                                                             const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(ret_path->text, sizeof(ret_path->text), format, arguments);
    va_end(arguments);
    return length > 0 && (size_t)length < sizeof(ret_path->text);
}

// "/lib/libc.so.6" -> "/lib", "a.out" -> "."
static bool path_directory(struct path *ret_path, const char *file)
{
    const char *slash = strrchr(file, '/');
    if (!slash)
        return path_print(ret_path, ".");
    return path_print(ret_path, "%.*s", (int)(slash == file ? 1 : slash - file), file);
}

static int open_with_build_id(struct elf_file *ret_file, const char *path, const uint8_t *build_id,
                              size_t build_id_bytes)
{
    struct elf_file file;
    int error = elf_file_open(&file, path);
    if (error)
        return error;
    if (!elf_file_has_build_id(&file, build_id, build_id_bytes)) {
        elf_file_close(&file);
        return -ENOENT;
    }
    *ret_file = file;
    return 0;
}

int debug_file_by_build_id(struct elf_file *ret_file, const char *root, const uint8_t *build_id,
                           size_t build_id_bytes)
{
    char hex[2 * BUILD_ID_MAX_BYTES + 1];
    if (!build_id || build_id_bytes < 2 || build_id_bytes > BUILD_ID_MAX_BYTES)
        return -ENOENT;
    for (size_t i = 0; i < build_id_bytes; i++)
        snprintf(hex + 2 * i, 3, "%02x", build_id[i]);
    struct path path;
    if (!path_print(&path, "%s/.build-id/%.2s/%s.debug", root, hex, hex + 2))
        return -ENAMETOOLONG;
    return open_with_build_id(ret_file, path.text, build_id, build_id_bytes);
}

static void fill_crc32_table(uint32_t table[256])
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
        table[byte] = crc;
    }
}

// CRC-32 (IEEE 802.3, reflected) of the whole file, as objcopy --add-gnu-debuglink computes it.
static bool file_crc32(int fd, uint32_t *ret_crc)
{
    uint32_t table[256], crc = UINT32_MAX;
    uint8_t buffer[16 * 1024];
    ssize_t got;
    fill_crc32_table(table);
    for (off_t offset = 0; (got = pread(fd, buffer, sizeof(buffer), offset)) > 0; offset += got) {
        for (ssize_t i = 0; i < got; i++)
            crc = table[(crc ^ buffer[i]) & 0xff] ^ crc >> 8;
    }
    *ret_crc = ~crc;
    return got == 0;
}

struct debug_link {
    const char *name;
    uint32_t crc;
    const struct elf_file *module;
};

static bool matches_link(const struct elf_file *file, const struct debug_link *link)
{
    const struct elf_file *module = link->module;
    if (file->device == module->device && file->inode == module->inode)
        return false;
    if (module->build_id && file->build_id &&
        !elf_file_has_build_id(file, module->build_id, module->build_id_bytes))
        return false;
    uint32_t crc;
    return file_crc32(file->fd, &crc) && crc == link->crc;
}

static int open_link(struct elf_file *ret_file, const char *path, const struct debug_link *link)
{
    struct elf_file file;
    int error = elf_file_open(&file, path);
    if (error)
        return error;
    if (!matches_link(&file, link)) {
        elf_file_close(&file);
        return -ENOENT;
    }
    *ret_file = file;
    return 0;
}

static int search_link(struct elf_file *ret_file, const char *root, const char *module_path,
                       const struct debug_link *link)
{
    struct path directory, path;
    if (!path_directory(&directory, module_path))
        return -ENAMETOOLONG;
    if (path_print(&path, "%s/%s", directory.text, link->name) &&
        open_link(ret_file, path.text, link) == 0)
        return 0;
    if (path_print(&path, "%s/.debug/%s", directory.text, link->name) &&
        open_link(ret_file, path.text, link) == 0)
        return 0;
    if (directory.text[0] != '/')
        return -ENOENT;
    if (!path_print(&path, "%s%s/%s", root, directory.text, link->name))
        return -ENAMETOOLONG;
    return open_link(ret_file, path.text, link);
}

int debug_file_by_link(struct elf_file *ret_file, const char *root, const struct elf_file *module)
{
    GElf_Word crc;
    struct debug_link link = {.module = module};
    link.name = dwelf_elf_gnu_debuglink(module->elf, &crc);
    if (!link.name || link.name[0] == '\0' || strchr(link.name, '/'))
        return -ENOENT;
    link.crc = crc;
    if (search_link(ret_file, root, module->path, &link) == 0)
        return 0;
    // /lib is a link to /usr/lib where packages install below /usr/lib/debug/usr/lib
    char *real = realpath(module->path, NULL);
    int error = real ? search_link(ret_file, root, real, &link) : -errno;
    free(real);
    return error;
}

static int open_alt_by_name(struct elf_file *ret_file, const struct elf_file *file,
                            const char *name, const uint8_t *build_id, size_t build_id_bytes)
{
    struct path directory = {.text = ""}, path;
    bool relative = name[0] != '/';
    if (relative && !path_directory(&directory, file->path))
        return -ENAMETOOLONG;
    if (!path_print(&path, "%s%s%s", directory.text, relative ? "/" : "", name))
        return -ENAMETOOLONG;
    if (!path_is_harmless(path.text))
        return -EPERM;
    return open_with_build_id(ret_file, path.text, build_id, build_id_bytes);
}

int debug_file_by_alt_link(struct elf_file *ret_file, const char *root, const struct elf_file *file,
                           Dwarf *dwarf)
{
    const char *name;
    const void *build_id;
    ssize_t bytes = dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &build_id);
    if (bytes <= 0)
        return -ENODATA;
    if (debug_file_by_build_id(ret_file, root, build_id, (size_t)bytes) == 0)
        return 0;
    return open_alt_by_name(ret_file, file, name, build_id, (size_t)bytes);
}
