// SPDX-License-Identifier: MIT
//
// stack_table.c - interns stacks, see stack_table.h.
//
// A hash table with chains finds the child of a node. Nodes are never removed or changed once
// published, so a chain is read without a lock and grows at its head by compare-and-swap. The
// table does not rehash: nodes go to the 1st, 2nd or 3rd table by their id, each 16 times the one
// before, and a lookup asks all that are in use. Two threads that add the same child at the very
// boundary of two tables may make it twice; a reader merges equal nodes.
#include "preload/stack_table.h"

#include "preload/arch/stack.h"
#include "preload/modules.h"
#include "preload/own_regions.h"
#include "preload/own_stack.h"
#include "preload/profile_writer.h"
#include "preload/record_table.h"
#include "preload/sys.h"

#define TABLES 3
#define BUCKETS(table) (UINT32_C(1) << (14 + 4 * (table)))
#define NODES_PER_BUCKET 4
#define NEXT_MASK ((UINT32_C(1) << 26) - 1) // of node->next; above it a bit for each family
#define FAMILY_SHIFT 26
static_assert(PROFILE_NODES_MAX <= NEXT_MASK && PROFILE_FAMILY_MIXED <= 6,
              "next has room for both");

RECORD_TABLE(nodes, PROFILE_CHUNK_NODES, profile_node, 12, PROFILE_NODES_MAX >> 12);
static uint32_t *tables[TABLES];

static unsigned table_of(uint32_t id)
{
    unsigned table = 0;

    while (table < TABLES - 1 && id > BUCKETS(table) * NODES_PER_BUCKET)
        table++;
    return table;
}

static cold uint32_t *add_table(unsigned table)
{
    size_t bytes = BUCKETS(table) * sizeof(uint32_t);
    uint32_t *fresh = own_regions_map(bytes);
    uint32_t *none = NULL;

    if (!fresh)
        return NULL;
    if (atomic_swap_if(&tables[table], &none, fresh))
        return fresh;
    own_regions_unmap(fresh, bytes);
    return none;
}

// Mixes as splitmix64's finaliser does (Steele, Lea, Flood 2014).
static uint64_t hash(uint32_t parent, uint64_t pc)
{
    uint64_t x = pc ^ ((uint64_t)parent << 40) ^ parent;

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint32_t find_in_chain(uint32_t id, uint32_t end, uint32_t parent, uint64_t pc)
{
    while (id != end) {
        const struct profile_node *node = record_table_at(&nodes, id);

        if (node->parent == parent && (node->pc & ~PROFILE_PC_SIGNAL) == pc)
            return id;
        id = atomic_get(&node->next) & NEXT_MASK;
    }
    return 0;
}

static uint32_t find(uint32_t parent, uint64_t pc, uint64_t hashed)
{
    for (unsigned table = 0; table < TABLES; table++) {
        uint32_t *buckets = atomic_get_acquire(&tables[table]);
        uint32_t id;

        if (!buckets)
            break;
        id = find_in_chain(atomic_get_acquire(&buckets[hashed & (BUCKETS(table) - 1)]), 0, parent,
                           pc);
        if (id)
            return id;
    }
    return 0;
}

#define TRAMPOLINE_BYTES 16 // more than any arch's

// The mark a new node carries; looks at the code only where a module has some.
static uint64_t signal_mark(uint32_t parent, uint64_t pc)
{
    const struct profile_module *module;

    if (parent == 0 || pc < PROFILE_MARKER_END)
        return 0;
    module = modules_note(pc);
    if (!module || pc - module->exec_start + TRAMPOLINE_BYTES > module->exec_bytes)
        return 0;
    return arch_is_signal_trampoline(pc) ? PROFILE_PC_SIGNAL : 0;
}

static cold uint32_t add(uint32_t parent, uint64_t pc, uint64_t hashed)
{
    uint32_t id, head, seen = 0;
    uint32_t *buckets;
    struct profile_node *node = record_table_reserve(&nodes, PROFILE_DROP_STACK_LIMIT, &id);

    if (!node)
        return 0;
    buckets = atomic_get_acquire(&tables[table_of(id)]);
    if (!buckets)
        buckets = add_table(table_of(id));
    if (!buckets) {
        profile_drop(PROFILE_DROP_MEMORY);
        return 0;
    }
    buckets += hashed & (BUCKETS(table_of(id)) - 1);
    node->parent = parent;
    atomic_publish(&node->pc, pc | signal_mark(parent, pc));
    head = atomic_get_acquire(buckets);
    do {
        uint32_t found = find_in_chain(head, seen, parent, pc);

        if (found) {
            atomic_publish(&node->pc, 0); // another thread was faster: give the node up
            return found;
        }
        node->next = seen = head;
    } while (!atomic_swap_if(buckets, &head, id));
    return id;
}

// What a node can hold: bit 63 is the mark of a signal, and 0 of a node that is not published.
static uint64_t storable(uint64_t pc)
{
    pc &= ~PROFILE_PC_SIGNAL;
    return pc ? pc : PROFILE_MARKER_NULL;
}

struct addition {
    uint32_t parent;
    uint64_t pc, hashed;
    uint32_t id;
};

static void add_it(void *argument)
{
    struct addition *addition = argument;

    addition->id = add(addition->parent, addition->pc, addition->hashed);
}

// It may have to describe a module and to grow the profile.
static cold uint32_t add_with_room(uint32_t parent, uint64_t pc, uint64_t hashed)
{
    struct addition addition = {parent, pc, hashed, 0};

    own_stack_call(add_it, &addition);
    return addition.id;
}

uint32_t stack_table_child(uint32_t parent, uint64_t pc)
{
    uint64_t hashed;
    uint32_t id;

    pc = storable(pc);
    hashed = hash(parent, pc);
    id = find(parent, pc, hashed);

    return id ? id : add_with_room(parent, pc, hashed);
}

uint32_t stack_table_intern(const uintptr_t *pcs, size_t count, uint32_t marker)
{
    uint32_t id = stack_table_child(0, (uint64_t)modules_generation() + 1);

    if (id && marker)
        id = stack_table_child(id, marker);
    while (id && count > 0)
        id = stack_table_child(id, pcs[--count]);
    return id;
}

uintptr_t stack_table_take_frame(uint32_t *stack)
{
    const struct profile_node *node;
    uint64_t pc;

    if (!*stack)
        return 0;
    node = record_table_at(&nodes, *stack);
    pc = node->pc & ~PROFILE_PC_SIGNAL;
    *stack = node->parent;
    return *stack && pc >= PROFILE_MARKER_END ? pc : 0;
}

// The bits share a word with the next node of the chain, which no longer changes: or-ed in,
// relaxed, they leave it alone.
void stack_table_note_family(uint32_t stack, enum profile_family family)
{
    struct profile_node *node = record_table_at(&nodes, stack);

    __atomic_fetch_or(&node->next, UINT32_C(1) << (FAMILY_SHIFT + family), __ATOMIC_RELAXED);
}

enum profile_family stack_table_family(uint32_t stack)
{
    const struct profile_node *node = record_table_at(&nodes, stack);
    uint32_t bits = atomic_get(&node->next) >> FAMILY_SHIFT;

    if (bits & (bits - 1))
        return PROFILE_FAMILY_MIXED;
    return bits ? (enum profile_family)__builtin_ctz(bits) : PROFILE_FAMILY_MALLOC;
}

void stack_table_reset(void)
{
    for (unsigned table = 0; table < TABLES; table++) {
        if (tables[table])
            own_regions_unmap(tables[table], BUCKETS(table) * sizeof(uint32_t));
        tables[table] = NULL;
    }
    record_table_reset(&nodes);
}
