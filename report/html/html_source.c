// SPDX-License-Identifier: MIT
//
// html_source.c - the source around the lines with most of the values, where it is found on this
// machine.
#include "report/analysis/source.h"
#include "report/html/html_page.h"
#include "report/model/units.h"

#include <stdlib.h>
#include <string.h>

#define PLACES_MAX 300
#define CONTEXT_LINES 8
#define LINE_BYTES_MAX 2000
#define TAB_COLUMNS 8

static int compare_places(const void *left, const void *right)
{
    const struct place *a = *(const struct place *const *)left;
    const struct place *b = *(const struct place *const *)right;
    int files = strcmp(a->file, b->file);
    return files ? files : (a->line > b->line) - (a->line < b->line);
}

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

// Tabs become blanks; what is too long ends in "…". NULL without memory.
static char *expand(struct region *region, const char *line)
{
    char *text = region_alloc(region, LINE_BYTES_MAX + TAB_COLUMNS + sizeof("…"));
    size_t bytes = 0, column = 0;
    while (text && *line && (bytes < LINE_BYTES_MAX || !begins_character(*line))) {
        char byte = *line++;
        size_t blanks = byte == '\t' ? TAB_COLUMNS - column % TAB_COLUMNS : 0;
        column += blanks ? blanks : begins_character(byte);
        memset(text + bytes, ' ', blanks);
        bytes += blanks;
        if (byte != '\t' && byte != '\r')
            text[bytes++] = byte;
        if (bytes >= LINE_BYTES_MAX + TAB_COLUMNS)
            break; // no UTF-8
    }
    if (text)
        strcpy(text + bytes, *line ? "…" : "");
    return text;
}

static void put_line(struct html_page *page, const char *line)
{
    struct region region = {0};
    const char *text = expand(&region, line);
    const char *clean = text ? text_printable(&region, text) : NULL;
    page->failed |= !clean;
    html_text(page, NULL, clean);
    region_release(&region);
}

// Lines `first` to `last`, from 1.
static void put_lines(struct html_page *page, const struct source *source, uint32_t first,
                      uint32_t last)
{
    html_open(page, NULL, '[');
    html_integer(page, NULL, first);
    for (uint32_t line = first; line <= last; line++)
        put_line(page, source->lines[line - 1]);
    html_close(page, ']');
}

// What is around one file's places, which are sorted; ranges that meet are one.
static void put_file(struct html_page *page, const struct source *source,
                     const struct place *const *places, size_t count)
{
    uint64_t length = source->line_count < UINT32_MAX - 1 ? source->line_count : UINT32_MAX - 1;
    uint64_t first = 0, last = 0;
    html_open(page, NULL, '[');
    html_text(page, NULL, places[0]->file);
    html_text(page, NULL, source->path);
    for (size_t i = 0; i < count && places[i]->line <= length; i++) {
        uint64_t line = places[i]->line, end = line + CONTEXT_LINES;
        uint64_t begin = line > CONTEXT_LINES ? line - CONTEXT_LINES : 1;
        if (first && begin > last + 1)
            put_lines(page, source, (uint32_t)first, (uint32_t)last);
        if (!first || begin > last + 1)
            first = begin;
        last = end < length ? end : length;
    }
    if (first)
        put_lines(page, source, (uint32_t)first, (uint32_t)last);
    html_close(page, ']');
}

static void put_files(struct html_page *page, struct source_finder *finder,
                      const struct place **places, size_t count)
{
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && strcmp(places[next]->file, places[i]->file) == 0;)
            next++;
        const struct source *source = source_find(finder, places[i]->file);
        if (source)
            put_file(page, source, &places[i], next - i);
    }
}

void html_put_sources(struct html_page *page)
{
    struct source_finder *finder = source_finder_new(page->options->source_path);
    const struct place **places;
    size_t count = html_heavy_places(page, &places);
    page->failed |= !finder;
    html_open(page, "sources", '[');
    if (finder && places) {
        count = count < PLACES_MAX ? count : PLACES_MAX;
        qsort(places, count, sizeof(*places), compare_places);
        put_files(page, finder, places, count);
    }
    html_close(page, ']');
    source_finder_free(finder);
}
