// SPDX-License-Identifier: MIT
//
// stack_table.h - the trie of stacks in the profile (struct profile_node). A stack is the id of
// its leaf; equal stacks have equal ids. Lock-free; any thread in a hook.
#ifndef GAIAPROF_STACK_TABLE_H
#define GAIAPROF_STACK_TABLE_H

#include "preload/profile_format.h"

#include <stddef.h>
#include <stdint.h>

// The node `pc` below `parent`, made if it is new. 0 when there is no room (counted as dropped).
uint32_t stack_table_child(uint32_t parent, uint64_t pc);

// The stack of `count` return addresses, innermost first, below the root of this generation of
// modules; `marker` (enum profile_marker, 0: none) stands above the outermost. 0 without room.
uint32_t stack_table_intern(const uintptr_t *pcs, size_t count, uint32_t marker);

// The innermost frame of a stack, 0 if there is none (markers are none); *stack becomes the rest.
uintptr_t stack_table_take_frame(uint32_t *stack);

// Blocks of this stack are allocated by `family`, not by malloc. What is known of it: malloc if
// nothing was said, mixed if different things were.
void stack_table_note_family(uint32_t stack, enum profile_family family);
enum profile_family stack_table_family(uint32_t stack);

// In a child made by fork: no stacks.
void stack_table_reset(void);

#endif
