// SPDX-License-Identifier: MIT
//
// profile_leaks.c - the live blocks by class, as a scan found them, with what is known of their
// stacks; blocks that were freed as they must not be.
#include "report/leaks/leak_scan.h"
#include "report/model/profile_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// --- words

const char *leak_class_name(uint32_t class)
{
    static const char *const names[PROFILE_LEAK_CLASS_COUNT] = {
        [PROFILE_LEAK_DEFINITE] = "definite",
        [PROFILE_LEAK_INDIRECT] = "indirect",
        [PROFILE_LEAK_POSSIBLE] = "possible",
        [PROFILE_LEAK_REACHABLE] = "reachable",
    };
    return class < PROFILE_LEAK_CLASS_COUNT ? names[class] : "unknown";
}

const char *heap_misuse_name(uint32_t kind)
{
    static const char *const names[PROFILE_HEAP_MISUSE_COUNT] = {
        [PROFILE_HEAP_MISMATCH] = "mismatch",
        [PROFILE_HEAP_INTERIOR] = "interior free",
        [PROFILE_HEAP_FREED_TWICE] = "double free",
    };
    return kind < PROFILE_HEAP_MISUSE_COUNT && names[kind] ? names[kind] : "misuse";
}

const char *family_name(uint32_t allocated_by)
{
    static const char *const names[] = {
        [PROFILE_FAMILY_MALLOC] = "malloc",
        [PROFILE_FAMILY_NEW] = "new",
        [PROFILE_FAMILY_NEW_ARRAY] = "new[]",
    };
    return allocated_by < sizeof(names) / sizeof(*names) ? names[allocated_by] : "unknown";
}

const char *freed_by_name(uint32_t freed_by)
{
    static const char *const names[] = {
        [PROFILE_FREED_BY_FREE] = "free",
        [PROFILE_FREED_BY_DELETE] = "delete",
        [PROFILE_FREED_BY_DELETE_ARRAY] = "delete[]",
        [PROFILE_FREED_BY_REALLOC] = "realloc",
    };
    return freed_by < sizeof(names) / sizeof(*names) ? names[freed_by] : "unknown";
}

// --- records of a scan

// The order in which people want to hear of them.
static int class_rank(uint32_t class)
{
    static const int ranks[PROFILE_LEAK_CLASS_COUNT] = {
        [PROFILE_LEAK_DEFINITE] = 0,
        [PROFILE_LEAK_POSSIBLE] = 1,
        [PROFILE_LEAK_INDIRECT] = 2,
        [PROFILE_LEAK_REACHABLE] = 3,
    };
    return ranks[class];
}

static int compare_keys(const void *left, const void *right)
{
    const struct leak *a = left, *b = right;
    if (a->class != b->class)
        return class_rank(a->class) - class_rank(b->class);
    return (a->stack > b->stack) - (a->stack < b->stack);
}

static int64_t all_bytes(const struct leak *leak)
{
    return leak->bytes + leak->indirect_bytes;
}

static int compare_leaks(const void *left, const void *right)
{
    const struct leak *a = left, *b = right;
    if (a->class == b->class && all_bytes(a) != all_bytes(b))
        return all_bytes(a) < all_bytes(b) ? 1 : -1;
    return compare_keys(left, right);
}

static size_t merge(struct leak *leaks, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!kept || compare_keys(&leaks[kept - 1], &leaks[i]) != 0) {
            leaks[kept++] = leaks[i];
            continue;
        }
        leaks[kept - 1].blocks += leaks[i].blocks;
        leaks[kept - 1].bytes += leaks[i].bytes;
        leaks[kept - 1].indirect_blocks += leaks[i].indirect_blocks;
        leaks[kept - 1].indirect_bytes += leaks[i].indirect_bytes;
    }
    return kept;
}

// One record for each class and stack, sorted by these. NULL without memory.
static struct leak *copy_leaks(struct profile *profile, const struct leak_scan *scan,
                               size_t *ret_count)
{
    struct leak *leaks = region_array(&profile->region, scan->leak_count + 1, sizeof(*leaks));
    size_t count = 0;
    for (size_t i = 0; leaks && i < scan->leak_count; i++) {
        const struct profile_leak *record = &scan->leaks[i];
        if (record->class >= PROFILE_LEAK_CLASS_COUNT || record->stack == 0)
            continue;
        bool definite = record->class == PROFILE_LEAK_DEFINITE;
        leaks[count++] = (struct leak){
            .stack = record->stack,
            .class = record->class,
            .blocks = (int64_t)record->blocks,
            .bytes = (int64_t)record->bytes,
            .indirect_blocks = definite ? (int64_t)record->indirect_blocks : 0,
            .indirect_bytes = definite ? (int64_t)record->indirect_bytes : 0,
            .first_ns = -1,
            .last_ns = -1,
        };
    }
    if (!leaks)
        return NULL;
    if (count != scan->leak_count)
        profile_note(profile, "%zu records of leaks are of no known class or stack",
                     scan->leak_count - count);
    qsort(leaks, count, sizeof(*leaks), compare_keys);
    *ret_count = merge(leaks, count);
    return leaks;
}

// --- what is known of their stacks

static int compare_sites(const void *left, const void *right)
{
    const struct site *a = *(const struct site *const *)left;
    const struct site *b = *(const struct site *const *)right;
    return (a->stack > b->stack) - (a->stack < b->stack);
}

static int add_times(struct profile *profile)
{
    const struct heap *heap = &profile->heap;
    struct leaks *leaks = &profile->leaks;
    const struct site **sites = calloc(heap->site_count + 1, sizeof(*sites));
    if (!sites)
        return -ENOMEM;
    for (size_t i = 0; i < heap->site_count; i++)
        sites[i] = &heap->sites[i];
    qsort(sites, heap->site_count, sizeof(*sites), compare_sites);
    for (size_t i = 0; i < leaks->record_count; i++) {
        const struct site key = {.stack = leaks->records[i].stack}, *wanted = &key;
        const struct site *const *site =
            bsearch(&wanted, sites, heap->site_count, sizeof(*sites), compare_sites);
        if (!site)
            continue;
        leaks->records[i].first_ns = (*site)->first_ns;
        leaks->records[i].last_ns = (*site)->last_ns;
    }
    free(sites);
    return 0;
}

static int64_t growth(int64_t now, int64_t before)
{
    return now > before ? now - before : 0;
}

static int add_growth(struct profile *profile, const struct leak_scan *earlier, uint64_t time_ns)
{
    struct leaks *leaks = &profile->leaks;
    size_t count;
    struct leak *before = copy_leaks(profile, earlier, &count);
    if (!before)
        return -ENOMEM;
    for (size_t i = 0; i < leaks->record_count; i++) {
        struct leak *leak = &leaks->records[i];
        const struct leak *same = bsearch(leak, before, count, sizeof(*before), compare_keys);
        leak->grown_blocks = growth(leak->blocks, same ? same->blocks : 0);
        leak->grown_bytes = growth(leak->bytes, same ? same->bytes : 0);
    }
    leaks->has_growth = true;
    leaks->growth_ns = (int64_t)(time_ns - earlier->head.time_ns);
    return 0;
}

// --- loading

static const char *why_not(struct profile *profile)
{
    const struct profile_header *header = &profile->header;
    const char *text;
    if (header->heap_mode == PROFILE_HEAP_OFF)
        return "the heap was not recorded (GAIAPROF_HEAP=exact)";
    if (header->heap_bypassed)
        return "the program's own malloc is not seen";
    if (header->heap_mode == PROFILE_HEAP_SAMPLED)
        return "a sampled heap does not have all blocks";
    if (header->version < 4)
        return "recorded by an older version";
    if (header->is_filtered && header->leaks_on && profile->state != STATE_RUNNING)
        return "the program set a filter of system calls: nothing could be started at its end";
    switch (profile->state) {
    case STATE_RUNNING:
        text = region_printf(&profile->region,
                             "it still runs: gaiaprof report -v leaks %u classifies them",
                             header->pid);
        return text ? text : "it still runs";
    case STATE_EXECED:
        return "it became another program";
    case STATE_EXITED:
        return header->leaks_on
                   ? "it was not scanned when it ended (it may have changed its user: scan it "
                     "while it runs)"
                   : "not asked for (GAIAPROF_LEAKS=on)";
    default:
        return header->leaks_on ? "the process was killed before it could be scanned"
                                : "not asked for (GAIAPROF_LEAKS=on)";
    }
}

static int use_scan(struct profile *profile, const struct leak_scan *scan,
                    const struct leak_scan *earlier)
{
    struct leaks *leaks = &profile->leaks;
    leaks->stopped_ns = (int64_t)scan->head.stopped_ns;
    leaks->scanned_bytes = (int64_t)scan->head.scanned_bytes;
    leaks->classified = scan->head.is_classified != 0;
    for (size_t i = 0; i < scan->note_count; i++)
        profile_note(profile, "%s", scan->notes[i]);
    if (!leaks->classified) {
        const char *why = scan->why ? scan->why : "unknown";
        leaks->why = region_strndup(&profile->region, why, strlen(why));
        return leaks->why ? 0 : -ENOMEM;
    }
    leaks->records = copy_leaks(profile, scan, &leaks->record_count);
    int error = leaks->records ? add_times(profile) : -ENOMEM;
    if (!error && earlier && earlier->head.is_classified)
        error = add_growth(profile, earlier, scan->head.time_ns);
    if (error)
        return error;
    qsort(leaks->records, leaks->record_count, sizeof(*leaks->records), compare_leaks);
    for (size_t i = 0; i < leaks->record_count; i++) {
        leaks->totals[leaks->records[i].class].blocks += leaks->records[i].blocks;
        leaks->totals[leaks->records[i].class].bytes += leaks->records[i].bytes;
    }
    return 0;
}

int profile_load_leaks(struct profile *profile, struct profile_reader *reader,
                       const struct profile_source *source)
{
    struct leak_scan loaded = {0};
    const struct leak_scan *scan = source->scan;
    if (!scan && profile->state != STATE_RUNNING) {
        int error = leak_scan_load(&loaded, &profile->region, reader);
        if (error && error != -ENOENT)
            return error;
        scan = error ? NULL : &loaded;
    }
    if (scan)
        return use_scan(profile, scan, source->earlier_scan);
    profile->leaks.why = why_not(profile);
    return 0;
}

// --- misuse of the heap

static int compare_misuses(const void *left, const void *right)
{
    const struct profile_heap_misuse *a = &((const struct heap_misuse *)left)->record;
    const struct profile_heap_misuse *b = &((const struct heap_misuse *)right)->record;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return (a->stack > b->stack) - (a->stack < b->stack);
}

static int load_misuse_chunk(struct profile *profile, const struct profile_reader *reader,
                             const struct profile_span *span, size_t *room)
{
    uint64_t count = profile_span_records(span, sizeof(struct profile_heap_misuse));
    for (uint64_t i = 0; i < count; i++) {
        struct profile_heap_misuse record;
        if (!profile_reader_record(reader, span, i, sizeof(record.kind), &record, sizeof(record)))
            continue;
        void *misuses = profile->heap_misuses;
        struct heap_misuse *misuse =
            region_push(&profile->region, &misuses, &profile->heap_misuse_count, room,
                        sizeof(*profile->heap_misuses));
        if (!misuse)
            return -ENOMEM;
        profile->heap_misuses = misuses;
        *misuse = (struct heap_misuse){.record = record};
    }
    return 0;
}

int profile_load_heap_misuses(struct profile *profile, struct profile_reader *reader)
{
    size_t room = 0;
    int error = 0;
    for (struct profile_span span = {0}; !error && profile_reader_next(reader, &span);)
        if (span.type == PROFILE_CHUNK_HEAP_MISUSES)
            error = load_misuse_chunk(profile, reader, &span, &room);
    return error;
}

static bool leaf_begins(struct profile *profile, uint32_t stack, const char *name)
{
    struct stack_walk walk = {.node = stack};
    const struct frame *leaf = stack ? stack_walk_next(profile, &walk) : NULL;
    const char *function = leaf ? leaf->place->function : NULL;
    return function && strncmp(function, name, strlen(name)) == 0;
}

// A C++ runtime that is linked statically has its own operators, which call malloc and free: then
// only the other half of a pair was seen as what it is.
static bool is_refuted(struct profile *profile, const struct profile_heap_misuse *record)
{
    bool by_delete = record->freed_by == PROFILE_FREED_BY_DELETE ||
                     record->freed_by == PROFILE_FREED_BY_DELETE_ARRAY;
    bool by_new = record->allocated_by == PROFILE_FAMILY_NEW ||
                  record->allocated_by == PROFILE_FAMILY_NEW_ARRAY;
    if (record->kind != PROFILE_HEAP_MISMATCH)
        return false;
    if (record->allocated_by == PROFILE_FAMILY_MALLOC && by_delete)
        return leaf_begins(profile, record->stack, "operator new");
    return record->freed_by == PROFILE_FREED_BY_FREE && by_new &&
           leaf_begins(profile, record->free_stack, "operator delete");
}

void profile_judge_heap_misuses(struct profile *profile)
{
    size_t kept = 0, unknown = 0;
    for (size_t i = 0; i < profile->heap_misuse_count; i++) {
        const struct heap_misuse misuse = profile->heap_misuses[i];
        if (misuse.record.kind >= PROFILE_HEAP_MISUSE_COUNT)
            unknown++;
        else if (!is_refuted(profile, &misuse.record))
            profile->heap_misuses[kept++] = misuse;
    }
    profile->heap_misuse_count = kept;
    if (kept)
        qsort(profile->heap_misuses, kept, sizeof(*profile->heap_misuses), compare_misuses);
    if (unknown)
        profile_note(profile, "%zu misuses of the heap are of no known kind", unknown);
}
