// SPDX-License-Identifier: MIT
//
// analysis.h - what the call tree, callers and callees, annotated source and the call graph share:
// one value of one view being written, its title, and the words for values and functions. Internal
// to report/analysis.
#ifndef GAIAPROF_ANALYSIS_H
#define GAIAPROF_ANALYSIS_H

#include "report/formats/render.h"
#include "report/model/samples.h"

#define ANALYSIS_COLUMNS 100
#define ANALYSIS_NO_VALUE SIZE_MAX

struct analysis {
    struct profile *profile;
    const struct render_options *options;
    FILE *out;
    struct sample_set set;
    size_t value;                     // number of the value that is shown
    size_t companion;                 // of the one it comes with: blocks and their bytes
    int64_t whole[SAMPLE_VALUES_MAX]; // what shares are of
    uint64_t weight;                  // sum of the magnitudes of the value
    bool is_diff;
    const char *about; // before values: "~" of estimates, or ""
    const char *bold, *dim, *plain;
    struct region scratch; // of texts of the line at hand
    unsigned lines;
    bool failed; // without memory
};

static inline uint64_t value_magnitude(int64_t value)
{
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

// Sums of magnitudes end at the largest number: a part is never more than its whole.
static inline uint64_t weight_add(uint64_t weight, uint64_t more)
{
    return weight + more < weight ? UINT64_MAX : weight + more;
}

int analysis_init(struct analysis *analysis, struct profile *profile,
                  const struct render_options *options, FILE *out); // 0 or -ENOMEM
// Returns `error`, or -ENOMEM where text is missing.
int analysis_finish(struct analysis *analysis, int error);

// From analysis_init() to analysis_finish(), with `put` between where there is something to put.
int analysis_render(struct profile *profile, const struct render_options *options, FILE *out,
                    int (*put)(struct analysis *analysis));

// After each line: texts of lines before may be gone.
void analysis_line_done(struct analysis *analysis);

// Whether there is nothing to show, and the line that says so.
bool analysis_is_empty(const struct analysis *analysis);
const char *analysis_empty_words(struct analysis *analysis);
void analysis_put_empty(struct analysis *analysis);

// Where no function that matches the pattern has the value: says where it is. -ENOENT: nowhere.
int analysis_put_no_match(struct analysis *analysis);

// "CALL TREE  jq (pid 4711)  heap, inuse_space: 8.8 KiB  bytes not freed", and what was selected;
// of a diff "+1.0 KiB (+12.8%) to 8.8 KiB".
void analysis_put_title(struct analysis *analysis, const char *heading);
const char *analysis_program(struct analysis *analysis);
const char *analysis_subject(struct analysis *analysis);
const char *analysis_help(const struct analysis *analysis);
const char *analysis_selection(struct analysis *analysis); // "": all of it

const char *analysis_format(struct analysis *analysis, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// "" in place of NULL, and remembers that memory ran out.
const char *analysis_or_empty(struct analysis *analysis, const char *text);

// Of value `number` of the view: "34.1 MiB", "~1,024"; of a diff "+34.1 MiB".
const char *analysis_value(struct analysis *analysis, size_t number, int64_t value);
const char *analysis_value_or(struct analysis *analysis, size_t number, int64_t value,
                              const char *zero);
const char *analysis_share(struct analysis *analysis, int64_t value); // of the whole
// Short names of a function; of where it is, its file or else its module.
const char *analysis_name(struct analysis *analysis, const struct place *place);
const char *analysis_where(struct analysis *analysis, const struct place *place);

// A name in at most `columns`: without the arguments of templates before it is cut.
const char *analysis_fit(struct analysis *analysis, const char *name, size_t columns);

// The start of `text` in at most `columns`; what is cut off is marked. `text` is printable.
const char *analysis_head(struct analysis *analysis, const char *text, size_t columns);

struct function_pattern;

// The functions a pattern is meant for: it matches their whole name or the short one, or the
// address where there is none.
struct function_pattern *function_pattern_new(const char *pattern); // NULL without memory
void function_pattern_free(struct function_pattern *pattern);
bool function_pattern_matches(const struct function_pattern *pattern, const struct place *place);

#endif
