// SPDX-License-Identifier: MIT
//
// text_threads.c - threads by the place that created them, and one by one.
#include "report/model/units.h"
#include "report/text/text_report.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *count_cell(struct text_report *report, int64_t count)
{
    return text_format(report, "%s", unit_count(count).text);
}

static const char *const place_sort_words[] = {
    [SORT_COUNT] = "by creation place, most created first",
    [SORT_LEAKED] = "by creation place",
    [SORT_CPU] = "by creation place and CPU time",
};

static void put_place_row(struct text_report *report, struct text_row *row,
                          const struct thread_row *thread)
{
    row->cells[0] = thread->place ? place_name(report, thread->place) : "[not seen being created]";
    row->cells[1] = thread->place ? place_where(report, thread->place) : "";
    row->cells[2] = count_cell(report, thread->created);
    row->cells[3] = count_cell(report, thread->created - thread->running);
    row->cells[4] = count_cell(report, thread->joined);
    row->cells[5] = count_cell(report, thread->detached);
    row->cells[6] = count_cell(report, thread->leaked);
    row->cells[7] = count_cell(report, thread->running);
    row->cells[8] = text_format(report, "%s", unit_ns(thread->cpu_ns).text);
}

static void put_adopted(struct text_report *report)
{
    int64_t adopted = report->profile->threads.adopted;
    if (adopted)
        fprintf(report->out, "  %s more %s not created by pthread_create as seen here\n",
                unit_count(adopted).text, adopted == 1 ? "was" : "were");
}

// "  alive or not joined, over time: 3, 8, 13, 18 ..., made by pool_start (pool.c:77)"
static void put_growth(struct text_report *report)
{
    const struct threads *threads = &report->profile->threads;
    for (size_t i = 0; i < threads->growth_count && i < report->rows; i++) {
        const struct thread_growth *growth = &threads->growth[i];
        if (growth->hidden)
            continue;
        const char *text = "alive or not joined, over time:";
        for (size_t j = 0; j < GROWTH_WINDOWS; j++)
            text = text_format(report, "%s%s %s", text, j ? "," : "",
                               unit_count(growth->counts[j]).text);
        const struct place *place =
            stack_user_frame(report->profile, growth->creation_stack)->place;
        fputs("  ", report->out);
        text_wrap(text_format(report, "%s, made by %s", text, place_phrase(report, place)), 4,
                  report->out);
    }
}

void text_put_thread_places(struct text_report *report)
{
    static const char *const titles[] = {"created", "finished", "joined", "detached",
                                         "leaked",  "running",  "CPU"};
    enum sort_by by = sort_for_table(report->options->sort, TABLE_THREAD_CREATE);
    struct thread_row *rows;
    size_t count;
    report->failed |= thread_rows_make(report->profile, by, &rows, &count) != 0;
    if (report->failed)
        return;
    if (count == 0) {
        put_adopted(report);
        return;
    }
    struct text_table table = {
        .region = &report->region,
        .heading = "THREADS",
        .subject = place_sort_words[by],
        .titles = titles,
        .number_count = 7,
    };
    size_t shown = count < report->rows ? count : report->rows;
    for (size_t i = 0; i < shown; i++) {
        struct text_row *row = text_table_row(&table);
        report->failed |= !row;
        if (!row)
            return;
        put_place_row(report, row, &rows[i]);
    }
    fputc('\n', report->out);
    text_table_print(&table, report->out, report->bold, report->plain);
    text_put_more(report, count - shown, " places");
    put_adopted(report);
    put_growth(report);
}

// --- one by one

static int64_t thread_value(const struct thread *thread, enum sort_by by)
{
    switch (by) {
    case SORT_BYTES:
        return (int64_t)thread->record.allocated_bytes;
    case SORT_BLOCKS:
        return (int64_t)thread->record.allocations;
    case SORT_WAIT:
        return (int64_t)thread->record.lock_wait_ns;
    case SORT_CPU:
        return (int64_t)thread->record.cpu_ns;
    default:
        return -(int64_t)thread->record.serial;
    }
}

static int compare_threads(const void *left, const void *right, void *by)
{
    int64_t a = thread_value(*(const struct thread *const *)left, *(enum sort_by *)by);
    int64_t b = thread_value(*(const struct thread *const *)right, *(enum sort_by *)by);
    return (a < b) - (a > b);
}

static void put_thread_row(struct text_report *report, struct text_row *row,
                           const struct thread *thread)
{
    const struct profile_thread *record = &thread->record;
    const char *name = text_printable(&report->region, record->name);
    row->cells[0] =
        text_format(report, "%" PRIu32 "  %s", record->serial, text_or_empty(report, name));
    const struct frame *creator =
        record->creation_stack ? stack_user_frame(report->profile, record->creation_stack) : NULL;
    row->cells[1] = creator ? place_name(report, creator->place) : "";
    row->cells[2] = thread->join ? thread->join : "-";
    row->cells[3] = thread->exit;
    row->cells[4] = text_format(report, "%s", unit_ns((int64_t)record->cpu_ns).text);
    row->cells[5] =
        text_format(report, "%s%s", report->about, unit_count((int64_t)record->allocations).text);
    row->cells[6] = text_format(report, "%s%s", report->about,
                                unit_bytes((int64_t)record->allocated_bytes).text);
    row->cells[7] = text_format(report, "%s", unit_ns((int64_t)record->lock_wait_ns).text);
}

static size_t list_threads(struct text_report *report, const struct thread **ret_threads)
{
    const struct threads *threads = &report->profile->threads;
    enum sort_by by = sort_for_table(report->options->sort, TABLE_THREADS);
    size_t count = 0;
    for (size_t i = 0; i < threads->record_count; i++)
        if (!threads->records[i].hidden)
            ret_threads[count++] = &threads->records[i];
    qsort_r(ret_threads, count, sizeof(*ret_threads), compare_threads, &by);
    return count;
}

void text_put_threads(struct text_report *report)
{
    static const char *const titles[] = {"join", "end", "CPU", "blocks", "bytes", "waited"};
    const struct thread **threads = region_array(
        &report->region, report->profile->threads.record_count + 1, sizeof(struct thread *));
    report->failed |= !threads;
    if (!threads)
        return;
    size_t count = list_threads(report, threads);
    struct text_table table = {
        .region = &report->region,
        .heading = "THREADS",
        .subject = "and what created them",
        .titles = titles,
        .number_count = 6,
    };
    size_t shown = count < report->rows ? count : report->rows;
    for (size_t i = 0; i < shown; i++) {
        struct text_row *row = text_table_row(&table);
        report->failed |= !row;
        if (!row)
            return;
        put_thread_row(report, row, threads[i]);
    }
    fputc('\n', report->out);
    text_table_print(&table, report->out, report->bold, report->plain);
    text_put_more(report, count - shown, "");
}
