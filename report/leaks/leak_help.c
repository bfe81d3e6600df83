// SPDX-License-Identifier: MIT
//
// leak_help.c - see leak_help.h.
#include "report/leaks/leak_help.h"

#include <errno.h>
#include <stdlib.h>

#define RECORDS_MAX ((size_t)1 << 22) // more is no count

// NULL and no error: there are none.
static void *read_array(const struct leak_memory *memory, uint64_t address, uint64_t *count,
                        size_t record_bytes, int *error)
{
    if (*count > RECORDS_MAX || address == 0)
        *count = 0;
    if (*count == 0)
        return NULL;
    void *records = reallocarray(NULL, *count, record_bytes);
    if (!records)
        *error = -ENOMEM;
    else if (leak_memory_read(memory, address, records, *count * record_bytes))
        return records;
    free(records);
    *count = 0;
    return NULL;
}

int leak_help_read(struct leak_help *help, const struct leak_memory *memory, uint64_t address)
{
    int error = 0;
    *help = (struct leak_help){0};
    if (address == 0 || !leak_memory_read(memory, address, &help->head, sizeof(help->head))) {
        help->head = (struct profile_scan_help){0};
        return 0;
    }
    uint64_t region_count = help->head.own_region_count;
    uint64_t held_count = help->head.held_thread_count;
    help->regions =
        read_array(memory, help->head.own_regions, &region_count, sizeof(help->regions[0]), &error);
    help->held =
        read_array(memory, help->head.held_threads, &held_count, sizeof(help->held[0]), &error);
    help->region_count = region_count;
    help->held_count = held_count;
    return error;
}

void leak_help_release(struct leak_help *help)
{
    free(help->regions);
    free(help->held);
    *help = (struct leak_help){0};
}

const struct profile_held_thread *leak_help_held(const struct leak_help *help, uint32_t tid)
{
    for (size_t i = 0; i < help->held_count; i++)
        if (help->held[i].tid == tid)
            return &help->held[i];
    return NULL;
}
