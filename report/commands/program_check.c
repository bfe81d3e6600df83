// SPDX-License-Identifier: MIT
//
// program_check.c - see program_check.h. Reads ELF files of our own class and byte order only;
// every offset is checked against the mapped length.
#include "report/commands/program_check.h"

#include "report/model/mapped_file.h"
#include "report/model/runtime_code.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SCRIPT_DEPTH_MAX 4 // as in the kernel
#define LINE_MAX_BYTES 256

struct image {
    struct mapped_file *mapped;
    const unsigned char *bytes;
    size_t length;
};

static char why_text[PATH_MAX + 128];

static enum program_verdict say(enum program_verdict verdict, const char **ret_why,
                                const char *text)
{
    *ret_why = text;
    return verdict;
}

// --- files

static bool image_open(struct image *image, const char *path)
{
    *image = (struct image){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (fd < 0)
        return false;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
        mapped_file_new(&image->mapped, fd, (uint64_t)status.st_size) == 0) {
        image->bytes = image->mapped->bytes;
        image->length = (size_t)status.st_size;
    }
    close(fd);
    return image->bytes != NULL;
}

static void image_close(struct image *image)
{
    mapped_file_free(image->mapped);
}

// Element `index` of a table, if all of it is inside the file.
static bool image_copy(const struct image *image, uint64_t offset, uint64_t index,
                       void *ret_element, size_t bytes)
{
    uint64_t begin, end;
    if (__builtin_mul_overflow(index, bytes, &begin) ||
        __builtin_add_overflow(begin, offset, &begin) ||
        __builtin_add_overflow(begin, bytes, &end) || end > image->length)
        return false;
    memcpy(ret_element, image->bytes + begin, bytes);
    return true;
}

static const char *image_string(const struct image *image, uint64_t offset, uint64_t index)
{
    uint64_t at;
    if (__builtin_add_overflow(offset, index, &at) || at >= image->length ||
        !memchr(image->bytes + at, '\0', image->length - at))
        return NULL;
    return (const char *)image->bytes + at;
}

// --- ELF

static bool has_elf_magic(const struct image *image)
{
    return image->length >= SELFMAG && memcmp(image->bytes, ELFMAG, SELFMAG) == 0;
}

static bool is_our_kind(const ElfW(Ehdr) * header)
{
    struct image self;
    ElfW(Ehdr) own;
    if (!image_open(&self, "/proc/self/exe"))
        return true;
    bool same = !image_copy(&self, 0, 0, &own, sizeof(own)) ||
                (own.e_machine == header->e_machine &&
                 memcmp(own.e_ident, header->e_ident, EI_VERSION) == 0);
    image_close(&self);
    return same;
}

static bool find_segment(const struct image *image, const ElfW(Ehdr) * header, uint32_t type,
                         ElfW(Phdr) * ret_segment)
{
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (image_copy(image, header->e_phoff, i, ret_segment, sizeof(*ret_segment)) &&
            ret_segment->p_type == type)
            return true;
    return false;
}

static bool is_sanitizer_library(const char *name)
{
    return strncmp(name, "libasan.so", 10) == 0 || strncmp(name, "libtsan.so", 10) == 0 ||
           strncmp(name, "libclang_rt.asan", 16) == 0 || strncmp(name, "libclang_rt.tsan", 16) == 0;
}

static bool is_sanitizer_symbol(const char *name)
{
    return strcmp(name, "__asan_init") == 0 || strcmp(name, "__tsan_init") == 0 ||
           strcmp(name, "__msan_init") == 0;
}

static bool needs_sanitizer(const struct image *image, const ElfW(Shdr) * section,
                            const ElfW(Shdr) * strings)
{
    ElfW(Dyn) entry;
    for (uint64_t i = 0; i < section->sh_size / sizeof(entry); i++) {
        if (!image_copy(image, section->sh_offset, i, &entry, sizeof(entry)))
            return false;
        const char *name = entry.d_tag == DT_NEEDED
                               ? image_string(image, strings->sh_offset, entry.d_un.d_val)
                               : NULL;
        if (name && is_sanitizer_library(name))
            return true;
    }
    return false;
}

static bool has_sanitizer_symbol(const struct image *image, const ElfW(Shdr) * section,
                                 const ElfW(Shdr) * strings)
{
    ElfW(Sym) symbol;
    for (uint64_t i = 0; i < section->sh_size / sizeof(symbol); i++) {
        if (!image_copy(image, section->sh_offset, i, &symbol, sizeof(symbol)))
            return false;
        const char *name = image_string(image, strings->sh_offset, symbol.st_name);
        if (name && is_sanitizer_symbol(name))
            return true;
    }
    return false;
}

// Sections may be stripped; then nobody can tell.
static bool is_sanitized(const struct image *image, const ElfW(Ehdr) * header)
{
    ElfW(Shdr) section, strings;
    for (unsigned i = 0; i < header->e_shnum; i++) {
        if (!image_copy(image, header->e_shoff, i, &section, sizeof(section)))
            return false;
        if ((section.sh_type != SHT_DYNAMIC && section.sh_type != SHT_DYNSYM) ||
            !image_copy(image, header->e_shoff, section.sh_link, &strings, sizeof(strings)))
            continue;
        bool found = section.sh_type == SHT_DYNAMIC
                         ? needs_sanitizer(image, &section, &strings)
                         : has_sanitizer_symbol(image, &section, &strings);
        if (found)
            return true;
    }
    return false;
}

static enum program_verdict check_elf(const struct image *image, const char **ret_why)
{
    ElfW(Ehdr) header;
    ElfW(Phdr) segment;
    if (!image_copy(image, 0, 0, &header, sizeof(header)))
        return say(PROGRAM_UNSEEN, ret_why, "it is a damaged ELF file");
    if (!is_our_kind(&header))
        return say(PROGRAM_UNSEEN, ret_why,
                   "it is built for another kind of machine than this gaiaprof (32-bit?)");
    if (!find_segment(image, &header, PT_INTERP, &segment))
        return say(PROGRAM_UNSEEN, ret_why, "it is statically linked");
    if (is_sanitized(image, &header))
        return say(PROGRAM_REFUSE, ret_why,
                   "it is built with a sanitizer, which replaces malloc itself");
    return PROGRAM_FINE;
}

// --- privileges

static enum program_verdict check_privileges(const char *path, const char **ret_why)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return PROGRAM_FINE;
    if ((status.st_mode & S_ISUID) && status.st_uid != getuid())
        return say(PROGRAM_UNSEEN, ret_why, "it is setuid: the loader ignores LD_PRELOAD");
    if ((status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP) && status.st_gid != getgid())
        return say(PROGRAM_UNSEEN, ret_why, "it is setgid: the loader ignores LD_PRELOAD");
    if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
        return say(PROGRAM_UNSEEN, ret_why,
                   "it has file capabilities: the loader ignores LD_PRELOAD");
    return PROGRAM_FINE;
}

// --- scripts

// "#!INTERPRETER [ARGUMENT]"
static bool script_interpreter(const struct image *image, char *ret_path, size_t room)
{
    if (image->length < 3 || memcmp(image->bytes, "#!", 2) != 0)
        return false;
    char line[LINE_MAX_BYTES];
    size_t bytes = image->length - 2 < sizeof(line) - 1 ? image->length - 2 : sizeof(line) - 1;
    memcpy(line, image->bytes + 2, bytes);
    line[bytes] = '\0';
    line[strcspn(line, "\n")] = '\0';
    const char *path = line + strspn(line, " \t");
    size_t length = strcspn(path, " \t\r");
    if (length == 0 || length >= room)
        return false;
    memcpy(ret_path, path, length);
    ret_path[length] = '\0';
    return true;
}

static enum program_verdict check_file(const char *path, int depth, const char **ret_why);

static enum program_verdict check_script(const char *path, int depth, const char **ret_why)
{
    const char *inner;
    enum program_verdict verdict = check_file(path, depth + 1, &inner);
    if (verdict == PROGRAM_FINE)
        return verdict;
    char text[PATH_MAX];
    snprintf(text, sizeof(text), "%s", inner);
    snprintf(why_text, sizeof(why_text), "it is a script, and of its interpreter %s: %s", path,
             text);
    return say(verdict, ret_why, why_text);
}

static enum program_verdict check_image(const struct image *image, int depth, const char **ret_why)
{
    char interpreter[LINE_MAX_BYTES];
    if (has_elf_magic(image))
        return check_elf(image, ret_why);
    if (depth < SCRIPT_DEPTH_MAX && script_interpreter(image, interpreter, sizeof(interpreter)))
        return check_script(interpreter, depth, ret_why);
    return PROGRAM_FINE; // execvp has a shell run it, or the kernel knows what to do
}

static enum program_verdict check_file(const char *path, int depth, const char **ret_why)
{
    enum program_verdict verdict = check_privileges(path, ret_why);
    struct image image;
    if (verdict != PROGRAM_FINE || !image_open(&image, path))
        return verdict;
    verdict = check_image(&image, depth, ret_why);
    image_close(&image);
    return verdict;
}

enum program_verdict program_check(const char *path, const char **ret_why)
{
    return check_file(path, 0, ret_why);
}

bool program_is_elf(const char *path)
{
    struct image image;
    if (!image_open(&image, path))
        return false;
    bool is_elf = has_elf_magic(&image);
    image_close(&image);
    return is_elf;
}

bool program_is_env_script(const char *path)
{
    struct image image;
    char interpreter[LINE_MAX_BYTES] = "";
    if (!image_open(&image, path))
        return false;
    bool is_env = script_interpreter(&image, interpreter, sizeof(interpreter)) &&
                  strcmp(path_basename(interpreter), "env") == 0;
    image_close(&image);
    return is_env;
}

// --- launchers

static const char *find_launcher(const char *name)
{
    static const char *const launchers[] = {
        "sh",    "bash",  "dash", "zsh", "ksh",     "ash",  "fish",  "busybox", "make",  "gmake",
        "ninja", "ctest", "tox",  "env", "timeout", "nice", "nohup", "xargs",   "prove", NULL,
    };
    for (size_t i = 0; launchers[i]; i++)
        if (strcmp(launchers[i], name) == 0)
            return launchers[i];
    return NULL;
}

// execvp has a shell run what is no program.
static const char *script_launcher(const struct image *image)
{
    char interpreter[LINE_MAX_BYTES];
    if (image->length < 2 || memcmp(image->bytes, "#!", 2) != 0)
        return find_launcher("sh");
    if (!script_interpreter(image, interpreter, sizeof(interpreter)))
        return NULL;
    const char *name = path_basename(interpreter);
    return strcmp(name, "env") == 0 ? NULL : find_launcher(name);
}

const char *program_launcher(const char *path)
{
    struct image image;
    if (!image_open(&image, path))
        return NULL;
    const char *launcher =
        has_elf_magic(&image) ? find_launcher(path_basename(path)) : script_launcher(&image);
    image_close(&image);
    return launcher;
}

// --- PATH

static int executable(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return -errno;
    if (S_ISDIR(status.st_mode))
        return -EISDIR;
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : -errno;
}

static int take_path(const char *path, char **ret_path)
{
    int error = executable(path);
    if (error)
        return error;
    *ret_path = strdup(path);
    return *ret_path ? 0 : -ENOMEM;
}

// As execvp: a file that may not be executed is passed over, but remembered.
int program_find(const char *name, char **ret_path)
{
    if (strchr(name, '/'))
        return take_path(name, ret_path);
    if (!*name)
        return -ENOENT;
    const char *directories = getenv("PATH");
    if (!directories)
        directories = "/bin:/usr/bin";
    int answer = -ENOENT;
    for (const char *at = directories; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
        int length = (int)strcspn(at, ":");
        char path[PATH_MAX];
        int written = snprintf(path, sizeof(path), "%.*s%s%s", length, at, length ? "/" : "", name);
        if (written < 0 || (size_t)written >= sizeof(path))
            continue;
        int error = take_path(path, ret_path);
        if (error == 0 || error == -ENOMEM)
            return error;
        if (error == -EACCES)
            answer = error;
    }
    return answer;
}
