// SPDX-License-Identifier: MIT
//
// html_values.c - the values a page can show as a flame graph: a type of a sample view each. What
// is 0 in all samples is not offered.
#include "report/html/html_page.h"

#include <stdlib.h>
#include <string.h>

enum wait_choice { WAITS_ALL, WAITS_CONTENTION, WAITS_IDLE };

struct html_value {
    const char *view, *type; // as struct sample_view has them
    const char *group;       // of values that a table shows side by side
    const char *title;
    unsigned tables; // that it belongs to
    enum wait_choice waits;
};

// Those of one view stand together: it is collected once.
static const struct html_value values[] = {
    {"allocs", "alloc_space", "heap", "bytes allocated", TABLE_ALLOCATIONS, WAITS_ALL},
    {"allocs", "alloc_objects", "heap", "blocks allocated", TABLE_ALLOCATIONS, WAITS_ALL},
    {"allocs", "inuse_space", "heap", "live bytes", TABLE_LIVE, WAITS_ALL},
    {"allocs", "inuse_objects", "heap", "live blocks", TABLE_LIVE, WAITS_ALL},
    {"peak", "inuse_space", "heap", "bytes at the peak", TABLE_PEAK, WAITS_ALL},
    {"peak", "inuse_objects", "heap", "blocks at the peak", TABLE_PEAK, WAITS_ALL},
    {"temporary", "temporary_objects", "heap", "temporary blocks", TABLE_TEMPORARY, WAITS_ALL},
    {"leaks", "inuse_space", "leaks", "bytes leaked", TABLE_LEAKS, WAITS_ALL},
    {"leaks", "inuse_objects", "leaks", "blocks leaked", TABLE_LEAKS, WAITS_ALL},
    {"block", "delay", "block", "time waited for locks", TABLE_LOCKS, WAITS_CONTENTION},
    {"block", "contentions", "block", "waits for locks", TABLE_LOCKS, WAITS_CONTENTION},
    {"block", "delay", "idle", "idle time", TABLE_LOCKS, WAITS_IDLE},
    {"block", "contentions", "idle", "idle waits", TABLE_LOCKS, WAITS_IDLE},
    {"mutex", "delay", "mutex", "time others waited, by holder", TABLE_HOLDERS, WAITS_CONTENTION},
    {"mutex", "contentions", "mutex", "waits of others, by holder", TABLE_HOLDERS,
     WAITS_CONTENTION},
    {"threadcreate", "threadcreate", "threads", "threads created", TABLE_THREAD_CREATE, WAITS_ALL},
    {"goroutine", "goroutine", "threads", "threads running", TABLE_THREAD_CREATE, WAITS_ALL},
    {"cpu", "cpu", "cpu", "CPU time", 0, WAITS_ALL},
    {"cpu", "samples", "cpu", "CPU samples", 0, WAITS_ALL},
};
#define VALUE_COUNT (sizeof(values) / sizeof(*values))

struct totals {
    int64_t now, old; // of a difference; else old is 0
    bool any;
};

static bool is_wanted(const struct html_page *page, const struct html_value *value)
{
    const struct sample_view *samples = page->options->samples;
    return html_has(page, value->tables) || (samples && strcmp(samples->name, value->view) == 0);
}

static bool has_sample(const struct html_value *value, const struct sample *sample, size_t type)
{
    bool idle = sample->lock && lock_is_idle_kind(sample->lock->kind);
    if (value->waits != WAITS_ALL && idle != (value->waits == WAITS_IDLE))
        return false;
    return sample->values[type] != 0 || sample->old[type] != 0;
}

static struct totals total_of(const struct html_value *value, const struct sample_set *set,
                              size_t type)
{
    struct totals totals = {0};
    for (size_t i = 0; i < set->count; i++) {
        const struct sample *sample = &set->samples[i];
        if (!has_sample(value, sample, type))
            continue;
        totals.any = true;
        totals.now += sample->old[type] + sample->values[type];
        totals.old += sample->old[type];
    }
    return totals;
}

// The sums of nodes, which are all there already.
static void add_up(struct html_page *page, const struct html_value *value,
                   const struct sample_set *set, size_t type, struct totals *nodes, size_t count)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct sample *sample = &set->samples[i];
        uint32_t number = html_node(page, sample->stack);
        if (!has_sample(value, sample, type) || number >= count)
            continue;
        struct totals *node = &nodes[number];
        node->any = true;
        node->now += sample->old[type] + sample->values[type];
        node->old += sample->old[type];
    }
}

static void put_samples(struct html_page *page, const struct html_value *value,
                        const struct sample_set *set, size_t type, const struct totals *totals)
{
    bool is_difference = page->profile->old != NULL;
    for (size_t i = 0; i < set->count; i++) {
        progress_step(page->profile->progress, set->view->name, i, set->count);
        html_node(page, set->samples[i].stack);
    }
    size_t count = html_node_count(page);
    struct totals *nodes = calloc(count + 1, sizeof(*nodes));
    page->failed |= !nodes;
    if (nodes)
        add_up(page, value, set, type, nodes, count);
    html_table(page, "samples", is_difference ? "node value old" : "node value");
    for (size_t i = 0; nodes && i < count; i++) {
        if (!nodes[i].any)
            continue;
        html_weigh(page, (uint32_t)i, nodes[i].now, totals->now);
        html_row(page);
        html_integer(page, NULL, (int64_t)i);
        html_integer(page, NULL, nodes[i].now);
        if (is_difference)
            html_integer(page, NULL, nodes[i].old);
        html_row_end(page);
    }
    html_table_end(page);
    free(nodes);
}

static void put_value(struct html_page *page, const struct html_value *value,
                      const struct sample_set *set, size_t type)
{
    struct totals totals = total_of(value, set, type);
    if (!totals.any)
        return;
    html_open(page, NULL, '{');
    html_text(page, "view", value->view);
    html_text(page, "type", value->type);
    html_text(page, "group", value->group);
    html_text(page, "title", value->title);
    html_text(page, "help", set->view->types[type].help);
    html_text(page, "unit", set->view->types[type].unit);
    html_integer(page, "total", totals.now);
    if (page->profile->old)
        html_integer(page, "old", totals.old);
    put_samples(page, value, set, type, &totals);
    html_close(page, '}');
}

// Of a diff by both: what one of them has not recorded can't be compared.
static bool is_recorded(const struct profile *profile, const struct sample_view *view)
{
    return !view->why_not(profile) && (!profile->old || !view->why_not(profile->old));
}

// The values from `first` on that are of one view; returns the number of the next.
static size_t put_view(struct html_page *page, size_t first)
{
    const struct sample_view *view = sample_view_find(values[first].view);
    struct sample_set set;
    bool is_there =
        view && is_recorded(page->profile, view) && sample_set_init(&set, page->profile, view) == 0;
    size_t i = first;
    for (; i < VALUE_COUNT && strcmp(values[i].view, values[first].view) == 0; i++) {
        int type = is_there ? sample_type_find(view, values[i].type) : -1;
        if (type >= 0 && is_wanted(page, &values[i]))
            put_value(page, &values[i], &set, (size_t)type);
    }
    if (is_there)
        sample_set_release(&set);
    return i;
}

void html_put_values(struct html_page *page)
{
    html_open(page, "values", '[');
    for (size_t i = 0; i < VALUE_COUNT;)
        i = put_view(page, i);
    html_close(page, ']');
}
