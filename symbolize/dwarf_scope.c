// SPDX-License-Identifier: MIT
//
// dwarf_scope.c - see dwarf_scope.h. The walk must end on hostile DWARF. A DW_AT_sibling may lead
// into the children of its own DIE, which doubles the work at every level, or, inside children that
// dwarf_siblingof() skips, back; so children are visited before they are skipped, and every step of
// the walk must go forward in the file.
#include "symbolize/dwarf_scope.h"

#include <dwarf.h>
#include <stdlib.h>

struct level {
    Dwarf_Die die;
    uint32_t scope; // what the children are in
};

struct walk {
    struct dwarf_scopes *scopes;
    struct dwarf_limits *limits;
    const void *last; // where the DIE visited last starts
    size_t depth;
    struct level levels[DWARF_SCOPE_DEPTH_MAX];
};

void dwarf_add_ranges(struct range_index *index, Dwarf_Die *die, uint32_t order, uint32_t item,
                      struct dwarf_limits *limits)
{
    Dwarf_Addr base, low, high;
    ptrdiff_t next = 0;
    while (limits->ranges_left > 0 && (next = dwarf_ranges(die, next, &base, &low, &high)) > 0) {
        limits->ranges_left--;
        if (low >= limits->code_start)
            range_index_add(index, low, high, order, item);
    }
}

static uint32_t add_scope(struct walk *walk, Dwarf_Die *die, uint32_t outer, bool inlined)
{
    struct dwarf_scopes *scopes = walk->scopes;
    size_t before = scopes->index.count;
    if (!grow_array((void **)&scopes->scopes, scopes->count, &scopes->capacity,
                    sizeof(struct dwarf_scope)))
        return outer;
    dwarf_add_ranges(&scopes->index, die, (uint32_t)walk->depth, (uint32_t)scopes->count,
                     walk->limits);
    if (scopes->index.count == before)
        return inlined ? outer : DWARF_SCOPE_NONE;
    scopes->scopes[scopes->count] =
        (struct dwarf_scope){.die = *die, .outer = outer, .inlined = inlined};
    return (uint32_t)scopes->count++;
}

// Notes what `die`, found inside `outer`, means; returns what its children are in.
static uint32_t visit(struct walk *walk, Dwarf_Die *die, uint32_t outer)
{
    switch (dwarf_tag(die)) {
    case DW_TAG_subprogram:
        return add_scope(walk, die, DWARF_SCOPE_NONE, false);
    case DW_TAG_inlined_subroutine:
        return add_scope(walk, die, outer, true);
    default:
        return outer;
    }
}

// Enumerators and parameters hold no code. Skipping them is safe where the DIE says itself what
// comes next.
static bool may_skip_children(Dwarf_Die *die)
{
    switch (dwarf_tag(die)) {
    case DW_TAG_enumeration_type:
    case DW_TAG_subroutine_type:
    case DW_TAG_array_type:
    case DW_TAG_call_site:
    case DW_TAG_GNU_call_site:
        return dwarf_hasattr(die, DW_AT_sibling);
    default:
        return false;
    }
}

static bool enter(struct walk *walk, const Dwarf_Die *die, uint32_t outer)
{
    if (walk->depth == DWARF_SCOPE_DEPTH_MAX || die->addr <= walk->last)
        return false;
    walk->last = die->addr;
    struct level *level = &walk->levels[walk->depth];
    level->die = *die;
    level->scope = visit(walk, &level->die, outer);
    walk->depth++;
    return true;
}

// The DIE after the innermost one that is complete; leaves what ends with it. False at the end.
static bool step_over(struct walk *walk)
{
    while (walk->depth > 1) {
        Dwarf_Die next;
        walk->depth--;
        if (dwarf_siblingof(&walk->levels[walk->depth].die, &next) == 0)
            return enter(walk, &next, walk->levels[walk->depth - 1].scope);
    }
    return false;
}

static bool step(struct walk *walk)
{
    struct level *level = &walk->levels[walk->depth - 1];
    Dwarf_Die child;
    if (!may_skip_children(&level->die) && dwarf_child(&level->die, &child) == 0)
        return enter(walk, &child, level->scope);
    return step_over(walk);
}

void dwarf_scopes_read(struct dwarf_scopes *scopes, Dwarf_Die *unit, struct dwarf_limits *limits)
{
    struct walk *walk = malloc(sizeof(*walk));
    if (!walk)
        return;
    walk->scopes = scopes;
    walk->limits = limits;
    walk->last = NULL;
    walk->depth = 0;
    bool more = enter(walk, unit, DWARF_SCOPE_NONE);
    while (more)
        more = step(walk);
    free(walk);
    range_index_sort(&scopes->index);
}

uint32_t dwarf_scopes_find(const struct dwarf_scopes *scopes, uint64_t address)
{
    const struct range *range = range_index_find(&scopes->index, address);
    return range ? range->item : DWARF_SCOPE_NONE;
}

void dwarf_scopes_release(struct dwarf_scopes *scopes)
{
    free(scopes->scopes);
    range_index_release(&scopes->index);
    *scopes = (struct dwarf_scopes){0};
}
