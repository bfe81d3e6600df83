// SPDX-License-Identifier: MIT
//
// text_report.h - how the parts of the text format (render_text.c, text_summary.c, text_heap.c,
// text_heap_misuse.c, text_leaks.c, text_locks.c, text_misuse.c, text_order.c, text_suppressions.c,
// text_threads.c, text_timeline.c) share one report being written. Internal to them.
#ifndef GAIAPROF_TEXT_REPORT_H
#define GAIAPROF_TEXT_REPORT_H

#include "report/formats/render.h"
#include "report/text/lock_rows.h"
#include "report/text/rows.h"
#include "report/text/text_table.h"

struct text_report {
    struct profile *profile;
    const struct render_options *options;
    FILE *out;
    struct region region;
    const char *bold, *alarm, *plain; // terminal sequences, or ""
    const char *about;                // before figures of the heap: "~" of estimates, or ""
    bool fields;                      // the summary's lines are fields, see render_summary()
    size_t rows;                      // of each table
    size_t stacks;                    // below each table
    struct heap_rows heap;
    unsigned char *shown; // by place: its stack has been printed
    bool failed;          // without memory
};

// "" in place of NULL, and remembers that memory ran out.
const char *text_or_empty(struct text_report *report, const char *text);
const char *text_format(struct text_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Function without parameters and return type, or an address where it is unknown.
const char *place_name(struct text_report *report, const struct place *place);
// "api.c:52", else the module, else "".
const char *place_where(struct text_report *report, const struct place *place);
// With the module, where another of the places has the same name and line in another one.
const char *place_where_among(struct text_report *report, const struct place *place,
                              const struct place *const *places, size_t count);
// "api_request (api.c:52)", short enough for a sentence.
const char *place_phrase(struct text_report *report, const struct place *place);

// The stack below a table, unless it says no more than the row did. `title` is its first line.
void text_put_stack(struct text_report *report, uint32_t stack, const char *title);
bool stack_says_more(struct text_report *report, uint32_t stack);

// The frames of a stack from the innermost that is the user's own to what started the thread; at
// most `most`.
void text_put_user_frames(struct text_report *report, uint32_t stack, size_t indent, size_t most);

// The name of a lock, of all locks of a row, short enough for a sentence.
const char *lock_words(struct text_report *report, const struct lock *lock);
const char *lock_row_words(struct text_report *report, const struct lock_row *row);
// "1 mutex", "5 mutexes"
const char *lock_count_words(struct text_report *report, uint32_t kind, size_t count);
// "metrics_lock (mutex)"
const char *lock_and_kind(struct text_report *report, const struct lock *lock);
// "2 threads wait for each other", "lock_a and lock_b"
const char *deadlock_words(struct text_report *report, const struct order_cycle *cycle);
const char *cycle_lock_words(struct text_report *report, const struct order_cycle *cycle);

// "  … 8 more" where rows were left out.
void text_put_more(struct text_report *report, size_t left_out, const char *what);

// A line of the summary: a label of at most 8 columns, a '!' if something is wrong.
void text_put_line(struct text_report *report, const char *label, bool wrong, const char *text);

void text_put_summary(struct text_report *report);
void text_put_leak_lines(struct text_report *report);
void text_put_heap_misuse_line(struct text_report *report);
void text_put_suppressed_note(struct text_report *report);
void text_put_deadlock_line(struct text_report *report);
void text_put_lock_lines(struct text_report *report);
void text_put_unseen_line(struct text_report *report);
void text_put_heap(struct text_report *report, unsigned tables);
void text_put_leaks(struct text_report *report, unsigned tables);
void text_put_heap_misuses(struct text_report *report);
void text_put_suppressions(struct text_report *report);
void text_put_locks(struct text_report *report);
void text_put_lock_holders(struct text_report *report);
void text_put_deadlocks(struct text_report *report);
void text_put_order(struct text_report *report);
void text_put_misuses(struct text_report *report);
void text_put_threads(struct text_report *report);
void text_put_thread_places(struct text_report *report);
void text_put_timeline(struct text_report *report);
// When the peak was: "at 1.92 s". NULL: unknown.
const char *text_peak_time(struct text_report *report);
// "  live over the run  ▁▂▄█▅▁  2.31 s", below the table of the peak.
void text_put_live_line(struct text_report *report);

// As it was called, short enough for a sentence.
const char *text_program_name(struct text_report *report);

// "gaiaprof: deadlock: 2 threads of stress (pid 123) wait for each other"
void text_put_deadlock_heading(struct text_report *report, const struct order_cycle *cycle);
// One deadlock: what each thread waits for, and holds.
void text_put_deadlock(struct text_report *report, const struct order_cycle *cycle);

// The words for "at exit" and the end of a process that had none.
const char *text_end_words(const struct profile *profile);

#endif
