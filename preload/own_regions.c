// SPDX-License-Identifier: MIT
//
// own_regions.c - an array of regions, see own_regions.h. Entries are taken and given back by
// compare-and-swap of their first word; one with no bytes is free, or not yet filled. The order of
// the two words matters to nobody: the leak scan reads them with all threads stopped.
#include "preload/own_regions.h"

#include "preload/compiler.h"
#include "preload/profile_format.h"
#include "preload/sys.h"

#define REGIONS_MAX 16384u // pages that are never reached cost nothing

static struct profile_region regions[REGIONS_MAX];
struct profile_scan_help scan_help = {.own_regions = (uintptr_t)regions};

static struct profile_region *take_entry(uint64_t start)
{
    uint64_t count = atomic_get(&scan_help.own_region_count), i = 0;

    for (;;) {
        for (; i < count; i++) {
            uint64_t none = 0;

            if (!atomic_get(&regions[i].start) && atomic_swap_if(&regions[i].start, &none, start))
                return &regions[i];
        }
        if (count == REGIONS_MAX)
            return NULL;
        // one more for whoever is faster
        if (atomic_swap_if(&scan_help.own_region_count, &count, count + 1))
            count++;
    }
}

void *own_regions_map(size_t bytes)
{
    void *address = sys_map_private(bytes);
    struct profile_region *region = address ? take_entry((uint64_t)address) : NULL;

    if (region)
        atomic_publish(&region->bytes, bytes);
    else if (address)
        atomic_add(&scan_help.own_regions_lost, 1);
    return address;
}

uint64_t own_regions_bytes(void)
{
    uint64_t count = atomic_get(&scan_help.own_region_count), sum = 0;

    for (uint64_t i = 0; i < count; i++)
        sum += atomic_get(&regions[i].bytes);
    return sum;
}

uint64_t own_regions_next_gap(uint64_t *start, uint64_t end)
{
    uint64_t count = atomic_get(&scan_help.own_region_count), gap_end = end, i = 0;

    while (i < count && *start < end) {
        uint64_t region = atomic_get(&regions[i].start),
                 region_end = region + atomic_get(&regions[i].bytes);

        i++;
        if (region_end <= *start || region >= gap_end)
            continue;
        if (region > *start)
            gap_end = region;
        else { // another may begin where this one ends
            *start = region_end;
            gap_end = end;
            i = 0;
        }
    }
    if (*start > end)
        *start = end;
    return gap_end;
}

void own_regions_unlock(void)
{
    uint64_t count = atomic_get(&scan_help.own_region_count);

    for (uint64_t i = 0; i < count; i++)
        if (atomic_get(&regions[i].bytes))
            sys_unlock(atomic_get(&regions[i].start), atomic_get(&regions[i].bytes));
}

void own_regions_unmap(void *address, size_t bytes)
{
    uint64_t count = atomic_get(&scan_help.own_region_count);

    for (uint64_t i = 0; i < count; i++)
        if (atomic_get(&regions[i].start) == (uint64_t)address) {
            atomic_set(&regions[i].bytes, 0);
            atomic_publish(&regions[i].start, 0);
            break;
        }
    sys_unmap(address, bytes);
}
