// SPDX-License-Identifier: MIT
//
// html_json.c - JSON for a page: what is written can't end the element it is in, whatever the texts
// are, and each text is there once.
#include "report/html/html_page.h"
#include "report/model/hash.h"
#include "report/model/units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define STRING_BYTES_MAX 4096 // of one; C++ has longer names, which nobody reads

struct html_string {
    const char *text; // as it came
    long number;
    struct html_string *next;
    UT_hash_handle hh;
};

struct html_strings {
    struct html_string *by_text;
    struct html_string *first, *last; // by number
    long count;
};

// --- elements

static void begin_element(struct html_page *page, const char *key)
{
    if (page->comma)
        fputc(',', page->out);
    page->comma = true;
    if (key)
        fprintf(page->out, "\n\"%s\":", key);
}

void html_open(struct html_page *page, const char *key, char bracket)
{
    begin_element(page, key);
    fputc(bracket, page->out);
    page->comma = false;
}

void html_close(struct html_page *page, char bracket)
{
    fputc(bracket, page->out);
    page->comma = true;
}

void html_integer(struct html_page *page, const char *key, int64_t value)
{
    begin_element(page, key);
    fprintf(page->out, "%" PRId64, value);
}

void html_flag(struct html_page *page, const char *key, bool value)
{
    begin_element(page, key);
    fputs(value ? "true" : "false", page->out);
}

void html_text(struct html_page *page, const char *key, const char *text)
{
    html_integer(page, key, html_string_number(page, text));
}

// --- tables

void html_table(struct html_page *page, const char *key, const char *columns)
{
    html_open(page, key, '{');
    html_open(page, "columns", '[');
    while (*columns) {
        size_t length = strcspn(columns, " ");
        begin_element(page, NULL);
        fprintf(page->out, "\"%.*s\"", (int)length, columns);
        columns += length + strspn(columns + length, " ");
    }
    html_close(page, ']');
    html_open(page, "rows", '[');
}

void html_row(struct html_page *page)
{
    html_open(page, NULL, '[');
}

void html_row_end(struct html_page *page)
{
    html_close(page, ']');
}

void html_table_end(struct html_page *page)
{
    html_close(page, ']');
    html_close(page, '}');
}

// --- strings

static struct html_string *add_string(struct html_page *page, const char *text, size_t length)
{
    struct html_strings *strings = page->strings;
    struct html_string *string = region_alloc(&page->region, sizeof(*string));
    const char *copy = string ? region_strndup(&page->region, text, length) : NULL;
    if (!copy) {
        page->failed = true;
        return NULL;
    }
    *string = (struct html_string){.text = copy, .number = strings->count++};
    if (strings->last)
        strings->last->next = string;
    else
        strings->first = string;
    strings->last = string;
    HASH_ADD_KEYPTR(hh, strings->by_text, string->text, length, string);
    return string;
}

static struct html_strings *strings_of(struct html_page *page)
{
    if (!page->strings)
        page->strings = calloc(1, sizeof(*page->strings));
    page->failed |= !page->strings;
    return page->strings;
}

long html_string_number(struct html_page *page, const char *text)
{
    if (!text || !strings_of(page))
        return -1;
    struct html_string *string;
    size_t length = strnlen(text, STRING_BYTES_MAX);
    HASH_FIND(hh, page->strings->by_text, text, length, string);
    if (!string)
        string = add_string(page, text, length);
    return string ? string->number : -1;
}

// U+2028 and U+2029 end lines in older scripts, '<' may end the element.
static void put_string(struct html_page *page, const char *text)
{
    begin_element(page, NULL);
    fputc('"', page->out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool separates = c == 0xe2 && strncmp(text, "\xe2\x80", 2) == 0 &&
                         ((unsigned char)text[2] & 0xfe) == 0xa8;
        if (separates) {
            fprintf(page->out, "\\u202%x", (unsigned char)text[2] & 0xf);
            text += 2;
        } else if (c < 0x20 || c == '<' || c == '"' || c == '\\' || c == 0x7f) {
            fprintf(page->out, "\\u%04x", c);
        } else {
            fputc(c, page->out);
        }
    }
    fputc('"', page->out);
}

void html_put_strings(struct html_page *page)
{
    html_open(page, "strings", '[');
    struct html_string *string = page->strings ? page->strings->first : NULL;
    for (; string; string = string->next) {
        struct region region = {0};
        const char *clean = text_utf8(&region, string->text);
        page->failed |= !clean;
        put_string(page, clean ? clean : "");
        region_release(&region);
    }
    html_close(page, ']');
}

void html_strings_release(struct html_page *page)
{
    if (page->strings)
        HASH_CLEAR(hh, page->strings->by_text);
    free(page->strings);
    page->strings = NULL;
}
