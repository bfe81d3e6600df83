// SPDX-License-Identifier: MIT
//
// freeze.c - stops the threads of another process by PTRACE_SEIZE, see freeze.h. A tracer's exec
// keeps its tracees; its end lets them go.
#include "preload/freeze.h"

#include "preload/own_regions.h"
#include "preload/sys.h"
#include "preload/text.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>

#define ROOM_MIN 64
#define PASSES_MAX 16
#define STOP_TRIES 2000
#define STOP_INTERVAL_US 50

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

// Where the host has entered another namespace of processes, /proc may still be the old one's:
// there our numbers are other processes'.
static bool is_proc_ours(void)
{
    char self[24];

    return sys_read_link("/proc/self", self, sizeof(self)) > 0 &&
           parse_number(self) == sys_process_id();
}

static int open_tasks(int process)
{
    char path[64];
    struct text text;

    if (!is_proc_ours())
        return -1;
    text_init(&text, path, sizeof(path));
    text_add(&text, "/proc/");
    text_add_number(&text, (uint64_t)process);
    text_add(&text, "/task");
    return sys_open(path, O_RDONLY | O_DIRECTORY);
}

// Calls `visit` for each thread of a process. Returns for how many it said true.
static uint64_t each_thread(int process, bool (*visit)(int tid, void *context), void *context)
{
    static char entries[8192] __attribute__((aligned(8)));
    int fd = open_tasks(process);
    uint64_t count = 0;
    long got;

    while (fd >= 0 && (got = sys_read_directory(fd, entries, sizeof(entries))) > 0)
        for (long at = 0; at < got;) {
            const struct directory_entry *entry = (const void *)(entries + at);
            int tid = parse_number(entry->name);

            count += tid && visit(tid, context);
            at += entry->bytes;
        }
    if (fd >= 0)
        sys_close(fd);
    return count;
}

struct freeze {
    int except;
    struct profile_held_thread *held;
    uint64_t count, room;
};

static bool is_any(int tid, void *context)
{
    (void)tid;
    (void)context;
    return true;
}

// Of a thread that is traced already it fails.
static bool stop(int tid, void *context)
{
    struct freeze *freeze = context;

    if (tid == freeze->except || !sys_stop_thread(tid))
        return false;
    if (freeze->count < freeze->room)
        freeze->held[freeze->count++].tid = (uint32_t)tid;
    return true;
}

// One that is in a system call it can't be taken out of may need longer; it stops before it touches
// memory again.
static void wait_for(struct freeze *freeze)
{
    uint64_t stopped = 0;

    for (unsigned try = 0; try < STOP_TRIES && stopped < freeze->count; try++) {
        if (try > 0)
            sys_sleep_us(STOP_INTERVAL_US);
        for (uint64_t i = 0; i < freeze->count; i++) {
            struct profile_held_thread *thread = &freeze->held[i];

            if (thread->is_stopped || !sys_has_stopped((int)thread->tid))
                continue;
            thread->is_stopped =
                sys_registers((int)thread->tid, thread->registers, sizeof(thread->registers));
            if (thread->is_stopped)
                sys_restart_call((int)thread->tid, thread->registers);
            thread->vector_bytes =
                sys_vector_registers((int)thread->tid, thread->vector, sizeof(thread->vector));
            stopped++;
        }
    }
}

void freeze_threads(int process, int except, struct profile_scan_help *help)
{
    struct freeze freeze = {.except = except};

    freeze.room = each_thread(process, is_any, NULL) * 2 + ROOM_MIN;
    freeze.held = own_regions_map(freeze.room * sizeof(freeze.held[0]));
    if (!freeze.held)
        freeze.room = 0;
    // threads may be starting threads
    for (unsigned pass = 0; pass < PASSES_MAX && each_thread(process, stop, &freeze) > 0; pass++)
        continue;
    wait_for(&freeze);
    help->held_threads = (uint64_t)freeze.held;
    help->held_thread_count = freeze.count;
}
