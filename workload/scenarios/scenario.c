// SPDX-License-Identifier: MIT
//
// The table of scenarios, and what several of them need: a clean stack, and to know from outside
// what another thread is doing, without a lock or a semaphore that would show in the profile.
#include "workload/scenarios/scenario.h"

#include "workload/work.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define POLL_NS 500000

static const struct scenario *const scenarios[] = {
    &nothing_scenario,           &leak_definite_scenario,
    &leak_indirect_scenario,     &leak_possible_scenario,
    &leak_reachable_scenario,    &leak_cycle_scenario,
    &temporary_scenario,         &peak_scenario,
    &realloc_growth_scenario,    &alloc_api_scenario,
    &cross_thread_free_scenario, &deep_stack_scenario,
    &contention_scenario,        &threads_joined_scenario,
    &thread_detached_scenario,   &thread_leak_scenario,
    &thread_running_scenario,    &thread_exit_kinds_scenario,
};

#define SCENARIO_COUNT (sizeof scenarios / sizeof scenarios[0])

const struct scenario *scenario_find(const char *name)
{
    for (size_t i = 0; i < SCENARIO_COUNT; i++) {
        if (strcmp(scenarios[i]->name, name) == 0)
            return scenarios[i];
    }
    return NULL;
}

void scenarios_list(FILE *out)
{
    for (size_t i = 0; i < SCENARIO_COUNT; i++)
        fprintf(out, "  %-17s %s\n", scenarios[i]->name, scenarios[i]->summary);
}

SCENARIO_SITE void scenario_wipe_stack(void)
{
    volatile char area[8192];
    for (size_t i = 0; i < sizeof area; i++)
        area[i] = 0;
}

void scenario_sleep_ns(uint64_t duration_ns)
{
    struct timespec left = {(time_t)(duration_ns / 1000000000), (long)(duration_ns % 1000000000)};
    while (nanosleep(&left, &left) && errno == EINTR)
        ;
}

void scenario_await_end(int tid)
{
    while (tgkill(getpid(), tid, 0) == 0)
        scenario_sleep_ns(POLL_NS);
}

// The state is the letter behind the name, which is in parentheses and may hold some itself.
static bool is_asleep(int tid)
{
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        work_die(path, errno);
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    const char *name_end = strrchr(text, ')');
    return name_end && strncmp(name_end, ") S", 3) == 0;
}

// Looks again after a while: a thread may sleep for an instant on its way, in a page fault.
void scenario_await_sleep(int tid)
{
    for (int seen = 0; seen < 3; seen = is_asleep(tid) ? seen + 1 : 0)
        scenario_sleep_ns(POLL_NS);
}
