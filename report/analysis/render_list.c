// SPDX-License-Identifier: MIT
//
// render_list.c - annotated source: the lines of the functions that match a pattern, with what each
// has. Lines without values are context; long gaps between lines with values are folded.
#include "report/analysis/analysis.h"
#include "report/analysis/line_values.h"
#include "report/analysis/source.h"
#include "report/model/function_name.h"
#include "report/model/runtime_code.h"
#include "report/model/units.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define FUNCTIONS_USUAL 20
#define CONTEXT_LINES 5
#define GAP_LINES_MIN 3 // shorter ones are not folded
#define TITLE_LINES_MAX 400
#define VALUE_COLUMNS 10
#define TAB_COLUMNS 8
#define COLUMNS_MIN 60
#define TEXT_BYTES_MAX 2048 // of a line of source: more than any terminal has

struct list_writer {
    struct analysis *analysis;
    struct line_values values;
    struct source_finder *finder;
    size_t columns; // 0: as many as there are
    // of the function at hand
    const struct source *source;
    size_t number_columns;
    uint32_t title; // the line that has its name; 0: unknown
};

// --- a line

static void put_padded(struct analysis *analysis, const char *text)
{
    size_t used = text_columns(text);
    fprintf(analysis->out, "%*s%s", used < VALUE_COLUMNS ? (int)(VALUE_COLUMNS - used) : 0, "",
            text);
    fputs(" ", analysis->out);
}

static size_t values_columns(const struct list_writer *writer)
{
    size_t count = writer->analysis->companion != ANALYSIS_NO_VALUE ? 3 : 2;
    return count * (VALUE_COLUMNS + 1);
}

static void put_values(struct list_writer *writer, const struct line_counts *counts)
{
    struct analysis *analysis = writer->analysis;
    put_padded(analysis,
               analysis_value_or(analysis, analysis->value, counts->flat[LINE_MAIN], "."));
    put_padded(analysis, analysis_value_or(analysis, analysis->value, counts->cum[LINE_MAIN], "."));
    if (analysis->companion != ANALYSIS_NO_VALUE)
        put_padded(analysis, analysis_value_or(analysis, analysis->companion,
                                               counts->cum[LINE_COMPANION], "."));
}

// Tabs become blanks up to their stops.
static const char *without_tabs(struct analysis *analysis, const char *text)
{
    char *result = region_alloc(&analysis->scratch, TEXT_BYTES_MAX + TAB_COLUMNS + 1);
    size_t bytes = 0, column = 0;
    for (; result && *text && bytes < TEXT_BYTES_MAX; text++) {
        size_t count = *text == '\t' ? TAB_COLUMNS - column % TAB_COLUMNS : 1;
        bool begins = ((unsigned char)*text & 0xc0) != 0x80;
        for (size_t i = 0; i < count; i++)
            result[bytes++] = (char)(*text == '\t' ? ' ' : *text);
        column += begins ? count : 0;
    }
    return analysis_or_empty(analysis, result);
}

static void put_text(struct list_writer *writer, uint32_t line)
{
    struct analysis *analysis = writer->analysis;
    const struct source *source = writer->source;
    size_t used = values_columns(writer) + writer->number_columns + 4;
    if (!source) {
        fputc('\n', analysis->out);
        return;
    }
    const char *text = "(behind the end of the file)";
    if (line <= source->line_count)
        text = text_printable(&analysis->scratch, without_tabs(analysis, source->lines[line - 1]));
    text = analysis_or_empty(analysis, text);
    if (writer->columns != 0)
        text = analysis_head(analysis, text, writer->columns - used);
    fprintf(analysis->out, "%s%s\n", *text ? "  " : "", text);
}

static void put_line(struct list_writer *writer, uint32_t line, const struct line_counts *counts)
{
    static const struct line_counts none;
    struct analysis *analysis = writer->analysis;
    const char *shade = counts ? "" : analysis->dim, *plain = counts ? "" : analysis->plain;
    fputs(shade, analysis->out);
    put_values(writer, counts ? counts : &none);
    fprintf(analysis->out, " %*u%s", (int)writer->number_columns, line, plain);
    put_text(writer, line);
    analysis_line_done(analysis);
}

static void put_gap(struct list_writer *writer)
{
    fprintf(writer->analysis->out, "%*s...\n",
            (int)(values_columns(writer) + writer->number_columns - 2), "");
}

// --- where a function begins

static size_t indent(const char *line)
{
    return strspn(line, " \t");
}

static bool is_word(char character)
{
    return isalnum((unsigned char)character) || character == '_';
}

// The last part of a qualified name, without what templates are made of; "" of none.
static const char *bare_name(struct analysis *analysis, const char *function)
{
    size_t length;
    if (!function)
        return "";
    const char *name = function_short_name(function, &length);
    const char *last = name;
    size_t depth = 0;
    for (size_t i = 0; i < length; i++) {
        depth += name[i] == '<';
        depth -= name[i] == '>' && depth > 0;
        if (depth == 0 && name[i] == ':')
            last = name + i + 1;
    }
    size_t bytes = 0;
    while (last + bytes < name + length && is_word(last[bytes]))
        bytes++;
    return analysis_or_empty(analysis, region_strndup(&analysis->scratch, last, bytes));
}

static bool names(const char *line, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = strstr(line, name); at; at = strstr(at + 1, name)) {
        const char *behind = at + length + strspn(at + length, " ");
        if (*behind == '(' && (at == line || !is_word(at[-1])))
            return true;
    }
    return false;
}

// The line that most likely has the function's name: at the left margin, or above `line` and less
// indented. 0: none.
static uint32_t title_line(struct list_writer *writer, const char *function, uint32_t line)
{
    const struct source *source = writer->source;
    const char *name = bare_name(writer->analysis, function);
    if (!source || !*name || line == 0 || line > source->line_count)
        return 0;
    size_t most = indent(source->lines[line - 1]);
    if (most == 0 && names(source->lines[line - 1], name))
        return line;
    for (uint32_t i = 1; i < TITLE_LINES_MAX && i < line; i++) {
        const char *text = source->lines[line - 1 - i];
        if (indent(text) < most && names(text, name))
            return line - i;
    }
    return 0;
}

// --- a function

static bool ends_function(const struct list_writer *writer, uint32_t line)
{
    const char *text = writer->source->lines[line - 1];
    size_t columns = indent(text), length = strlen(text);
    if (writer->title == line)
        return length > 0 && text[length - 1] == '}';
    return writer->title != 0 && text[columns] == '}' &&
           columns <= indent(writer->source->lines[writer->title - 1]);
}

// Lines `first` to `last`, as far as there are any.
static void put_context(struct list_writer *writer, uint32_t first, uint32_t last)
{
    if (writer->source && last > writer->source->line_count)
        last = (uint32_t)writer->source->line_count;
    for (uint32_t line = first; writer->source && line <= last; line++)
        put_line(writer, line, NULL);
}

// Up to the line `before`, when all up to `done` has been written (0: nothing).
static void put_way_to(struct list_writer *writer, uint32_t done, uint32_t before)
{
    uint32_t first = before > CONTEXT_LINES ? before - CONTEXT_LINES : 1;
    if (done != 0 && first <= done + GAP_LINES_MIN)
        first = done + 1;
    else if (done != 0)
        put_gap(writer);
    put_context(writer, first, before - 1);
}

// Behind the last line that has values: to the end of the function, if it is near.
static void put_end(struct list_writer *writer, uint32_t line)
{
    const struct source *source = writer->source;
    for (uint32_t i = 1; source && i <= CONTEXT_LINES && (size_t)line + i <= source->line_count;
         i++) {
        if (ends_function(writer, line + i - 1))
            return;
        put_line(writer, line + i, NULL);
    }
}

// Returns the last line that has been written.
static uint32_t put_between(struct list_writer *writer, uint32_t line, uint32_t next)
{
    uint32_t last = next - line > CONTEXT_LINES ? line + CONTEXT_LINES : next - 1;
    put_context(writer, line + 1, last);
    return writer->source ? last : line;
}

static void put_lines(struct list_writer *writer, const struct listed_function *function)
{
    const struct line_value *lines = &writer->values.lines[function->first_line];
    size_t count = function->line_count;
    size_t first = lines[0].place->line == 0; // its calls whose line is unknown
    uint32_t done = 0;
    writer->title = 0;
    if (first < count)
        writer->title = title_line(writer, function->place->function, lines[first].place->line);
    if (writer->title && writer->title < lines[first].place->line)
        put_line(writer, writer->title, NULL);
    if (writer->title)
        done = writer->title - (writer->title == lines[first].place->line);
    for (size_t i = first; i < count; i++) {
        uint32_t line = lines[i].place->line;
        put_way_to(writer, done, line);
        put_line(writer, line, &lines[i].counts);
        done = i + 1 < count ? put_between(writer, line, lines[i + 1].place->line) : line;
    }
    if (first < count)
        put_end(writer, done);
    if (first > 0) {
        put_values(writer, &lines[0].counts);
        fprintf(writer->analysis->out, " %*s  (no line known)\n", (int)writer->number_columns, "?");
    }
}

static const char *companion_title(const struct analysis *analysis)
{
    const struct sample_type *type = &analysis->set.view->types[analysis->companion];
    if (strcmp(type->unit, "bytes") == 0)
        return "bytes";
    if (strcmp(type->unit, "nanoseconds") == 0)
        return "time";
    return strcmp(type->type, "contentions") == 0 ? "waits"
           : strcmp(type->type, "samples") == 0   ? "samples"
                                                  : "blocks";
}

static void put_column_titles(struct list_writer *writer)
{
    struct analysis *analysis = writer->analysis;
    fputs(analysis->dim, analysis->out);
    put_padded(analysis, "flat");
    put_padded(analysis, "cum");
    if (analysis->companion != ANALYSIS_NO_VALUE)
        put_padded(analysis, companion_title(analysis));
    fprintf(analysis->out, " %*s%s\n", (int)writer->number_columns, "line", analysis->plain);
}

static bool is_newer(const char *path, const char *module)
{
    struct stat source, binary;
    if (!module || stat(path, &source) != 0 || stat(module, &binary) != 0)
        return false;
    return source.st_mtim.tv_sec > binary.st_mtim.tv_sec ||
           (source.st_mtim.tv_sec == binary.st_mtim.tv_sec &&
            source.st_mtim.tv_nsec > binary.st_mtim.tv_nsec);
}

static const char *printable_path(struct list_writer *writer, const char *path, size_t columns)
{
    struct region *scratch = &writer->analysis->scratch;
    const char *text = analysis_or_empty(writer->analysis, text_printable(scratch, path));
    return text_cut(scratch, text, columns);
}

static void put_source_note(struct list_writer *writer, const struct listed_function *function)
{
    struct analysis *analysis = writer->analysis;
    const struct place *place = function->place;
    if (!place->file) {
        fputs("  no lines known: built without -g, or its debug file is not installed\n",
              analysis->out);
    } else if (!writer->source) {
        const char *name = analysis_name(analysis, place);
        fprintf(analysis->out, "  source of %s not found: %s (--source-path DIRS)\n", name,
                printable_path(writer, place->file, SIZE_MAX));
    } else if (is_newer(writer->source->path, place->module)) {
        const char *module = printable_path(writer, path_basename(place->module), SIZE_MAX);
        fprintf(analysis->out, "  note: %s is newer than %s: lines may have moved\n",
                printable_path(writer, path_basename(writer->source->path), SIZE_MAX), module);
    }
}

static void put_function_title(struct list_writer *writer, const struct listed_function *function)
{
    struct analysis *analysis = writer->analysis;
    const struct line_counts *counts = &function->counts;
    const char *path = writer->source          ? writer->source->path
                       : function->place->file ? function->place->file
                                               : function->place->module;
    const char *name =
        analysis_fit(analysis, analysis_name(analysis, function->place), ANALYSIS_COLUMNS * 3 / 5);
    size_t room = writer->columns ? ANALYSIS_COLUMNS - 2 - text_columns(name) : SIZE_MAX;
    fprintf(analysis->out, "\n%s%s%s  %s\n", analysis->bold, name, analysis->plain,
            printable_path(writer, path ? path : "", room));
    fprintf(analysis->out, "  flat %s (%s), cum %s (%s)\n",
            analysis_value(analysis, analysis->value, counts->flat[LINE_MAIN]),
            analysis_share(analysis, counts->flat[LINE_MAIN]),
            analysis_value(analysis, analysis->value, counts->cum[LINE_MAIN]),
            analysis_share(analysis, counts->cum[LINE_MAIN]));
}

static void put_function(struct list_writer *writer, const struct listed_function *function)
{
    const struct line_value *last =
        &writer->values.lines[function->first_line + function->line_count - 1];
    writer->source = source_find(writer->finder, function->place->file);
    writer->number_columns = strlen(analysis_format(writer->analysis, "%u", last->place->line)) + 1;
    if (writer->number_columns < sizeof("line") - 1)
        writer->number_columns = sizeof("line") - 1;
    put_function_title(writer, function);
    put_source_note(writer, function);
    if (!function->place->file)
        return;
    put_column_titles(writer);
    put_lines(writer, function);
}

// --- all of them

// Functions without the value can be there for the companion's sake.
static size_t count_shown(const struct line_values *values)
{
    size_t count = 0;
    while (count < values->function_count && values->functions[count].line_count > 0)
        count++;
    return count;
}

static void put_functions(struct list_writer *writer)
{
    struct analysis *analysis = writer->analysis;
    long rows = analysis->options->rows;
    size_t most = rows == ROWS_DEFAULT ? FUNCTIONS_USUAL : rows == 0 ? SIZE_MAX : (size_t)rows;
    size_t count = count_shown(&writer->values);
    analysis_put_title(analysis, "SOURCE");
    for (size_t i = 0; i < count && i < most; i++)
        put_function(writer, &writer->values.functions[i]);
    if (count > most)
        fprintf(analysis->out, "\n… %s more functions match: -n 0 shows all\n",
                unit_count((int64_t)(count - most)).text);
}

// A terminal's width; 0: it is none.
static size_t output_columns(FILE *out)
{
    struct winsize size;
    int file = fileno(out);
    if (file < 0 || ioctl(file, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 0;
    return size.ws_col < COLUMNS_MIN ? COLUMNS_MIN : size.ws_col;
}

static int put(struct analysis *analysis)
{
    struct list_writer writer = {.analysis = analysis, .columns = output_columns(analysis->out)};
    int error = line_values_init(&writer.values, analysis);
    if (error)
        return error;
    writer.finder = source_finder_new(analysis->options->source_path);
    if (!writer.finder)
        error = -ENOMEM;
    else if (count_shown(&writer.values) == 0)
        error = analysis_put_no_match(analysis);
    else
        put_functions(&writer);
    source_finder_free(writer.finder);
    line_values_release(&writer.values);
    return error;
}

int render_list(struct profile *profile, const struct render_options *options, FILE *out)
{
    return analysis_render(profile, options, out, put);
}
