// SPDX-License-Identifier: MIT
//
// render_tree.c - the call tree: where a value goes, from the root down. Calls that have no
// alternative stay in the column of their caller, so that only what branches is indented.
#include "report/analysis/analysis.h"
#include "report/analysis/tree_choice.h"
#include "report/model/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINES_USUAL 70
#define FRACTION_USUAL 0.005 // of the value: calls with less are not worth a line
#define LEVEL_COLUMNS 3
#define LEVELS_MAX 14 // of indentation; what is further out is cut off
#define VALUE_COLUMNS 10
#define SHARE_COLUMNS 6
#define SHARE_COLUMNS_DIFF 8
#define NOTABLE_PERCENT 5

struct tree_writer {
    struct analysis *analysis;
    struct call_tree tree;
    struct tree_choice choice;
    uint32_t *waiting; // to be written, the next one last
    size_t waiting_count;
};

// --- a line

static size_t put_padded(FILE *out, const char *text, size_t columns)
{
    size_t used = text_columns(text);
    size_t pad = columns > used ? columns - used : 0;
    fprintf(out, "%*s%s  ", (int)pad, "", text);
    return pad + used + 2;
}

static size_t share_columns(const struct analysis *analysis)
{
    return analysis->is_diff ? SHARE_COLUMNS_DIFF : SHARE_COLUMNS;
}

static size_t put_values(struct analysis *analysis, int64_t cum, int64_t flat)
{
    size_t used =
        put_padded(analysis->out, analysis_value(analysis, analysis->value, cum), VALUE_COLUMNS);
    used += put_padded(analysis->out, analysis_share(analysis, cum), share_columns(analysis));
    return used + put_padded(analysis->out, analysis_value_or(analysis, analysis->value, flat, ""),
                             VALUE_COLUMNS);
}

static bool is_last(const struct tree_choice *choice, const struct chosen_call *call)
{
    const struct chosen_call *parent = &choice->calls[call->parent];
    const struct chosen_call *last =
        &choice->calls[choice->children[parent->first_child + parent->children - 1]];
    return call == last && !tree_choice_has_rest(choice, parent);
}

// The lines of the tree before a call, or before what follows it.
static size_t put_levels(struct tree_writer *writer, uint32_t number, bool after)
{
    const struct tree_choice *choice = &writer->choice;
    const char *levels[LEVELS_MAX];
    size_t count = 0;
    uint32_t branch = choice->calls[number].branch;
    if (branch == number && branch != 0 && !after) {
        levels[count++] = is_last(choice, &choice->calls[number]) ? "└─ " : "├─ ";
        branch = choice->calls[choice->calls[branch].parent].branch;
    }
    while (branch != 0 && count < LEVELS_MAX) {
        levels[count++] = is_last(choice, &choice->calls[branch]) ? "   " : "│  ";
        branch = choice->calls[choice->calls[branch].parent].branch;
    }
    if (branch != 0)
        levels[count - 1] = "…  ";
    for (size_t i = count; i-- > 0;)
        fputs(levels[i], writer->analysis->out);
    return count * LEVEL_COLUMNS;
}

static int compare_lines(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

// "a.c:52", "a.c:52,61"; of a function that calls in many lines "a.c:52,61,…".
static const char *call_where(struct analysis *analysis, const struct function *function,
                              const struct call_tree_node *node)
{
    const char *where = analysis_where(analysis, function->place);
    uint32_t lines[CALL_LINES_MAX];
    size_t count = node->line_count < CALL_LINES_MAX ? node->line_count : CALL_LINES_MAX;
    memcpy(lines, node->lines, sizeof(lines));
    qsort(lines, count, sizeof(*lines), compare_lines);
    const char *before = ":";
    for (size_t i = 0; i < count && function->place->file; i++) {
        if (lines[i] == 0)
            continue;
        where = analysis_format(analysis, "%s%s%u", where, before, lines[i]);
        before = ",";
    }
    return count < node->line_count && *before == ',' ? analysis_format(analysis, "%s,…", where)
                                                      : where;
}

// The name gets what it needs, down to three fifths of the room.
static void put_function(struct tree_writer *writer, const struct chosen_call *call, size_t room)
{
    struct analysis *analysis = writer->analysis;
    const struct call_tree_node *node = call->node;
    const struct function *function = &writer->tree.functions.functions[node->function];
    const char *where = call_where(analysis, function, node);
    const char *name = analysis_name(analysis, function->place);
    const char *inlined = node->inlined ? " (inlined)" : "";
    const char *more = call->children == 0 && call->left_out_count > 0 ? " …" : "";
    size_t gap = 2 + strlen(inlined) + text_columns(more);
    size_t name_columns = text_columns(name), where_columns = text_columns(where);
    size_t most = room > gap ? room - gap : 0;
    size_t where_most = most > name_columns ? most - name_columns : 0;
    where_most = where_most < most * 2 / 5 ? most * 2 / 5 : where_most;
    where_columns = where_columns < where_most ? where_columns : where_most;
    bool is_notable = value_magnitude(node->flat) / NOTABLE_PERCENT >= analysis->weight / 100;
    fprintf(analysis->out, "%s%s%s%s", is_notable ? analysis->bold : "",
            analysis_fit(analysis, name, most - where_columns), is_notable ? analysis->plain : "",
            inlined);
    if (*where)
        fprintf(analysis->out, "  %s%s%s", analysis->dim,
                text_cut(&analysis->scratch, where, where_columns), analysis->plain);
    fprintf(analysis->out, "%s\n", more);
}

static void put_call(struct tree_writer *writer, uint32_t number)
{
    const struct chosen_call *call = &writer->choice.calls[number];
    size_t used = put_values(writer->analysis, call->node->cum, call->node->flat);
    used += put_levels(writer, number, false);
    put_function(writer, call, used < ANALYSIS_COLUMNS ? ANALYSIS_COLUMNS - used : 0);
    analysis_line_done(writer->analysis);
}

// --- what has no line of its own

static void put_fold(struct tree_writer *writer, uint32_t number)
{
    const struct tree_choice *choice = &writer->choice;
    const struct chosen_call *call = &choice->calls[number];
    int64_t cum = call->node->cum, flat = 0;
    size_t count = 0;
    for (; tree_choice_is_folded(call); count++) {
        flat += call->node->flat;
        call = &choice->calls[choice->children[call->first_child]];
    }
    put_values(writer->analysis, cum, flat);
    put_levels(writer, number, true);
    fprintf(writer->analysis->out, "%s⋮  %zu calls in %s%s\n", writer->analysis->dim, count,
            choice->calls[number].runtime ? "the runtime" : "a row", writer->analysis->plain);
    analysis_line_done(writer->analysis);
}

static void put_rest(struct tree_writer *writer, uint32_t number)
{
    const struct chosen_call *call = &writer->choice.calls[number];
    put_values(writer->analysis, call->left_out_cum, 0);
    put_levels(writer, number, true);
    fprintf(writer->analysis->out, "└─ %s… %s smaller%s\n", writer->analysis->dim,
            unit_count(call->left_out_count).text, writer->analysis->plain);
    analysis_line_done(writer->analysis);
}

static void put_footer(struct tree_writer *writer)
{
    struct analysis *analysis = writer->analysis;
    const struct tree_choice *choice = &writer->choice;
    size_t left_out = writer->tree.count - choice->count;
    int64_t cum = 0;
    for (size_t i = 0; i < choice->count; i++)
        cum += choice->calls[i].left_out_cum;
    if (left_out)
        fprintf(analysis->out, "  … %s smaller call%s, %s (%s) in all: -n 0 shows all\n",
                unit_count((int64_t)left_out).text, left_out == 1 ? "" : "s",
                analysis_value(analysis, analysis->value, cum), analysis_share(analysis, cum));
}

// --- the tree

#define REST_BELOW ((uint32_t)1 << 31)

static void push_children(struct tree_writer *writer, uint32_t number)
{
    const struct chosen_call *call = &writer->choice.calls[number];
    if (tree_choice_has_rest(&writer->choice, call))
        writer->waiting[writer->waiting_count++] = number | REST_BELOW;
    for (uint32_t i = call->children; i-- > 0;)
        writer->waiting[writer->waiting_count++] = writer->choice.children[call->first_child + i];
}

static void put_tree(struct tree_writer *writer)
{
    push_children(writer, 0);
    while (writer->waiting_count > 0) {
        uint32_t number = writer->waiting[--writer->waiting_count];
        if (number & REST_BELOW) {
            put_rest(writer, number & ~REST_BELOW);
            continue;
        }
        const struct chosen_call *call = &writer->choice.calls[number];
        if (!tree_choice_is_folded(call))
            put_call(writer, number);
        else if (tree_choice_begins_fold(call))
            put_fold(writer, number);
        push_children(writer, number);
    }
}

static int choose(struct tree_writer *writer)
{
    const struct analysis *analysis = writer->analysis;
    long rows = analysis->options->rows;
    double least = rows == ROWS_DEFAULT ? FRACTION_USUAL * (double)analysis->weight : 1;
    int error = tree_choice_init(&writer->choice, &writer->tree, least > 1 ? (uint64_t)least : 1,
                                 rows == ROWS_DEFAULT ? LINES_USUAL : (size_t)rows);
    if (error)
        return error;
    writer->waiting = calloc(2 * writer->choice.count + 1, sizeof(*writer->waiting));
    return writer->waiting ? 0 : -ENOMEM;
}

static int put(struct analysis *analysis)
{
    struct tree_writer writer = {.analysis = analysis};
    int error = call_tree_init(&writer.tree, analysis->profile, &analysis->set, analysis->value);
    if (error)
        return error;
    error = choose(&writer);
    if (!error) {
        analysis_put_title(analysis, "CALL TREE");
        fprintf(analysis->out, "\n%s%*s  %*s  %*s  call%s\n", analysis->bold, VALUE_COLUMNS, "cum",
                (int)share_columns(analysis), "share", VALUE_COLUMNS, "flat", analysis->plain);
        put_tree(&writer);
        put_footer(&writer);
    }
    free(writer.waiting);
    tree_choice_release(&writer.choice);
    call_tree_release(&writer.tree);
    return error;
}

int render_tree(struct profile *profile, const struct render_options *options, FILE *out)
{
    return analysis_render(profile, options, out, put);
}
