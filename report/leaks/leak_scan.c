// SPDX-License-Identifier: MIT
//
// leak_scan.c - see leak_scan.h. In this order: what can be looked up beforehand; stop; the table
// of live blocks, the blocks, the roots; go on; classify what was noted. So the process waits no
// longer than its memory takes to be read.
#include "report/leaks/leak_scan.h"

#include "report/leaks/leak_array.h"
#include "report/leaks/leak_graph.h"
#include "report/leaks/leak_group.h"
#include "report/leaks/leak_heap.h"
#include "report/leaks/leak_help.h"
#include "report/leaks/leak_own.h"
#include "report/leaks/leak_profile.h"
#include "report/leaks/leak_roots.h"
#include "report/leaks/leak_shared.h"
#include "report/leaks/leak_stacks.h"
#include "report/leaks/leak_stop.h"
#include "report/leaks/leak_sweep.h"
#include "report/leaks/leak_table.h"
#include "report/model/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STOP_TRIES 20 // each at another moment of the threads

struct session {
    struct leak_scan *scan;
    struct region *region;
    pid_t pid;
    struct leak_profile profile;
    struct leak_memory memory;
    struct leak_maps maps;
    struct leak_stop stop;
    struct leak_help help;
    struct leak_ground ground;
    struct leak_root_list roots;
    struct leak_blocks blocks;
    struct leak_graph graph;
    struct leak_cliques cliques;
    struct leak_sweep sweep;
    const char *why;
};

static int refuse(struct session *session, const char *why, int error)
{
    session->why = why ? why : "no memory";
    return error;
}

static void note(struct session *session, const char *text)
{
    struct leak_scan *scan = session->scan;
    if (text && scan->note_count < sizeof(scan->notes) / sizeof(scan->notes[0]))
        scan->notes[scan->note_count++] = text;
}

// --- what a profile says beforehand

static const char *why_not(const struct profile_header *header)
{
    if (header->heap_mode == PROFILE_HEAP_OFF)
        return "the heap is not recorded (heap=off)";
    if (header->heap_mode != PROFILE_HEAP_EXACT)
        return "the heap is sampled: leaks need heap=exact";
    if (header->heap_bypassed)
        return "the program's own malloc is called before gaiaprof's";
    if (header->live_table_address == 0)
        return "the profile does not say where the live blocks are";
    return NULL;
}

// Of blocks that no table has, pointers may be all that keeps others reachable.
static void look_for_unknown_blocks(struct session *session)
{
    static const struct {
        enum profile_drop drop;
        const char *words;
    } reasons[] = {
        {PROFILE_DROP_NESTED, "allocated in signal handlers"},
        {PROFILE_DROP_BEFORE_START, "allocated before recording began"},
        {PROFILE_DROP_PROFILE_FULL, "the profile is full"},
        {PROFILE_DROP_MEMORY, "no memory for a table"},
        {PROFILE_DROP_STACK_LIMIT, "too many stacks"},
        {PROFILE_DROP_CONTENDED, "a table stayed locked"},
        {PROFILE_DROP_REUSED, "frees were missed"},
    };
    const struct profile_header *header = &session->profile.reader.header;
    const char *why = header->is_forked ? "the parent's, from before the fork" : NULL;
    for (size_t i = 0; !why && i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (header->dropped[reasons[i].drop])
            why = reasons[i].words;
    if (!why && header->unknown_frees)
        why = "unknown ones were freed";
    if (!why && session->help.head.moved_break)
        why = "the program moves the break itself";
    if (!why && leak_profile_has_realloc(&session->profile))
        why = "a thread is in realloc";
    session->ground.has_unknown_blocks = why != NULL;
    if (why)
        note(session, region_printf(session->region,
                                    "some blocks were not recorded (%s): what they point to counts "
                                    "as reachable",
                                    why));
}

// --- while the process is stopped

static int read_maps(struct session *session)
{
    const struct profile_header *header = &session->profile.reader.header;
    pid_t pid = leak_stop_memory_thread(&session->stop);
    int error = leak_maps_read(&session->maps, pid);
    if (!error)
        error = leak_memory_open(&session->memory, pid, header->live_table_address);
    if (error == -ESRCH)
        return refuse(session, "the process has ended", error);
    return error ? refuse(session,
                          region_printf(session->region, "its memory can't be read: %s",
                                        strerror(-error)),
                          error)
                 : 0;
}

static int read_blocks(struct session *session)
{
    const struct profile_header *header = &session->profile.reader.header;
    leak_blocks_init(&session->blocks, header->granule_bytes);
    int error = leak_table_read(&session->blocks, &session->memory, header->live_table_address,
                                &session->ground.own);
    return error == 0         ? 0
           : error == -ENOMEM ? refuse(session, "no memory", error)
           : error == -E2BIG  ? refuse(session, "too many live blocks", error)
                              : refuse(session, "the table of live blocks can't be read", error);
}

// Beside the table: the library, and what it says is its own.
static void find_own(struct session *session)
{
    struct leak_ranges *own = &session->ground.own;
    leak_own_find(&session->memory, &session->maps,
                  session->profile.reader.header.live_table_address, own);
    for (size_t i = 0; i < session->help.region_count; i++) {
        const struct profile_region *region = &session->help.regions[i];
        if (region->bytes <= INT64_MAX && region->start <= INT64_MAX)
            leak_ranges_add(own, region->start, region->start + region->bytes);
    }
    leak_ranges_sort(own);
}

static int find_roots(struct session *session)
{
    const struct profile_header *header = &session->profile.reader.header;
    struct leak_ground *ground = &session->ground;
    struct leak_stacks stacks = {.memory = &session->memory,
                                 .maps = &session->maps,
                                 .profile = &session->profile,
                                 .help = &session->help,
                                 .stop = &session->stop};
    find_own(session);
    leak_heap_find(&session->blocks, &session->memory, &session->maps,
                   strcmp(header->allocator, "glibc") == 0,
                   leak_heap_brk_start(session->memory.pid), &ground->heap);
    if (leak_stacks_find(&stacks, &ground->dead, &ground->extra) != 0)
        return -ENOMEM;
    return leak_roots_find(&session->roots, ground, &session->maps, &session->memory);
}

static int sweep(struct session *session)
{
    uint32_t count = session->blocks.count;
    struct leak_graph *graph = &session->graph;
    bool is_complete = true;
    graph->blocks = &session->blocks;
    graph->info = leak_array_new((size_t)count + 1, sizeof(graph->info[0]));
    graph->nodes = leak_array_new((size_t)count + 1, sizeof(graph->nodes[0]));
    if (!graph->info || !graph->nodes)
        return -ENOMEM;
    session->sweep = (struct leak_sweep){.memory = &session->memory,
                                         .maps = &session->maps,
                                         .blocks = &session->blocks,
                                         .graph = graph};
    int error = leak_sweep_blocks(&session->sweep);
    if (!error)
        error = leak_sweep_roots(&session->sweep, session->roots.roots, session->roots.count);
    if (!error)
        error = leak_shared_sweep(&session->sweep, &session->ground.own,
                                  session->ground.profile_inode, &is_complete);
    if (!error)
        leak_sweep_words(&session->sweep, session->stop.registers.words,
                         session->stop.registers.count);
    if (!is_complete)
        note(session, "shared memory was not read where the process has not used it itself");
    leak_sweep_release(&session->sweep);
    return error;
}

// Of a process that was killed meanwhile all there was to read from then on was zeros.
static int check_still_there(struct session *session)
{
    uint64_t word;
    return leak_memory_read(&session->memory, session->profile.reader.header.live_table_address,
                            &word, sizeof(word))
               ? 0
               : refuse(session, "the process ended while it was looked at", -ESRCH);
}

static int look_at_process(struct session *session, bool is_ending)
{
    const char *why = NULL;
    int error = leak_profile_update(&session->profile, &why);
    if (error)
        return refuse(session, why, error);
    error = read_maps(session);
    if (error)
        return error;
    error = leak_help_read(&session->help, &session->memory,
                           session->profile.reader.header.scan_address);
    look_for_unknown_blocks(session);
    if (!error && is_ending)
        error = leak_stacks_use_help(&session->stop, &session->help);
    if (!error)
        error = leak_profile_add_arguments(&session->profile, &session->stop.registers);
    if (error == -EPERM)
        return refuse(session, "its other threads could not be held while it ended", error);
    if (error)
        return refuse(session, "no memory", error);
    error = read_blocks(session);
    if (!error && session->blocks.count)
        error = find_roots(session);
    if (!error && session->blocks.count)
        error = sweep(session);
    if (!error)
        error = check_still_there(session);
    return error && !session->why
               ? refuse(session, error == -E2BIG ? "too many pointers" : "no memory", error)
               : error;
}

// --- then

// What ld.so has allocated is reachable: most of it is by pointers of its own, in packed forms.
static int mark_blocks_of_loader(struct session *session)
{
    const struct leak_maps *maps = &session->maps;
    struct leak_graph *graph = &session->graph;
    uint8_t *known = calloc(PROFILE_NODES_MAX / 4, 1); // of each stack: looked at, the loader's
    if (!known)
        return -ENOMEM;
    for (size_t i = 0; i < session->blocks.leaf_count; i++) {
        const struct leak_leaf *leaf = &session->blocks.leaves[i];
        for (uint32_t j = 0; j < leaf->count; j++) {
            uint32_t stack = leak_slot_stack(leaf->slots[j]), shift = stack % 4 * 2;
            if (stack >= PROFILE_NODES_MAX)
                continue;
            if (!(known[stack / 4] >> shift & 1)) {
                uint64_t leaf_pc = leak_profile_leaf(&session->profile, stack);
                const struct leak_map *map = leaf_pc ? leak_maps_find(maps, leaf_pc - 1) : NULL;
                bool is_loader = map && map->kind == LEAK_MAP_LOADER;
                known[stack / 4] |= (uint8_t)((is_loader ? 3u : 1u) << shift);
            }
            if (known[stack / 4] >> shift & 2)
                graph->info[leaf->first + j] |= LEAK_INFO_ROOT;
        }
    }
    free(known);
    return 0;
}

static int classify(struct session *session)
{
    struct leak_scan *scan = session->scan;
    if (session->blocks.count == 0)
        return 0;
    int error = mark_blocks_of_loader(session);
    if (!error)
        error = leak_graph_classify(&session->graph, &session->cliques);
    if (!error)
        error = leak_group_make(&session->graph, &session->cliques, session->region, &scan->leaks,
                                &scan->leak_count);
    return error;
}

static void note_threads(struct session *session)
{
    if (session->stop.running)
        note(session, region_printf(session->region,
                                    "%zu thread%s could not be stopped in time: all of %s stack "
                                    "counts as in use",
                                    session->stop.running, session->stop.running == 1 ? "" : "s",
                                    session->stop.running == 1 ? "its" : "their"));
    if (session->help.head.own_regions_lost)
        note(session, "gaiaprof's own memory is not fully known: some leaks may be missing");
}

// A process that has entered another namespace of processes may still have the old one's /proc:
// there our numbers are other processes'.
static bool is_proc_others(void)
{
    char self[24];
    ssize_t length = readlink("/proc/self", self, sizeof(self) - 1);
    if (length <= 0)
        return false;
    self[length] = '\0';
    return strtol(self, NULL, 10) != getpid();
}

static int stop(struct session *session, bool is_ending)
{
    const char *why = NULL;
    if (is_proc_others())
        return refuse(session, "/proc is another namespace's", -ESRCH);
    int error = is_ending ? leak_stop_list(&session->stop, session->pid)
                          : leak_stop_begin(&session->stop, session->pid, session->region, &why);
    if (!error)
        return 0;
    if (!why)
        why = error == -ESRCH ? "no such process" : strerror(-error);
    return refuse(session, why, error);
}

// Not within a realloc, if that can be had.
static int stop_between(struct session *session, bool is_ending)
{
    const char *why;
    int error = stop(session, is_ending);
    for (unsigned try = 1; !error && !is_ending && try < STOP_TRIES; try++) {
        if (leak_profile_update(&session->profile, &why) != 0 ||
            !leak_profile_has_realloc(&session->profile))
            break;
        leak_stop_end(&session->stop);
        leak_stop_release(&session->stop);
        error = stop(session, is_ending);
    }
    return error;
}

static int make(struct session *session, const struct profile_file *file, bool is_ending)
{
    const char *why = NULL;
    int error = leak_profile_open(&session->profile, file, &why);
    if (error)
        return refuse(session, why, error);
    why = why_not(&session->profile.reader.header);
    if (why)
        return refuse(session, why, -ENOTSUP);
    error = stop_between(session, is_ending);
    if (error)
        return error;
    error = look_at_process(session, is_ending);
    if (!is_ending)
        leak_stop_end(&session->stop);
    session->scan->head.stopped_ns = clock_monotonic_ns() - session->stop.start_ns;
    session->scan->head.scanned_bytes = session->sweep.scanned_bytes;
    if (error)
        return error;
    // stacks that were published until the stop are in the profile as it is mapped now
    error = classify(session);
    if (error)
        return refuse(session, "no memory", error);
    note_threads(session);
    return 0;
}

static void release(struct session *session)
{
    leak_profile_release(&session->profile);
    leak_memory_close(&session->memory);
    leak_maps_release(&session->maps);
    leak_stop_release(&session->stop);
    leak_help_release(&session->help);
    leak_ranges_release(&session->ground.own);
    leak_ranges_release(&session->ground.heap);
    leak_ranges_release(&session->ground.dead);
    leak_ranges_release(&session->ground.extra);
    leak_roots_release(&session->roots);
    leak_blocks_release(&session->blocks);
    free(session->graph.info);
    free(session->graph.nodes);
    free(session->graph.edges.words);
    free(session->graph.vtables);
    free(session->cliques.cliques);
    free(session);
}

int leak_scan_make(struct leak_scan *scan, struct region *region, const struct profile_file *file,
                   pid_t pid, bool is_ending)
{
    struct session *session = calloc(1, sizeof(*session));
    *scan = (struct leak_scan){0};
    if (!session)
        return -ENOMEM;
    scan->head.time_ns = clock_monotonic_ns();
    session->scan = scan;
    session->region = region;
    session->pid = pid;
    session->memory.mem_fd = session->memory.pagemap_fd = -1;
    session->ground.profile_inode = file->inode;
    int error = make(session, file, is_ending);
    scan->head.is_classified = error == 0;
    if (error) {
        scan->why = session->why;
        scan->note_count = 0;
        scan->head.reason_bytes = (uint32_t)strlen(session->why);
    }
    release(session);
    return error == -ENOMEM ? error : 0;
}
