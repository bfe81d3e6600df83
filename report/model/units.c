// SPDX-License-Identifier: MIT
//
// units.c - see units.h. Nothing here depends on the locale.
#include "report/model/units.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"
#define ELLIPSIS "\xe2\x80\xa6"

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

struct unit_text unit_count(int64_t count)
{
    struct unit_text result;
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, magnitude(count));
    char *to = result.text;
    if (count < 0)
        *to++ = '-';
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return result;
}

// Three significant digits, at least one decimal below 100: 1.0, 34.1, 512.
static struct unit_text with_unit(double value, const char *sign, const char *unit)
{
    struct unit_text result;
    snprintf(result.text, sizeof(result.text), "%s%.*f %s", sign, value < 99.95 ? 1 : 0, value,
             unit);
    return result;
}

struct unit_text unit_bytes(int64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    const char *sign = bytes < 0 ? "-" : "";
    uint64_t size = magnitude(bytes);
    struct unit_text result;
    if (size < 1024) {
        snprintf(result.text, sizeof(result.text), "%s%d B", sign, (int)size);
        return result;
    }
    double value = (double)size / 1024;
    size_t unit = 0;
    while (value >= 1023.5 && unit + 1 < sizeof(units) / sizeof(*units)) {
        value /= 1024;
        unit++;
    }
    return with_unit(value, sign, units[unit]);
}

struct unit_text unit_ns(int64_t ns)
{
    const char *sign = ns < 0 ? "-" : "";
    uint64_t size = magnitude(ns);
    struct unit_text result;
    double value = (double)size;
    if (size < 1000)
        snprintf(result.text, sizeof(result.text), "%s%d ns", sign, (int)size);
    else if (value < 999.5e3)
        result = with_unit(value / 1e3, sign, "µs");
    else if (value < 999.5e6)
        result = with_unit(value / 1e6, sign, "ms");
    else if (value < 9.995e9)
        snprintf(result.text, sizeof(result.text), "%s%.2f s", sign, value / 1e9);
    else if (value < 999.5e9)
        result = with_unit(value / 1e9, sign, "s");
    else
        snprintf(result.text, sizeof(result.text), "%.36s s", unit_count(ns / 1000000000).text);
    return result;
}

struct unit_text unit_share(int64_t part, int64_t whole)
{
    struct unit_text result = {"-"};
    if (part == whole && whole != 0)
        strcpy(result.text, "100%");
    else if (part == 0 && whole != 0)
        strcpy(result.text, "0%");
    else if (whole != 0)
        snprintf(result.text, sizeof(result.text), "%.1f%%", 100.0 * (double)part / (double)whole);
    return result;
}

struct unit_text unit_error(int64_t half, int64_t value)
{
    struct unit_text result = {"±0%"};
    double percent = 100.0 * (double)half / (double)magnitude(value);
    if (half == 0)
        return result;
    if (!(percent < 999.5)) // of 0, too
        strcpy(result.text, "±>999%");
    else if (percent >= 9.95)
        snprintf(result.text, sizeof(result.text), "±%.0f%%", percent);
    else
        snprintf(result.text, sizeof(result.text), "±%.1f%%", percent < 0.1 ? 0.1 : percent);
    return result;
}

// --- UTF-8

// The length of the valid sequence at `text` and its code point; 0 where there is none.
static size_t decode(const char *text, uint32_t *ret_point)
{
    const unsigned char *at = (const unsigned char *)text;
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (length == 0 || at[0] > 0xf4)
        return 0;
    uint32_t point = length == 1 ? at[0] : at[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (at[i] & 0x3f);
    }
    if (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        return 0;
    *ret_point = point;
    return length;
}

struct range {
    uint32_t first, last;
};

static bool in_ranges(uint32_t point, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    return false;
}

static size_t point_columns(uint32_t point)
{
    static const struct range wide[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xac00, 0xd7a3},
        {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
        {0x1f300, 0x1f64f}, {0x1f680, 0x1faff}, {0x20000, 0x3fffd},
    };
    static const struct range none[] = {
        {0x300, 0x36f},
        {0x200b, 0x200f},
        {0x20d0, 0x20ff},
        {0xfe00, 0xfe0f},
    };
    if (point < 0x300)
        return 1;
    if (in_ranges(point, none, sizeof(none) / sizeof(*none)))
        return 0;
    return in_ranges(point, wide, sizeof(wide) / sizeof(*wide)) ? 2 : 1;
}

size_t text_columns(const char *text)
{
    size_t columns = 0;
    while (*text) {
        uint32_t point = ' ';
        size_t length = decode(text, &point);
        columns += length ? point_columns(point) : 1;
        text += length ? length : 1;
    }
    return columns;
}

// The longest start of `text` within `columns`.
static size_t head_bytes(const char *text, size_t columns)
{
    size_t bytes = 0;
    while (text[bytes]) {
        uint32_t point = ' ';
        size_t length = decode(text + bytes, &point);
        size_t needed = length ? point_columns(point) : 1;
        if (needed > columns)
            break;
        columns -= needed;
        bytes += length ? length : 1;
    }
    return bytes;
}

// The longest end of `text` within `columns`: skip until the rest fits.
static const char *tail(const char *text, size_t columns)
{
    size_t rest = text_columns(text);
    while (*text && rest > columns) {
        uint32_t point = ' ';
        size_t length = decode(text, &point);
        rest -= length ? point_columns(point) : 1;
        text += length ? length : 1;
    }
    return text;
}

const char *text_cut(struct region *region, const char *text, size_t columns)
{
    if (text_columns(text) <= columns)
        return text;
    if (columns == 0)
        return "";
    size_t head = columns / 2;
    int bytes = (int)head_bytes(text, head);
    const char *end = tail(text, columns - 1 - head);
    const char *first = strstr(text, ELLIPSIS); // of an earlier cut: one says enough
    for (const char *at = first; at; at = strstr(at + 1, ELLIPSIS))
        if (at >= end)
            end = at + sizeof(ELLIPSIS) - 1;
    if (first && first < text + bytes)
        bytes = (int)(first - text);
    const char *cut = region_printf(region, "%.*s" ELLIPSIS "%s", bytes, text, end);
    return cut ? cut : "";
}

static bool is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c || point == 0x200e ||
           point == 0x200f || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

static const char *clean(struct region *region, const char *text, bool printable)
{
    char *result = region_alloc(region, 3 * strlen(text) + 1);
    if (!result)
        return NULL;
    char *to = result;
    while (*text) {
        uint32_t point = 0;
        size_t length = decode(text, &point);
        bool bad = length == 0 || (printable && is_control(point));
        const char *from = bad ? REPLACEMENT : text;
        size_t bytes = bad ? sizeof(REPLACEMENT) - 1 : length;
        memcpy(to, from, bytes);
        to += bytes;
        text += length ? length : 1;
    }
    return result;
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e)
            return false;
    return true;
}

const char *text_utf8(struct region *region, const char *text)
{
    return is_plain(text) ? text : clean(region, text, false);
}

const char *text_printable(struct region *region, const char *text)
{
    return is_plain(text) ? text : clean(region, text, true);
}
