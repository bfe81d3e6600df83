// SPDX-License-Identifier: MIT
//
// html_page.h - how the parts of the HTML format (render_html.c, html_json.c, html_stacks.c,
// html_values.c, html_heap.c, html_locks.c, html_threads.c, html_source.c) share the page being
// written: a template around one JSON object, which is streamed. Internal to them.
//
// The object, as page/data.js reads it. Texts are indices into "strings", frames into "frames",
// stacks are nodes: indices into "nodes", 0 for none; -1 stands for what is not known. Tables are
// {"columns": [NAME...], "rows": [[...]...]}. As parts are written they add nodes, frames and
// strings, so these come last. A value of "values" is [node, value...] of its samples, of a diff
// with what the older profile had; "comparison" is the head of a diff's text, line by line.
#ifndef GAIAPROF_HTML_PAGE_H
#define GAIAPROF_HTML_PAGE_H

#include "report/formats/render.h"

struct html_strings;
struct html_stacks;

struct html_page {
    struct profile *profile;
    const struct render_options *options;
    FILE *out;
    struct region region;
    struct html_strings *strings;
    struct html_stacks *stacks;
    bool comma;  // before the next element
    bool failed; // without memory
};

// --- JSON. `key` is NULL within lists.

void html_open(struct html_page *page, const char *key, char bracket);
void html_close(struct html_page *page, char bracket);
void html_integer(struct html_page *page, const char *key, int64_t value);
void html_flag(struct html_page *page, const char *key, bool value);
// The number of the text; NULL: -1.
void html_text(struct html_page *page, const char *key, const char *text);

// `columns` are names separated by blanks. Then rows, and html_table_end().
void html_table(struct html_page *page, const char *key, const char *columns);
void html_row(struct html_page *page);
void html_row_end(struct html_page *page);
void html_table_end(struct html_page *page);

// The same number for the same text. NULL: -1.
long html_string_number(struct html_page *page, const char *text);
void html_put_strings(struct html_page *page);
void html_strings_release(struct html_page *page);

// --- stacks

// 0: there is no stack, or no memory.
uint32_t html_node(struct html_page *page, uint32_t stack);
void html_stack(struct html_page *page, const char *key, uint32_t stack);
// Nodes are below it, of which 0 is the root; 0 without memory.
size_t html_node_count(struct html_page *page);
// The number of the frame that stands for a place; NULL: -1.
long html_frame_number(struct html_page *page, const struct place *place);
void html_put_stacks(struct html_page *page);
void html_stacks_release(struct html_page *page);

// Adds a value to what is known of a node's weight, of `total`: sources are shown where weight is.
void html_weigh(struct html_page *page, uint32_t node, int64_t value, int64_t total);

// Places with a line, heaviest first: weights are those of all stacks they are in. In the page's
// region.
size_t html_heavy_places(struct html_page *page, const struct place ***ret_places);

// --- parts

// Whether the view that is asked for has one of these tables.
bool html_has(const struct html_page *page, unsigned tables);

void html_put_values(struct html_page *page);
void html_put_heap(struct html_page *page);
void html_put_locks(struct html_page *page);
void html_put_threads(struct html_page *page);
void html_put_sources(struct html_page *page);

#endif
