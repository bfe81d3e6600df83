// SPDX-License-Identifier: MIT
//
// render.h - formats of a report: each is one function from the model to a FILE, and a row of the
// table in render.c. Renderers check nothing and print no errors: the caller looks at ferror().
#ifndef GAIAPROF_RENDER_H
#define GAIAPROF_RENDER_H

#include "report/formats/view.h"
#include "report/model/profile.h"
#include "report/model/samples.h"
#include "report/model/selection.h"
#include "report/model/suppressions.h"

#include <stdio.h>

#define ROWS_DEFAULT (-1)

struct render_options {
    const struct view *view;
    const struct sample_view *samples; // what is asked for as samples; NULL: no single view
    size_t value;                      // number of the value of `samples` that is shown
    const char *pattern;               // of functions that are looked for; NULL: none
    const char *source_path;           // directories with source, separated by colons; NULL: none
    const struct sort_key *sort;       // NULL: each table's own
    const struct selection *selection; // has been applied
    const struct suppressions *suppressions; // have been applied; NULL: none
    const char *comparison; // of a diff: the head of its text, cells with tabs between; else NULL
    long rows;              // of each table; 0: all, ROWS_DEFAULT: what suits the format
    bool colour;
};

enum format_scope {
    FORMAT_REPORT, // one output has everything, or the view that is asked for
    FORMAT_VIEWS,  // the same, but only of views that are samples: NULL are all that were recorded
    FORMAT_VIEW,   // one output has one view, with all its values: `samples` is set
    FORMAT_VALUE,  // one output has one value of a view: `samples` and `value` are set
};

struct render_format {
    const char *name;
    const char *help;
    enum format_scope scope;
    // 0 or -ENOMEM
    int (*render)(struct profile *profile, const struct render_options *options, FILE *out);
    const char *suffix; // of the files it is written to where no other is named; NULL: stdout
    const char *off;    // why this build does not have it; NULL: it has
};

extern const struct render_format render_formats[]; // ends with name NULL

const struct render_format *render_format_find(const char *name);

int render_text(struct profile *profile, const struct render_options *options, FILE *out);
int render_json(struct profile *profile, const struct render_options *options, FILE *out);
int render_pprof(struct profile *profile, const struct render_options *options, FILE *out);
int render_folded(struct profile *profile, const struct render_options *options, FILE *out);
int render_speedscope(struct profile *profile, const struct render_options *options, FILE *out);
int render_callgrind(struct profile *profile, const struct render_options *options, FILE *out);
int render_html(struct profile *profile, const struct render_options *options, FILE *out);
int render_tree(struct profile *profile, const struct render_options *options, FILE *out);
int render_peek(struct profile *profile, const struct render_options *options, FILE *out);
int render_list(struct profile *profile, const struct render_options *options, FILE *out);
int render_dot(struct profile *profile, const struct render_options *options, FILE *out);

// The first lines of the text report for another format, one a line: label, "!" if something is
// wrong, and text, with tabs between.
int render_summary(struct profile *profile, const struct render_options *options, FILE *out);

// One deadlock in a few lines, for the moment it forms. -ENOENT: not in the profile, or not yet all
// of it.
int render_deadlock(struct profile *profile, const struct render_options *options, uint32_t number,
                    FILE *out);

// The words all formats share, by enum profile_drop: "nested", ...
extern const char *const drop_names[PROFILE_DROP_COUNT];
const char *lock_kind_name(uint32_t kind);
const char *misuse_kind_name(uint32_t kind);
const char *order_kind_name(enum order_kind kind);

#endif
