// SPDX-License-Identifier: MIT
//
// leak_memory_test.c - sets of addresses, /proc/PID/maps, and a process that is read and stopped: a
// child of the test's own.
#include "report/leaks/leak_maps.h"
#include "report/leaks/leak_memory.h"
#include "report/leaks/leak_ranges.h"
#include "report/leaks/leak_stop.h"
#include "report/model/region.h"
#include "tests/await.h"
#include "tests/unit/leak_support.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// --- sets

static void check_set(const struct leak_ranges *set, const struct leak_range *expected,
                      size_t count)
{
    assert_int_equal(set->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(set->ranges[i].start, expected[i].start);
        assert_int_equal(set->ranges[i].end, expected[i].end);
    }
}

static void test_sets(void **state)
{
    (void)state;
    struct leak_ranges set = {0}, without = {0}, left = {0};
    leak_ranges_add(&set, 100, 200);
    leak_ranges_add(&set, 10, 20);
    leak_ranges_add(&set, 20, 30);
    leak_ranges_add(&set, 150, 160);
    leak_ranges_add(&set, 300, 300);
    leak_ranges_sort(&set);
    check_set(&set, (struct leak_range[]){{10, 30}, {100, 200}}, 2);
    leak_ranges_add(&without, 0, 12);
    leak_ranges_add(&without, 25, 110);
    leak_ranges_add(&without, 120, 130);
    leak_ranges_add(&without, 190, 1000);
    leak_ranges_sort(&without);
    leak_ranges_subtract(&left, &set, &without);
    check_set(&left, (struct leak_range[]){{12, 25}, {110, 120}, {130, 190}}, 3);
    assert_null(leak_ranges_find(&left, 25));
    assert_null(leak_ranges_find(&left, 0));
    assert_null(leak_ranges_find(&left, 190));
    assert_int_equal(leak_ranges_find(&left, 189)->start, 130);
    leak_ranges_release(&set);
    leak_ranges_release(&without);
    leak_ranges_release(&left);
}

// --- maps

static void test_maps(void **state)
{
    (void)state;
    static const char text[] =
        "00400000-00401000 r-xp 00000000 fe:00 42     /bin/prog (deleted)\n"
        "00500000-00501000 rw-p 00000000 00:00 0      [heap]\n"
        "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n"
        "7f0000001000-7f0000002000 r--p 00000000 00:00 0 \n"
        "7f0000002000-7f0000003000 ---p 00000000 00:00 0 \n"
        "7f0000003000-7f0000004000 rw-s 00000000 00:05 9   /dev/dri/card0\n"
        "7f0000004000-7f0000005000 rw-s 00000000 00:05 9   /dev/shm/x\n"
        "7f0000005000-7f0000006000 rw-p 001d3000 fe:00 8   /usr/lib/libc.so.6\n"
        "7f0000006000-7f0000007000 r-xp 001d3000 fe:00 8   /lib64/ld-linux-x86-64.so.2\n"
        "7f0000007000-7f0000008000 r--p 00000000 00:00 0   [vvar]\n"
        "7f0000008000-7f0000009000 rw-p 00000000 00:00 0   [anon: pool]\n"
        "7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0   [stack]\n"
        "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n"
        "nonsense\n";
    static const enum leak_map_kind kinds[] = {LEAK_MAP_OTHER,  LEAK_MAP_BRK,   LEAK_MAP_OTHER,
                                               LEAK_MAP_OTHER,  LEAK_MAP_OTHER, LEAK_MAP_DEVICE,
                                               LEAK_MAP_OTHER,  LEAK_MAP_LIBC,  LEAK_MAP_LOADER,
                                               LEAK_MAP_KERNEL, LEAK_MAP_OTHER, LEAK_MAP_STACK};
    static const char is_data[] = "011100110011";
    struct leak_maps maps = {0};
    FILE *file = fmemopen((void *)(uintptr_t)text, sizeof(text) - 1, "r");
    assert_non_null(file);
    assert_int_equal(leak_maps_parse(&maps, file), 0);
    fclose(file);
    assert_int_equal(maps.count, sizeof(kinds) / sizeof(kinds[0]));
    for (size_t i = 0; i < maps.count; i++) {
        assert_int_equal(maps.maps[i].kind, kinds[i]);
        assert_int_equal(leak_map_is_data(&maps.maps[i]), is_data[i] == '1');
    }
    assert_ptr_equal(leak_maps_find(&maps, 0x500fff), &maps.maps[1]);
    assert_null(leak_maps_find(&maps, 0x501000));
    leak_maps_release(&maps);
}

// --- another process

static pid_t start(void (*run)(void))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        run();
        _exit(1);
    }
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void wait_for_ever(void)
{
    for (;;)
        pause();
}

static char known[3 * LEAK_PAGE_BYTES] = "what is here";

// What can't be read is zeros; the rest is there.
static void test_reads_around_holes(void **state)
{
    (void)state;
    char *area =
        mmap(NULL, 3 * LEAK_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(area, MAP_FAILED);
    memset(area, 'x', 3 * LEAK_PAGE_BYTES);
    mprotect(area + LEAK_PAGE_BYTES, LEAK_PAGE_BYTES, PROT_NONE);
    pid_t pid = start(wait_for_ever);
    struct leak_memory memory;
    if (leak_memory_open(&memory, pid, (uintptr_t)known) != 0) {
        end(pid);
        skip(); // not allowed here
    }
    uint64_t at = (uintptr_t)area;
    struct leak_range ranges[] = {{(uintptr_t)known, (uintptr_t)known + 16},
                                  {at + 8, at + 2 * LEAK_PAGE_BYTES + 8}};
    static char bytes[3 * LEAK_PAGE_BYTES];
    memset(bytes, 'o', sizeof(bytes));
    leak_memory_read_ranges(&memory, ranges, 2, bytes);
    assert_string_equal(bytes, known);
    assert_int_equal(bytes[16], 'x');
    assert_int_equal(bytes[16 + LEAK_PAGE_BYTES - 9], 'x');
    assert_int_equal(bytes[16 + LEAK_PAGE_BYTES - 8], 0);
    assert_int_equal(bytes[16 + 2 * LEAK_PAGE_BYTES - 9], 0);
    assert_int_equal(bytes[16 + 2 * LEAK_PAGE_BYTES - 8], 'x');
    assert_int_equal(bytes[16 + 2 * LEAK_PAGE_BYTES], 'o');
    assert_false(leak_memory_read(&memory, at + LEAK_PAGE_BYTES, bytes, 8));
    leak_memory_close(&memory);
    end(pid);
    munmap(area, 3 * LEAK_PAGE_BYTES);
}

static void check_present(const struct leak_memory *memory, uint64_t at)
{
    struct leak_ranges present = {0};
    leak_memory_add_present(memory, at + 16, at + 8 * LEAK_PAGE_BYTES - 16, &present);
    check_set(&present,
              (struct leak_range[]){{at + 16, at + 2 * LEAK_PAGE_BYTES},
                                    {at + 5 * LEAK_PAGE_BYTES, at + 6 * LEAK_PAGE_BYTES}},
              2);
    leak_ranges_release(&present);
}

static void test_knows_pages_without_memory(void **state)
{
    (void)state;
    char *area =
        mmap(NULL, 8 * LEAK_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(area, MAP_FAILED);
    area[0] = area[LEAK_PAGE_BYTES] = area[5 * LEAK_PAGE_BYTES] = 1;
    pid_t pid = start(wait_for_ever);
    struct leak_memory memory;
    bool is_allowed = leak_memory_open(&memory, pid, (uintptr_t)known) == 0;
    if (is_allowed && memory.pagemap_fd >= 0 && sysconf(_SC_PAGESIZE) == LEAK_PAGE_BYTES) {
        check_present(&memory, (uintptr_t)area);
        memory.has_pagemap_scan = false;
        check_present(&memory, (uintptr_t)area);
    }
    if (is_allowed)
        leak_memory_close(&memory);
    end(pid);
    munmap(area, 8 * LEAK_PAGE_BYTES);
}

// --- stopping

static volatile sig_atomic_t signals;

static void count_signal(int signal)
{
    (void)signal;
    signals++;
}

// Ends with 0 when 20 signals have come, with 1 when the wait was interrupted by anything else.
static void wait_for_events(void)
{
    struct epoll_event event;
    int events = epoll_create1(EPOLL_CLOEXEC);
    sigset_t none, counted;
    sigemptyset(&none);
    sigemptyset(&counted);
    sigaddset(&counted, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &counted, NULL); // they come in the wait alone
    signal(SIGRTMIN, count_signal);
    while (signals < 20) {
        int before = signals;
        if (epoll_pwait(events, &event, 1, -1, &none) != -1 || errno != EINTR || signals == before)
            _exit(1);
    }
    _exit(0);
}

static bool stop_once(pid_t pid, int signal)
{
    struct leak_stop stop;
    struct region region = {0};
    const char *why = NULL;
    if (leak_stop_begin(&stop, pid, &region, &why) != 0) {
        print_message("%s\n", why);
        leak_stop_release(&stop);
        region_release(&region);
        return false;
    }
    assert_int_equal(stop.running, 0);
    assert_int_equal(stop.count, 1);
    assert_true(stop.threads[0].is_stopped);
    assert_true(stop.threads[0].sp != 0);
    assert_true(stop.registers.count > 0);
    if (signal)
        kill(pid, signal);
    leak_stop_end(&stop);
    leak_stop_release(&stop);
    region_release(&region);
    return true;
}

static void test_stops_unnoticed(void **state)
{
    (void)state;
    int status;
    pid_t pid = start(wait_for_events);
    await_sleep(pid);
    bool is_allowed = stop_once(pid, 0);
    for (int i = 0; is_allowed && i < 50; i++)
        is_allowed = stop_once(pid, 0);
    if (!is_allowed) {
        end(pid);
        skip();
    }
    for (int i = 0; i < 10; i++) {
        kill(pid, SIGRTMIN);
        assert_true(stop_once(pid, i == 9 ? 0 : SIGRTMIN));
    }
    kill(pid, SIGRTMIN);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_a_stopped_process_stays_so(void **state)
{
    (void)state;
    pid_t pid = start(wait_for_ever);
    kill(pid, SIGSTOP);
    waitpid(pid, NULL, WUNTRACED);
    bool is_allowed = stop_once(pid, 0);
    if (is_allowed) {
        while (thread_state(pid) != 'T') // it is stopped anew
            await_poll();
        for (int i = 0; i < 20; i++, await_poll())
            assert_int_equal(thread_state(pid), 'T');
        kill(pid, SIGCONT);
        await_sleep(pid);
    }
    end(pid);
}

static void check_refused(pid_t pid, const char *expected)
{
    struct leak_stop stop;
    struct region region = {0};
    const char *why = NULL;
    assert_true(leak_stop_begin(&stop, pid, &region, &why) < 0);
    assert_string_equal(why, expected);
    leak_stop_release(&stop);
    region_release(&region);
}

static void test_why_not(void **state)
{
    (void)state;
    pid_t pid = start(wait_for_ever);
    kill(pid, SIGKILL);
    siginfo_t gone;
    waitid(P_PID, (id_t)pid, &gone, WEXITED | WNOWAIT);
    check_refused(pid, "the process has ended");
    waitpid(pid, NULL, 0);
    check_refused(pid, "the process has ended");
    check_refused(getpid(), "a process can't stop itself");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_reads_around_holes),
        cmocka_unit_test(test_knows_pages_without_memory),
        cmocka_unit_test(test_stops_unnoticed),
        cmocka_unit_test(test_a_stopped_process_stays_so),
        cmocka_unit_test(test_why_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
