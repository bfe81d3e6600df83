// SPDX-License-Identifier: MIT
//
// status_kib.h - what the kernel says of the process's memory.
#ifndef STATUS_KIB_H
#define STATUS_KIB_H

#include <stdio.h>
#include <string.h>

// The line NAME ("VmLck:") of /proc/self/status.
static inline long status_kib(const char *name)
{
    FILE *file = fopen("/proc/self/status", "r");
    size_t length = strlen(name);
    char line[200];
    long found = 0;

    while (fgets(line, sizeof(line), file))
        if (strncmp(line, name, length) == 0)
            sscanf(line + length, "%ld", &found);
    fclose(file);
    return found;
}

#endif
