// SPDX-License-Identifier: MIT
//
// rule_cache.c - fills the rule cache from the tables of modules, see rule_cache.h.
#include "preload/rule_cache.h"

#include "preload/arch/stack.h"
#include "preload/modules.h"
#include "preload/own_stack.h"

#include <string.h>

uint64_t rule_cache_sets[1 << RULE_SET_BITS][2];

void rule_cache_clear(void)
{
    for (size_t i = 0; i < 1 << RULE_SET_BITS; i++)
        for (int way = 0; way < 2; way++)
            // the kernel maps what is stored to
            if (__atomic_load_n(&rule_cache_sets[i][way], __ATOMIC_SEQ_CST))
                atomic_set(&rule_cache_sets[i][way], 0);
}

static bool fits(struct cfi_rule rule)
{
    int32_t limit = 1 << (RULE_OFFSET_BITS - 1);

    return rule.offset / 8 >= -limit && rule.offset / 8 < limit && rule.fp_slot >= 0 &&
           rule.fp_slot < 1 << RULE_SLOT_BITS;
}

static uint64_t pack(struct cfi_rule rule)
{
    uint64_t offset = (uint64_t)(rule.offset / 8) & ((1u << RULE_OFFSET_BITS) - 1);

    return offset << (RULE_SLOT_BITS + RULE_KIND_BITS) | (uint64_t)rule.fp_slot << RULE_KIND_BITS |
           (uint64_t)rule.kind;
}

static void store(uint64_t key, struct cfi_rule rule)
{
    uint64_t *set = rule_cache_set(key);
    uint64_t word = key >> RULE_SET_BITS << RULE_BITS | pack(rule);

    atomic_set(&set[1], atomic_get(&set[0]));
    __atomic_store_n(&set[0], word, __ATOMIC_SEQ_CST);
}

static const struct cfi_rule odd = {CFI_ODD, 0, 0};

// What is told by the return address itself, not by the call before it: the trampoline, known by
// its code (a libc of another kind may have no table for it), and the start of a function with no
// code before it, put there by hand: the stack begins there (makecontext). CFI_UNKNOWN: neither.
static struct cfi_rule rule_of_return(const struct modules_code *code, uintptr_t pc)
{
    struct cfi_rule rule = {CFI_UNKNOWN, 0, 0};

    if (code->is_readable && code->end - pc >= ARCH_TRAMPOLINE_BYTES &&
        arch_is_signal_trampoline(pc))
        rule.kind = CFI_SIGNAL;
    else if (code->tables.header && cfi_rule_at(&code->tables, pc - 1).kind == CFI_NONE &&
             cfi_rule_at(&code->tables, pc).kind != CFI_NONE)
        rule.kind = CFI_END;
    return rule;
}

static struct cfi_rule rule_of(const struct modules_code *code, uintptr_t address)
{
    struct cfi_rule rule = odd;

    if (code->tables.header)
        rule = cfi_rule_at(&code->tables, address);
    return fits(rule) && rule.kind != CFI_SIGNAL ? rule : odd; // another trampoline: of what?
}

struct lookup {
    uintptr_t pc;
    bool is_exact;
    struct cfi_rule rule;
};

static void look_up(void *argument)
{
    struct lookup *lookup = argument;
    uintptr_t address = lookup->pc - !lookup->is_exact;
    uint32_t generation = modules_generation();
    struct cfi_rule rule = {CFI_UNKNOWN, 0, 0};
    struct modules_code code;

    // other code may be loaded there any time: not to be kept
    if (address >> RULE_ADDRESS_BITS || !modules_code_at(address, &code))
        return;
    if (!lookup->is_exact)
        rule = rule_of_return(&code, lookup->pc);
    lookup->rule = rule.kind == CFI_UNKNOWN ? rule_of(&code, address) : rule;
    store(rule_cache_key(lookup->pc, lookup->is_exact), lookup->rule);
    // The module may have been another thread's to unload. In the order of all sequentially
    // consistent accesses this store comes before the clearing load of its word, or else the load
    // in modules_generation() comes after the new generation is stored.
    if (modules_generation() != generation)
        rule_cache_clear();
}

cold struct cfi_rule rule_cache_add(uintptr_t pc, bool is_exact)
{
    struct lookup lookup = {pc, is_exact, {CFI_NONE, 0, 0}};

    own_stack_call(look_up, &lookup);
    return lookup.rule;
}
