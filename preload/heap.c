// SPDX-License-Identifier: MIT
//
// heap.c - counts allocations and frees, see heap.h.
//
// The peak (see struct profile_cell): live bytes only fall at a free, so that is where a maximum
// becomes known; the epoch counts maxima, and a cell saves its value of the last one before it
// changes. With one thread header.live_bytes is exact at every event. With more, each thread keeps
// its change back until it is its share of a 64th of the whole, and header.peak_slack_bytes says
// how far off the sum may have been.
#include "preload/heap.h"

#include "preload/cell_table.h"
#include "preload/heap_misuse.h"
#include "preload/lock_table.h"
#include "preload/options.h"
#include "preload/profile_writer.h"
#include "preload/stack_capture.h"
#include "preload/sys.h"
#include "preload/thread_table.h"
#include "preload/timeline.h"

#include <stdbool.h>

#define BATCH_BYTES_MIN 256
#define BATCH_BYTES_MAX (32 << 10)
#define LOOK_EVERY_FREES 256 // of a cell: whether a moment of the timeline is due

static inline void save_peak(struct profile_cell *cell, uint32_t epoch)
{
    if (cell->epoch == epoch)
        return;
    atomic_set(&cell->at_peak_blocks, (int64_t)(cell->allocations - cell->frees));
    atomic_set(&cell->at_peak_bytes, (int64_t)(cell->allocated_bytes - cell->freed_bytes));
    atomic_publish(&cell->epoch, epoch);
}

// Small against the whole, so that the peak is found; not so small that threads meet at the global
// count for every block.
static inline int64_t batch_bytes(uint64_t live)
{
    int64_t share = (int64_t)live / 64 / (atomic_get(&profile_header->threads_alive) | 1);

    return share < BATCH_BYTES_MIN   ? BATCH_BYTES_MIN
           : share > BATCH_BYTES_MAX ? BATCH_BYTES_MAX
                                     : share;
}

cold void heap_send_batch(struct thread_state *self)
{
    struct profile_header *header = profile_header;
    uint64_t live, slack;

    if (!thread_table_is_many())
        return;
    live = atomic_add(&header->live_bytes, (uint64_t)self->unsent_bytes);
    self->unsent_bytes = 0;
    self->batch_bytes = batch_bytes(live);
    // each thread's part of the sum may be off by a batch, and the moment that is found as well
    slack = 2 * (uint64_t)self->batch_bytes * atomic_get(&header->threads_alive);
    if (slack > atomic_get(&header->peak_slack_bytes))
        atomic_set(&header->peak_slack_bytes, slack);
}

static cold void note_peak_of_many(uint64_t live)
{
    struct profile_header *header = profile_header;
    uint64_t peak = atomic_get(&header->peak_bytes);

    while ((int64_t)live > (int64_t)peak)
        if (atomic_swap_if(&header->peak_bytes, &peak, live)) {
            atomic_add(&header->peak_epoch, 1);
            return;
        }
}

static inline void live_grows(struct thread_state *self, uint64_t bytes)
{
    if (likely(!thread_table_is_many())) {
        counter_add(&profile_header->live_bytes, bytes);
        return;
    }
    self->unsent_bytes += (int64_t)bytes;
    if (unlikely(self->unsent_bytes >= self->batch_bytes))
        heap_send_batch(self);
}

// Before the free is counted: a maximum ends here.
static inline void live_shrinks(struct thread_state *self, uint64_t bytes)
{
    struct profile_header *header = profile_header;
    uint64_t live = atomic_get(&header->live_bytes);

    if (likely(!thread_table_is_many())) {
        if (live > header->peak_bytes) {
            atomic_set(&header->peak_bytes, live);
            atomic_set(&header->peak_epoch, header->peak_epoch + 1);
        }
        atomic_set(&header->live_bytes, live - bytes);
        return;
    }
    if (unlikely((int64_t)live > (int64_t)atomic_get(&header->peak_bytes)))
        note_peak_of_many(live);
    self->unsent_bytes -= (int64_t)bytes;
    if (unlikely(-self->unsent_bytes >= self->batch_bytes))
        heap_send_batch(self);
}

static cold void set_time(struct profile_cell_times *times, bool is_first)
{
    uint64_t now = sys_coarse_ns(), start = profile_header->start_ns;
    uint64_t units = now > start ? (now - start) / PROFILE_TIME_UNIT_NS : 0;

    if (units > UINT32_MAX)
        units = UINT32_MAX;
    if (is_first)
        atomic_set(&times->first, (uint32_t)units);
    atomic_set(&times->last, units ? (uint32_t)units : 1); // 0: not known
    timeline_look(now);
}

// Before allocation number `count` (from 0) of a cell is counted. The clock costs as much as all
// the rest of a cell: it is read for the first ones, so that rare ones are exact, and then for
// some.
static inline void note_time(struct profile_cell_times *times, uint64_t count)
{
    if (unlikely(count < PROFILE_TIMED_EVERY || count % PROFILE_TIMED_EVERY == 0))
        set_time(times, count == 0);
}

// What an event adds: 1 and its bytes, or what a sampled one stands for.
struct amount {
    uint64_t blocks, bytes;
};

static inline void count_allocation(struct thread_state *self, struct profile_cell *cell,
                                    struct amount amount)
{
    save_peak(cell, atomic_get(&profile_header->peak_epoch));
    counter_add(&cell->allocations, amount.blocks);
    counter_add(&cell->allocated_bytes, amount.bytes);
    counter_add(&self->record->allocations, amount.blocks);
    counter_add(&self->record->allocated_bytes, amount.bytes);
    live_grows(self, amount.bytes);
}

static inline void count_free(struct thread_state *self, struct profile_cell *cell,
                              struct amount amount, bool is_temporary)
{
    live_shrinks(self, amount.bytes);
    save_peak(cell, atomic_get(&profile_header->peak_epoch));
    counter_add(&cell->frees, amount.blocks);
    counter_add(&cell->freed_bytes, amount.bytes);
    counter_add(&self->frees, amount.blocks);
    if (is_temporary)
        counter_add(&cell->temporary, amount.blocks);
}

static struct profile_cell *cell_of(struct thread_state *self, uint32_t stack)
{
    return cell_table_get(&self->cells, self->slot, stack);
}

// Sampled or not is a constant in what follows: exact heaps pay nothing for it.
#define by_mode static inline __attribute__((always_inline))

by_mode struct profile_cell *count_free_of(struct thread_state *self, struct live_block block,
                                           bool is_temporary, bool is_sampled)
{
    struct profile_cell *cell = cell_of(self, block.stack);
    struct sampler_weight weight;

    if (unlikely(!cell))
        return NULL;
    if (!is_sampled) {
        count_free(self, cell, (struct amount){1, block.bytes}, is_temporary);
        return cell;
    }
    weight = sampler_weigh(block.bytes);
    count_free(self, cell, (struct amount){weight.blocks, weight.bytes}, is_temporary);
    sampler_count_free(cell_samples(cell), weight);
    return cell;
}

// Its free passed us by, or the address would not be back.
static cold void count_missed_free(struct thread_state *self, struct live_block missed)
{
    profile_drop(PROFILE_DROP_REUSED);
    if (options.heap == HEAP_SAMPLED)
        count_free_of(self, missed, false, true);
    else
        count_free_of(self, missed, false, false);
}

// A block whose free was missed, at either place of the slot.
static void live_filter_forget(const void *block)
{
    const void *other = (const void *)((uintptr_t)block ^ (live_granule_mask & 16));

    if (live_table_get(block).stack)
        live_filter_remove(block);
    else if (live_table_get(other).stack)
        live_filter_remove(other);
}

// Enters a block with the stack of its allocation. Returns where it counts. A block whose stack or
// counters found no room is not entered (NULL): its free will be unknown, so that what is counted
// stays consistent.
by_mode struct profile_cell *enter(struct thread_state *self, const void *block,
                                   struct live_block what, bool is_sampled)
{
    struct profile_cell *cell;
    struct live_block missed;
    bool is_stored;

    if (unlikely(!what.stack))
        return NULL;
    cell = cell_of(self, what.stack);
    if (unlikely(!cell))
        return NULL;
    if (is_sampled) {
        live_filter_forget(block);
        live_filter_add(block); // first: a handler may jump out of the hook
    }
    missed = live_table_put(block, what, &is_stored);
    if (unlikely(!is_stored)) {
        profile_drop(PROFILE_DROP_MEMORY);
        if (is_sampled)
            live_filter_remove(block);
        return NULL;
    }
    if (unlikely(missed.stack))
        count_missed_free(self, missed);
    self->last_block = block;
    self->last_stack = what.stack;
    return cell;
}

static inline uint64_t storable(size_t bytes)
{
    return likely(bytes <= LIVE_SIZE_MAX) ? bytes : LIVE_SIZE_MAX; // 128 GiB: as its free will be
}

void heap_allocated(struct thread_state *self, const void *block, size_t bytes,
                    const struct host_frame *caller)
{
    struct live_block what = {.stack = stack_capture(self, caller), .bytes = storable(bytes)};
    struct profile_cell *cell = enter(self, block, what, false);
    enum profile_family family =
        unlikely(self->new_family) ? heap_take_family(self, caller->pc) : PROFILE_FAMILY_MALLOC;

    if (unlikely(!cell))
        return;
    note_time(cell_times(cell), cell->allocations);
    if (unlikely(cell_family(cell) != family))
        heap_note_family(cell, family);
    count_allocation(self, cell, (struct amount){1, what.bytes});
}

void heap_sampled(struct thread_state *self, const void *block, size_t bytes,
                  const struct host_frame *caller)
{
    struct live_block what = {.stack = stack_capture(self, caller), .bytes = storable(bytes)};
    struct sampler_weight weight = sampler_weigh(what.bytes);
    struct profile_cell *cell;

    sampler_draw(&self->sampler);
    cell = enter(self, block, what, true);
    if (!cell)
        return;
    note_time(&cell_samples(cell)->times, cell_samples(cell)->samples);
    count_allocation(self, cell, (struct amount){weight.blocks, weight.bytes});
    sampler_count_allocation(cell_samples(cell), weight);
    self->last_countdown_bytes = sampler_countdown;
}

bool heap_is_latest(const struct thread_state *self, const void *block)
{
    return self->last_block == block && live_table_get(block).stack;
}

// What we never saw allocated, a sampled heap has a lot of.
static cold void count_unknown_free(struct thread_state *self, const void *block,
                                    enum profile_freed_by how, const struct host_frame *caller)
{
    const void *forgotten = self->forgotten_block;

    self->forgotten_block = NULL;
    if (options.heap != HEAP_EXACT || block == forgotten)
        return;
    atomic_add(&profile_header->unknown_frees, 1);
    if (how != PROFILE_FREED_BY_REALLOC) // it was looked at before libc was asked
        heap_check_unknown(self, block, how, caller);
}

// Temporary: freed with no other allocation of the thread in between. In a sampled heap the
// countdown tells of those that were not recorded.
by_mode void freed_taken(struct thread_state *self, const void *block, struct live_block taken,
                         enum profile_freed_by how, bool is_sampled,
                         const struct host_frame *caller)
{
    bool is_temporary = self->last_block == block && self->last_stack == taken.stack;
    struct profile_cell *cell;

    if (unlikely(!taken.stack)) {
        count_unknown_free(self, block, how, caller);
        return;
    }
    if (is_sampled && self->last_countdown_bytes != sampler_countdown)
        is_temporary = false;
    if (is_temporary)
        self->last_block = NULL;
    if (unlikely(taken.has_locks))
        lock_block_freed(self, block, caller);
    cell = count_free_of(self, taken, is_temporary, is_sampled);
    if (unlikely(!cell))
        return;
    if (!is_sampled && unlikely(cell_family(cell) != heap_family_of(how)))
        heap_check_family(self, cell, taken.bytes, how, caller);
    else if (!is_temporary && unlikely(cell->frees % LOOK_EVERY_FREES == 1))
        timeline_look_now(); // after temporary ones an allocation looks
}

struct live_block heap_take(const void *block)
{
    struct live_block taken = live_table_take(block);

    if (options.heap == HEAP_SAMPLED && taken.stack)
        live_filter_remove(block);
    return taken;
}

void heap_put_back(const void *block, struct live_block taken)
{
    bool is_stored;

    if (!taken.stack)
        return;
    live_table_put(block, taken, &is_stored);
    if (options.heap == HEAP_SAMPLED)
        live_filter_add(block);
}

void heap_freed_taken(struct thread_state *self, const void *block, struct live_block taken,
                      enum profile_freed_by how, const struct host_frame *caller)
{
    if (options.heap == HEAP_SAMPLED)
        freed_taken(self, block, taken, how, true, caller);
    else
        freed_taken(self, block, taken, how, false, caller);
}

void heap_freed(struct thread_state *self, const void *block, const struct host_frame *caller)
{
    enum profile_freed_by how = heap_take_deletion(self, block);

    if (likely(options.heap == HEAP_EXACT))
        freed_taken(self, block, live_table_take(block), how, false, caller);
    else
        heap_freed_taken(self, block, heap_take(block), how, caller);
}

void heap_reallocated(struct thread_state *self, const void *block, struct live_block taken,
                      const void *moved, size_t bytes, const struct host_frame *caller)
{
    heap_freed_taken(self, block, taken, PROFILE_FREED_BY_REALLOC, caller);
    if (likely(options.heap == HEAP_EXACT)) {
        counter_add(&self->record->reallocs, 1);
        heap_allocated(self, moved, bytes, caller);
    } else if (!sampler_skips(bytes)) {
        counter_add(&self->record->reallocs, sampler_weigh(storable(bytes)).blocks);
        heap_sampled(self, moved, bytes, caller);
    }
}
