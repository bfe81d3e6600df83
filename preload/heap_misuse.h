// SPDX-License-Identifier: MIT
//
// heap_misuse.h - blocks that are freed as they must not be: by another family of functions than
// they were allocated by, in their middle, or once more. In exact heaps; rare, so all of it is
// slow.
//
// Families: operator new and delete of a C++ library call malloc and free. hooks_new.c tells the
// thread what the next call is made for, and the family of a block is that of its stack: the
// library's frame keeps stacks of new apart from those of malloc.
#ifndef GAIAPROF_HEAP_MISUSE_H
#define GAIAPROF_HEAP_MISUSE_H

#include "preload/cell_table.h"
#include "preload/live_table.h"
#include "preload/thread_table.h"

#include <stdint.h>

struct host_frame;

// Code addresses of the C++ library whose operators call malloc and free; 0, 0: none.
extern uintptr_t heap_operators_start, heap_operators_end;

static inline void heap_expect_new(struct thread_state *self, enum profile_family family)
{
    if (self && !self->new_family) // new[] may call new
        self->new_family = (uint8_t)family;
}

static inline void heap_expect_delete(struct thread_state *self, const void *block,
                                      enum profile_freed_by how)
{
    if (self && self->deleted_block != block) { // delete[] may call delete
        self->deleted_block = block;
        self->deleted_by = (uint8_t)how;
    }
}

// What an allocation by the host's code at `caller` is made for. (A handler of the host may come
// between operator new and its malloc.)
static inline enum profile_family heap_take_family(struct thread_state *self, uintptr_t caller_pc)
{
    enum profile_family family = self->new_family;

    if (caller_pc - heap_operators_start >= heap_operators_end - heap_operators_start)
        return PROFILE_FAMILY_MALLOC;
    self->new_family = 0;
    return family;
}

static inline enum profile_freed_by heap_take_deletion(struct thread_state *self, const void *block)
{
    if (likely(self->deleted_block != block))
        return PROFILE_FREED_BY_FREE;
    self->deleted_block = NULL;
    return (enum profile_freed_by)self->deleted_by;
}

static inline enum profile_family heap_family_of(enum profile_freed_by how)
{
    static_assert((int)PROFILE_FREED_BY_DELETE == PROFILE_FAMILY_NEW &&
                      (int)PROFILE_FREED_BY_DELETE_ARRAY == PROFILE_FAMILY_NEW_ARRAY,
                  "goes with it");
    return how == PROFILE_FREED_BY_REALLOC ? PROFILE_FAMILY_MALLOC : (enum profile_family)how;
}

// A block of another family than its cell says was allocated: the cell and the stack know it now.
void heap_note_family(struct profile_cell *cell, enum profile_family family);

// A block was freed in another way than its cell asks for. Reported, if that is so.
void heap_check_family(struct thread_state *self, struct profile_cell *cell, uint64_t bytes,
                       enum profile_freed_by how, const struct host_frame *caller);

// The address of no block that we know is freed. Reported, if the allocator knows no more of it.
void heap_check_unknown(struct thread_state *self, const void *address, enum profile_freed_by how,
                        const struct host_frame *caller);

void heap_misuse_reset(void); // in a child made by fork

#endif
