// SPDX-License-Identifier: MIT
//
// diff_text.h - what changed, for people: the totals, or their statistics where there are several
// runs; then, of each view, the places whose values changed most, with the stacks of the first.
#ifndef GAIAPROF_DIFF_TEXT_H
#define GAIAPROF_DIFF_TEXT_H

#include "report/diff/metrics.h"
#include "report/formats/render.h"

struct diff_request {
    const char *names[2]; // what is compared, for people
    size_t runs[2];       // profiles of each side
    double alpha;
};

// One against one: old, new and the difference of each.
void metrics_print_totals(struct metrics *metrics, FILE *out);

// Several: medians, their confidence intervals, and whether the sides differ.
void metrics_print_statistics(struct metrics *metrics, const struct diff_request *request,
                              FILE *out);

// Whether a view has anything that can be compared.
bool diff_has_tables(const struct view *view);

// The tables of the places. `profile` is a diff. Returns how many tables there are; -ENOMEM.
int diff_print_places(struct profile *profile, const struct render_options *options, FILE *out);

#endif
