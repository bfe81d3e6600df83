// SPDX-License-Identifier: MIT
//
// render_dot.c - the call graph for graphviz, drawn as pprof does: the more flat, the larger a box;
// the more cum, the redder it and the thicker its edges (green: less than before, of a diff).
// Functions that are not worth a box are left out; dotted edges lead past them.
#include "report/analysis/analysis.h"
#include "report/analysis/call_graph.h"
#include "report/model/units.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NODES_USUAL 80
#define NODE_FRACTION 0.005
#define EDGE_FRACTION 0.001
#define FONT_SMALLEST 8
#define FONT_GROWTH 16
#define NAME_COLUMNS 50 // of a line of a box
#define EDGES_CLEARED_MAX 4000
#define WIDTH_GROWTH 5
#define WEIGHT_GROWTH 100

struct dot_writer {
    struct analysis *analysis;
    struct call_graph graph;
    bool *kept;       // by function
    bool *gone;       // by edge
    uint32_t *chosen; // functions, most cum first
    size_t chosen_count, dropped_count, dropped_edges;
    uint64_t least_edge;
    uint64_t most_flat;
};

// --- words

// Inside of quotes; `text` is printable. Backslashes of names are no escapes.
static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
}

static double score_of(const struct analysis *analysis, int64_t value)
{
    double score = analysis->weight ? (double)value / (double)analysis->weight : 0;
    return score > 1 ? 1 : score < -1 ? -1 : score;
}

// Hue, saturation and value: from grey over brown to red, or to green. Small shares differ most.
static void put_colour(FILE *out, double score, double saturation, double value)
{
    double strength = pow(fabs(score), 0.3);
    double fade = fabs(score) < 0.2 ? fabs(score) / 0.2 : 1;
    double hue = score < 0 ? 1.0 / 6 * (1 + strength) : 1.0 / 6 * (1 - strength);
    fprintf(out, "\"%.3f %.3f %.3f\"", hue, saturation * fade, value);
}

static const char *value_words(struct analysis *analysis, int64_t value)
{
    const char *text = analysis_value(analysis, analysis->value, value);
    return analysis_format(analysis, "%s (%s)", text, analysis_share(analysis, value));
}

// --- the legend

static void put_legend_line(struct analysis *analysis, const char *text)
{
    if (!*text)
        return;
    put_escaped(analysis->out, analysis_head(analysis, text, ANALYSIS_COLUMNS));
    fputs("\\l", analysis->out);
}

static void put_left_out(struct dot_writer *writer)
{
    struct analysis *analysis = writer->analysis;
    size_t met = writer->chosen_count + writer->dropped_count;
    if (writer->dropped_count)
        put_legend_line(analysis, analysis_format(analysis, "left out: %s of %s functions",
                                                  unit_count((int64_t)writer->dropped_count).text,
                                                  unit_count((int64_t)met).text));
    if (writer->dropped_edges)
        put_legend_line(analysis,
                        analysis_format(analysis, "left out: %s small or redundant call%s",
                                        unit_count((int64_t)writer->dropped_edges).text,
                                        writer->dropped_edges == 1 ? "" : "s"));
    if (writer->dropped_count)
        put_legend_line(analysis, "dotted: calls by way of what is left out");
}

static void put_legend(struct dot_writer *writer)
{
    struct analysis *analysis = writer->analysis;
    const char *selection = analysis_selection(analysis);
    fputs("subgraph cluster_legend { legend [shape=box fontsize=16 fillcolor=\"#f8f8f8\" label=\"",
          analysis->out);
    put_legend_line(analysis, analysis_program(analysis));
    put_legend_line(analysis, analysis_is_empty(analysis) ? analysis_empty_words(analysis)
                                                          : analysis_subject(analysis));
    if (!analysis_is_empty(analysis)) {
        put_legend_line(analysis, analysis_help(analysis));
        put_legend_line(analysis, selection);
    }
    put_left_out(writer);
    fputs("\"] }\n", analysis->out);
}

// --- boxes and edges

// Qualified names are broken behind their scopes, so that boxes don't get wide.
static void put_name(struct analysis *analysis, const char *name)
{
    size_t depth = 0;
    name = analysis_fit(analysis, name, (size_t)2 * NAME_COLUMNS);
    for (; *name; name++) {
        depth += *name == '<';
        depth -= *name == '>' && depth > 0;
        char character[2] = {*name};
        put_escaped(analysis->out, character);
        if (depth == 0 && name[0] == ':' && name[1] != ':' && name[1] != '\0')
            fputs("\\n", analysis->out);
    }
}

static void put_box(struct dot_writer *writer, uint32_t number)
{
    struct analysis *analysis = writer->analysis;
    FILE *out = analysis->out;
    uint32_t function = writer->chosen[number];
    const struct call_node *node = &writer->graph.nodes[function];
    const struct place *place = writer->graph.functions.functions[function].place;
    const char *name = analysis_name(analysis, place);
    const char *where = text_cut(&analysis->scratch, analysis_where(analysis, place), NAME_COLUMNS);
    double share =
        writer->most_flat ? (double)value_magnitude(node->flat) / (double)writer->most_flat : 0;
    fprintf(out, "N%u [label=\"", number + 1);
    put_name(analysis, name);
    fputs("\\n", out);
    put_escaped(out, where);
    if (node->flat != 0)
        fprintf(out, "\\n%s", value_words(analysis, node->flat));
    if (node->cum != node->flat)
        fprintf(out, "\\n%s%s", node->flat ? "of " : "", value_words(analysis, node->cum));
    fprintf(out, "\" shape=box fontsize=%d tooltip=\"",
            FONT_SMALLEST + (int)ceil(FONT_GROWTH * sqrt(share)));
    put_escaped(out, analysis_fit(analysis, name, (size_t)4 * NAME_COLUMNS));
    fprintf(out, " (%s)\" color=", analysis_value(analysis, analysis->value, node->cum));
    put_colour(out, score_of(analysis, node->cum), 1, 0.7);
    fputs(" fillcolor=", out);
    put_colour(out, score_of(analysis, node->cum), 0.15, 0.95);
    fputs("]\n", out);
    analysis_line_done(analysis);
}

static void put_edge(struct dot_writer *writer, const struct call_edge *edge, const uint32_t *boxes)
{
    struct analysis *analysis = writer->analysis;
    double share = fabs(score_of(analysis, edge->value));
    fprintf(analysis->out,
            "N%u -> N%u [label=\" %s\" weight=%d penwidth=%d color=", boxes[edge->caller],
            boxes[edge->callee], analysis_value(analysis, analysis->value, edge->value),
            1 + (int)(share * WEIGHT_GROWTH), 1 + (int)(share * WIDTH_GROWTH));
    put_colour(analysis->out, score_of(analysis, edge->value), 1, 0.7);
    fprintf(analysis->out, "%s]\n", edge->residual ? " style=dotted" : "");
    analysis_line_done(analysis);
}

// --- what is drawn

static int compare_functions(const void *left, const void *right, void *context)
{
    const struct call_node *nodes = context;
    const struct call_node *a = &nodes[*(const uint32_t *)left];
    const struct call_node *b = &nodes[*(const uint32_t *)right];
    uint64_t a_cum = value_magnitude(a->cum), b_cum = value_magnitude(b->cum);
    if (a_cum != b_cum)
        return a_cum > b_cum ? -1 : 1;
    uint64_t a_flat = value_magnitude(a->flat), b_flat = value_magnitude(b->flat);
    if (a_flat != b_flat)
        return a_flat > b_flat ? -1 : 1;
    return (a > b) - (a < b);
}

static int choose_functions(struct dot_writer *writer)
{
    const struct analysis *analysis = writer->analysis;
    size_t count = writer->graph.functions.count, met = 0;
    long rows = analysis->options->rows;
    double fraction = rows == ROWS_DEFAULT ? NODE_FRACTION * (double)analysis->weight : 0;
    size_t most = rows == ROWS_DEFAULT ? NODES_USUAL : rows == 0 ? SIZE_MAX : (size_t)rows;
    writer->kept = calloc(count, sizeof(*writer->kept));
    writer->chosen = calloc(count, sizeof(*writer->chosen));
    if (!writer->kept || !writer->chosen)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (writer->graph.nodes[i].seen != 0)
            writer->chosen[met++] = (uint32_t)i;
    qsort_r(writer->chosen, met, sizeof(*writer->chosen), compare_functions, writer->graph.nodes);
    size_t kept = met < most ? met : most;
    while (kept > 0 &&
           (double)value_magnitude(writer->graph.nodes[writer->chosen[kept - 1]].cum) < fraction)
        kept--;
    for (size_t i = 0; i < kept; i++)
        writer->kept[writer->chosen[i]] = true;
    writer->chosen_count = kept;
    writer->dropped_count = met - kept;
    return 0;
}

static void find_most_flat(struct dot_writer *writer)
{
    for (size_t i = 0; i < writer->chosen_count; i++) {
        uint64_t flat = value_magnitude(writer->graph.nodes[writer->chosen[i]].flat);
        writer->most_flat = flat > writer->most_flat ? flat : writer->most_flat;
    }
}

// Whether the callee of an edge can be reached without it.
static bool is_redundant(const struct dot_writer *writer, size_t number, uint32_t *waiting,
                         bool *reached)
{
    const struct call_edge *edge = &writer->graph.edges[number];
    size_t count = 0;
    memset(reached, 0, writer->graph.functions.count * sizeof(*reached));
    waiting[count++] = edge->caller;
    reached[edge->caller] = true;
    while (count > 0) {
        const struct call_edge *next;
        size_t next_count = call_graph_callees(&writer->graph, waiting[--count], &next);
        for (; next_count-- > 0; next++) {
            if (next == edge || writer->gone[next - writer->graph.edges] || reached[next->callee])
                continue;
            if (next->callee == edge->callee)
                return true;
            reached[next->callee] = true;
            waiting[count++] = next->callee;
        }
    }
    return false;
}

// Dotted edges that only repeat a way that is drawn make a picture of wool.
static int clear_residual(struct dot_writer *writer)
{
    size_t functions = writer->graph.functions.count, edges = writer->graph.edge_count;
    uint32_t *waiting = calloc(functions, sizeof(*waiting));
    bool *reached = calloc(functions, sizeof(*reached));
    int error = waiting && reached ? 0 : -ENOMEM;
    for (size_t i = edges; i-- > 0 && !error && edges <= EDGES_CLEARED_MAX;)
        if (writer->graph.edges[i].residual && !writer->gone[i] &&
            is_redundant(writer, i, waiting, reached)) {
            writer->gone[i] = true;
            writer->dropped_edges++;
        }
    free(waiting);
    free(reached);
    return error;
}

static int choose_edges(struct dot_writer *writer)
{
    const struct analysis *analysis = writer->analysis;
    bool all = analysis->options->rows == 0;
    writer->gone = calloc(writer->graph.edge_count + 1, sizeof(*writer->gone));
    if (!writer->gone)
        return -ENOMEM;
    for (size_t i = 0; i < writer->graph.edge_count && !all; i++) {
        double value = (double)value_magnitude(writer->graph.edges[i].value);
        writer->gone[i] = value < EDGE_FRACTION * (double)analysis->weight;
        writer->dropped_edges += writer->gone[i];
    }
    return all ? 0 : clear_residual(writer);
}

// --- the graph

static int put_graph(struct dot_writer *writer)
{
    uint32_t *boxes = calloc(writer->graph.functions.count + 1, sizeof(*boxes));
    if (!boxes)
        return -ENOMEM;
    put_legend(writer);
    for (uint32_t i = 0; i < writer->chosen_count; i++) {
        boxes[writer->chosen[i]] = i + 1;
        put_box(writer, i);
    }
    for (size_t i = 0; i < writer->graph.edge_count; i++)
        if (!writer->gone[i])
            put_edge(writer, &writer->graph.edges[i], boxes);
    free(boxes);
    return 0;
}

static int choose(struct dot_writer *writer)
{
    const struct analysis *analysis = writer->analysis;
    int error = choose_functions(writer);
    if (!error && writer->dropped_count)
        error = call_graph_keep(&writer->graph, analysis->profile, &analysis->set, analysis->value,
                                writer->kept);
    find_most_flat(writer);
    return error ? error : choose_edges(writer);
}

static int put(struct analysis *analysis)
{
    struct dot_writer writer = {.analysis = analysis};
    int error = call_graph_init(&writer.graph, analysis->profile, &analysis->set, analysis->value);
    if (error)
        return error;
    error = choose(&writer);
    if (!error) {
        fputs("digraph \"", analysis->out);
        put_escaped(analysis->out, analysis_program(analysis));
        fputs("\" {\nnode [style=filled fontname=\"Helvetica\"]\n"
              "edge [fontname=\"Helvetica\" fontsize=10]\n",
              analysis->out);
        error = put_graph(&writer);
        fputs("}\n", analysis->out);
    }
    free(writer.kept);
    free(writer.gone);
    free(writer.chosen);
    call_graph_release(&writer.graph);
    return error;
}

int render_dot(struct profile *profile, const struct render_options *options, FILE *out)
{
    struct analysis analysis;
    int error = analysis_init(&analysis, profile, options, out);
    if (!error)
        error = analysis_finish(&analysis, put(&analysis));
    return error;
}
