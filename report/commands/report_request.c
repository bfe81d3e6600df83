// SPDX-License-Identifier: MIT
//
// report_request.c - the values of options, and whether they go together.
#include "report/commands/report_request.h"

#include "report/leaks/report_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void report_request_init(struct report_request *request)
{
    *request = (struct report_request){
        .format = &render_formats[0],
        .options = {.view = &views[0], .rows = ROWS_DEFAULT},
    };
}

// --- values of options

static int render_nothing(struct profile *profile, const struct render_options *options, FILE *out)
{
    (void)profile;
    (void)options;
    (void)out;
    return 0;
}

// At exit, where only what leaked is to be found out.
const struct render_format report_format_none = {.name = "none", .render = render_nothing};

static bool set_format(struct report_request *request, const char *name)
{
    const struct render_format *none = &report_format_none;
    request->format = strcmp(name, none->name) == 0 ? none : render_format_find(name);
    if (request->format && request->format->off) {
        command_error(name, "%s", request->format->off);
        return false;
    }
    if (request->format)
        return true;
    struct nearest nearest = {.word = name};
    for (const struct render_format *format = render_formats; format->name; format++)
        nearest_offer(&nearest, format->name);
    command_error(name, "no such format%s",
                  nearest.best ? nearest_hint(&nearest) : "; see gaiaprof help report");
    return false;
}

static bool set_view(struct report_request *request, const char *name)
{
    const struct view *view = view_find(name);
    if (view && view->tables) {
        request->options.view = view;
        request->has_view = true;
        return true;
    }
    struct nearest nearest = {.word = name};
    for (const struct view *each = views; each->name; each++)
        if (each->tables)
            nearest_offer(&nearest, each->name);
    char what[64];
    snprintf(what, sizeof(what), "view '%.40s'", name);
    if (view)
        command_error(what, "not recorded by this version");
    else
        command_error(what, "no such view%s",
                      nearest.best ? nearest_hint(&nearest) : "; see gaiaprof help report");
    return false;
}

static bool set_sort(struct report_request *request, const char *name)
{
    request->options.sort = sort_key_find(name);
    if (request->options.sort)
        return true;
    char keys[256] = "";
    for (const struct sort_key *key = sort_keys; key->name; key++) {
        strcat(keys, *keys ? ", " : "");
        strcat(keys, key->name);
    }
    command_error(name, "can't sort by this; the keys are %s", keys);
    return false;
}

static bool set_rows(struct report_request *request, const char *text)
{
    char *end;
    errno = 0;
    long rows = strtol(text, &end, 10);
    if (errno || *end || end == text || rows < 0) {
        command_error(text, "not a number of rows (0 for all)");
        return false;
    }
    request->options.rows = rows;
    return true;
}

static bool set_deadlock(struct report_request *request, const char *text)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno || *end || end == text || number == 0 || number > UINT32_MAX) {
        command_error(text, "not the number of a deadlock");
        return false;
    }
    request->deadlock = (uint32_t)number;
    return true;
}

static bool set_pattern(const char **pattern, const char *text)
{
    const char *why = selection_check(text);
    if (why) {
        command_error(text, "not a regular expression: %s", why);
        return false;
    }
    *pattern = text;
    return true;
}

static bool set_interval(struct report_request *request, const char *text)
{
    if (report_scans_parse_interval(text, &request->interval_ns))
        return true;
    command_error(text, "not a number of seconds (such as 10 or 0.5)");
    return false;
}

static bool set_leak_option(struct report_request *request, int letter, const char *value)
{
    switch (letter) {
    case 'S':
        request->suppressions = value;
        return true;
    case 'G':
        request->generate = true;
        return true;
    case 'L':
        request->leaks = true;
        return true;
    case 'N':
        return set_interval(request, value);
    case 'W':
        request->save = value;
        return true;
    case 'B':
        request->since = value;
        return true;
    case 'C':
        request->budgets = *value ? value : NULL;
        return true;
    case 'q':
        request->is_quiet = true;
        return true;
    default:
        return true;
    }
}

static bool excludes(const struct render_format *before, const struct render_format *format)
{
    if (!before || before == format)
        return false;
    command_error(format->name, "not together with %s: ask for one of them", before->name);
    return true;
}

// One of the formats that have an option of their own.
static bool set_analysis(struct report_request *request, const char *format, const char *pattern)
{
    if (pattern && !set_pattern(&request->options.pattern, pattern))
        return false;
    const struct render_format *before = request->has_format ? request->format : NULL;
    if (!set_format(request, format) || excludes(before, request->format))
        return false;
    request->has_analysis = request->has_format = true;
    return true;
}

static bool set_chosen_format(struct report_request *request, const char *name)
{
    const struct render_format *before = request->has_analysis ? request->format : NULL;
    request->has_format = true;
    return set_format(request, name) && !excludes(before, request->format);
}

static bool set_selecting_option(struct report_request *request, int letter, const char *value)
{
    switch (letter) {
    case 'F':
        return set_pattern(&request->selection.focus, value);
    case 'I':
        return set_pattern(&request->selection.ignore, value);
    case 'U':
        request->value = value;
        return true;
    case 'T':
        return set_analysis(request, "tree", NULL);
    case 'O':
        return set_analysis(request, "dot", NULL);
    case 'K':
        return set_analysis(request, "peek", value);
    case 'A':
        return set_analysis(request, "list", value);
    case 'R':
        request->options.source_path = value;
        return true;
    default:
        return set_leak_option(request, letter, value);
    }
}

bool report_request_set(struct report_request *request, int letter, const char *value)
{
    switch (letter) {
    case 'f':
        return set_chosen_format(request, value);
    case 'v':
        return set_view(request, value);
    case 'P':
        request->by_program = true;
        return true;
    case 'n':
        return set_rows(request, value);
    case 's':
        return set_sort(request, value);
    case 'o':
        request->output = value;
        return true;
    case 'D':
        return set_deadlock(request, value);
    case 'E':
        request->at_exit = true;
        return true;
    default:
        return set_selecting_option(request, letter, value);
    }
}

// --- together

static bool format_suits(const struct report_request *request)
{
    if (request->format != &report_format_none || request->at_exit)
        return true;
    command_error("none", "no such format; see gaiaprof help report");
    return false;
}

static bool sort_suits_view(const struct report_request *request)
{
    const struct sort_key *sort = request->options.sort;
    if (!sort || (sort->tables & request->options.view->tables))
        return true;
    command_error(sort->name, "view '%s' has no table to sort by this",
                  request->options.view->name);
    return false;
}

// One output of one view is the heap's where nothing else is asked for.
static bool view_suits_format(struct report_request *request)
{
    const struct view *view = request->options.view;
    bool to_stdout = request->output && strcmp(request->output, "-") == 0;
    enum format_scope scope = request->format->scope;
    bool makes_files = scope == FORMAT_VIEW && request->format->suffix && !to_stdout;
    if (!request->has_view && scope >= FORMAT_VIEW && !makes_files)
        view = view_find("heap");
    request->options.samples = view->samples ? sample_view_find(view->samples) : NULL;
    if (request->options.samples || scope == FORMAT_REPORT || !request->has_view)
        return true;
    char what[64];
    snprintf(what, sizeof(what), "view '%.40s'", view->name);
    command_error(what, "has no values to count stacks by; try text, json or html");
    return false;
}

static bool find_value(struct report_request *request)
{
    const struct sample_view *samples = request->options.samples;
    if (samples)
        request->options.value = samples->default_type;
    if (!request->value)
        return true;
    if (!samples) {
        command_error(request->value, "say of which view (-v)");
        return false;
    }
    int value = sample_type_find(samples, request->value);
    if (value >= 0) {
        request->options.value = (size_t)value;
        return true;
    }
    char names[128] = "";
    for (size_t i = 0; i < samples->type_count; i++) {
        strcat(names, i ? ", " : "");
        strcat(names, samples->types[i].type);
    }
    command_error(request->value, "no value of view '%s', which has %s", samples->name, names);
    return false;
}

static bool pattern_suits(const struct report_request *request)
{
    bool needs = request->format->render == render_list || request->format->render == render_peek;
    if (!needs || request->options.pattern)
        return true;
    command_error(request->format->name, "say of which functions: --%s RE", request->format->name);
    return false;
}

bool report_request_finish(struct report_request *request)
{
    return sort_suits_view(request) && format_suits(request) && view_suits_format(request) &&
           find_value(request) && pattern_suits(request);
}
