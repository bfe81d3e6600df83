// SPDX-License-Identifier: MIT
//
// text_summary.c - the first lines of the text report: is anything wrong, and where? A '!' marks
// what is.
#include "report/model/profile_open.h"
#include "report/model/runtime_code.h"
#include "report/model/units.h"
#include "report/text/text_report.h"

#include <string.h>

#define LABEL_COLUMNS 12

// What is worth a '!'.
#define TEMPORARY_MIN 10000        // temporary blocks of one place,
#define TEMPORARY_SHARE_MIN 0.5    // and of all allocations
#define TEMPORARY_WORTH_SAYING 0.1 // of the blocks of the first place
#define NAMELESS_SHARE_MIN 0.5     // of the bytes, without a function name

void text_put_line(struct text_report *report, const char *label, bool wrong, const char *text)
{
    if (report->fields) {
        fprintf(report->out, "%s\t%s\t%s\n", label, wrong ? "!" : "", text);
        return;
    }
    fprintf(report->out, "  %-8s%s%c%s ", label, wrong ? report->alarm : "", wrong ? '!' : ' ',
            wrong ? report->plain : "");
    text_wrap(text, LABEL_COLUMNS, report->out);
}

static const char *signal_words(struct text_report *report, int signal)
{
    const char *name = sigabbrev_np(signal);
    return name ? text_format(report, "ended by SIG%s", name)
                : text_format(report, "ended by signal %d", signal);
}

static const char *state_words(struct text_report *report)
{
    const struct profile *profile = report->profile;
    switch (profile->state) {
    case STATE_EXITED:
        return text_format(report, "exited %d", profile->header.exit_status);
    case STATE_SIGNALED:
        return signal_words(report, profile->header.exit_status);
    case STATE_EXECED:
        return "replaced itself by another program";
    case STATE_RUNNING:
        return "still running";
    default:
        return "ended without a word (killed?)";
    }
}

const char *text_program_name(struct text_report *report)
{
    const char *called = profile_called(report->profile);
    const char *name =
        text_or_empty(report, text_printable(&report->region, *called ? called : "a program"));
    return text_cut(&report->region, name, 30);
}

// "50 profiles of stress", "50 profiles of 3 programs"
static const char *merged_words(struct text_report *report)
{
    const struct merged *merged = &report->profile->merged;
    const char *of = merged->program_count == 1
                         ? text_program_name(report)
                         : text_format(report, "%zu programs", merged->program_count);
    const char *failed =
        merged->record.failed == 0
            ? ""
            : text_format(report, ", %s failed", unit_count((int64_t)merged->record.failed).text);
    const char *ran =
        report->profile->duration_ns < 0
            ? "run time unknown"
            : text_format(report, "ran %s together", unit_ns(report->profile->duration_ns).text);
    return text_format(report, "%s profile%s of %s  %s%s",
                       unit_count((int64_t)merged->record.profile_count).text,
                       merged->record.profile_count == 1 ? "" : "s", of, ran, failed);
}

static const char *process_words(struct text_report *report)
{
    const struct profile *profile = report->profile;
    const char *ran = profile->duration_ns >= 0
                          ? text_format(report, "ran %s, ", unit_ns(profile->duration_ns).text)
                          : "";
    return text_format(report, "%s (pid %u)  %s%s", text_program_name(report), profile->header.pid,
                       ran, state_words(report));
}

static void put_title(struct text_report *report)
{
    const struct profile *profile = report->profile;
    const char *title = profile_is_merged(profile) ? merged_words(report) : process_words(report);
    const char *file =
        text_or_empty(report, text_printable(&report->region, path_basename(profile->path)));
    size_t used = text_columns(title) + sizeof("gaiaprof  ") - 1;
    fprintf(report->out, "%sgaiaprof%s  %s", report->bold, report->plain, title);
    if (used + 2 + text_columns(file) <= TEXT_COLUMNS)
        fprintf(report->out, "%*s%s", (int)(TEXT_COLUMNS - used - text_columns(file)), "", file);
    fputs("\n\n", report->out);
}

// --- heap

static void put_nameless(struct text_report *report, struct heap_row *const *rows, size_t count)
{
    int64_t bytes = 0;
    const char *module = NULL;
    for (size_t i = 0; i < count; i++) {
        if (rows[i]->place->function)
            continue;
        bytes += rows[i]->counts.allocated_bytes;
        module = module ? module : rows[i]->place->module;
    }
    int64_t total = report->heap.shown.allocated_bytes;
    const char *missing = "";
    profile_modules_in_state(report->profile, SYMBOLIZER_MISSING, &missing);
    if (!module || strcmp(module, missing) == 0 ||
        (double)bytes < NAMELESS_SHARE_MIN * (double)total)
        return;
    module = text_or_empty(report, text_printable(&report->region, path_basename(module)));
    text_put_line(
        report, "names", false,
        text_format(report,
                    "%s%s of the bytes come from code without function names: install the "
                    "debug symbols of %s (on Debian its -dbgsym package)",
                    report->about, unit_share(bytes, total).text,
                    text_cut(&report->region, module, 40)));
}

static void put_heap_where(struct text_report *report)
{
    struct heap_row **rows;
    size_t count;
    report->failed |= heap_rows_sort(&report->heap, SORT_BYTES, &rows, &count) != 0;
    if (report->failed || count == 0)
        return;
    const struct heap_row *top = rows[0];
    int64_t temporary = top->counts.temporary, blocks = top->counts.allocations;
    bool wrong = temporary >= TEMPORARY_MIN &&
                 (double)temporary >= TEMPORARY_SHARE_MIN * (double)report->heap.shown.allocations;
    const char *also = (double)temporary < TEMPORARY_WORTH_SAYING * (double)blocks
                           ? ""
                           : text_format(report, ", %s%s of its blocks temporary", report->about,
                                         unit_share(temporary, blocks).text);
    text_put_line(
        report, "", wrong,
        text_format(
            report, "%s%s of the bytes from %s%s", report->about,
            unit_share(top->counts.allocated_bytes, report->heap.shown.allocated_bytes).text,
            place_phrase(report, top->place), also));
    put_nameless(report, rows, count);
}

// Why there is nothing to say about the heap. NULL: there is.
static const char *heap_silence(struct text_report *report)
{
    const struct profile *profile = report->profile;
    if (profile->header.heap_mode == PROFILE_HEAP_OFF)
        return "not recorded (GAIAPROF_HEAP=exact)";
    if (profile->header.heap_bypassed)
        return "nothing seen: the program has its own malloc, which comes before gaiaprof's";
    if (profile->heap.total.allocations != 0)
        return NULL;
    if (profile_is_sampled(profile))
        return text_format(report, "too little to be sampled every %s (GAIAPROF_HEAP=exact)",
                           unit_bytes((int64_t)profile->header.sample_bytes).text);
    return "no allocations";
}

// "exact", "sampled every 512 KiB (±3.1%)"
static const char *heap_mode_words(struct text_report *report)
{
    const struct profile *profile = report->profile;
    const struct heap_counts *total = &profile->heap.total;
    if (!profile_is_sampled(profile))
        return "exact";
    return text_format(report, "sampled every %s (%s)",
                       unit_bytes((int64_t)profile->header.sample_bytes).text,
                       unit_error(heap_error(total).allocated_bytes, total->allocated_bytes).text);
}

static const char *live_words(struct text_report *report)
{
    const struct heap_counts *total = &report->profile->heap.total;
    if (total->live_blocks == 0)
        return *report->about ? "nothing sampled" : "nothing";
    return text_format(report, "%s%s block%s, %s%s", report->about,
                       unit_count(total->live_blocks).text, total->live_blocks == 1 ? "" : "s",
                       report->about, unit_bytes(total->live_bytes).text);
}

static void put_heap_line(struct text_report *report)
{
    const struct profile *profile = report->profile;
    const struct heap_counts *total = &profile->heap.total;
    const char *silence = heap_silence(report);
    if (silence) {
        bool bypassed =
            profile->header.heap_bypassed && profile->header.heap_mode != PROFILE_HEAP_OFF;
        text_put_line(report, "heap", bypassed, silence);
        return;
    }
    text_put_line(report, "heap", false,
                  text_format(report, "%s%s allocations, %s%s, %s   peak %s%s   %s %s",
                              report->about, unit_count(total->allocations).text, report->about,
                              unit_bytes(total->allocated_bytes).text, heap_mode_words(report),
                              profile->header.peak_slack_bytes ? "~" : report->about,
                              unit_bytes(total->peak_bytes).text, text_end_words(profile),
                              live_words(report)));
    put_heap_where(report);
}

// --- threads

// Without what is suppressed.
static int64_t thread_value(const struct thread_row *row, bool leaked)
{
    return leaked ? row->leaked - row->suppressed_leaked : row->running - row->suppressed_running;
}

static const char *thread_places(struct text_report *report, bool leaked)
{
    struct thread_row *rows;
    size_t count;
    report->failed |= thread_rows_make(report->profile, SORT_LEAKED, &rows, &count) != 0;
    if (report->failed)
        return "";
    const struct thread_row *worst = NULL;
    size_t places = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t value = thread_value(&rows[i], leaked);
        places += value != 0;
        if (rows[i].place && (!worst || value > thread_value(worst, leaked)))
            worst = &rows[i];
    }
    if (!worst || places == 0)
        return "";
    const char *phrase = place_phrase(report, worst->place);
    if (places == 1)
        return text_format(report, ", made by %s", phrase);
    return text_format(report, ", made by %s and %zu other place%s", phrase, places - 1,
                       places == 2 ? "" : "s");
}

static const char *running_words(struct text_report *report, int64_t running)
{
    const struct threads *threads = &report->profile->threads;
    return text_format(report, "%s of %s still running%s%s", unit_count(running).text,
                       unit_count(threads->created).text,
                       report->profile->state == STATE_RUNNING ? "" : " at exit",
                       thread_places(report, false));
}

static const char *growth_words(struct text_report *report, const struct thread_growth *growth)
{
    const struct place *place = stack_user_frame(report->profile, growth->creation_stack)->place;
    return text_format(report, "more and more, %s after %s in half the run, made by %s",
                       unit_count(growth->counts[GROWTH_WINDOWS - 1]).text,
                       unit_count(growth->counts[GROWTH_WINDOWS / 2 - 1]).text,
                       place_phrase(report, place));
}

static void put_thread_growth(struct text_report *report)
{
    const struct threads *threads = &report->profile->threads;
    for (size_t i = 0; i < threads->growth_count; i++)
        if (!threads->growth[i].suppressed) {
            text_put_line(report, "", true, growth_words(report, &threads->growth[i]));
            return;
        }
}

static const char *all_well_words(struct text_report *report)
{
    const struct threads *threads = &report->profile->threads;
    const char *text = text_format(report, "%s created, ", unit_count(threads->created).text);
    if (threads->suppressed_leaked || threads->suppressed_running)
        return text_format(report, "%sall others joined or detached", text);
    return text_format(report, "%sall joined or detached; at most %s at once", text,
                       unit_count(threads->peak).text);
}

static void put_thread_line(struct text_report *report)
{
    const struct threads *threads = &report->profile->threads;
    int64_t leaked = threads->leaked - threads->suppressed_leaked;
    int64_t running = threads->running - threads->suppressed_running;
    if (!report->profile->header.threads_on) {
        text_put_line(report, "threads", false, "not recorded (GAIAPROF_THREADS=on)");
        return;
    }
    if (threads->created == 0) {
        text_put_line(report, "threads", false, "none created");
        return;
    }
    if (leaked)
        text_put_line(report, "threads", true,
                      text_format(report, "%s of %s finished and were never joined%s",
                                  unit_count(leaked).text, unit_count(threads->created).text,
                                  thread_places(report, true)));
    const char *label = leaked ? "" : "threads";
    if (running)
        text_put_line(report, label, false, running_words(report, running));
    else if (!leaked)
        text_put_line(report, label, false, all_well_words(report));
    put_thread_growth(report);
}

// --- what the report does not know

static const char *const drop_words[PROFILE_DROP_COUNT] = {
    [PROFILE_DROP_NESTED] = "in signal handlers that interrupted a hook",
    [PROFILE_DROP_BEFORE_START] = "before the profiler could start",
    [PROFILE_DROP_PROFILE_FULL] = "because the profile could not grow (disk full, size limit)",
    [PROFILE_DROP_MEMORY] = "because no memory was left",
    [PROFILE_DROP_STACK_LIMIT] = "because there were too many distinct stacks",
    [PROFILE_DROP_REUSED] = "because a free was not seen",
    [PROFILE_DROP_CONTENDED] = "because a table stayed locked",
    [PROFILE_DROP_ORDER_LIMIT] = "of taking locks in yet another order",
};

static void put_lost_line(struct text_report *report)
{
    const struct profile_header *header = &report->profile->header;
    const char *text = "";
    for (size_t i = 0; i < PROFILE_DROP_COUNT; i++)
        if (header->dropped[i])
            text = text_format(report, "%s%s%s event%s %s", text, *text ? "; " : "",
                               unit_count((int64_t)header->dropped[i]).text,
                               header->dropped[i] == 1 ? "" : "s", drop_words[i]);
    bool partial = !report->profile->complete;
    if (partial)
        text = text_format(report, "%s%spart of the profile", text, *text ? "; " : "");
    text_put_line(report, "lost", *text != '\0', *text ? text : "nothing");
}

// What a sample can't tell: one place in 20 that allocates 3 intervals has no sample (1/e^3).
static void put_sampling_note(struct text_report *report)
{
    int64_t samples = report->profile->heap.total.samples.taken;
    if (profile_is_sampled(report->profile) && samples != 0)
        text_put_line(
            report, "note", false,
            text_format(report,
                        "~ estimated from %s sample%s, ± at 95%% confidence; places below %s "
                        "may be missing",
                        unit_count(samples).text, samples == 1 ? "" : "s",
                        unit_bytes((int64_t)report->profile->header.sample_bytes * 3).text));
}

static void put_notes(struct text_report *report)
{
    const struct profile *profile = report->profile;
    const struct profile_header *header = &profile->header;
    put_sampling_note(report);
    text_put_suppressed_note(report);
    for (size_t i = 0; i < profile->note_count; i++)
        text_put_line(report, "note", false, profile->notes[i]);
    if (header->truncated_stacks)
        text_put_line(
            report, "note", false,
            text_format(report,
                        "%s events have stacks of more than %u frames, the outer ones are "
                        "missing (GAIAPROF_MAX_FRAMES)",
                        unit_count((int64_t)header->truncated_stacks).text, header->max_frames));
    if (header->unwind_mismatches)
        text_put_line(report, "note", true,
                      text_format(report, "%s stacks differ from libunwind's",
                                  unit_count((int64_t)header->unwind_mismatches).text));
    const char *allocator =
        text_or_empty(report, text_printable(&report->region, header->allocator));
    if (*allocator && strcmp(allocator, "glibc") != 0)
        text_put_line(report, "note", false, text_format(report, "the allocator is %s", allocator));
}

static void put_selection(struct text_report *report)
{
    const struct selection *selection = report->options->selection;
    if (!selection || (!selection->focus && !selection->ignore))
        return;
    const struct heap_counts *total = &report->profile->heap.total;
    const char *about = report->about;
    const char *focus = selection->focus ? text_format(report, "focus=%s ", selection->focus) : "";
    const char *ignore =
        selection->ignore ? text_format(report, "ignore=%s ", selection->ignore) : "";
    text_put_line(
        report, "shown", false,
        text_format(report, "%s%sleaves %s%s of %s%s and %s%s of %s%s allocations",
                    text_or_empty(report, text_printable(&report->region, focus)),
                    text_or_empty(report, text_printable(&report->region, ignore)), about,
                    unit_share(report->heap.shown.allocated_bytes, total->allocated_bytes).text,
                    about, unit_bytes(total->allocated_bytes).text, about,
                    unit_share(report->heap.shown.allocations, total->allocations).text, about,
                    unit_count(total->allocations).text));
}

void text_put_summary(struct text_report *report)
{
    if (!report->fields)
        put_title(report);
    text_put_deadlock_line(report);
    put_heap_line(report);
    text_put_leak_lines(report);
    text_put_heap_misuse_line(report);
    text_put_lock_lines(report);
    put_thread_line(report);
    put_lost_line(report);
    text_put_unseen_line(report);
    put_notes(report);
    put_selection(report);
}
