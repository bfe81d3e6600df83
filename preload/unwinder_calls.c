// SPDX-License-Identifier: MIT
//
// unwinder_calls.c - gives libunwind other functions for pipe2, read and syscall, by the slots of
// its procedure linkage table, see unwinder_calls.h. Names it does not import are not missed.
#include "preload/unwinder_calls.h"

#include "preload/sys.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>

static int no_pipe(int fds[2], int flags)
{
    (void)fds;
    (void)flags;
    errno = EMFILE;
    return -1;
}

// It empties the pipe before it probes.
static ssize_t read_nothing(int fd, void *buffer, size_t bytes)
{
    (void)fd;
    (void)buffer;
    (void)bytes;
    errno = EAGAIN;
    return -1;
}

// The one call it makes: syscall(SYS_write, pipe, address, 1).
static long probe(long number, ...)
{
    va_list list;
    const void *address;

    errno = EFAULT;
    if (number != SYS_write)
        return -1;
    va_start(list, number);
    va_arg(list, int);
    address = va_arg(list, const void *);
    va_end(list);
    if (!sys_is_readable(address))
        return -1;
    errno = 0;
    return 1;
}

static const struct {
    const char *name;
    void *function;
} redirects[] = {
    {"pipe2", (void *)no_pipe},
    {"read", (void *)read_nothing},
    {"syscall", (void *)probe},
};

static void redirect_slot(const char *name, void **slot)
{
    for (size_t i = 0; i < sizeof(redirects) / sizeof(redirects[0]); i++)
        if (strcmp(name, redirects[i].name) == 0) {
            sys_make_writable(slot, sizeof(*slot)); // it may be linked with -z relro -z now
            *slot = redirects[i].function;
        }
}

static uint64_t dynamic_value(const Elf64_Dyn *entry, int64_t tag)
{
    for (; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == tag)
            return entry->d_un.d_val;
    return 0;
}

void unwinder_calls_redirect(void *library)
{
    struct link_map *map;

    if (dlinfo(library, RTLD_DI_LINKMAP, &map) != 0)
        return;
    const Elf64_Sym *symbols = (const Elf64_Sym *)dynamic_value(map->l_ld, DT_SYMTAB);
    const char *names = (const char *)dynamic_value(map->l_ld, DT_STRTAB);
    const Elf64_Rela *slots = (const Elf64_Rela *)dynamic_value(map->l_ld, DT_JMPREL);
    size_t count = dynamic_value(map->l_ld, DT_PLTRELSZ) / sizeof(slots[0]);

    for (size_t i = 0; slots && i < count; i++)
        redirect_slot(names + symbols[ELF64_R_SYM(slots[i].r_info)].st_name,
                      (void **)(map->l_addr + slots[i].r_offset));
}
