// SPDX-License-Identifier: MIT
//
// analysis.c - see analysis.h.
#include "report/analysis/analysis.h"

#include "report/model/function_name.h"
#include "report/model/profile_open.h"
#include "report/model/runtime_code.h"
#include "report/model/units.h"

#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define LINES_KEPT 256 // before their texts go
#define PROGRAM_COLUMNS 30
#define NAME_BYTES_MAX 4096 // far more than is shown of any

// --- the value at hand

static bool is_of_heap(const struct sample_view *view)
{
    return view->why_not == sample_view_find("heap")->why_not ||
           view->why_not == sample_view_find("leaks")->why_not;
}

static void sum_up(struct analysis *analysis)
{
    const struct sample_set *set = &analysis->set;
    for (size_t i = 0; i < set->count; i++) {
        int64_t value = set->samples[i].values[analysis->value];
        analysis->weight = weight_add(analysis->weight, value_magnitude(value));
        analysis->is_diff |= value < 0 || set->samples[i].old[analysis->value] != 0;
    }
    for (size_t i = 0; i < set->view->type_count; i++)
        analysis->whole[i] = analysis->is_diff ? set->old_totals[i] : set->totals[i];
}

int analysis_init(struct analysis *analysis, struct profile *profile,
                  const struct render_options *options, FILE *out)
{
    const struct sample_view *view = options->samples;
    *analysis = (struct analysis){
        .profile = profile,
        .options = options,
        .out = out,
        .value = options->value,
        .companion =
            (options->value ^ 1) < view->type_count ? options->value ^ 1 : ANALYSIS_NO_VALUE,
        .about = profile_is_sampled(profile) && is_of_heap(view) ? "~" : "",
        .bold = options->colour ? "\033[1m" : "",
        .dim = options->colour ? "\033[2m" : "",
        .plain = options->colour ? "\033[0m" : "",
    };
    int error = sample_set_init(&analysis->set, profile, view);
    if (!error)
        sum_up(analysis);
    return error;
}

int analysis_finish(struct analysis *analysis, int error)
{
    sample_set_release(&analysis->set);
    region_release(&analysis->scratch);
    return !error && analysis->failed ? -ENOMEM : error;
}

int analysis_render(struct profile *profile, const struct render_options *options, FILE *out,
                    int (*put)(struct analysis *analysis))
{
    struct analysis analysis;
    int error = analysis_init(&analysis, profile, options, out);
    if (error)
        return error;
    if (analysis_is_empty(&analysis))
        analysis_put_empty(&analysis);
    else
        error = put(&analysis);
    return analysis_finish(&analysis, error);
}

void analysis_line_done(struct analysis *analysis)
{
    if (++analysis->lines % LINES_KEPT == 0)
        region_release(&analysis->scratch);
}

bool analysis_is_empty(const struct analysis *analysis)
{
    return analysis->weight == 0;
}

// --- text

const char *analysis_or_empty(struct analysis *analysis, const char *text)
{
    analysis->failed |= !text;
    return text ? text : "";
}

const char *analysis_format(struct analysis *analysis, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = region_vprintf(&analysis->scratch, format, arguments);
    va_end(arguments);
    return analysis_or_empty(analysis, text);
}

static const char *printable(struct analysis *analysis, const char *text)
{
    return analysis_or_empty(analysis, text_printable(&analysis->scratch, text));
}

static const char *unsigned_value(struct analysis *analysis, size_t number, int64_t value)
{
    const char *unit = analysis->set.view->types[number].unit;
    struct unit_text text = strcmp(unit, "bytes") == 0         ? unit_bytes(value)
                            : strcmp(unit, "nanoseconds") == 0 ? unit_ns(value)
                                                               : unit_count(value);
    return analysis_format(analysis, "%s%s", analysis->about, text.text);
}

const char *analysis_value(struct analysis *analysis, size_t number, int64_t value)
{
    const char *text = unsigned_value(analysis, number, value);
    return analysis->is_diff && value > 0 ? analysis_format(analysis, "+%s", text) : text;
}

const char *analysis_value_or(struct analysis *analysis, size_t number, int64_t value,
                              const char *zero)
{
    return value == 0 ? zero : analysis_value(analysis, number, value);
}

const char *analysis_share(struct analysis *analysis, int64_t value)
{
    int64_t whole = analysis->whole[analysis->value];
    const char *sign = analysis->is_diff && value > 0 && whole != 0 ? "+" : "";
    return analysis_format(analysis, "%s%s", sign, unit_share(value, whole).text);
}

const char *analysis_name(struct analysis *analysis, const struct place *place)
{
    if (!place->function)
        return analysis_format(analysis, "0x%" PRIx64, place->offset);
    size_t length;
    const char *function = function_short_name(place->function, &length);
    length = length < NAME_BYTES_MAX ? length : NAME_BYTES_MAX;
    const char *name = region_strndup(&analysis->scratch, function, length);
    return printable(analysis, analysis_or_empty(analysis, name));
}

const char *analysis_where(struct analysis *analysis, const struct place *place)
{
    const char *path = place->file ? place->file : place->module ? place->module : "";
    return printable(analysis, path_basename(path));
}

static bool is_operator(const char *name, size_t at)
{
    static const char word[] = "operator";
    size_t length = sizeof(word) - 1;
    while (at > 0 && strchr("<>-", name[at - 1]))
        at--;
    return at >= length && memcmp(name + at - length, word, length) == 0;
}

// "std::vector<…>::push_back"
static const char *without_arguments(struct analysis *analysis, const char *name)
{
    static const char ellipsis[] = "…";
    char *result = region_alloc(&analysis->scratch, 3 * strlen(name) + 1);
    size_t bytes = 0, depth = 0;
    for (size_t i = 0; result && name[i]; i++) {
        bool is_bracket = (name[i] == '<' || name[i] == '>') && !is_operator(name, i) &&
                          !(i > 0 && name[i] == '>' && name[i - 1] == '-');
        if (is_bracket && name[i] == '>' && depth > 0)
            depth--;
        if (depth == 0)
            result[bytes++] = name[i];
        if (is_bracket && name[i] == '<' && depth++ == 0) {
            memcpy(result + bytes, ellipsis, sizeof(ellipsis) - 1);
            bytes += sizeof(ellipsis) - 1;
        }
    }
    return analysis_or_empty(analysis, result);
}

const char *analysis_fit(struct analysis *analysis, const char *name, size_t columns)
{
    if (text_columns(name) <= columns)
        return name;
    return analysis_or_empty(
        analysis, text_cut(&analysis->scratch, without_arguments(analysis, name), columns));
}

const char *analysis_head(struct analysis *analysis, const char *text, size_t columns)
{
    if (columns == 0 || text_columns(text) <= columns)
        return columns ? text : "";
    size_t bytes = 0, used = 0;
    while (text[bytes]) {
        char character[5] = {0};
        size_t length = 1;
        while (length < 4 && ((unsigned char)text[bytes + length] & 0xc0) == 0x80)
            length++;
        memcpy(character, text + bytes, length);
        used += text_columns(character);
        if (used > columns - 1)
            break;
        bytes += length;
    }
    return analysis_format(analysis, "%.*s…", (int)bytes, text);
}

// --- titles

const char *analysis_program(struct analysis *analysis)
{
    const char *called = profile_called(analysis->profile);
    const char *name = printable(analysis, *called ? called : "a program");
    name = analysis_or_empty(analysis, text_cut(&analysis->scratch, name, PROGRAM_COLUMNS));
    uint32_t pid = analysis->profile->header.pid; // of sums of several processes 0
    return pid ? analysis_format(analysis, "%s (pid %u)", name, pid) : name;
}

const char *analysis_subject(struct analysis *analysis)
{
    const struct sample_view *view = analysis->set.view;
    const struct sample_type *type = &view->types[analysis->value];
    int64_t total = analysis->set.totals[analysis->value];
    const char *type_name =
        strcmp(type->type, view->name) == 0 ? "" : analysis_format(analysis, ", %s", type->type);
    const char *old = "";
    if (analysis->is_diff)
        old = analysis_format(
            analysis, " (%s) to %s", analysis_share(analysis, total),
            unsigned_value(analysis, analysis->value, analysis->whole[analysis->value] + total));
    return analysis_format(analysis, "%s%s: %s%s", view->name, type_name,
                           analysis_value(analysis, analysis->value, total), old);
}

const char *analysis_help(const struct analysis *analysis)
{
    return analysis->set.view->types[analysis->value].help;
}

const char *analysis_selection(struct analysis *analysis)
{
    const struct selection *selection = analysis->options->selection;
    const char *focus = selection ? selection->focus : NULL;
    const char *ignore = selection ? selection->ignore : NULL;
    const char *with = "", *without = "";
    if (focus)
        with = analysis_format(analysis, " with '%s'", printable(analysis, focus));
    if (ignore)
        without = analysis_format(analysis, " without '%s'", printable(analysis, ignore));
    return focus || ignore ? analysis_format(analysis, "only stacks%s%s", with, without) : "";
}

// A line for each part that does not fit behind the one before.
static void put_parts(struct analysis *analysis, size_t used, const char *const *parts,
                      size_t count)
{
    size_t column = used;
    for (size_t i = 0; i < count; i++) {
        const char *part = analysis_head(analysis, parts[i], ANALYSIS_COLUMNS - 2);
        size_t columns = text_columns(part);
        bool fits = column + 2 + columns <= ANALYSIS_COLUMNS;
        if (columns == 0)
            continue;
        fprintf(analysis->out, "%s%s", fits ? "  " : "\n  ", part);
        column = (fits ? column : 0) + 2 + columns;
    }
    fputc('\n', analysis->out);
}

void analysis_put_title(struct analysis *analysis, const char *heading)
{
    const char *parts[] = {
        analysis_program(analysis),
        analysis_subject(analysis),
        analysis_help(analysis),
        analysis_selection(analysis),
    };
    fprintf(analysis->out, "%s%s%s", analysis->bold, heading, analysis->plain);
    put_parts(analysis, text_columns(heading), parts, sizeof(parts) / sizeof(*parts));
}

const char *analysis_empty_words(struct analysis *analysis)
{
    const struct sample_view *view = analysis->set.view;
    const char *selection = analysis_selection(analysis);
    const char *words = analysis->is_diff ? "no difference: view '%s' of %s has the same %s%s%s%s"
                                          : "no samples: view '%s' of %s has no %s%s%s%s";
    return analysis_format(analysis, words, view->name, analysis_program(analysis),
                           analysis_help(analysis), *selection ? " (" : "", selection,
                           *selection ? ")" : "");
}

void analysis_put_empty(struct analysis *analysis)
{
    fprintf(analysis->out, "%s\n",
            analysis_head(analysis, analysis_empty_words(analysis), ANALYSIS_COLUMNS));
}

// --- where nothing matches

// What the stacks of a view that have a function that matches have of its values.
struct matches {
    bool any;
    bool has[SAMPLE_VALUES_MAX], had[SAMPLE_VALUES_MAX]; // had: the old side of a diff
};

static bool stack_matches(struct profile *profile, const struct function_pattern *pattern,
                          uint32_t stack)
{
    struct stack_walk walk = {.node = stack};
    for (const struct frame *frame; (frame = stack_walk_next(profile, &walk));)
        if (function_pattern_matches(pattern, frame->place))
            return true;
    return false;
}

static int find_matches(struct analysis *analysis, const struct sample_view *view,
                        struct matches *ret_matches)
{
    struct sample_set set;
    struct function_pattern *pattern = function_pattern_new(analysis->options->pattern);
    *ret_matches = (struct matches){0};
    if (!pattern || sample_set_init(&set, analysis->profile, view) != 0) {
        function_pattern_free(pattern);
        return -ENOMEM;
    }
    for (size_t i = 0; i < set.count; i++) {
        const struct sample *sample = &set.samples[i];
        if (!stack_matches(analysis->profile, pattern, sample->stack))
            continue;
        ret_matches->any = true;
        for (size_t j = 0; j < view->type_count; j++) {
            ret_matches->has[j] |= sample->values[j] != 0;
            ret_matches->had[j] |= sample->old[j] != 0;
        }
    }
    sample_set_release(&set);
    function_pattern_free(pattern);
    return 0;
}

// One that they have, of the same unit if there is one.
static size_t type_to_see(const struct analysis *analysis, const struct sample_view *view,
                          const struct matches *matches)
{
    const char *unit = analysis->set.view->types[analysis->value].unit;
    size_t found = 0;
    for (size_t i = view->type_count; i-- > 0;)
        if (matches->has[i] && (!matches->has[found] || strcmp(view->types[i].unit, unit) == 0 ||
                                strcmp(view->types[found].unit, unit) != 0))
            found = i;
    return found;
}

static void put_no_value(struct analysis *analysis, const struct sample_view *elsewhere,
                         const struct matches *matches)
{
    const char *pattern = printable(analysis, analysis->options->pattern);
    const char *help = analysis_help(analysis);
    size_t type = type_to_see(analysis, elsewhere, matches);
    if (analysis->is_diff && elsewhere == analysis->set.view && matches->had[analysis->value])
        fprintf(analysis->out, "no difference: what matches '%s' has the same %s\n", pattern, help);
    else if (!matches->has[type])
        fprintf(analysis->out, "no difference: what matches '%s' has no %s\n", pattern, help);
    else if (elsewhere == analysis->set.view)
        fprintf(analysis->out, "what matches '%s' has no %s; see --value %s\n", pattern, help,
                elsewhere->types[type].type);
    else
        fprintf(analysis->out, "what matches '%s' has no %s; see -v %s --value %s\n", pattern, help,
                elsewhere->name, elsewhere->types[type].type);
}

int analysis_put_no_match(struct analysis *analysis)
{
    static const char *const others[] = {"allocs", "block", "mutex", "threadcreate", NULL};
    const struct sample_view *view = analysis->set.view;
    struct matches matches;
    int error = find_matches(analysis, view, &matches);
    for (size_t i = 0; !error && !matches.any && others[i]; i++) {
        view = sample_view_find(others[i]);
        if (!view->why_not(analysis->profile))
            error = find_matches(analysis, view, &matches);
    }
    if (error || !matches.any)
        return error ? error : -ENOENT;
    put_no_value(analysis, view, &matches);
    return 0;
}

// --- patterns

struct function_pattern {
    regex_t compiled;
};

struct function_pattern *function_pattern_new(const char *pattern)
{
    struct function_pattern *made = calloc(1, sizeof(*made));
    if (made && regcomp(&made->compiled, pattern, REG_EXTENDED | REG_NOSUB) == 0)
        return made;
    free(made);
    return NULL;
}

void function_pattern_free(struct function_pattern *pattern)
{
    if (pattern)
        regfree(&pattern->compiled);
    free(pattern);
}

static bool matches(const struct function_pattern *pattern, const char *name)
{
    return regexec(&pattern->compiled, name, 0, NULL, 0) == 0;
}

bool function_pattern_matches(const struct function_pattern *pattern, const struct place *place)
{
    char address[24];
    if (!place->function) {
        snprintf(address, sizeof(address), "0x%" PRIx64, place->offset);
        return matches(pattern, address);
    }
    if (matches(pattern, place->function))
        return true;
    size_t length;
    const char *name = function_short_name(place->function, &length);
    char *copy = strndup(name, length);
    bool found = copy && matches(pattern, copy);
    free(copy);
    return found;
}
