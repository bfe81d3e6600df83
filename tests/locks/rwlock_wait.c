// SPDX-License-Identifier: MIT
// Readers wait for a writer and a writer for readers: how long, from where, because of whom.
// EXPECT: lock("book")["contentions"] == 9 and lock("book")["acquisitions"] == 3 * (1 + 2) + 3 * (2 + 1)
// EXPECT: about(waiters("book")["read_it"]["wait_ns"], stdout.split()[0])
// EXPECT: about(waiters("book")["write_it"]["wait_ns"], stdout.split()[1])
// EXPECT: {f: w["count"] for f, w in waiters("book").items()} == {"read_it": 6, "write_it": 3}
// EXPECT: about(lock("book")["wait_ns"], sum(map(int, stdout.split())))
// EXPECT: {f: h["count"] for f, h in holders("book").items()} == {"finish_writing": 6, "finish_reading_last": 3, "first_reader": 0}
// EXPECT: about(holders("book")["finish_writing"]["wait_ns"], stdout.split()[0])
// EXPECT: about(holders("book")["finish_reading_last"]["wait_ns"] + holders("book")["first_reader"]["wait_ns"], stdout.split()[1])
// EXPECT: report["misuse"] == [] and report["order"] == []
// OUTPUT: varies
#include "steps.h"

pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;
static atomic_int readers[3][2], writers[3], is_open, is_reading, have_read;
static atomic_long read_wait_ns, write_wait_ns;

void read_it(void)
{
    long began = now_ns();

    pthread_rwlock_rdlock(&book);
    read_wait_ns += now_ns() - began;
}

void *reader(void *tid)
{
    arrive(tid);
    read_it();
    have_read++;
    while (have_read % 2) // the other still waits, if only for the processor
        sleep_ns(POLL_NS);
    pthread_rwlock_unlock(&book);
    return NULL;
}

void write_it(void)
{
    long began = now_ns();

    pthread_rwlock_wrlock(&book);
    write_wait_ns += now_ns() - began;
}

void *writer(void *tid)
{
    arrive(tid);
    write_it();
    pthread_rwlock_unlock(&book);
    return NULL;
}

void finish_writing(void)
{
    pthread_rwlock_unlock(&book);
}

void finish_reading_last(void)
{
    pthread_rwlock_unlock(&book);
}

static void keep_readers(int round)
{
    pthread_t threads[2];

    pthread_rwlock_wrlock(&book);
    for (int i = 0; i < 2; i++)
        threads[i] = start(reader, &readers[round][i]);
    for (int i = 0; i < 2; i++)
        await_asleep(&readers[round][i]);
    sleep_ms(40);
    finish_writing();
    for (int i = 0; i < 2; i++)
        finish(threads[i]);
}

void *first_reader(void *moment)
{
    pthread_rwlock_rdlock(&book);
    come(&is_reading);
    await(moment);
    pthread_rwlock_unlock(&book);
    return NULL;
}

static void keep_writer(int round)
{
    pthread_t threads[2];

    is_open = is_reading = 0;
    threads[0] = start(first_reader, &is_open);
    await(&is_reading);
    pthread_rwlock_rdlock(&book);
    threads[1] = start(writer, &writers[round]);
    await_asleep(&writers[round]);
    come(&is_open);
    finish(threads[0]); // one reader less, and the writer still waits
    sleep_ms(40);
    finish_reading_last();
    finish(threads[1]);
}

int main(void)
{
    for (int round = 0; round < 3; round++)
        keep_readers(round);
    for (int round = 0; round < 3; round++)
        keep_writer(round);
    printf("%ld %ld\n", read_wait_ns, write_wait_ns);
    return 0;
}
