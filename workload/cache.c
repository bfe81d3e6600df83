// SPDX-License-Identifier: MIT
//
// A table of primes that callers ask for again and again, and that is computed anew each time; it
// grows by a few entries at a time.
// What a profile shows: reallocations, far more bytes than the table holds, and CPU time.
// What helps: to keep the table, and to make room for all of it at once.
#include "workload/subsystem.h"

#include <stdbool.h>

#define GROWTH_STEP 16
#define KEY_COUNT 32
#define PRIMES_PER_KEY 16

// primes[0..count) are filled, in rising order; there is room for capacity.
struct prime_table {
    uint64_t *primes;
    size_t count;
    size_t capacity;
};

static void prime_table_append(struct prime_table *table, uint64_t prime)
{
    if (table->count == table->capacity) {
        table->capacity += GROWTH_STEP;
        table->primes = work_realloc(table->primes, table->capacity * sizeof *table->primes);
    }
    table->primes[table->count++] = prime;
}

static bool prime_table_divides(const struct prime_table *table, uint64_t value)
{
    for (size_t i = 0; i < table->count && table->primes[i] * table->primes[i] <= value; i++) {
        if (value % table->primes[i] == 0)
            return true;
    }
    return false;
}

static struct prime_table prime_table_compute(size_t count)
{
    struct prime_table table = {0};
    for (uint64_t value = 2; table.count < count; value++) {
        if (!prime_table_divides(&table, value))
            prime_table_append(&table, value);
    }
    return table;
}

static uint64_t cache_operate(struct work_random *random)
{
    size_t key = 1 + work_random_below(random, KEY_COUNT);
    struct prime_table table = prime_table_compute(key * PRIMES_PER_KEY);
    uint64_t last = table.primes[table.count - 1];
    free(table.primes);
    return last;
}

const struct subsystem cache_subsystem = {
    .name = "cache",
    .summary = "a table computed anew on each call, grown by realloc",
    .operations = 10000,
    .operate = cache_operate,
};
