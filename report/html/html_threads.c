// SPDX-License-Identifier: MIT
//
// html_threads.c - every thread, and the figures of the process over time.
#include "report/html/html_page.h"

#include <string.h>

// Of the run; -1: it has not happened.
static int64_t run_time(const struct html_page *page, uint64_t ns)
{
    return ns ? (int64_t)(ns - page->profile->header.start_ns) : -1;
}

// The first thread is there before anything of it is seen.
static int64_t start_time(const struct html_page *page, const struct profile_thread *record)
{
    int64_t time_ns = run_time(page, record->start_ns ? record->start_ns : record->create_ns);
    return record->origin == PROFILE_ORIGIN_MAIN && !profile_is_merged(page->profile) ? 0 : time_ns;
}

static void put_thread(struct html_page *page, const struct thread *thread)
{
    const struct profile_thread *record = &thread->record;
    html_row(page);
    html_integer(page, NULL, record->serial);
    html_integer(page, NULL, record->tid);
    html_text(page, NULL, record->name);
    html_integer(page, NULL, thread->count);
    html_integer(page, NULL, start_time(page, record));
    html_integer(page, NULL, run_time(page, record->end_ns));
    html_integer(page, NULL, run_time(page, record->join_ns));
    html_integer(page, NULL, (int64_t)record->cpu_ns);
    html_text(page, NULL, thread->exit);
    html_text(page, NULL, thread->join);
    html_integer(page, NULL, thread->suppressed != NULL);
    html_integer(page, NULL, (int64_t)record->allocations);
    html_integer(page, NULL, (int64_t)record->allocated_bytes);
    html_integer(page, NULL, (int64_t)record->lock_wait_ns);
    html_stack(page, NULL, record->creation_stack);
    html_row_end(page);
}

static void put_threads(struct html_page *page)
{
    const struct threads *threads = &page->profile->threads;
    html_table(
        page, "threads",
        "serial tid name count start_ns end_ns join_ns cpu_ns exit join suppressed allocations "
        "allocated_bytes lock_wait_ns stack");
    for (size_t i = 0; i < threads->record_count; i++)
        if (!threads->records[i].hidden)
            put_thread(page, &threads->records[i]);
    html_table_end(page);
}

static void put_thread_counts(struct html_page *page)
{
    const struct threads *threads = &page->profile->threads;
    html_table(page, "thread_counts", "time_ns alive unjoined");
    for (size_t i = 0; i < threads->moment_count; i++) {
        html_row(page);
        html_integer(page, NULL, threads->timeline[i].time_ns);
        html_integer(page, NULL, threads->timeline[i].alive);
        html_integer(page, NULL, threads->timeline[i].unjoined);
        html_row_end(page);
    }
    html_table_end(page);
}

// A process that runs has figures that are newer than its last moment; others are not known.
static void put_now(struct html_page *page)
{
    const struct profile *profile = page->profile;
    const struct heap_counts *total = &profile->heap.total;
    size_t count = profile->timeline_count;
    if (profile->state != STATE_RUNNING || count == 0 ||
        profile->duration_ns <= profile->timeline[count - 1].time_ns)
        return;
    html_row(page);
    html_integer(page, NULL, profile->duration_ns);
    html_integer(page, NULL, total->live_bytes);
    html_integer(page, NULL, total->live_blocks);
    for (int unknown = 0; unknown < 2; unknown++)
        html_integer(page, NULL, -1);
    html_integer(page, NULL, total->allocations);
    html_integer(page, NULL, total->allocated_bytes);
    for (int unknown = 0; unknown < 2; unknown++)
        html_integer(page, NULL, -1);
    html_row_end(page);
}

static bool has_highest(const struct profile *profile)
{
    for (size_t i = 0; i < profile->timeline_count; i++)
        if (profile->timeline[i].rss_is_highest)
            return true;
    return false;
}

static void put_timeline(struct html_page *page)
{
    html_table(page, "timeline",
               "time_ns live_bytes live_blocks rss_bytes threads allocations allocated_bytes "
               "lock_wait_ns cpu_ns");
    for (size_t i = 0; i < page->profile->timeline_count; i++) {
        const struct moment *moment = &page->profile->timeline[i];
        html_row(page);
        html_integer(page, NULL, moment->time_ns);
        html_integer(page, NULL, moment->live_bytes);
        html_integer(page, NULL, moment->live_blocks);
        html_integer(page, NULL, moment->rss_bytes);
        html_integer(page, NULL, moment->threads);
        html_integer(page, NULL, moment->allocations);
        html_integer(page, NULL, moment->allocated_bytes);
        html_integer(page, NULL, moment->lock_wait_ns);
        html_integer(page, NULL, moment->cpu_ns);
        html_row_end(page);
    }
    put_now(page);
    html_table_end(page);
    html_flag(page, "rss_is_highest", has_highest(page->profile));
    html_integer(page, "peak_bytes", page->profile->heap.total.peak_bytes);
    html_flag(page, "peak_about",
              page->profile->header.peak_slack_bytes || profile_is_sampled(page->profile));
    html_integer(page, "peak_after_ns", page->profile->peak_after_ns);
    html_integer(page, "peak_until_ns", page->profile->peak_until_ns);
}

void html_put_threads(struct html_page *page)
{
    bool recorded = page->profile->header.threads_on;
    if (recorded && html_has(page, TABLE_THREADS | TABLE_THREAD_CREATE)) {
        put_threads(page);
        put_thread_counts(page);
        html_integer(page, "threads_peak", page->profile->threads.peak);
    }
    if (html_has(page, 0) || strcmp(page->options->view->name, "timeline") == 0)
        put_timeline(page);
}
