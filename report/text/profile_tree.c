// SPDX-License-Identifier: MIT
//
// profile_tree.c - see profile_tree.h. One profile is in memory at a time.
#include "report/text/profile_tree.h"

#include "report/commands/command.h"
#include "report/model/profile_open.h"
#include "report/model/suppressions.h"
#include "report/model/units.h"
#include "report/text/text_table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// One process, then the sum of those of one program.
struct tree_row {
    const char *program;
    size_t processes, failed, running, execed;
    size_t unclassified; // of those whose leaks somebody wants to know
    const char *end;     // of a failed one
    const char *path;    // of the profile with most allocations
    int64_t path_allocations;
    int64_t allocations, peak_bytes, leaks, leak_bytes, leaked_threads, wait_ns;
    bool estimated;
};

struct tree {
    struct region region;
    struct suppressions suppressions;
    struct tree_row *rows;
    size_t row_count;
    bool failed; // without memory
    int status;
};

static const char *format(struct tree *tree, const char *text, ...)
    __attribute__((format(printf, 2, 3)));
static const char *format(struct tree *tree, const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    const char *result = region_vprintf(&tree->region, text, arguments);
    va_end(arguments);
    tree->failed |= !result;
    return result ? result : "";
}

// --- one process

static const char *end_words(struct tree *tree, const struct profile *profile)
{
    int status = profile->header.exit_status;
    const char *name = profile->state == STATE_SIGNALED ? sigabbrev_np(status) : NULL;
    if (profile->state == STATE_SIGNALED)
        return name ? format(tree, "ended by SIG%s", name) : format(tree, "signal %d", status);
    if (profile->state == STATE_KILLED)
        return "killed";
    return profile->state == STATE_EXITED && status ? format(tree, "exited %d", status) : NULL;
}

static bool is_waited_for(const struct lock *lock)
{
    return !lock_is_idle_kind(lock->kind) && !lock->suppressed;
}

static void add_threads_and_locks(struct tree_row *row, const struct profile *profile)
{
    for (size_t i = 0; i < profile->threads.record_count; i++) {
        const struct thread *thread = &profile->threads.records[i];
        if (!thread->suppressed && thread->join && strcmp(thread->join, "leaked") == 0)
            row->leaked_threads += thread->count;
    }
    for (size_t i = 0; i < profile->lock_count; i++)
        if (is_waited_for(&profile->locks[i]))
            row->wait_ns += profile->locks[i].wait_ns;
}

// Where nothing is live nothing leaked. What a program that became another had is gone.
static bool is_unclassified(const struct profile *profile)
{
    bool none_live =
        profile->header.heap_mode == PROFILE_HEAP_EXACT && profile->heap.total.live_blocks == 0;
    return !profile->leaks.classified && !none_live && profile->state != STATE_EXECED;
}

static void fill(struct tree *tree, struct tree_row *row, const struct profile *profile)
{
    const struct heap_counts *total = &profile->heap.total;
    const struct leaks *leaks = &profile->leaks;
    *row = (struct tree_row){
        .program = profile_program(profile, &tree->region),
        .processes = 1,
        .running = profile->state == STATE_RUNNING,
        .execed = profile->state == STATE_EXECED,
        .unclassified = is_unclassified(profile),
        .end = end_words(tree, profile),
        .path = profile->path,
        .path_allocations = total->allocations,
        .allocations = total->allocations,
        .peak_bytes = total->peak_bytes,
        .estimated = profile_is_sampled(profile),
    };
    row->failed = row->end != NULL;
    if (leaks->classified) {
        row->leaks = leaks->totals[PROFILE_LEAK_DEFINITE].blocks;
        row->leak_bytes =
            leaks->totals[PROFILE_LEAK_DEFINITE].bytes + leaks->totals[PROFILE_LEAK_INDIRECT].bytes;
    }
    add_threads_and_locks(row, profile);
    tree->failed |= !row->program;
}

static void load(struct tree *tree, const char *path)
{
    struct profile profile;
    const char *why = "";
    if (profile_open(&profile, path, false, NULL, &why) != 0) {
        tree->status = command_error(path, "%s", why);
        return;
    }
    tree->failed |= suppressions_apply(&tree->suppressions, &profile) != 0;
    fill(tree, &tree->rows[tree->row_count++], &profile);
    profile_release(&profile);
}

// --- by program

static void add_up(struct tree_row *to, const struct tree_row *from)
{
    to->processes += from->processes;
    to->failed += from->failed;
    to->running += from->running;
    to->execed += from->execed;
    to->unclassified += from->unclassified;
    to->end = to->end ? to->end : from->end;
    if (from->path_allocations > to->path_allocations) {
        to->path = from->path;
        to->path_allocations = from->path_allocations;
    }
    to->allocations += from->allocations;
    if (from->peak_bytes > to->peak_bytes)
        to->peak_bytes = from->peak_bytes;
    to->leaks += from->leaks;
    to->leak_bytes += from->leak_bytes;
    to->leaked_threads += from->leaked_threads;
    to->wait_ns += from->wait_ns;
    to->estimated |= from->estimated;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(((const struct tree_row *)left)->program,
                  ((const struct tree_row *)right)->program);
}

static int compare_rows(const void *left, const void *right)
{
    const struct tree_row *a = left, *b = right;
    if (a->allocations != b->allocations)
        return a->allocations < b->allocations ? 1 : -1;
    return compare_names(a, b);
}

static void group(struct tree *tree)
{
    size_t kept = 0;
    qsort(tree->rows, tree->row_count, sizeof(*tree->rows), compare_names);
    for (size_t i = 0; i < tree->row_count; i++) {
        if (kept && compare_names(&tree->rows[kept - 1], &tree->rows[i]) == 0)
            add_up(&tree->rows[kept - 1], &tree->rows[i]);
        else
            tree->rows[kept++] = tree->rows[i];
    }
    tree->row_count = kept;
    qsort(tree->rows, kept, sizeof(*tree->rows), compare_rows);
}

// --- the table

// "3 processes, 1 failed", "1, exited 2"
static const char *process_words(struct tree *tree, const struct tree_row *row)
{
    const char *text =
        row->processes == 1 ? "1 process" : format(tree, "%zu processes", row->processes);
    if (row->failed == 1)
        text = format(tree, "%s, %s%s", text, row->processes == 1 ? "" : "1 ", row->end);
    else if (row->failed)
        text = format(tree, "%s, %zu failed", text, row->failed);
    return row->running ? format(tree, "%s, %zu still running", text, row->running) : text;
}

static const char *leak_cell(struct tree *tree, const struct tree_row *row, const char *text)
{
    bool none_known = row->unclassified + row->execed == row->processes;
    return none_known ? "-" : row->unclassified ? format(tree, "%s+?", text) : text;
}

static void put_row(struct tree *tree, struct text_table *table, const struct tree_row *row)
{
    struct text_row *cells = text_table_row(table);
    const char *about = row->estimated ? "~" : "";
    tree->failed |= !cells;
    if (!cells)
        return;
    cells->cells[0] = row->program;
    cells->cells[1] = process_words(tree, row);
    cells->cells[2] = format(tree, "%s%s", about, unit_count(row->allocations).text);
    cells->cells[3] = format(tree, "%s%s", about, unit_bytes(row->peak_bytes).text);
    cells->cells[4] =
        leak_cell(tree, row, format(tree, "%s%s", about, unit_count(row->leaks).text));
    cells->cells[5] =
        leak_cell(tree, row, format(tree, "%s%s", about, unit_bytes(row->leak_bytes).text));
    cells->cells[6] = format(tree, "%s", unit_count(row->leaked_threads).text);
    cells->cells[7] = format(tree, "%s", unit_ns(row->wait_ns).text);
}

static void put_title(const struct tree *tree, const struct tree_row *all, FILE *out)
{
    fprintf(out, "gaiaprof  %zu process%s of %zu program%s", all->processes,
            all->processes == 1 ? "" : "es", tree->row_count, tree->row_count == 1 ? "" : "s");
    if (all->failed)
        fprintf(out, ", %zu failed", all->failed);
    if (all->running)
        fprintf(out, ", %zu still running", all->running);
    fputs("\n\n", out);
}

static void print(struct tree *tree, FILE *out)
{
    static const char *const titles[] = {"allocations", "max peak", "leaks",
                                         "leaked",      "threads",  "lock wait"};
    struct text_table table = {
        .region = &tree->region, .heading = "PROGRAMS", .titles = titles, .number_count = 6};
    struct tree_row all = {.program = ""};
    for (size_t i = 0; i < tree->row_count; i++) {
        add_up(&all, &tree->rows[i]);
        put_row(tree, &table, &tree->rows[i]);
    }
    put_title(tree, &all, out);
    text_table_print(&table, out, "", "");
    if (all.path)
        fprintf(out,
                "\n  leaks, leaked: definite ones%s; threads: never joined\n"
                "  the largest in full: gaiaprof report %s\n",
                all.unclassified ? " (?: not known of all)" : "", all.path);
}

int profile_tree_print(const char *const *paths, size_t count, const char *suppressions, FILE *out)
{
    struct tree tree = {0};
    const char *why = "";
    if (suppressions_load(&tree.suppressions, suppressions, &why) != 0) {
        fprintf(stderr, "gaiaprof: %s\n", why); // it says which file
        return EXIT_TROUBLE;
    }
    tree.rows = region_array(&tree.region, count + 1, sizeof(*tree.rows));
    for (size_t i = 0; i < count && tree.rows && !tree.failed; i++)
        load(&tree, paths[i]);
    if (!tree.failed && tree.rows && tree.row_count) {
        group(&tree);
        print(&tree, out);
    }
    if (tree.failed || !tree.rows)
        tree.status = command_error("report", "not enough memory");
    suppressions_release(&tree.suppressions);
    region_release(&tree.region);
    return tree.status;
}
