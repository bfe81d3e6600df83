// SPDX-License-Identifier: MIT
//
// preload_rule_cache_test.c - rules go into one word and come out as they were; what does not fit
// is odd. The modules and their tables are made up: the cache asks this file for them.
#define modules_code_at fake_code_at
#define cfi_rule_at fake_rule_at
#define modules_generation fake_generation
#include "preload/rule_cache.c"
#include "tests/unit/preload_support.h"

#define CODE_START UINT64_C(0x10000)
#define CODE_END UINT64_C(0x600000000000)
#define OFFSET_MIN (-(8 << (RULE_OFFSET_BITS - 1)))
#define OFFSET_MAX ((8 << (RULE_OFFSET_BITS - 1)) - 8)
#define SLOT_MAX ((1 << RULE_SLOT_BITS) - 1)

static struct {
    struct cfi_rule rule;
    struct modules_code code;
    uintptr_t asked; // where the last rule was looked for
    unsigned lookups;
    uint32_t generation;
    void (*meanwhile)(void); // what another thread does during a lookup
} fake;

uint32_t fake_generation(void)
{
    return fake.generation;
}

bool fake_code_at(uintptr_t pc, struct modules_code *ret_code)
{
    fake.lookups++;
    if (pc - fake.code.start >= fake.code.end - fake.code.start)
        return false;
    *ret_code = fake.code;
    return true;
}

struct cfi_rule fake_rule_at(const struct cfi_tables *tables, uintptr_t pc)
{
    struct cfi_rule rule = fake.rule;

    assert_int_equal(tables->header, 1);
    fake.asked = pc;
    if (fake.meanwhile)
        fake.meanwhile();
    return rule;
}

static int set_up(void **state)
{
    (void)state;
    rule_cache_clear();
    memset(&fake, 0, sizeof(fake));
    fake.rule = (struct cfi_rule){CFI_SP, 16, 2};
    // nothing of it is mapped: no trampoline is looked for so close to the end
    fake.code = (struct modules_code){CODE_START, CODE_END, true, {0, UINTPTR_MAX, 1}};
    return 0;
}

// The trampoline is looked for in memory: here that of this program.
static void use_code(const void *start, size_t bytes)
{
    fake.code.start = (uintptr_t)start;
    fake.code.end = (uintptr_t)start + bytes;
}

// Code that ends right behind pc, so that its bytes are not looked at.
static struct cfi_rule get(uintptr_t pc, bool is_exact)
{
    fake.code.end = pc + 1;
    return rule_cache_get(pc, is_exact);
}

static void assert_rule(struct cfi_rule rule, enum cfi_kind kind, int32_t offset, int32_t fp_slot)
{
    assert_int_equal(rule.kind, kind);
    assert_int_equal(rule.offset, offset);
    assert_int_equal(rule.fp_slot, fp_slot);
}

static void check_round_trip(struct cfi_rule rule)
{
    uint64_t key = UINT64_C(1) << RULE_KEY_BITS;
    uint64_t word = (key - 1) >> RULE_SET_BITS << RULE_BITS | pack(rule);
    struct cfi_rule back = rule_cache_unpack(word);

    if (!fits(rule) || pack(rule) >> RULE_BITS || back.kind != rule.kind ||
        back.offset != rule.offset || back.fp_slot != rule.fp_slot)
        fail_msg("kind %d, offset %d, fp_slot %d", rule.kind, rule.offset, rule.fp_slot);
}

static void test_every_offset_and_slot(void **state)
{
    (void)state;
    for (int kind = CFI_NONE; kind <= CFI_ODD; kind++) {
        for (int32_t offset = OFFSET_MIN; offset <= OFFSET_MAX; offset += 8)
            check_round_trip((struct cfi_rule){kind, offset, (offset >> 3) & SLOT_MAX});
        for (int32_t slot = 0; slot <= SLOT_MAX; slot++) {
            check_round_trip((struct cfi_rule){kind, OFFSET_MIN, slot});
            check_round_trip((struct cfi_rule){kind, OFFSET_MAX, slot});
        }
    }
}

// What is looked up is what is found later.
static void test_found_as_looked_up(void **state)
{
    const struct cfi_rule rules[] = {
        {CFI_SP, 8, 0},          {CFI_SP, OFFSET_MAX, SLOT_MAX},
        {CFI_SP, OFFSET_MIN, 1}, {CFI_FP, 16, 2},
        {CFI_FP_DEREF, -8, 0},   {CFI_END, 0, 0},
        {CFI_NONE, 0, 0},        {CFI_ODD, 0, 0},
        {CFI_FP, OFFSET_MAX, 0}, {CFI_FP_DEREF, -800, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        fake.rule = rules[i];
        assert_rule(get(0x20000 + i, false), rules[i].kind, rules[i].offset, rules[i].fp_slot);
    }
    assert_int_equal(fake.lookups, sizeof(rules) / sizeof(rules[0]));
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        assert_rule(get(0x20000 + i, false), rules[i].kind, rules[i].offset, rules[i].fp_slot);
    assert_int_equal(fake.lookups, sizeof(rules) / sizeof(rules[0]));
}

static void test_what_does_not_fit_is_odd(void **state)
{
    const struct cfi_rule rules[] = {
        {CFI_SP, OFFSET_MAX + 8, 0},
        {CFI_SP, OFFSET_MIN - 8, 0},
        {CFI_FP, INT32_MAX - 7, 2},
        {CFI_FP, INT32_MIN, 2},
        {CFI_SP, 16, SLOT_MAX + 1},
        {CFI_SP, 16, INT32_MAX},
        {CFI_SP, 16, -1},
        {CFI_SIGNAL, 0, 0}, // by bytes alone
        {CFI_FP_DEREF, OFFSET_MIN - 8, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        fake.rule = rules[i];
        assert_rule(get(0x30000 + i, false), CFI_ODD, 0, 0);
        assert_rule(get(0x30000 + i, false), CFI_ODD, 0, 0);
    }
    assert_int_equal(fake.lookups, sizeof(rules) / sizeof(rules[0]));
}

static void test_call_and_interruption(void **state)
{
    (void)state;
    get(0x40000, false);
    assert_int_equal(fake.asked, 0x3ffff); // of the call
    get(0x40000, true);
    assert_int_equal(fake.asked, 0x40000);
    assert_int_equal(fake.lookups, 2);
    get(0x40001, false); // of the same instruction, but it made a call
    assert_int_equal(fake.lookups, 3);
    assert_int_equal(fake.asked, 0x40000);
    get(0x40000, true);
    assert_int_equal(fake.lookups, 3);
}

static void test_no_code(void **state)
{
    (void)state;
    fake.code.start = fake.code.end = 0;
    assert_rule(rule_cache_get(0x50000, false), CFI_NONE, 0, 0);
    assert_rule(rule_cache_get(0x50000, false), CFI_NONE, 0, 0);
    assert_int_equal(fake.lookups, 2); // other code may be loaded there any time
}

static void test_no_tables(void **state)
{
    (void)state;
    fake.code.tables.header = 0;
    assert_rule(get(0x50000, false), CFI_ODD, 0, 0);
    assert_rule(get(0x50000, false), CFI_ODD, 0, 0);
    assert_int_equal(fake.lookups, 1);
    assert_int_equal(fake.asked, 0);
}

static void test_beyond_user_space(void **state)
{
    const uintptr_t lowest = UINT64_C(1) << RULE_ADDRESS_BITS;
    const uintptr_t pcs[] = {lowest, lowest + 0x60000, UINTPTR_MAX, (uintptr_t)1 << 63 | 0x60000};

    (void)state;
    get(0x60000, true);
    for (size_t i = 0; i < sizeof(pcs) / sizeof(pcs[0]); i++) {
        fake.code.end = UINTPTR_MAX;
        assert_rule(rule_cache_get(pcs[i], true), CFI_NONE, 0, 0);
    }
    assert_rule(rule_cache_get(0, false), CFI_NONE, 0, 0);
    assert_int_equal(fake.lookups, 1);
    assert_rule(get(lowest, false), CFI_SP, 16, 2); // a call by the last byte
}

// An empty cache has no rule for any address, low ones included.
static void test_call_of_a_null_pointer(void **state)
{
    (void)state;
    fake.code.start = fake.code.end = 0;
    for (uintptr_t pc = 0; pc < 3 << RULE_SET_BITS; pc += 7)
        assert_rule(rule_cache_get(pc, true), CFI_NONE, 0, 0);
}

// An address that differs in one bit is another one.
static void test_every_bit_of_an_address(void **state)
{
    const uintptr_t pc = UINT64_C(0x2aaaaaaaaaaa);

    (void)state;
    for (unsigned bit = 0; bit < RULE_ADDRESS_BITS; bit++) {
        fake.rule = (struct cfi_rule){CFI_SP, 8 * (int32_t)(bit + 2), 0};
        fake.code.start = 0;
        rule_cache_clear();
        assert_rule(get(pc, true), CFI_SP, 8 * (int32_t)(bit + 2), 0);
        fake.rule = (struct cfi_rule){CFI_FP, 16, 2};
        assert_rule(get(pc ^ (uintptr_t)1 << bit, true), CFI_FP, 16, 2);
        assert_rule(get(pc, true), CFI_SP, 8 * (int32_t)(bit + 2), 0);
    }
    assert_int_equal(fake.lookups, 2 * RULE_ADDRESS_BITS);
}

// The `index`th address of the set of `pc`.
static uintptr_t in_set_of(uintptr_t pc, unsigned index)
{
    for (uintptr_t at = pc;; at += (uintptr_t)1 << RULE_SET_BITS)
        for (uintptr_t low = 0; low < 1 << RULE_SET_BITS; low++)
            if (rule_cache_set(rule_cache_key(at + low, true)) ==
                    rule_cache_set(rule_cache_key(pc, true)) &&
                index-- == 0)
                return at + low;
}

static unsigned lookups_of(uintptr_t pc)
{
    unsigned before = fake.lookups;

    assert_rule(get(pc, true), CFI_SP, 16, 2);
    return fake.lookups - before;
}

static void test_two_ways(void **state)
{
    uintptr_t pcs[3];

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        pcs[i] = in_set_of(0x70000, i);
    assert_int_equal(lookups_of(pcs[0]), 1);
    assert_int_equal(lookups_of(pcs[1]), 1);
    assert_int_equal(lookups_of(pcs[0]), 0);
    assert_int_equal(lookups_of(pcs[1]), 0);
    assert_int_equal(lookups_of(pcs[2]), 1); // in place of the older
    assert_int_equal(lookups_of(pcs[1]), 0);
    assert_int_equal(lookups_of(pcs[0]), 1);
    assert_int_equal(lookups_of(pcs[2]), 0);
}

static void test_clear(void **state)
{
    (void)state;
    for (uintptr_t i = 0; i < 5000; i++)
        get(0x80000 + i * 37, true);
    assert_int_equal(fake.lookups, 5000);
    rule_cache_clear();
    fake.rule = (struct cfi_rule){CFI_END, 0, 0};
    for (uintptr_t i = 0; i < 5000; i++)
        assert_rule(get(0x80000 + i * 37, true), CFI_END, 0, 0);
    assert_int_equal(fake.lookups, 10000);
}

// Two bytes of something else, and the way back from a handler.
static const unsigned char trampoline[] = {0x90, 0x90, 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};

static void test_trampoline(void **state)
{
    uintptr_t pc = (uintptr_t)trampoline + 2;

    (void)state;
    use_code(trampoline, sizeof(trampoline));
    assert_rule(rule_cache_get(pc, false), CFI_SIGNAL, 0, 0);
    assert_rule(rule_cache_get(pc, false), CFI_SIGNAL, 0, 0);
    assert_rule(rule_cache_get(pc + 1, true), CFI_SP, 16, 2);
    rule_cache_clear();
    fake.code.tables.header = 0; // of libcs without a table
    assert_rule(rule_cache_get(pc, false), CFI_SIGNAL, 0, 0);
    rule_cache_clear();
    fake.code.end--; // not a byte is read beyond
    assert_rule(rule_cache_get(pc, false), CFI_ODD, 0, 0);
}

// The instruction before the trampoline may be the last of another function: interrupted there, or
// returning to the trampoline, are two things.
static void test_before_the_trampoline(void **state)
{
    uintptr_t pc = (uintptr_t)trampoline + 2;

    (void)state;
    use_code(trampoline, sizeof(trampoline));
    assert_rule(rule_cache_get(pc - 1, true), CFI_SP, 16, 2);
    assert_rule(rule_cache_get(pc, false), CFI_SIGNAL, 0, 0);
    rule_cache_clear();
    assert_rule(rule_cache_get(pc, false), CFI_SIGNAL, 0, 0);
    assert_rule(rule_cache_get(pc - 1, true), CFI_SP, 16, 2);
}

static void unload(void)
{
    rule_cache_clear();
    fake.generation++;
    rule_cache_clear();
    fake.rule = (struct cfi_rule){CFI_SP, 32, 4}; // of what is loaded there next
}

// A rule that was being looked up while its library went away must not outlive it.
static void test_library_goes_during_a_lookup(void **state)
{
    (void)state;
    fake.meanwhile = unload;
    get(0x90000, false);
    fake.meanwhile = NULL;
    assert_rule(get(0x90000, false), CFI_SP, 32, 4);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_offset_and_slot),
        TEST(test_found_as_looked_up),
        TEST(test_what_does_not_fit_is_odd),
        TEST(test_call_and_interruption),
        TEST(test_no_code),
        TEST(test_no_tables),
        TEST(test_beyond_user_space),
        TEST(test_call_of_a_null_pointer),
        TEST(test_every_bit_of_an_address),
        TEST(test_two_ways),
        TEST(test_clear),
        TEST(test_trampoline),
        TEST(test_before_the_trampoline),
        TEST(test_library_goes_during_a_lookup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
