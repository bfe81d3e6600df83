// SPDX-License-Identifier: MIT
//
// suppressions_generate.c - writes suppressions for what a profile has. A line for each innermost
// function of the user's, with a comment that says what it covers.
#include "report/formats/render.h"
#include "report/model/function_name.h"
#include "report/model/runtime_code.h"
#include "report/model/suppressions_list.h"
#include "report/model/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct line {
    enum suppression_kind kind;
    const char *pattern; // NULL: there is none
    const char *what;    // of other things than leaks: the first
    struct leak_total definite, possible, indirect;
    int64_t count; // of other things
};

struct generator {
    struct profile *profile;
    struct line *lines;
    size_t count, room;
    bool failed; // without memory
};

// --- patterns

// A text that is a whole line stays one: what would end it is left to '*'.
static const char *pattern_of(struct generator *generator, const char *before, const char *text,
                              size_t length)
{
    char *pattern =
        region_printf(&generator->profile->region, "%s%.*s$", before, (int)length, text);
    generator->failed |= !pattern;
    for (char *at = pattern; at && *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '*';
    return pattern;
}

// A module by its name: where it lies differs between machines.
static const char *place_pattern(struct generator *generator, const struct place *place)
{
    size_t length;
    if (place->function) {
        const char *name = function_short_name(place->function, &length);
        return length ? pattern_of(generator, "^", name, length) : NULL;
    }
    const char *path = place->file ? place->file : place->module;
    if (!path || !*path)
        return NULL;
    const char *name = path_basename(path);
    return pattern_of(generator, name == path ? "^" : "/", name, strlen(name));
}

// Of the innermost frame that is the user's own, else of any.
static const char *stack_pattern(struct generator *generator, uint32_t stack)
{
    struct stack_walk walk = {.node = stack};
    const char *pattern =
        stack ? place_pattern(generator, stack_user_frame(generator->profile, stack)->place) : NULL;
    for (const struct frame *frame;
         !pattern && (frame = stack_walk_next(generator->profile, &walk));)
        pattern = place_pattern(generator, frame->place);
    return pattern;
}

static const char *name_pattern(struct generator *generator, const char *name)
{
    return *name ? pattern_of(generator, "^", name, strlen(name)) : NULL;
}

// --- what there is

static struct line *add(struct generator *generator, enum suppression_kind kind,
                        const char *pattern)
{
    if (generator->count == generator->room) {
        size_t room = generator->room ? 2 * generator->room : 64;
        struct line *larger = realloc(generator->lines, room * sizeof(*larger));
        if (!larger) {
            generator->failed = true;
            return NULL;
        }
        generator->lines = larger;
        generator->room = room;
    }
    struct line *line = &generator->lines[generator->count++];
    *line = (struct line){.kind = kind, .pattern = pattern};
    return line;
}

static void add_other(struct generator *generator, enum suppression_kind kind, const char *pattern,
                      const char *what)
{
    struct line *line = add(generator, kind, pattern);
    if (!line)
        return;
    line->what = what;
    line->count = 1;
}

static void add_leaks(struct generator *generator)
{
    const struct leaks *leaks = &generator->profile->leaks;
    for (size_t i = 0; i < leaks->record_count; i++) {
        const struct leak *leak = &leaks->records[i];
        bool definite = leak->class == PROFILE_LEAK_DEFINITE;
        if (leak->suppressed || (!definite && leak->class != PROFILE_LEAK_POSSIBLE))
            continue;
        struct line *line = add(generator, SUPPRESS_LEAK, stack_pattern(generator, leak->stack));
        if (!line)
            return;
        *(definite ? &line->definite : &line->possible) =
            (struct leak_total){leak->blocks, leak->bytes};
        line->indirect = (struct leak_total){leak->indirect_blocks, leak->indirect_bytes};
    }
}

// Where it was freed is where something is to be changed.
static void add_heap_misuses(struct generator *generator)
{
    const struct profile *profile = generator->profile;
    for (size_t i = 0; i < profile->heap_misuse_count; i++) {
        const struct profile_heap_misuse *record = &profile->heap_misuses[i].record;
        if (!profile->heap_misuses[i].suppressed)
            add_other(
                generator, SUPPRESS_LEAK,
                stack_pattern(generator, record->free_stack ? record->free_stack : record->stack),
                heap_misuse_name(record->kind));
    }
}

static void add_threads(struct generator *generator)
{
    const struct threads *threads = &generator->profile->threads;
    for (size_t i = 0; i < threads->record_count; i++) {
        const struct thread *thread = &threads->records[i];
        if (thread->suppressed || !thread->join || strcmp(thread->join, "leaked") != 0)
            continue;
        const char *pattern = stack_pattern(generator, thread->record.creation_stack);
        add_other(generator, SUPPRESS_THREAD,
                  pattern ? pattern : name_pattern(generator, thread->record.name),
                  "finished and never joined");
    }
}

static void add_lock_misuses(struct generator *generator)
{
    const struct profile *profile = generator->profile;
    for (size_t i = 0; i < profile->misuse_count; i++) {
        const struct lock_misuse *misuse = &profile->misuses[i];
        if (misuse->suppressed)
            continue;
        const char *pattern = stack_pattern(generator, misuse->record.stack);
        add_other(generator, SUPPRESS_LOCK,
                  pattern ? pattern : name_pattern(generator, misuse->lock->name),
                  misuse_kind_name(misuse->record.kind));
    }
}

static void add_order(struct generator *generator)
{
    const struct profile *profile = generator->profile;
    for (size_t i = 0; i < profile->order_count; i++) {
        const struct order_cycle *cycle = &profile->order[i];
        if (cycle->suppressed)
            continue;
        const char *pattern = stack_pattern(generator, cycle->edges[0].stack_to);
        add_other(generator, SUPPRESS_ORDER,
                  pattern ? pattern : name_pattern(generator, cycle->locks[0]->name),
                  order_kind_name(cycle->kind));
    }
}

// --- lines

static int compare_patterns(const void *left, const void *right)
{
    const struct line *a = left, *b = right;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (!a->pattern || !b->pattern)
        return (a->pattern == NULL) - (b->pattern == NULL);
    return strcmp(a->pattern, b->pattern);
}

static int64_t lost_bytes(const struct line *line)
{
    return line->definite.bytes + line->indirect.bytes;
}

static int compare_weights(const void *left, const void *right)
{
    const struct line *a = left, *b = right;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (lost_bytes(a) != lost_bytes(b))
        return lost_bytes(a) < lost_bytes(b) ? 1 : -1;
    if (a->possible.bytes != b->possible.bytes)
        return a->possible.bytes < b->possible.bytes ? 1 : -1;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return compare_patterns(left, right);
}

static void add_total(struct leak_total *to, const struct leak_total *from)
{
    to->blocks += from->blocks;
    to->bytes += from->bytes;
}

static void merge(struct generator *generator)
{
    size_t kept = 0;
    for (size_t i = 0; i < generator->count; i++) {
        struct line *line = &generator->lines[i];
        struct line *last = kept ? &generator->lines[kept - 1] : NULL;
        if (!last || compare_patterns(last, line) != 0) {
            generator->lines[kept++] = *line;
            continue;
        }
        add_total(&last->definite, &line->definite);
        add_total(&last->possible, &line->possible);
        add_total(&last->indirect, &line->indirect);
        last->what = last->what ? last->what : line->what;
        last->count += line->count;
    }
    generator->count = kept;
}

static const char *put_total(const struct leak_total *total, const char *before, const char *class,
                             FILE *out)
{
    if (total->blocks == 0)
        return before;
    fprintf(out, "%s%s block%s, %s, %s", before, unit_count(total->blocks).text,
            total->blocks == 1 ? "" : "s", unit_bytes(total->bytes).text, class);
    return "; ";
}

static void put_line(const struct line *line, FILE *out)
{
    const char *before = put_total(&line->definite, "# ", "definite", out);
    before = put_total(&line->indirect, before, "lost with them", out);
    before = put_total(&line->possible, before, "possible", out);
    if (line->count)
        fprintf(out, "%s%s", before, line->what);
    if (line->count > 1)
        fprintf(out, ", and %s more", unit_count(line->count - 1).text);
    if (!line->pattern)
        fputs(": in code that has no name to match", out);
    else if (strcmp(line->pattern, "^main$") == 0)
        fputs(" (main is in nearly every stack: this may cover more)", out);
    fputc('\n', out);
    if (line->pattern)
        fprintf(out, "%s:%s\n", suppression_kind_name(line->kind), line->pattern);
}

int suppressions_generate(struct profile *profile, FILE *out)
{
    struct generator generator = {.profile = profile};
    add_leaks(&generator);
    add_heap_misuses(&generator);
    add_threads(&generator);
    add_lock_misuses(&generator);
    add_order(&generator);
    if (generator.count) {
        qsort(generator.lines, generator.count, sizeof(*generator.lines), compare_patterns);
        merge(&generator);
        qsort(generator.lines, generator.count, sizeof(*generator.lines), compare_weights);
    }
    for (size_t i = 0; i < generator.count && !generator.failed; i++)
        put_line(&generator.lines[i], out);
    free(generator.lines);
    return generator.failed ? -ENOMEM : 0;
}
