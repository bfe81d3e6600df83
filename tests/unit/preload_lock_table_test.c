// SPDX-License-Identifier: MIT
//
// preload_lock_table_test.c - which lock is at an address: one record for each life of a lock.
#include "preload/heap.h"
#include "preload/lock_table.h"
#include "preload/lock_wait.h"
#include "preload/options.h"
#include "preload/profile_writer.h"
#include "tests/unit/preload_lock_support.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK ((char *)UINT64_C(0x20000040))
#define BLOCK_BYTES 100
#define PLENTY (1u << 16)

static struct lock_state *use(const void *address, uint32_t stack)
{
    return lock_find_or_add(lock_threads[0], address, PROFILE_LOCK_SPIN, at(stack));
}

static void initialise(const void *address, uint32_t stack)
{
    lock_initialised(lock_threads[0], address, PROFILE_LOCK_SPIN, 0, at(stack));
}

static void test_first_use(void **state)
{
    struct lock_state *first = use(lock_address(1), 7), *second;
    const struct profile_lock *lock;

    (void)state;
    assert_ptr_equal(use(lock_address(1), 8), first);
    second = use(lock_address(2), 9);
    assert_ptr_not_equal(second, first);
    assert_ptr_equal(lock_find(lock_address(1)), first);
    assert_ptr_equal(lock_by_id(first->id), first);
    assert_ptr_equal(lock_by_id(second->id), second);
    assert_null(lock_find(lock_address(3)));
    lock_load();
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCKS), 2);
    lock = lock_record_of(lock_address(1), 0);
    assert_int_equal(lock->creation_stack, 7);
    assert_int_equal(lock->initialised, 0);
    assert_int_equal(lock->retired, PROFILE_LOCK_LIVES);
    assert_int_equal(lock->kind, PROFILE_LOCK_SPIN);
    assert_int_equal(lock->flags, 0);
    assert_int_equal(lock->block_stack, 0);
    assert_int_equal(lock->acquisitions, 0);
    assert_int_equal(lock_record_of(lock_address(2), 0)->creation_stack, 9);
    assert_int_equal(lock_id_of(lock_address(2), 0), second->id);
}

static void test_flags_of_the_lock_itself(void **state)
{
    static pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

    (void)state;
    lock_find_or_add(lock_threads[0], &mutex, PROFILE_LOCK_MUTEX, at(1));
    lock_initialised(lock_threads[0], &rwlock, PROFILE_LOCK_RWLOCK, PROFILE_LOCK_SHARED, at(2));
    lock_load();
    assert_int_equal(lock_record_of(&mutex, 0)->flags, PROFILE_LOCK_RECURSIVE);
    assert_int_equal(lock_record_of(&rwlock, 0)->flags,
                     PROFILE_LOCK_SHARED | PROFILE_LOCK_PREFER_WRITER);
    assert_int_equal(lock_record_of(&rwlock, 0)->kind, PROFILE_LOCK_RWLOCK);
}

static void test_initialised(void **state)
{
    struct lock_state *lock;

    (void)state;
    initialise(lock_address(1), 5);
    lock = use(lock_address(1), 7);
    lock_load();
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCKS), 1);
    assert_int_equal(lock_id_of(lock_address(1), 0), lock->id);
    assert_int_equal(lock_record_of(lock_address(1), 0)->creation_stack, 5);
    assert_int_equal(lock_record_of(lock_address(1), 0)->initialised, 1);
}

static void test_generations(void **state)
{
    (void)state;
    use(lock_address(1), 1);
    lock_destroyed(lock_address(1));
    assert_null(lock_find(lock_address(1)));
    use(lock_address(1), 2); // used again without a word
    use(lock_address(1), 3);
    initialise(lock_address(1), 4); // a new one in its place, without destroy
    use(lock_address(1), 5);
    lock_load();
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCKS), 3);
    assert_int_equal(lock_record_of(lock_address(1), 0)->creation_stack, 1);
    assert_int_equal(lock_record_of(lock_address(1), 0)->retired, PROFILE_LOCK_DESTROYED);
    assert_int_equal(lock_record_of(lock_address(1), 1)->creation_stack, 2);
    assert_int_equal(lock_record_of(lock_address(1), 1)->retired, PROFILE_LOCK_DESTROYED);
    assert_int_equal(lock_record_of(lock_address(1), 2)->creation_stack, 4);
    assert_int_equal(lock_record_of(lock_address(1), 2)->retired, PROFILE_LOCK_LIVES);
}

static void test_destroy_of_the_unknown(void **state)
{
    (void)state;
    lock_destroyed(lock_address(1));
    use(lock_address(1), 1);
    lock_destroyed(lock_address(1));
    lock_destroyed(lock_address(1));
    lock_load();
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCKS), 1);
}

static void test_kinds_at_one_address(void **state)
{
    struct lock_state *spin = use(lock_address(1), 1), *semaphore;

    (void)state;
    semaphore = lock_find_or_add(lock_threads[0], lock_address(1), PROFILE_LOCK_SEMAPHORE, at(2));
    assert_ptr_not_equal(spin, semaphore);
    assert_false(lock_is(spin, lock_address(1), PROFILE_LOCK_SPIN)); // it has ended
    assert_true(lock_is(semaphore, lock_address(1), PROFILE_LOCK_SEMAPHORE));
    assert_false(lock_is(semaphore, lock_address(1), PROFILE_LOCK_SPIN));
    lock_load();
    assert_int_equal(lock_record_of(lock_address(1), 0)->kind, PROFILE_LOCK_SPIN);
    assert_int_equal(lock_record_of(lock_address(1), 0)->retired, PROFILE_LOCK_DESTROYED);
    assert_int_equal(lock_record_of(lock_address(1), 1)->kind, PROFILE_LOCK_SEMAPHORE);
}

static void test_joins(void **state)
{
    struct lock_state *first = lock_of_joins(7), *second = lock_of_joins(8);

    (void)state;
    assert_ptr_not_equal(first, second);
    assert_ptr_equal(lock_of_joins(7), first);
    assert_int_equal(first->kind, PROFILE_LOCK_JOIN);
    assert_int_equal(first->record->creation_stack, 7);
    lock_load();
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCKS), 2);
}

// --- in blocks

static void allocate(const char *block, size_t bytes, uint32_t stack)
{
    heap_allocated(lock_threads[0], block, bytes, at(stack));
}

static void test_block(void **state)
{
    (void)state;
    allocate(BLOCK, BLOCK_BYTES, 33);
    use(BLOCK + 24, 1);
    assert_true(live_table_get(BLOCK).has_locks);
    heap_freed(lock_threads[0], BLOCK, at(50));
    assert_null(lock_find(BLOCK + 24));
    allocate(BLOCK - 32, BLOCK_BYTES, 34);
    use(BLOCK + 24, 2);
    lock_load();
    assert_int_equal(lock_record_of(BLOCK + 24, 0)->block_stack, 33);
    assert_int_equal(lock_record_of(BLOCK + 24, 0)->block_offset, 24);
    assert_int_equal(lock_record_of(BLOCK + 24, 0)->retired, PROFILE_LOCK_FREED);
    assert_int_equal(lock_record_of(BLOCK + 24, 1)->block_stack, 34);
    assert_int_equal(lock_record_of(BLOCK + 24, 1)->block_offset, 56);
    assert_int_equal(lock_record_of(BLOCK + 24, 1)->retired, PROFILE_LOCK_LIVES);
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_MISUSES), 0);
}

// A block of no locks is freed by the same way without a look at them.
static void test_block_without_locks(void **state)
{
    (void)state;
    allocate(BLOCK, BLOCK_BYTES, 33);
    allocate(BLOCK + 128, BLOCK_BYTES, 34);
    use(BLOCK + 24, 1);
    assert_false(live_table_get(BLOCK + 128).has_locks);
    heap_freed(lock_threads[0], BLOCK + 128, at(50));
    assert_non_null(lock_find(BLOCK + 24));
}

static void test_block_of_many_locks(void **state)
{
    (void)state;
    allocate(BLOCK, 8000, 33);
    for (int i = 0; i < 1000; i++)
        use(BLOCK + 8 * i, 1);
    use(BLOCK + 8000, 2); // behind it
    use(BLOCK - 8, 2);
    lock_destroyed(BLOCK + 80);
    heap_freed(lock_threads[0], BLOCK, at(50));
    for (int i = 0; i < 1000; i++)
        assert_null(lock_find(BLOCK + 8 * i));
    assert_non_null(lock_find(BLOCK + 8000));
    assert_non_null(lock_find(BLOCK - 8));
    lock_load();
    assert_int_equal(lock_record_of(BLOCK + 72, 0)->retired, PROFILE_LOCK_FREED);
    assert_int_equal(lock_record_of(BLOCK + 80, 0)->retired, PROFILE_LOCK_DESTROYED);
}

// Many blocks at once: more than there are chains.
static void test_many_blocks(void **state)
{
    struct random random = {5};
    static bool is_there[40000];

    (void)state;
    memset(is_there, 0, sizeof(is_there));
    for (unsigned i = 0; i < 40000; i++) {
        allocate(BLOCK + 128 * i, BLOCK_BYTES, 33);
        use(BLOCK + 128 * i + 8, 1);
        is_there[i] = true;
    }
    for (unsigned i = 0; i < 30000; i++) {
        unsigned block = random_below(&random, 40000);

        if (is_there[block])
            heap_freed(lock_threads[0], BLOCK + 128 * block, at(50));
        is_there[block] = false;
    }
    for (unsigned i = 0; i < 40000; i++)
        assert_true(is_there[i] == (lock_find(BLOCK + 128 * i + 8) != NULL));
}

// A block that comes and goes: each time another lock, and no free looks at all of them.
static void test_block_again_and_again(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 30000; i++) {
        allocate(BLOCK, BLOCK_BYTES, 33);
        assert_int_equal(use(BLOCK + 8, 1)->record->generation, i);
        heap_freed(lock_threads[0], BLOCK, at(50));
    }
}

static void test_block_freed_while_waited_for(void **state)
{
    const struct profile_lock_misuse *misuse;
    struct lock_state *lock;
    struct lock_call call;

    (void)state;
    allocate(BLOCK, BLOCK_BYTES, 33);
    lock = use(BLOCK + 8, 1);
    thread_self = lock_threads[1];
    lock_wait_begin(&call, (const void *)(uintptr_t)lock->place, lock->kind, 0, at(2));
    thread_self = NULL;
    heap_freed(lock_threads[0], BLOCK, at(50));
    lock_load();
    misuse = lock_record(PROFILE_CHUNK_LOCK_MISUSES, 0);
    assert_int_equal(misuse->kind, PROFILE_MISUSE_DESTROY_WAITED);
    assert_int_equal(misuse->lock, lock->id);
    assert_int_equal(misuse->stack, 50);
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCK_MISUSES), 1);
}

static size_t count_misuses(void)
{
    lock_load();
    return lock_count_records(PROFILE_CHUNK_LOCK_MISUSES);
}

static void test_used_in_a_freed_block(void **state)
{
    const struct profile_lock_misuse *misuse;
    uint32_t id;

    (void)state;
    allocate(BLOCK, BLOCK_BYTES, 33);
    id = use(BLOCK + 8, 1)->id;
    heap_freed(lock_threads[0], BLOCK, at(50));
    assert_int_equal(count_misuses(), 0);
    use(BLOCK + 8, 60);
    use(BLOCK + 8, 61); // it has been said
    assert_int_equal(count_misuses(), 1);
    misuse = lock_record(PROFILE_CHUNK_LOCK_MISUSES, 0);
    assert_int_equal(misuse->kind, PROFILE_MISUSE_FREED);
    assert_int_equal(misuse->lock, id);
    assert_int_equal(misuse->stack, 60);
    assert_int_equal(misuse->other_stack, 50);
}

// Destroyed, freed, used.
static void test_used_after_both(void **state)
{
    (void)state;
    allocate(BLOCK, BLOCK_BYTES, 33);
    use(BLOCK + 8, 1);
    lock_destroyed(BLOCK + 8);
    heap_freed(lock_threads[0], BLOCK, at(50));
    use(BLOCK + 8, 60);
    assert_int_equal(count_misuses(), 1);
}

static void test_freed_and_no_misuse(void **state)
{
    char on_stack[32];

    (void)state;
    allocate(BLOCK, BLOCK_BYTES, 33); // another block is there
    use(BLOCK + 8, 1);
    heap_freed(lock_threads[0], BLOCK, at(50));
    allocate(BLOCK, BLOCK_BYTES, 33);
    use(BLOCK + 8, 1);
    allocate(BLOCK + 256, 64 << 10, 33); // unmapped by the free: what is there may be anything
    use(BLOCK + 256, 1);
    heap_freed(lock_threads[0], BLOCK + 256, at(50));
    use(BLOCK + 256, 1);
    allocate(on_stack, sizeof(on_stack), 33); // a thread's stack by now
    use(on_stack, 1);
    heap_freed(lock_threads[0], on_stack, at(50));
    lock_threads[0]->stack_low = (uintptr_t)on_stack - 1000;
    lock_threads[0]->stack_high = (uintptr_t)on_stack + 1000;
    use(on_stack, 1);
    assert_int_equal(count_misuses(), 0);
}

// Initialised anew is no use of the old one.
static void test_freed_and_initialised(void **state)
{
    (void)state;
    allocate(BLOCK, BLOCK_BYTES, 33);
    use(BLOCK + 8, 1);
    heap_freed(lock_threads[0], BLOCK, at(50));
    initialise(BLOCK + 8, 60);
    use(BLOCK + 8, 61);
    assert_int_equal(count_misuses(), 0);
}

// --- many

static void make_plenty(void)
{
    for (uint64_t i = 0; i <= PLENTY; i++)
        use(lock_address(1000 + i), 1);
}

static void test_short_lived_locks_go_on(void **state)
{
    uint32_t id;

    (void)state;
    make_plenty();
    initialise(lock_address(1), 5);
    id = lock_find(lock_address(1))->id;
    for (int i = 0; i < 1000; i++) {
        lock_destroyed(lock_address(1));
        assert_null(lock_find(lock_address(1)));
        initialise(lock_address(1), 5);
        assert_int_equal(lock_find(lock_address(1))->id, id);
    }
    lock_load();
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCKS), PLENTY + 2);
    assert_int_equal(lock_record_of(lock_address(1), 0)->retired, PROFILE_LOCK_LIVES);
    lock_destroyed(lock_address(1));
    lock_load();
    assert_int_equal(lock_record_of(lock_address(1), 0)->retired, PROFILE_LOCK_DESTROYED);
}

static void test_first_uses_go_on(void **state)
{
    struct lock_state *lock;

    (void)state;
    make_plenty();
    lock = use(lock_address(1), 5);
    lock_destroyed(lock_address(1));
    assert_ptr_equal(use(lock_address(1), 5), lock);
    assert_true(lock_is(lock, lock_address(1), PROFILE_LOCK_SPIN));
}

// Before there are plenty, or when there is something to tell apart.
static void test_locks_do_not_go_on(void **state)
{
    struct lock_state *lock;

    (void)state;
    initialise(lock_address(1), 5);
    lock_destroyed(lock_address(1));
    initialise(lock_address(1), 5); // 2
    make_plenty();
    initialise(lock_address(1), 6); // 3: another stack
    lock_destroyed(lock_address(1));
    use(lock_address(1), 6); // 4: not initialised
    lock_destroyed(lock_address(1));
    lock_find_or_add(lock_threads[0], lock_address(1), PROFILE_LOCK_ONCE, at(6)); // 5: kind
    lock = lock_find(lock_address(1));
    lock->is_ordered = 1;
    lock_destroyed(lock_address(1));
    lock_find_or_add(lock_threads[0], lock_address(1), PROFILE_LOCK_ONCE, at(6)); // 6
    lock = lock_find(lock_address(1));
    lock->waiters = 1;
    lock_destroyed(lock_address(1));
    lock_find_or_add(lock_threads[0], lock_address(1), PROFILE_LOCK_ONCE, at(6)); // 7
    lock_load();
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCKS), PLENTY + 1 + 7);
    assert_int_equal(lock_record_of(lock_address(1), 6)->retired, PROFILE_LOCK_LIVES);
}

// lock_table.h: "ends when it is destroyed, or the heap block around it is freed". What goes on
// in another block at the same address ends with that one.
static void test_goes_on_and_ends_with_its_block(void **state)
{
    struct lock_state *lock = NULL;

    (void)state;
    make_plenty();
    for (int i = 0; i < 3; i++) {
        allocate(BLOCK, BLOCK_BYTES, 33);
        lock = use(BLOCK + 8, 5);
        heap_freed(lock_threads[0], BLOCK, at(50));
        assert_int_equal(lock->key, 0);
        assert_int_equal(lock->record->retired, PROFILE_LOCK_FREED);
    }
    allocate(BLOCK, BLOCK_BYTES, 34);
    assert_ptr_not_equal(use(BLOCK + 8, 6), lock);
}

#define FULL (1u << 18)

static void test_full(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < FULL; i++)
        assert_non_null(use(lock_address(i), 1));
    assert_int_equal(profile_header->dropped[PROFILE_DROP_MEMORY], 0);
    assert_null(use(lock_address(FULL), 1));
    assert_null(lock_of_joins(1));
    initialise(lock_address(FULL), 1);
    assert_null(lock_find(lock_address(FULL)));
    assert_int_equal(profile_header->dropped[PROFILE_DROP_MEMORY], 3);
    for (uint64_t i = 0; i < FULL; i++) // four in a chain
        assert_int_equal(use(lock_address(i), 2)->place, (uintptr_t)lock_address(i));
}

// --- threads

#define SHARED 20000

static struct lock_state *seen[THREADS][SHARED];

static void use_all(unsigned thread)
{
    for (uint64_t i = 0; i < SHARED; i++)
        seen[thread][i] = lock_find_or_add(lock_threads[thread], lock_address(i), PROFILE_LOCK_SPIN,
                                           at(1 + thread));
}

static void test_threads_find_the_same(void **state)
{
    (void)state;
    run_threads(use_all);
    for (uint64_t i = 0; i < SHARED; i++) {
        assert_int_equal(seen[0][i]->place, (uintptr_t)lock_address(i));
        for (unsigned thread = 1; thread < THREADS; thread++)
            assert_ptr_equal(seen[thread][i], seen[0][i]);
    }
    lock_load();
    assert_int_equal(lock_count_records(PROFILE_CHUNK_LOCKS), SHARED);
}

#define CONTESTED 16

static void make_and_end(unsigned thread)
{
    struct random random = {100 + thread};

    for (unsigned i = 0; i < 3000; i++) {
        const void *lock = lock_address(random_below(&random, CONTESTED));

        switch (random_below(&random, 3)) {
        case 0:
            lock_initialised(lock_threads[thread], lock, PROFILE_LOCK_SPIN, 0, at(1));
            break;
        case 1:
            lock_destroyed(lock);
            break;
        default:
            lock_find_or_add(lock_threads[thread], lock, PROFILE_LOCK_SPIN, at(1));
        }
    }
}

// Whatever the order: generations without gaps, and at most the last one lives.
static void test_threads_make_and_end(void **state)
{
    (void)state;
    run_threads(make_and_end);
    lock_load();
    for (uint64_t i = 0; i < CONTESTED; i++) {
        const struct lock_state *live = lock_find(lock_address(i));
        const struct profile_lock *record;
        uint32_t generation = 0, count = 0;

        while ((record = lock_record_of(lock_address(i), generation))) {
            count += record->retired == PROFILE_LOCK_LIVES;
            generation++;
        }
        assert_true(generation > 10);
        assert_int_equal(count, live ? 1 : 0);
        if (live)
            assert_int_equal(live->record->generation, generation - 1);
    }
}

#define ROUNDS 5000

static char *own_blocks[THREADS];

static void use_in_own_blocks(unsigned thread)
{
    char *block = own_blocks[thread];

    for (unsigned i = 0; i < ROUNDS; i++) {
        heap_allocated(lock_threads[thread], block, BLOCK_BYTES, at(33));
        seen[thread][i] =
            lock_find_or_add(lock_threads[thread], block + 8, PROFILE_LOCK_SPIN, at(1));
        heap_freed(lock_threads[thread], block, at(50));
    }
}

static void check_own_blocks(void)
{
    unsigned missed = 0;

    run_threads(use_in_own_blocks);
    for (unsigned thread = 0; thread < THREADS; thread++)
        for (unsigned i = 0; i < ROUNDS; i++)
            missed += seen[thread][i]->record->retired != PROFILE_LOCK_FREED ||
                      seen[thread][i]->record->generation != i;
    assert_int_equal(missed, 0);
}

static void test_threads_with_blocks(void **state)
{
    (void)state;
    for (unsigned thread = 0; thread < THREADS; thread++)
        own_blocks[thread] = BLOCK + ((size_t)thread << 24);
    check_own_blocks();
}

static uint64_t chain_of(const char *block)
{
    return (uintptr_t)block * UINT64_C(0x9e3779b97f4a7c15) >> 50; // as in lock_table.c
}

// Each thread takes off the chain what has ended, of its own block or another one.
static void test_threads_with_blocks_of_one_chain(void **state)
{
    (void)state;
    for (unsigned thread = 0; thread < THREADS; thread++) {
        own_blocks[thread] = BLOCK + ((size_t)thread << 24);
        while (chain_of(own_blocks[thread]) != chain_of(BLOCK))
            own_blocks[thread] += 32;
    }
    check_own_blocks();
}

static void test_reset(void **state)
{
    (void)state;
    allocate(BLOCK, BLOCK_BYTES, 33);
    use(BLOCK + 8, 1);
    use(lock_address(1), 1);
    lock_table_reset(); // as in a child made by fork
    assert_null(lock_find(lock_address(1)));
    assert_null(lock_find(BLOCK + 8));
    heap_freed(lock_threads[0], BLOCK, at(50));
    assert_int_equal(use(lock_address(1), 2)->id, 1);
    assert_int_equal(lock_find(lock_address(1))->record->generation, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lock_set_up, lock_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_first_use),
        TEST(test_flags_of_the_lock_itself),
        TEST(test_initialised),
        TEST(test_generations),
        TEST(test_destroy_of_the_unknown),
        TEST(test_kinds_at_one_address),
        TEST(test_joins),
        TEST(test_block),
        TEST(test_block_without_locks),
        TEST(test_block_of_many_locks),
        TEST(test_many_blocks),
        TEST(test_block_again_and_again),
        TEST(test_block_freed_while_waited_for),
        TEST(test_used_in_a_freed_block),
        TEST(test_used_after_both),
        TEST(test_freed_and_no_misuse),
        TEST(test_freed_and_initialised),
        TEST(test_short_lived_locks_go_on),
        TEST(test_first_uses_go_on),
        TEST(test_locks_do_not_go_on),
        TEST(test_goes_on_and_ends_with_its_block),
        TEST(test_full),
        TEST(test_threads_find_the_same),
        TEST(test_threads_make_and_end),
        TEST(test_threads_with_blocks),
        TEST(test_threads_with_blocks_of_one_chain),
        TEST(test_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
