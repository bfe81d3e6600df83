// SPDX-License-Identifier: MIT
//
// text_table.c - see text_table.h.
#include "report/text/text_table.h"

#include "report/model/units.h"

#include <stdbool.h>
#include <string.h>

#define INDENT 2
#define GAP 2
#define NAME_MIN 12

struct widths {
    size_t columns[TEXT_TABLE_CELLS];
    size_t names; // both names and their gap
};

struct text_row *text_table_row(struct text_table *table)
{
    if (table->row_count == table->room) {
        size_t room = table->room ? table->room * 2 : 16;
        struct text_row *rows = region_array(table->region, room, sizeof(*rows));
        if (!rows)
            return NULL;
        if (table->row_count)
            memcpy(rows, table->rows, table->row_count * sizeof(*rows));
        table->rows = rows;
        table->room = room;
    }
    struct text_row *row = &table->rows[table->row_count++];
    *row = (struct text_row){0};
    return row;
}

static size_t missing_columns(const char *text, size_t columns)
{
    size_t used = text_columns(text);
    return columns > used ? columns - used : 0;
}

const char *text_pad_left(struct region *region, const char *text, size_t columns)
{
    return region_printf(region, "%*s%s", (int)missing_columns(text, columns), "", text);
}

const char *text_pad_right(struct region *region, const char *text, size_t columns)
{
    return region_printf(region, "%s%*s", text, (int)missing_columns(text, columns), "");
}

static size_t cell_columns(const char *cell)
{
    return cell ? text_columns(cell) : 0;
}

static size_t natural_width(const struct text_table *table, size_t column)
{
    size_t width =
        column < TEXT_TABLE_NAMES ? 0 : cell_columns(table->titles[column - TEXT_TABLE_NAMES]);
    for (size_t i = 0; i < table->row_count; i++) {
        size_t needed = cell_columns(table->rows[i].cells[column]);
        if (needed > width)
            width = needed;
    }
    return width;
}

// The second name is cut first, down to two fifths; then the first.
static void share_names(size_t room, size_t *name, size_t *where)
{
    size_t gap = *where ? GAP : 0;
    room = room > NAME_MIN + gap ? room - gap : NAME_MIN;
    if (*name + *where <= room)
        return;
    size_t where_min = room * 2 / 5;
    size_t where_most = room > *name ? room - *name : 0;
    if (where_most < where_min)
        where_most = where_min;
    if (*where > where_most)
        *where = where_most;
    if (*name > room - *where)
        *name = room - *where;
}

static void measure(const struct text_table *table, struct widths *ret_widths)
{
    size_t *columns = ret_widths->columns;
    size_t numbers = 0;
    for (size_t i = 0; i < TEXT_TABLE_NAMES + table->number_count; i++) {
        columns[i] = natural_width(table, i);
        if (i >= TEXT_TABLE_NAMES)
            numbers += GAP + columns[i];
    }
    size_t room = numbers + INDENT < TEXT_COLUMNS ? TEXT_COLUMNS - INDENT - numbers : NAME_MIN;
    share_names(room, &columns[0], &columns[1]);
    ret_widths->names = columns[0] + (columns[1] ? GAP : 0) + columns[1];
    size_t heading = cell_columns(table->heading) + GAP + cell_columns(table->subject);
    if (ret_widths->names + INDENT < heading && heading <= room + INDENT) {
        columns[columns[1] ? 1 : 0] += heading - INDENT - ret_widths->names;
        ret_widths->names = heading - INDENT;
    }
}

static void pad(FILE *out, size_t columns)
{
    fprintf(out, "%*s", (int)columns, "");
}

// Empty cells at the end of a line leave no spaces there.
static void print_numbers(const struct text_table *table, const char *const *cells,
                          const size_t *widths, FILE *out)
{
    size_t due = 0;
    for (size_t i = 0; i < table->number_count; i++) {
        size_t columns = cell_columns(cells[i]);
        size_t rest = widths[i] > columns ? widths[i] - columns : 0;
        due += GAP + (table->left ? 0 : rest);
        if (columns != 0) {
            pad(out, due);
            fputs(cells[i], out);
            due = 0;
        }
        due += table->left ? rest : 0;
    }
}

static bool has_numbers(const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cell_columns(cells[i]))
            return true;
    return false;
}

static void print_row(const struct text_table *table, const struct widths *widths,
                      const struct text_row *row, FILE *out)
{
    const char *const *numbers = &row->cells[TEXT_TABLE_NAMES];
    if (row->line) {
        fprintf(out, "%*s%s\n", INDENT, "",
                text_cut(table->region, row->line, TEXT_COLUMNS - INDENT));
        return;
    }
    const char *where = row->cells[1] ? row->cells[1] : "";
    const char *name =
        text_cut(table->region, row->cells[0] ? row->cells[0] : "", widths->columns[0]);
    bool more = has_numbers(numbers, table->number_count);
    size_t used = text_columns(name);
    pad(out, INDENT);
    fputs(name, out);
    if (*where) {
        where = text_cut(table->region, where, widths->columns[1]);
        pad(out, widths->columns[0] + GAP - used);
        fputs(where, out);
        used = widths->columns[0] + GAP + text_columns(where);
    }
    if (more) {
        pad(out, widths->names > used ? widths->names - used : 0);
        print_numbers(table, numbers, &widths->columns[TEXT_TABLE_NAMES], out);
    }
    fputc('\n', out);
}

static void print_heading(const struct text_table *table, const struct widths *widths, FILE *out,
                          const char *bold, const char *plain)
{
    const char *subject = table->subject ? table->subject : "";
    int gap = *subject ? GAP : 0;
    size_t used = text_columns(table->heading) + (size_t)gap + text_columns(subject);
    size_t names = widths->names + INDENT;
    fprintf(out, "%s%s%s%*s%s", bold, table->heading, plain, gap, "", subject);
    pad(out, names > used ? names - used : 0);
    print_numbers(table, table->titles, &widths->columns[TEXT_TABLE_NAMES], out);
    fputc('\n', out);
}

static void print_fields(const struct text_table *table, const char *name,
                         const char *const *numbers, FILE *out)
{
    fputs(name ? name : "", out);
    for (size_t i = 0; i < table->number_count; i++)
        fprintf(out, "\t%s", numbers[i] ? numbers[i] : "");
    fputc('\n', out);
}

void text_table_print(const struct text_table *table, FILE *out, const char *bold,
                      const char *plain)
{
    struct widths widths = {0};
    if (table->fields) {
        print_fields(table, table->heading, table->titles, out);
        for (size_t i = 0; i < table->row_count; i++)
            print_fields(table, table->rows[i].cells[0], &table->rows[i].cells[TEXT_TABLE_NAMES],
                         out);
        return;
    }
    measure(table, &widths);
    if (table->heading)
        print_heading(table, &widths, out, bold, plain);
    for (size_t i = 0; i < table->row_count; i++)
        print_row(table, &widths, &table->rows[i], out);
}

// A word too long for a line is cut there, between two characters.
static size_t word_bytes(const char *text, size_t columns)
{
    size_t bytes = strcspn(text, " ");
    if (bytes <= columns)
        return bytes;
    bytes = columns;
    while (bytes > 1 && ((unsigned char)text[bytes] & 0xc0) == 0x80)
        bytes--;
    return bytes;
}

void text_wrap(const char *text, size_t indent, FILE *out)
{
    size_t column = indent;
    while (*text) {
        size_t spaces = strspn(text, " ");
        size_t bytes = word_bytes(text + spaces, TEXT_COLUMNS - indent);
        char word[TEXT_COLUMNS + 1];
        memcpy(word, text + spaces, bytes);
        word[bytes] = '\0';
        size_t needed = text_columns(word);
        if (column > indent && column + spaces + needed > TEXT_COLUMNS) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
            spaces = 0;
            text += strspn(text, " ");
        }
        fprintf(out, "%*s%s", (int)spaces, "", word);
        column += spaces + needed;
        text += spaces + bytes;
    }
    fputc('\n', out);
}
