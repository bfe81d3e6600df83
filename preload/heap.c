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
#include "preload/profile_writer.h"
#include "preload/stack_capture.h"
#include "preload/thread_table.h"

#include <sys/single_threaded.h>

#define BATCH_BYTES_MIN 256
#define BATCH_BYTES_MAX (32 << 10)

static inline void save_peak(struct profile_cell *cell, uint32_t epoch)
{
    if (cell->epoch == epoch)
        return;
    atomic_set(&cell->at_peak_blocks, (int64_t)(cell->allocations - cell->frees));
    atomic_set(&cell->at_peak_bytes, (int64_t)(cell->allocated_bytes - cell->freed_bytes));
    atomic_publish(&cell->epoch, epoch);
}

// glibc says so before a second thread of any kind starts.
static inline bool is_many(void)
{
    return thread_is_many || !__libc_single_threaded;
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

    if (!is_many())
        return;
    live = atomic_add(&header->live_bytes, (uint64_t)self->unsent_bytes);
    slack = (uint64_t)batch_bytes(live) * atomic_get(&header->threads_alive);
    self->unsent_bytes = 0;
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
    if (likely(!is_many())) {
        counter_add(&profile_header->live_bytes, bytes);
        return;
    }
    self->unsent_bytes += (int64_t)bytes;
    if (unlikely(self->unsent_bytes >= batch_bytes(atomic_get(&profile_header->live_bytes))))
        heap_send_batch(self);
}

// Before the free is counted: a maximum ends here.
static inline void live_shrinks(struct thread_state *self, uint64_t bytes)
{
    struct profile_header *header = profile_header;
    uint64_t live = atomic_get(&header->live_bytes);

    if (likely(!is_many())) {
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
    if (unlikely(-self->unsent_bytes >= batch_bytes(live)))
        heap_send_batch(self);
}

static void count_allocation(struct thread_state *self, struct profile_cell *cell, uint64_t bytes)
{
    save_peak(cell, atomic_get(&profile_header->peak_epoch));
    counter_add(&cell->allocations, 1);
    counter_add(&cell->allocated_bytes, bytes);
    counter_add(&self->record->allocations, 1);
    counter_add(&self->record->allocated_bytes, bytes);
    live_grows(self, bytes);
}

static void count_free(struct thread_state *self, struct live_block block, bool is_temporary)
{
    struct profile_cell *cell = cell_table_get(&self->cells, self->slot, block.stack);

    if (!cell)
        return;
    live_shrinks(self, block.bytes);
    save_peak(cell, atomic_get(&profile_header->peak_epoch));
    counter_add(&cell->frees, 1);
    counter_add(&cell->freed_bytes, block.bytes);
    if (is_temporary)
        counter_add(&cell->temporary, 1);
}

// A block whose stack or counters found no room is not entered: its free will be unknown, so that
// what is counted stays consistent.
static void enter(struct thread_state *self, const void *block, size_t bytes, uint32_t stack)
{
    struct profile_cell *cell = cell_table_get(&self->cells, self->slot, stack);
    struct live_block missed;
    bool is_stored;

    if (!cell)
        return;
    if (unlikely(bytes > LIVE_SIZE_MAX)) // 128 GiB: counted as what its free will be
        bytes = LIVE_SIZE_MAX;
    missed = live_table_put(block, (struct live_block){stack, bytes}, &is_stored);
    if (!is_stored) {
        profile_drop(PROFILE_DROP_MEMORY);
        return;
    }
    if (unlikely(missed.stack)) { // its free passed us by, or the address would not be back
        profile_drop(PROFILE_DROP_REUSED);
        count_free(self, missed, false);
    }
    count_allocation(self, cell, bytes);
    self->last_block = block;
    self->last_stack = stack;
}

void heap_allocated(struct thread_state *self, const void *block, size_t bytes, uintptr_t caller)
{
    uint32_t stack = stack_capture(self, caller);

    if (likely(stack))
        enter(self, block, bytes, stack);
}

void heap_allocated_once(struct thread_state *self, const void *block, size_t bytes,
                         uintptr_t caller)
{
    if (self->last_block == block && live_table_get(block).stack)
        return;
    heap_allocated(self, block, bytes, caller);
}

void heap_freed_taken(struct thread_state *self, const void *block, struct live_block taken)
{
    bool is_temporary = self->last_block == block && self->last_stack == taken.stack;

    if (unlikely(!taken.stack)) {
        atomic_add(&profile_header->unknown_frees, 1);
        return;
    }
    if (is_temporary)
        self->last_block = NULL;
    count_free(self, taken, is_temporary);
}

void heap_freed(struct thread_state *self, const void *block)
{
    heap_freed_taken(self, block, live_table_take(block));
}

void heap_reallocated(struct thread_state *self, const void *block, struct live_block taken,
                      const void *moved, size_t bytes, uintptr_t caller)
{
    heap_freed_taken(self, block, taken);
    counter_add(&self->record->reallocs, 1);
    heap_allocated(self, moved, bytes, caller);
}
