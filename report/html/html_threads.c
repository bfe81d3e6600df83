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

static void put_thread(struct html_page *page, const struct thread *thread)
{
    const struct profile_thread *record = &thread->record;
    html_row(page);
    html_integer(page, NULL, record->serial);
    html_integer(page, NULL, record->tid);
    html_text(page, NULL, record->name);
    html_integer(page, NULL, run_time(page, record->start_ns));
    html_integer(page, NULL, run_time(page, record->end_ns));
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
    html_table(page, "threads",
               "serial tid name start_ns end_ns cpu_ns exit join suppressed allocations "
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
    html_table_end(page);
}

void html_put_threads(struct html_page *page)
{
    bool recorded = page->profile->header.threads_on;
    if (recorded && html_has(page, TABLE_THREADS | TABLE_THREAD_CREATE)) {
        put_threads(page);
        put_thread_counts(page);
    }
    if (html_has(page, 0) || strcmp(page->options->view->name, "timeline") == 0)
        put_timeline(page);
}
