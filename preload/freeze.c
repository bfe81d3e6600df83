// SPDX-License-Identifier: MIT
//
// freeze.c - stops the threads of another process by PTRACE_SEIZE, see freeze.h. A tracer's exec
// keeps its tracees; its end lets them go.
#include "preload/freeze.h"

#include "preload/sys.h"
#include "preload/text.h"

#include <fcntl.h>
#include <stdint.h>

struct directory_entry { // linux_dirent64
    uint64_t inode;
    int64_t offset;
    uint16_t bytes;
    uint8_t type;
    char name[];
};

static int parse_number(const char *text)
{
    int number = 0;

    for (; *text >= '0' && *text <= '9'; text++)
        number = number * 10 + (*text - '0');
    return *text ? 0 : number; // "." and ".." are none
}

void freeze_threads(int process, int except)
{
    static char entries[8192] __attribute__((aligned(8)));
    char path[64];
    struct text text;
    long got;
    int fd;

    text_init(&text, path, sizeof(path));
    text_add(&text, "/proc/");
    text_add_number(&text, (uint64_t)process);
    text_add(&text, "/task");
    fd = sys_open(path, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return;
    while ((got = sys_read_directory(fd, entries, sizeof(entries))) > 0)
        for (long at = 0; at < got;) {
            const struct directory_entry *entry = (const void *)(entries + at);
            int tid = parse_number(entry->name);

            if (tid && tid != except)
                sys_stop_thread(tid);
            at += entry->bytes;
        }
    sys_close(fd);
}
