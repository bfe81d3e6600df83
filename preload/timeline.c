// SPDX-License-Identifier: MIT
//
// timeline.c - takes moments and keeps them few, see timeline.h.
//
// timeline_due_ns is the lock, too: whoever takes a moment sets it to never, and to the next time
// afterwards. Nobody waits for it. Signals are blocked meanwhile, or a handler that jumps away
// would end the timeline.
//
// Moments stay where they are in the file, so that a reader of the running process never misses one
// that is being moved: dropping one makes its place free for another.
#include "preload/timeline.h"

#include "preload/lock_table.h"
#include "preload/options.h"
#include "preload/profile_writer.h"
#include "preload/sys.h"
#include "preload/thread_table.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>

#define NEVER UINT64_MAX
#define FIRST_INTERVAL_NS 1000000u
#define COST_NS_MAX 16000u    // of a slow machine
#define SLOT_COST_NS_MAX 256u // for each slot
#define COST_SHARE 256        // one part in so many of the time goes to moments, at most
#define END_TRIES 100         // two milliseconds
#define CHUNK_MOMENTS 50
#define NEAR_KIB 1024
#define CHUNKS (PROFILE_MOMENTS_MAX / CHUNK_MOMENTS)
static_assert(PROFILE_MOMENTS_MAX % CHUNK_MOMENTS == 0, "chunks are full");

uint64_t timeline_due_ns __attribute__((aligned(64))) = NEVER;

static struct {
    bool is_on;
    uint64_t interval_ns; // shortest distance of two moments
    uint64_t latest_ns;
    uint64_t cost_ns; // of a moment
    struct profile_moment *chunks[CHUNKS];
    unsigned room;  // moments that the chunks have room for
    unsigned count; // of them in use
    // Places: those in use, by time, then those that are free.
    uint16_t places[PROFILE_MOMENTS_MAX];
    uint16_t dropped[PROFILE_MOMENTS_MAX]; // while they are sorted
    // As getrusage(2) tells it, of what was executed before in this process. 0: of nothing larger.
    // UINT64_MAX: unknown.
    uint64_t inherited_kib;
} timeline;

static struct profile_moment *moment_at(unsigned index)
{
    unsigned place = timeline.places[index];

    return &timeline.chunks[place / CHUNK_MOMENTS][place % CHUNK_MOMENTS];
}

// A filter of the host's might not let the file grow.
static bool add_room(void)
{
    struct profile_chunk *chunk;

    if (timeline.room == PROFILE_MOMENTS_MAX || (timeline.room && atomic_get(&sys_filters)))
        return false;
    chunk = profile_writer_add(PROFILE_CHUNK_TIMELINE, sizeof(struct profile_moment),
                               CHUNK_MOMENTS * sizeof(struct profile_moment), 0, 0);
    if (!chunk)
        return false;
    timeline.chunks[timeline.room / CHUNK_MOMENTS] = profile_chunk_payload(chunk);
    for (unsigned i = 0; i < CHUNK_MOMENTS; i++, timeline.room++)
        timeline.places[timeline.room] = (uint16_t)timeline.room;
    return true;
}

// At least doubled; where moments came more rarely than that, so long that half of them stay.
static uint64_t longer_interval(void)
{
    uint64_t span_ns = moment_at(timeline.count - 1)->time_ns - moment_at(0)->time_ns;
    uint64_t even_ns = span_ns / (timeline.room / 2) + 1;

    return even_ns > 2 * timeline.interval_ns ? even_ns : 2 * timeline.interval_ns;
}

// Drops each moment that is too close to the one that stays before it.
static void thin_out(void)
{
    unsigned kept = 0, dropped = 0;
    uint64_t kept_ns = 0;

    timeline.interval_ns = longer_interval();
    for (unsigned i = 0; i < timeline.count; i++) {
        struct profile_moment *moment = moment_at(i);

        if (i > 0 && moment->time_ns - kept_ns < timeline.interval_ns) {
            timeline.dropped[dropped++] = timeline.places[i];
            atomic_set(&moment->time_ns, 0);
            continue;
        }
        kept_ns = moment->time_ns;
        timeline.places[kept++] = timeline.places[i];
    }
    memcpy(timeline.places + kept, timeline.dropped, dropped * sizeof(timeline.dropped[0]));
    atomic_publish(&timeline.count, kept);
}

// The second number of a line of them. 0: it is something else.
static uint64_t second_number(const char *text)
{
    uint64_t number = 0;

    while (*text >= '0' && *text <= '9')
        text++;
    if (*text++ != ' ')
        return 0;
    for (; *text >= '0' && *text <= '9'; text++)
        number = number * 10 + (uint64_t)(*text - '0');
    return *text == ' ' ? number : 0;
}

// For a process of one thread, whose signals are blocked: nobody is there to meet the descriptor.
static uint64_t resident_kib(void)
{
    char text[128] = "";
    int fd = sys_open("/proc/self/statm", O_RDONLY);

    if (fd < 0)
        return 0;
    sys_read(fd, text, sizeof(text) - 1);
    sys_close(fd);
    return second_number(text) * (getauxval(AT_PAGESZ) / 1024);
}

static uint32_t rss_kib(void)
{
    uint64_t kib = thread_table_is_many() ? 0 : resident_kib(), flag = 0;

    if (kib == 0) {
        kib = sys_highest_resident_kib();
        if (kib <= timeline.inherited_kib)
            return 0;
        flag = PROFILE_RSS_HIGHEST;
    }
    return (uint32_t)(kib < PROFILE_RSS_HIGHEST ? kib | flag : 0);
}

// The kernel's two figures are some pages apart at any time.
static void note_inherited(void)
{
    uint64_t highest_kib = sys_highest_resident_kib();

    timeline.inherited_kib = highest_kib > resident_kib() + NEAR_KIB ? highest_kib : 0;
}

// How long a thread has been in the wait that it is in, or in one that is not counted yet.
static uint64_t wait_under_way_ns(const struct thread_state *thread, uint64_t now_ns)
{
    const struct lock_waiting *waiting = &thread->locks.waiting;
    const struct pending_wait *pending = &thread->locks.pending;
    const struct lock_state *lock = atomic_get_acquire(&waiting->counted);
    uint64_t start_ns = atomic_get(&waiting->start_ns), end_ns = now_ns;

    if (!lock) {
        lock = atomic_get_acquire(&pending->lock);
        start_ns = atomic_get(&pending->start_ns);
        end_ns = atomic_get(&pending->end_ns);
    }
    if (!lock || lock->kind >= PROFILE_LOCK_KIND_IDLE || start_ns > end_ns || end_ns > now_ns)
        return 0;
    return end_ns - start_ns;
}

static uint64_t not_negative(uint64_t value)
{
    return (int64_t)value > 0 ? value : 0;
}

// What only each thread knows. Frees first: a block is counted before it is freed.
static void sum_threads(struct profile_moment *moment, uint64_t now_ns)
{
    uint64_t frees = 0, unsent_bytes = 0;
    struct slot_totals sum = {0};

    for (uint32_t slot = 0; slot < thread_slot_count(); slot++) {
        const struct thread_state *thread = thread_in_slot(slot);
        struct slot_totals totals;

        if (!thread)
            continue;
        frees += atomic_get(&thread->frees);
        unsent_bytes += (uint64_t)atomic_get(&thread->unsent_bytes);
        totals = thread_slot_totals(thread);
        sum.allocations += totals.allocations;
        sum.allocated_bytes += totals.allocated_bytes;
        sum.lock_wait_ns += totals.lock_wait_ns + wait_under_way_ns(thread, now_ns);
    }
    atomic_set(&moment->allocations, sum.allocations);
    atomic_set(&moment->allocated_bytes, sum.allocated_bytes);
    atomic_set(&moment->lock_wait_ns, sum.lock_wait_ns);
    atomic_set(&moment->live_blocks, not_negative(sum.allocations - frees));
    atomic_set(&moment->live_bytes,
               not_negative(atomic_get(&profile_header->live_bytes) + unsent_bytes));
}

static void fill(struct profile_moment *moment, uint64_t now_ns)
{
    uint32_t threads = atomic_get(&profile_header->threads_alive);

    sum_threads(moment, now_ns);
    atomic_set(&moment->threads, threads ? threads : 1); // at the start it is not counted yet
    if (atomic_get(&sys_filters))
        return;
    atomic_set(&moment->rss_kib, rss_kib());
    atomic_set(&moment->cpu_ns, sys_process_cpu_ns());
}

static void time_peak(uint64_t now_ns)
{
    struct profile_header *header = profile_header;
    int64_t live_bytes = (int64_t)atomic_get(&header->live_bytes);
    int64_t peak_bytes = (int64_t)atomic_get(&header->peak_bytes);

    if (live_bytes > peak_bytes)
        peak_bytes = live_bytes;
    if (peak_bytes <= (int64_t)header->timed_peak_bytes)
        return;
    atomic_set(&header->timed_peak_after_ns, timeline.latest_ns);
    atomic_set(&header->timed_peak_until_ns, now_ns);
    atomic_publish(&header->timed_peak_bytes, (uint64_t)peak_bytes);
}

// There is room. Readers take a moment whose time is the same before and after: the time goes
// first, ahead of the rest by the fence, and comes last. The rest needs no order of its own.
static void add_moment(uint64_t now_ns)
{
    struct profile_moment *moment = moment_at(timeline.count);

    atomic_set(&moment->time_ns, 0);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    atomic_set(&moment->rss_kib, 0);
    atomic_set(&moment->cpu_ns, 0);
    fill(moment, now_ns);
    time_peak(now_ns);
    atomic_publish(&moment->time_ns, now_ns);
    timeline.latest_ns = now_ns;
    atomic_publish(&timeline.count, timeline.count + 1);
}

static bool make_room(void)
{
    if (timeline.count < timeline.room || add_room())
        return true;
    if (timeline.room == 0)
        return false;
    thin_out();
    return true;
}

// What a moment costs, told from how long it took: its thread may have had to wait for a processor,
// so that it is taken to be no more than it can be.
static void note_cost(uint64_t took_ns)
{
    uint64_t most_ns = COST_NS_MAX + SLOT_COST_NS_MAX * (uint64_t)thread_slot_count();

    timeline.cost_ns = took_ns < most_ns ? took_ns : most_ns;
}

static uint64_t next_ns(uint64_t now_ns)
{
    uint64_t apart_ns = COST_SHARE * timeline.cost_ns;

    return now_ns + (apart_ns > timeline.interval_ns ? apart_ns : timeline.interval_ns);
}

static bool claim(void)
{
    uint64_t due_ns = atomic_get(&timeline_due_ns);

    return due_ns != NEVER && sys_monotonic_ns() >= due_ns &&
           atomic_swap_if(&timeline_due_ns, &due_ns, NEVER);
}

// A child made by vfork shares our memory.
static bool is_ours(void)
{
    return atomic_get(&sys_filters) || sys_process_id() == (int)profile_header->pid;
}

static void take_claimed(void)
{
    uint64_t now_ns = sys_monotonic_ns();

    if (!make_room()) { // no disk space: it would be asked for all the time
        timeline.is_on = false;
        return;
    }
    add_moment(now_ns);
    note_cost(sys_monotonic_ns() - now_ns);
    atomic_publish(&timeline_due_ns, next_ns(now_ns));
}

cold void timeline_take(void)
{
    bool may_call = !atomic_get(&sys_filters);
    uint64_t signals;

    if (may_call)
        sys_block_signals(&signals);
    if (is_ours() && claim())
        take_claimed();
    if (may_call)
        sys_restore_signals(&signals);
}

cold void timeline_look_now(void)
{
    timeline_look(sys_coarse_ns());
}

void timeline_start(void)
{
    if (!options.timeline)
        return;
    timeline.is_on = true;
    timeline.interval_ns = FIRST_INTERVAL_NS;
    timeline.latest_ns = profile_header->start_ns;
    timeline.inherited_kib = UINT64_MAX;
    if (!atomic_get(&sys_filters) && !thread_table_is_many())
        note_inherited();
    atomic_publish(&timeline_due_ns, 0);
    timeline_take();
}

// The claim of a thread that is held for the report stays: then what it did is left as it is.
static bool claim_last(void)
{
    for (int i = 0; i < END_TRIES; i++) {
        uint64_t due_ns = atomic_get(&timeline_due_ns);

        if (due_ns != NEVER && atomic_swap_if(&timeline_due_ns, &due_ns, NEVER))
            return true;
        if (atomic_get(&sys_filters))
            break;
        sys_sleep_us(20);
    }
    return false;
}

void timeline_end(void)
{
    if (!timeline.is_on)
        return;
    if (claim_last() ? make_room() : timeline.count < timeline.room)
        add_moment(sys_monotonic_ns());
}

void timeline_resume(void)
{
    if (timeline.is_on)
        atomic_publish(&timeline_due_ns, next_ns(sys_monotonic_ns()));
}

void timeline_reset(void)
{
    atomic_set(&timeline_due_ns, NEVER);
    memset(&timeline, 0, sizeof(timeline));
}
