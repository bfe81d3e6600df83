// SPDX-License-Identifier: MIT
//
// text_table.h - a table of at most TEXT_COLUMNS columns for a terminal. Its first two columns are
// names and share what the numbers leave; long names lose their middle.
#ifndef GAIAPROF_TEXT_TABLE_H
#define GAIAPROF_TEXT_TABLE_H

#include "report/model/region.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TEXT_COLUMNS 100
#define TEXT_TABLE_CELLS 9
#define TEXT_TABLE_NAMES 2

struct text_row {
    const char *cells[TEXT_TABLE_CELLS]; // printable; NULL: empty
    const char *line;                    // in place of cells, if it is set
};

struct text_table {
    struct region *region;
    const char *heading;       // above the names
    const char *subject;       // behind the heading, not bold
    const char *const *titles; // of the numbers
    size_t number_count;
    bool left;   // the numbers are words: flush left
    bool fields; // for a program: cells with tabs between
    struct text_row *rows;
    size_t row_count, room;
};

// A row to fill; NULL without memory.
struct text_row *text_table_row(struct text_table *table);

// Fills `text` up with blanks, before or behind it. NULL without memory.
const char *text_pad_left(struct region *region, const char *text, size_t columns);
const char *text_pad_right(struct region *region, const char *text, size_t columns);

void text_table_print(const struct text_table *table, FILE *out, const char *bold,
                      const char *plain);

// Words of `text` in lines of TEXT_COLUMNS, those after the first indented; the first begins at
// column `indent`.
void text_wrap(const char *text, size_t indent, FILE *out);

#endif
