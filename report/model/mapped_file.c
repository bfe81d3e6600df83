// SPDX-License-Identifier: MIT
//
// mapped_file.c - see mapped_file.h. A signal handler has no context but what is static.
#include "report/model/mapped_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

static struct mapped_file *mappings;
static struct sigaction before; // while there is none: a program that we start is to have it

static struct mapped_file *mapping_at(uintptr_t address)
{
    struct mapped_file *mapped = mappings;
    while (mapped && address - (uintptr_t)mapped->bytes >= mapped->length_bytes)
        mapped = mapped->next;
    return mapped;
}

// What is not ours happens again, without a handler.
static void on_bus_error(int signal_number, siginfo_t *info, void *context)
{
    int saved_errno = errno;
    struct mapped_file *mapped = mapping_at((uintptr_t)info->si_addr);
    (void)context;
    if (mapped && mmap((void *)(uintptr_t)mapped->bytes, mapped->length_bytes, PROT_READ,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
        mapped->is_lost = 1;
    else
        signal(signal_number, SIG_DFL);
    errno = saved_errno;
}

int mapped_file_new(struct mapped_file **ret_mapped, int fd, uint64_t length_bytes)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    struct mapped_file *mapped = malloc(sizeof(*mapped));
    if (!mapped)
        return -ENOMEM;
    void *bytes = mmap(NULL, length_bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED) {
        int error = errno;
        free(mapped);
        return -error;
    }
    if (!mappings)
        sigaction(SIGBUS, &action, &before);
    *mapped = (struct mapped_file){bytes, length_bytes, 0, mappings};
    mappings = mapped;
    *ret_mapped = mapped;
    return 0;
}

void mapped_file_free(struct mapped_file *mapped)
{
    struct mapped_file **link = &mappings;
    if (!mapped)
        return;
    while (*link != mapped)
        link = &(*link)->next;
    *link = mapped->next;
    if (!mappings)
        sigaction(SIGBUS, &before, NULL);
    munmap((void *)(uintptr_t)mapped->bytes, mapped->length_bytes);
    free(mapped);
}
