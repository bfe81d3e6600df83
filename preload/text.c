// SPDX-License-Identifier: MIT
//
// text.c - text without stdio, see text.h.
#include "preload/text.h"

#include "preload/sys.h"

#include <limits.h>
#include <string.h>

void text_init(struct text *text, char *buffer, size_t capacity_bytes)
{
    *text = (struct text){.buffer = buffer, .capacity_bytes = capacity_bytes};
    buffer[0] = '\0';
}

void text_add_bytes(struct text *text, const char *bytes, size_t count)
{
    size_t room = text->capacity_bytes - 1 - text->length;

    if (count > room) {
        count = room;
        text->is_cut = true;
    }
    memcpy(text->buffer + text->length, bytes, count);
    text->length += count;
    text->buffer[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

static void add_digits(struct text *text, uint64_t number, unsigned base)
{
    char digits[20];
    size_t first = sizeof(digits);

    do {
        digits[--first] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number);
    text_add_bytes(text, digits + first, sizeof(digits) - first);
}

void text_add_number(struct text *text, uint64_t number)
{
    add_digits(text, number, 10);
}

void text_add_hex(struct text *text, uint64_t number)
{
    text_add(text, "0x");
    add_digits(text, number, 16);
}

// A warning is one line whatever the user's text has in it.
static void make_printable(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

void text_warn(int fd, const char *what, const char *why)
{
    char buffer[2 * PATH_MAX];
    struct text line;

    text_init(&line, buffer, sizeof(buffer) - 1);
    text_add(&line, "gaiaprof: ");
    text_add(&line, what);
    text_add(&line, ": ");
    text_add(&line, why);
    make_printable(buffer);
    buffer[line.length++] = '\n';
    sys_write_all(fd, buffer, line.length);
}
