// SPDX-License-Identifier: MIT
//
// render_callgrind.c - what KCachegrind and callgrind_annotate read: callgrind's profile format,
// version 1, of one view with all its values as events. Inlined functions are functions here, each
// in the file it was written in, so no function has lines of two files.
#include "report/exchange/callgrind_graph.h"
#include "report/formats/render.h"
#include "report/model/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct callgrind {
    struct profile *profile;
    const struct sample_view *view;
    FILE *out;
    struct callgrind_graph graph;
    // By number: the name has been written, from now on the number says it.
    bool *functions, *files, *modules;
};

// --- what the profile is

static void put_command(struct callgrind *callgrind)
{
    const struct profile *profile = callgrind->profile;
    fputs("cmd:", callgrind->out);
    for (size_t i = 0; i < profile->arg_count; i++) {
        const char *text = text_printable(&callgrind->graph.region, profile->args[i]);
        fprintf(callgrind->out, " %s", text ? text : "");
    }
    fputs("\n", callgrind->out);
}

// callgrind_annotate takes "events:" for the end of the header.
static void put_events(struct callgrind *callgrind)
{
    const struct sample_view *view = callgrind->view;
    bool is_diff = callgrind->profile->old != NULL;
    for (size_t i = 0; i < view->type_count; i++)
        fprintf(callgrind->out, "event: %s : %s (%s)\n", view->types[i].type, view->types[i].help,
                view->types[i].unit);
    for (size_t i = 0; is_diff && i < view->type_count; i++)
        fprintf(callgrind->out, "event: old_%s : before: %s (%s)\n", view->types[i].type,
                view->types[i].help, view->types[i].unit);
    fputs("events:", callgrind->out);
    for (size_t i = 0; i < view->type_count; i++)
        fprintf(callgrind->out, " %s", view->types[i].type);
    for (size_t i = 0; is_diff && i < view->type_count; i++)
        fprintf(callgrind->out, " old_%s", view->types[i].type);
    fputs("\n", callgrind->out);
}

static void put_values(struct callgrind *callgrind, const int64_t *values)
{
    for (size_t i = 0; i < callgrind->graph.value_count; i++)
        fprintf(callgrind->out, " %" PRId64, values[i]);
    fputs("\n", callgrind->out);
}

static void put_head(struct callgrind *callgrind)
{
    FILE *out = callgrind->out;
    bool is_sampled = profile_is_sampled(callgrind->profile);
    fputs("# callgrind format\nversion: 1\ncreator: gaiaprof " GAIAPROF_VERSION "\n", out);
    if (callgrind->profile->header.pid != 0)
        fprintf(out, "pid: %u\n", callgrind->profile->header.pid);
    put_command(callgrind);
    fprintf(out, "desc: View: %s%s\n", callgrind->view->name,
            is_sampled ? ", of a sampled heap: estimates" : "");
    fputs("desc: Called: that many stacks pass here; calls are not counted\n", out);
    fputs("positions: line\n", out);
    put_events(callgrind);
    fputs("summary:", out);
    put_values(callgrind, callgrind->graph.totals);
}

// --- functions

static void put_name(struct callgrind *callgrind, const char *key, bool *written, uint32_t number,
                     const char *name)
{
    if (written[number])
        fprintf(callgrind->out, "%s=(%u)\n", key, number);
    else
        fprintf(callgrind->out, "%s=(%u) %s\n", key, number, name);
    written[number] = true;
}

// callgrind_annotate stumbles over files with calls alone: a function that costs nothing itself
// says so.
static void put_function(struct callgrind *callgrind, const struct callgrind_function *function,
                         const struct callgrind_cost *first)
{
    static const int64_t nothing[CALLGRIND_VALUES_MAX];
    fputs("\n", callgrind->out);
    put_name(callgrind, "ob", callgrind->modules, function->module_number, function->module);
    put_name(callgrind, "fl", callgrind->files, function->file_number, function->file);
    put_name(callgrind, "fn", callgrind->functions, function->number, function->name);
    if (first->callee) {
        fprintf(callgrind->out, "%u", first->line);
        put_values(callgrind, nothing);
    }
}

// Module and file are the caller's where nothing else is said; `caller` NULL: of none.
static void put_call(struct callgrind *callgrind, const struct callgrind_function *caller,
                     uint32_t callee, uint64_t stacks)
{
    const struct callgrind_function *function = callgrind->graph.functions[callee - 1];
    if (!caller || caller->module_number != function->module_number)
        put_name(callgrind, "cob", callgrind->modules, function->module_number, function->module);
    if (!caller || caller->file_number != function->file_number)
        put_name(callgrind, "cfi", callgrind->files, function->file_number, function->file);
    put_name(callgrind, "cfn", callgrind->functions, function->number, function->name);
    fprintf(callgrind->out, "calls=%" PRIu64 " 0\n", stacks);
}

static void put_costs(struct callgrind *callgrind)
{
    const struct callgrind_graph *graph = &callgrind->graph;
    const struct callgrind_function *current = NULL;
    for (size_t i = 0; i < graph->cost_count; i++) {
        const struct callgrind_cost *cost = graph->costs[i];
        if (!current || cost->function != current->number) {
            current = graph->functions[cost->function - 1];
            put_function(callgrind, current, cost);
        }
        if (cost->callee)
            put_call(callgrind, current, cost->callee, cost->stacks);
        fprintf(callgrind->out, "%u", cost->line);
        put_values(callgrind, cost->values);
    }
}

// The inclusive cost of a function that has callers is taken to be that of the calls. Where it also
// begins stacks these need a caller, too.
static void put_roots(struct callgrind *callgrind)
{
    const struct callgrind_graph *graph = &callgrind->graph;
    bool is_open = false;
    for (size_t i = 0; i < graph->function_count; i++) {
        const struct callgrind_function *function = graph->functions[i];
        if (!function->has_callers || function->root_stacks == 0)
            continue;
        if (!is_open)
            fputs("\nob=???\nfl=???\nfn=(root)\n", callgrind->out);
        is_open = true;
        put_call(callgrind, NULL, function->number, function->root_stacks);
        fputs("0", callgrind->out);
        put_values(callgrind, function->root_values);
    }
}

static int put_all(struct callgrind *callgrind)
{
    struct callgrind_graph *graph = &callgrind->graph;
    size_t most = graph->function_count + 1;
    callgrind->functions = region_array(&graph->region, most, sizeof(bool));
    callgrind->files = region_array(&graph->region, most, sizeof(bool));
    callgrind->modules = region_array(&graph->region, most, sizeof(bool));
    if (!callgrind->functions || !callgrind->files || !callgrind->modules)
        return -ENOMEM;
    put_head(callgrind);
    put_costs(callgrind);
    put_roots(callgrind);
    fputs("\ntotals:", callgrind->out);
    put_values(callgrind, graph->totals);
    return 0;
}

int render_callgrind(struct profile *profile, const struct render_options *options, FILE *out)
{
    struct callgrind callgrind = {
        .profile = profile,
        .view = options->samples ? options->samples : sample_view_find("heap"),
        .out = out,
    };
    struct sample_set set;
    int error = sample_set_init(&set, profile, callgrind.view);
    if (error)
        return error;
    error = callgrind_graph_init(&callgrind.graph, profile, &set, profile->old != NULL);
    if (!error)
        error = put_all(&callgrind);
    callgrind_graph_release(&callgrind.graph);
    sample_set_release(&set);
    return error;
}
