// SPDX-License-Identifier: MIT
//
// samples_old.c - samples of a diff: beside new - old each gets the old values of its stack. Where
// several samples have a stack the first gets them.
#include "report/model/samples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_classes(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int compare_samples(const void *left, const void *right)
{
    const struct sample *a = *(const struct sample *const *)left;
    const struct sample *b = *(const struct sample *const *)right;
    if (a->stack != b->stack)
        return a->stack < b->stack ? -1 : 1;
    int order = compare_classes(a->class, b->class);
    return order ? order : (a > b) - (a < b);
}

static bool is_same(const struct sample *a, const struct sample *b)
{
    return a->stack == b->stack && compare_classes(a->class, b->class) == 0;
}

static void add_old(struct sample_set *set, struct sample *to, const struct sample *from)
{
    for (size_t i = 0; i < set->view->type_count; i++) {
        to->old[i] += from->values[i];
        set->old_totals[i] += from->values[i];
    }
}

static struct sample **sorted(const struct sample_set *set)
{
    struct sample **samples = calloc(set->count + 1, sizeof(struct sample *));
    for (size_t i = 0; samples && i < set->count; i++)
        samples[i] = &set->samples[i];
    if (samples)
        qsort(samples, set->count, sizeof(*samples), compare_samples);
    return samples;
}

// What only the old profile has: its new value is in the diff, or 0. The name goes with the set it
// was made for. 0 or -ENOMEM.
static int append_old(struct sample_set *set, const struct sample *from)
{
    const char *name = from->thread_name;
    struct sample *to = &set->samples[set->count++];
    *to = *from;
    to->thread_name = name ? region_strndup(&set->region, name, strlen(name)) : NULL;
    memset(to->values, 0, sizeof(to->values));
    memset(to->old, 0, sizeof(to->old));
    add_old(set, to, from);
    return name && !to->thread_name ? -ENOMEM : 0;
}

static int join(struct sample_set *set, const struct sample_set *old)
{
    struct sample *room =
        region_array(&set->region, set->count + old->count + 1, sizeof(*set->samples));
    if (!room)
        return -ENOMEM;
    if (set->count)
        memcpy(room, set->samples, set->count * sizeof(*room));
    set->samples = room;
    size_t count = set->count, at = 0;
    struct sample **ours = sorted(set), **theirs = sorted(old);
    int error = ours && theirs ? 0 : -ENOMEM;
    for (size_t i = 0; !error && i < old->count; i++) {
        const struct sample *from = theirs[i];
        while (at < count && ours[at]->stack <= from->stack && !is_same(ours[at], from) &&
               (ours[at]->stack < from->stack || compare_classes(ours[at]->class, from->class) < 0))
            at++;
        if (at < count && is_same(ours[at], from))
            add_old(set, ours[at], from);
        else if (set->count > count && is_same(&set->samples[set->count - 1], from))
            add_old(set, &set->samples[set->count - 1], from);
        else
            error = append_old(set, from);
    }
    free(ours);
    free(theirs);
    return error;
}

int sample_set_join_old(struct sample_set *set, struct profile *old)
{
    struct sample_set of_old;
    int error = sample_set_init(&of_old, old, set->view);
    if (error)
        return error;
    error = join(set, &of_old);
    sample_set_release(&of_old);
    return error;
}
