// SPDX-License-Identifier: MIT
//
// callgrind_graph.c - see callgrind_graph.h.
#include "report/exchange/callgrind_graph.h"

#include "report/exchange/frame_name.h"
#include "report/model/hash.h"
#include "report/model/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN "???"

struct text_entry {
    uint32_t number;
    UT_hash_handle hh;
};

struct function_entry {
    struct callgrind_function function;
    UT_hash_handle hh;
};

struct cost_key {
    uint32_t function, line, callee;
};

struct cost_entry {
    struct cost_key key;
    struct callgrind_cost cost;
    UT_hash_handle hh;
};

struct callgrind_names {
    struct profile *profile;
    struct text_entry *files, *modules;
    struct function_entry *functions;
    struct cost_entry *costs;
    struct callgrind_function **function_of_place;
    size_t place_room;
    size_t function_room, cost_room;
};

// --- functions

static uint32_t text_number(struct region *region, struct text_entry **texts, const char *text)
{
    struct text_entry *entry;
    HASH_FIND_STR(*texts, text, entry);
    if (entry)
        return entry->number;
    entry = region_alloc(region, sizeof(*entry));
    if (!entry)
        return 0;
    entry->number = HASH_COUNT(*texts) + 1;
    HASH_ADD_KEYPTR(hh, *texts, text, strlen(text), entry);
    return entry->number;
}

static const char *text_or_unknown(struct region *region, const char *text)
{
    return text && *text ? text_printable(region, text) : UNKNOWN;
}

static struct callgrind_function *function_new(struct callgrind_graph *graph, const char *key,
                                               const struct callgrind_function *function)
{
    struct callgrind_names *names = graph->names;
    struct function_entry *entry = region_alloc(&graph->region, sizeof(*entry));
    void *functions = graph->functions;
    struct callgrind_function **added =
        region_push(&graph->region, &functions, &graph->function_count, &names->function_room,
                    sizeof(struct callgrind_function *));
    if (!entry || !added)
        return NULL;
    graph->functions = functions;
    entry->function = *function;
    entry->function.number = (uint32_t)graph->function_count;
    *added = &entry->function;
    HASH_ADD_KEYPTR(hh, names->functions, key, strlen(key), entry);
    return *added;
}

static struct callgrind_function *find_function(struct callgrind_graph *graph,
                                                const struct place *place)
{
    struct callgrind_names *names = graph->names;
    struct region *region = &graph->region;
    struct function_entry *entry = NULL;
    struct callgrind_function function = {
        .name = frame_name(region, place, NAME_FULL),
        .file = text_or_unknown(region, place->file),
        .module = text_or_unknown(region, place->module),
    };
    if (!function.name || !function.file || !function.module)
        return NULL;
    function.file_number = text_number(region, &names->files, function.file);
    function.module_number = text_number(region, &names->modules, function.module);
    const char *key =
        region_printf(region, "%s\n%s\n%s", function.name, function.file, function.module);
    if (!key || !function.file_number || !function.module_number)
        return NULL;
    HASH_FIND_STR(names->functions, key, entry);
    return entry ? &entry->function : function_new(graph, key, &function);
}

static bool make_place_room(struct callgrind_names *names, size_t count)
{
    if (count <= names->place_room)
        return true;
    size_t room = 2 * count, bytes = sizeof(struct callgrind_function *);
    void *larger = realloc(names->function_of_place, room * bytes);
    if (!larger)
        return false;
    names->function_of_place = larger;
    memset(names->function_of_place + names->place_room, 0, (room - names->place_room) * bytes);
    names->place_room = room;
    return true;
}

static struct callgrind_function *function_of(struct callgrind_graph *graph,
                                              const struct place *place)
{
    struct callgrind_names *names = graph->names;
    if (!make_place_room(names, (size_t)place->number + 1))
        return NULL;
    struct callgrind_function **function = &names->function_of_place[place->number];
    if (!*function)
        *function = find_function(graph, place);
    return *function;
}

// --- costs

// Where a cost is kept. `values` NULL: it is there, at no cost.
static int add_cost(struct callgrind_graph *graph, const struct cost_key *key,
                    const int64_t *values)
{
    struct callgrind_names *names = graph->names;
    struct cost_entry *entry;
    HASH_FIND(hh, names->costs, key, sizeof(*key), entry);
    if (!entry) {
        void *costs = graph->costs;
        struct callgrind_cost **added =
            region_push(&graph->region, &costs, &graph->cost_count, &names->cost_room,
                        sizeof(struct callgrind_cost *));
        entry = region_alloc(&graph->region, sizeof(*entry));
        if (!entry || !added)
            return -ENOMEM;
        graph->costs = costs;
        entry->key = *key;
        entry->cost = (struct callgrind_cost){key->function, key->line, key->callee, 0, {0}};
        *added = &entry->cost;
        HASH_ADD(hh, names->costs, key, sizeof(*key), entry);
    }
    entry->cost.stacks++;
    for (size_t i = 0; values && i < graph->value_count; i++)
        entry->cost.values[i] += values[i];
    return 0;
}

static void add_root(struct callgrind_graph *graph, struct callgrind_function *function,
                     const int64_t *values)
{
    function->root_stacks++;
    for (size_t i = 0; i < graph->value_count; i++)
        function->root_values[i] += values[i];
}

static int add_stack(struct callgrind_graph *graph, const struct frame_list *frames,
                     uint64_t number, const int64_t *values)
{
    struct cost_key key = {0};
    struct callgrind_function *function = NULL;
    int error = 0;
    for (size_t i = frames->count; i-- > 0 && !error;) {
        const struct place *place = frames->frames[i]->place;
        function = function_of(graph, place);
        if (!function)
            return -ENOMEM;
        if (key.function == 0) {
            add_root(graph, function, values);
        } else {
            bool is_again = function->last_stack == number;
            function->has_callers = true;
            key.callee = function->number;
            error = add_cost(graph, &key, is_again ? NULL : values);
        }
        function->last_stack = number;
        key = (struct cost_key){function->number, place->line, 0};
    }
    return error ? error : add_cost(graph, &key, values);
}

static void get_values(const struct sample *sample, size_t type_count, bool is_diff,
                       int64_t *ret_values)
{
    for (size_t i = 0; i < type_count; i++) {
        ret_values[i] = sample->values[i] + (is_diff ? sample->old[i] : 0);
        if (is_diff)
            ret_values[type_count + i] = sample->old[i];
    }
}

static int add_samples(struct callgrind_graph *graph, const struct sample_set *set, bool is_diff)
{
    struct frame_list frames = {0};
    int error = 0;
    for (size_t i = 0; !error && i < set->count; i++) {
        int64_t values[CALLGRIND_VALUES_MAX] = {0};
        progress_step(graph->names->profile->progress, "counting", i, set->count);
        get_values(&set->samples[i], set->view->type_count, is_diff, values);
        for (size_t j = 0; j < graph->value_count; j++)
            graph->totals[j] += values[j];
        error = frame_list_fill(&frames, graph->names->profile, set->samples[i].stack);
        if (!error)
            error = add_stack(graph, &frames, i + 1, values);
    }
    frame_list_release(&frames);
    return error;
}

static int compare_costs(const void *left, const void *right)
{
    const struct callgrind_cost *a = *(const struct callgrind_cost *const *)left;
    const struct callgrind_cost *b = *(const struct callgrind_cost *const *)right;
    if (a->function != b->function)
        return a->function < b->function ? -1 : 1;
    if ((a->callee != 0) != (b->callee != 0))
        return a->callee != 0 ? 1 : -1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (a->callee > b->callee) - (a->callee < b->callee);
}

static void names_release(struct callgrind_names *names)
{
    HASH_CLEAR(hh, names->files);
    HASH_CLEAR(hh, names->modules);
    HASH_CLEAR(hh, names->functions);
    HASH_CLEAR(hh, names->costs);
    free(names->function_of_place);
}

int callgrind_graph_init(struct callgrind_graph *graph, struct profile *profile,
                         const struct sample_set *set, bool is_diff)
{
    struct callgrind_names names = {.profile = profile};
    *graph = (struct callgrind_graph){
        .value_count = set->view->type_count * (is_diff ? 2 : 1),
        .names = &names,
    };
    int error = add_samples(graph, set, is_diff);
    names_release(&names);
    graph->names = NULL;
    if (graph->cost_count)
        qsort(graph->costs, graph->cost_count, sizeof(struct callgrind_cost *), compare_costs);
    return error;
}

void callgrind_graph_release(struct callgrind_graph *graph)
{
    region_release(&graph->region);
    *graph = (struct callgrind_graph){0};
}
