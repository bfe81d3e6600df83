// SPDX-License-Identifier: MIT
//
// rule_cache.h - the unwind rules of the code addresses met so far (cfi.h), for all threads.
//
// A rule and what remains of its address fit one word, so the cache is an array of words that are
// loaded and stored without a lock: two per set, newest first. It is shared because a rule is the
// same in every thread: a new thread finds it warm, and a thousand threads need one.
#ifndef GAIAPROF_RULE_CACHE_H
#define GAIAPROF_RULE_CACHE_H

#include "preload/cfi.h"
#include "preload/compiler.h"

#include <assert.h>
#include <stdbool.h>

#define RULE_SET_BITS 13
#define RULE_KIND_BITS 3
#define RULE_SLOT_BITS 8
#define RULE_OFFSET_BITS 18  // of offset / 8: frames up to 1 MiB
#define RULE_ADDRESS_BITS 47 // of user space
#define RULE_KEY_BITS (RULE_ADDRESS_BITS + 1)
#define RULE_BITS (RULE_KIND_BITS + RULE_SLOT_BITS + RULE_OFFSET_BITS)

static_assert(RULE_KEY_BITS - RULE_SET_BITS + RULE_BITS == 64, "a word");

//   word = {key >> RULE_SET_BITS : 35, offset / 8 : 18, fp_slot : 8, kind : 3}
//   key = {address : 47, is_exact : 1}
//
// The lower bits of the key follow from the number of the set and the upper ones. 0: empty. A frame
// that was interrupted at an address and one that made a call there are two things: the return
// address of the second may say more (rule_of_return).
extern uint64_t rule_cache_sets[1 << RULE_SET_BITS][2];

static inline uint64_t rule_cache_key(uintptr_t pc, bool is_exact)
{
    return (pc - !is_exact) << 1 | is_exact;
}

static inline uint64_t *rule_cache_set(uint64_t key)
{
    return rule_cache_sets[(key ^ key >> RULE_SET_BITS ^ key >> 2 * RULE_SET_BITS) &
                           ((1u << RULE_SET_BITS) - 1)];
}

// Forgets every rule: a module has gone away. Before and after modules_generation() changes.
void rule_cache_clear(void);

// As rule_cache_get, for an address that is not in the cache.
struct cfi_rule rule_cache_add(uintptr_t pc, bool is_exact);

static inline struct cfi_rule rule_cache_unpack(uint64_t word)
{
    struct cfi_rule rule;

    rule.kind = (enum cfi_kind)(word & ((1u << RULE_KIND_BITS) - 1));
    rule.fp_slot = (int32_t)(word >> RULE_KIND_BITS & ((1u << RULE_SLOT_BITS) - 1));
    rule.offset = (int32_t)((int64_t)(word << (64 - RULE_BITS)) >> (64 - RULE_OFFSET_BITS)) * 8;
    return rule;
}

// The rule of a frame at `pc`. Of a frame that made a call pc is the return address and the rule
// is that of the call; `is_exact`: the frame was interrupted at pc. CFI_NONE: no table, or no code
// of a module. Any thread in a hook.
static inline struct cfi_rule rule_cache_get(uintptr_t pc, bool is_exact)
{
    uint64_t key = rule_cache_key(pc, is_exact);
    const uint64_t *set = rule_cache_set(key);

    for (int way = 0; way < 2; way++) {
        uint64_t word = atomic_get(&set[way]);

        if (likely(word >> RULE_BITS == key >> RULE_SET_BITS) && likely(word) &&
            likely((intptr_t)pc > 0)) // the key has not its upper bit
            return rule_cache_unpack(word);
    }
    return rule_cache_add(pc, is_exact);
}

#endif
