// SPDX-License-Identifier: MIT
//
// render_peek.c - functions that match a pattern, with who calls them and whom they call. Shares of
// callers and callees are of the function's cum, as in pprof; of a diff, of the whole.
#include "report/analysis/analysis.h"
#include "report/analysis/call_graph.h"
#include "report/model/units.h"

#include <errno.h>
#include <stdlib.h>

#define FUNCTIONS_USUAL 20
#define CALLS_USUAL 15
#define LABEL_COLUMNS 11
#define VALUE_COLUMNS 10
#define SHARE_COLUMNS 8

struct peek_writer {
    struct analysis *analysis;
    struct call_graph graph;
    uint32_t *matches; // most cum first
    size_t match_count;
};

// --- lines

static void put_function(struct analysis *analysis, const struct place *place, size_t used,
                         bool bold)
{
    const char *name = analysis_name(analysis, place), *where = analysis_where(analysis, place);
    size_t room = ANALYSIS_COLUMNS - used, name_columns = text_columns(name);
    size_t where_most = room > name_columns + 2 ? room - name_columns - 2 : 0;
    where_most = where_most < room / 3 ? room / 3 : where_most;
    where = text_cut(&analysis->scratch, where, where_most);
    size_t gap = *where ? 2 : 0;
    fprintf(analysis->out, "%s%s%s%*s%s\n", bold ? analysis->bold : "",
            analysis_fit(analysis, name, room - gap - text_columns(where)),
            bold ? analysis->plain : "", (int)gap, "", where);
    analysis_line_done(analysis);
}

static int pad(const char *text, size_t columns)
{
    size_t used = text_columns(text);
    return columns > used ? (int)(columns - used) : 0;
}

static size_t padded_columns(const char *text, size_t columns)
{
    return text_columns(text) + (size_t)pad(text, columns);
}

// Returns the columns before what the line is about.
static size_t put_value(struct analysis *analysis, const char *label, int64_t value, int64_t of)
{
    const char *text = analysis_value(analysis, analysis->value, value);
    const char *share = analysis->is_diff
                            ? analysis_share(analysis, value)
                            : analysis_format(analysis, "%s", unit_share(value, of).text);
    fprintf(analysis->out, "  %-*s%*s%s%*s%s  ", LABEL_COLUMNS, label, pad(text, VALUE_COLUMNS), "",
            text, pad(share, SHARE_COLUMNS), "", share);
    return 2 + LABEL_COLUMNS + padded_columns(text, VALUE_COLUMNS) +
           padded_columns(share, SHARE_COLUMNS) + 2;
}

static void put_words(struct analysis *analysis, const char *words)
{
    fprintf(analysis->out, "%s%s%s\n", analysis->dim, words, analysis->plain);
    analysis_line_done(analysis);
}

static void put_header(struct peek_writer *writer, uint32_t function)
{
    struct analysis *analysis = writer->analysis;
    const struct call_node *node = &writer->graph.nodes[function];
    size_t value = analysis->value;
    fputc('\n', analysis->out);
    put_function(analysis, writer->graph.functions.functions[function].place, 0, true);
    fprintf(analysis->out, "  cum %s (%s), flat %s (%s)%s\n",
            analysis_value(analysis, value, node->cum), analysis_share(analysis, node->cum),
            analysis_value(analysis, value, node->flat), analysis_share(analysis, node->flat),
            node->recursive ? ", recursive" : "");
}

static size_t most_calls(const struct analysis *analysis)
{
    long rows = analysis->options->rows;
    return rows == ROWS_DEFAULT ? CALLS_USUAL : rows == 0 ? SIZE_MAX : (size_t)rows;
}

static void put_more(struct analysis *analysis, size_t count, int64_t value, int64_t of)
{
    if (count == 0)
        return;
    put_value(analysis, "", value, of);
    put_words(analysis, analysis_format(analysis, "… %s more: -n 0 shows all",
                                        unit_count((int64_t)count).text));
}

static const char *put_call(struct peek_writer *writer, const char *label, uint32_t function,
                            int64_t value, int64_t of)
{
    struct analysis *analysis = writer->analysis;
    size_t used = put_value(analysis, label, value, of);
    put_function(analysis, writer->graph.functions.functions[function].place, used, false);
    return "";
}

// Calls of itself come first: the graph has no edge for them.
static void put_callers(struct peek_writer *writer, uint32_t function)
{
    struct analysis *analysis = writer->analysis;
    const struct call_node *node = &writer->graph.nodes[function];
    const uint32_t *numbers;
    size_t count = call_graph_callers(&writer->graph, function, &numbers);
    size_t most = most_calls(analysis);
    const char *label = "called by";
    int64_t rest = 0;
    if (node->calls_itself)
        label = put_call(writer, label, function, node->self, node->cum);
    for (size_t i = 0; i < count; i++) {
        const struct call_edge *edge = &writer->graph.edges[numbers[i]];
        if (i >= most)
            rest += edge->value;
        else
            label = put_call(writer, label, edge->caller, edge->value, node->cum);
    }
    put_more(analysis, count > most ? count - most : 0, rest, node->cum);
    if (node->entry == 0)
        return;
    put_value(analysis, label, node->entry, node->cum);
    put_words(analysis, "(nobody: stacks begin here)");
}

static void put_callees(struct peek_writer *writer, uint32_t function)
{
    struct analysis *analysis = writer->analysis;
    const struct call_node *node = &writer->graph.nodes[function];
    const struct call_edge *edges;
    size_t count = call_graph_callees(&writer->graph, function, &edges);
    size_t most = most_calls(analysis);
    const char *label = "calls";
    int64_t rest = 0;
    if (node->flat != 0) {
        put_value(analysis, label, node->flat, node->cum);
        put_words(analysis, "(flat)");
        label = "";
    }
    if (node->calls_itself)
        label = put_call(writer, label, function, node->self, node->cum);
    for (size_t i = 0; i < count; i++) {
        if (i >= most)
            rest += edges[i].value;
        else
            label = put_call(writer, label, edges[i].callee, edges[i].value, node->cum);
    }
    put_more(analysis, count > most ? count - most : 0, rest, node->cum);
}

// --- functions

static int compare_matches(const void *left, const void *right, void *context)
{
    const struct call_node *nodes = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    uint64_t a_cum = value_magnitude(nodes[a].cum), b_cum = value_magnitude(nodes[b].cum);
    if (a_cum != b_cum)
        return a_cum > b_cum ? -1 : 1;
    return (a > b) - (a < b);
}

static int find_matches(struct peek_writer *writer)
{
    const struct function_table *functions = &writer->graph.functions;
    struct function_pattern *pattern = function_pattern_new(writer->analysis->options->pattern);
    writer->matches = calloc(functions->count, sizeof(*writer->matches));
    int error = pattern && writer->matches ? 0 : -ENOMEM;
    for (size_t i = 0; i < functions->count && !error; i++)
        if (writer->graph.nodes[i].seen != 0 &&
            function_pattern_matches(pattern, functions->functions[i].place))
            writer->matches[writer->match_count++] = (uint32_t)i;
    function_pattern_free(pattern);
    if (!error)
        qsort_r(writer->matches, writer->match_count, sizeof(*writer->matches), compare_matches,
                writer->graph.nodes);
    return error;
}

static void put_matches(struct peek_writer *writer)
{
    struct analysis *analysis = writer->analysis;
    long rows = analysis->options->rows;
    size_t most = rows == ROWS_DEFAULT ? FUNCTIONS_USUAL : rows == 0 ? SIZE_MAX : (size_t)rows;
    analysis_put_title(analysis, "CALLERS AND CALLEES");
    for (size_t i = 0; i < writer->match_count && i < most; i++) {
        put_header(writer, writer->matches[i]);
        put_callers(writer, writer->matches[i]);
        put_callees(writer, writer->matches[i]);
    }
    if (writer->match_count > most)
        fprintf(analysis->out, "\n… %s more functions match: -n 0 shows all\n",
                unit_count((int64_t)(writer->match_count - most)).text);
}

static int put(struct analysis *analysis)
{
    struct peek_writer writer = {.analysis = analysis};
    int error = call_graph_init(&writer.graph, analysis->profile, &analysis->set, analysis->value);
    if (error)
        return error;
    error = find_matches(&writer);
    if (!error && writer.match_count == 0)
        error = analysis_put_no_match(analysis);
    else if (!error)
        put_matches(&writer);
    free(writer.matches);
    call_graph_release(&writer.graph);
    return error;
}

int render_peek(struct profile *profile, const struct render_options *options, FILE *out)
{
    return analysis_render(profile, options, out, put);
}
