// SPDX-License-Identifier: MIT
//
// suppressions.c - files of suppressions, and what a pattern matches.
#include "report/model/suppressions_list.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n\v\f"

static const char *const kind_names[SUPPRESS_KIND_COUNT] = {
    [SUPPRESS_LEAK] = "leak",
    [SUPPRESS_THREAD] = "thread",
    [SUPPRESS_LOCK] = "lock",
    [SUPPRESS_ORDER] = "order",
};

const char *suppression_kind_name(enum suppression_kind kind)
{
    return kind_names[kind];
}

// --- patterns

// What failed is tried again one character further on: from the last '*', or from the beginning of
// a pattern that may begin anywhere.
bool suppression_matches_part(const char *pattern, const char *text, size_t length)
{
    bool begins = *pattern == '^';
    const char *at = pattern + begins, *end = at + strlen(at);
    bool ends = end > at && end[-1] == '$';
    const char *text_end = text + length, *again_at = begins ? NULL : at, *again_text = text;
    end -= ends;
    while (length != 0) {
        if (at == end && (!ends || text == text_end))
            return true;
        if (at < end && *at == '*') {
            again_at = ++at;
            again_text = text;
        } else if (text == text_end) {
            return false;
        } else if (at < end && *at == *text) {
            at++;
            text++;
        } else if (again_at) {
            at = again_at;
            text = ++again_text;
        } else {
            return false;
        }
    }
    return false;
}

bool suppression_matches(const char *pattern, const char *text)
{
    return suppression_matches_part(pattern, text, strlen(text));
}

// --- files

static char why[512];

__attribute__((format(printf, 2, 3))) static int fail(int error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof(why), format, arguments);
    va_end(arguments);
    return -error;
}

static int add(struct suppressions *suppressions, const struct suppression *suppression)
{
    size_t count = suppressions->count;
    if ((count & (count - 1)) == 0) { // full at every power of two
        struct suppression *larger =
            region_array(&suppressions->region, count ? 2 * count : 1, sizeof(*larger));
        if (!larger)
            return fail(ENOMEM, "not enough memory");
        if (count)
            memcpy(larger, suppressions->list, count * sizeof(*larger));
        suppressions->list = larger;
    }
    suppressions->list[suppressions->count++] = *suppression;
    return 0;
}

static bool find_kind(const char *name, size_t length, enum suppression_kind *ret_kind)
{
    for (size_t i = 0; i < SUPPRESS_KIND_COUNT; i++) {
        if (strlen(kind_names[i]) != length || strncmp(kind_names[i], name, length) != 0)
            continue;
        *ret_kind = (enum suppression_kind)i;
        return true;
    }
    return false;
}

// `suppression` says where.
static int add_line(struct suppressions *suppressions, struct suppression *suppression, char *text)
{
    text += strspn(text, BLANKS);
    size_t length = strlen(text);
    while (length && strchr(BLANKS, text[length - 1]))
        text[--length] = '\0';
    if (length == 0 || *text == '#')
        return 0;
    size_t kind_length = strcspn(text, ":");
    if (kind_length == length)
        return fail(EINVAL, "%.200s:%u: not KIND:PATTERN (the kinds are leak, thread, lock, order)",
                    suppression->file, suppression->line);
    if (!find_kind(text, kind_length, &suppression->kind))
        return fail(EINVAL, "%.200s:%u: no such kind '%.*s' (leak, thread, lock, order)",
                    suppression->file, suppression->line,
                    (int)(kind_length < 40 ? kind_length : 40), text);
    const char *pattern = text + kind_length + 1;
    pattern += strspn(pattern, BLANKS);
    if (!*pattern)
        return fail(EINVAL, "%.200s:%u: no pattern behind '%s:'", suppression->file,
                    suppression->line, kind_names[suppression->kind]);
    suppression->pattern = region_strndup(&suppressions->region, pattern, strlen(pattern));
    if (!suppression->pattern)
        return fail(ENOMEM, "not enough memory");
    return add(suppressions, suppression);
}

static int add_lines(struct suppressions *suppressions, const char *path, FILE *file)
{
    struct suppression suppression = {.file = path};
    char *line = NULL;
    size_t room = 0;
    int error = 0;
    while (!error && getline(&line, &room, file) > 0) {
        suppression.line++;
        error = add_line(suppressions, &suppression, line);
    }
    if (!error && ferror(file))
        error = fail(errno, "%.200s: %s", path, strerror(errno));
    free(line);
    return error;
}

static int add_file(struct suppressions *suppressions, const char *name, size_t length)
{
    const char *path = region_strndup(&suppressions->region, name, length);
    if (!path)
        return fail(ENOMEM, "not enough memory");
    FILE *file = fopen(path, "re");
    if (!file)
        return fail(errno, "%.200s: %s", path, strerror(errno));
    int error = add_lines(suppressions, path, file);
    fclose(file);
    return error;
}

static int add_builtin(struct suppressions *suppressions)
{
    int error = 0;
    for (const struct builtin_suppression *each = builtin_suppressions; each->pattern && !error;
         each++)
        error =
            add(suppressions, &(struct suppression){.kind = each->kind, .pattern = each->pattern});
    return error;
}

int suppressions_load(struct suppressions *suppressions, const char *files, const char **ret_why)
{
    int error = 0;
    *suppressions = (struct suppressions){0};
    for (const char *at = files ? files : ""; *at && !error;) {
        size_t length = strcspn(at, ",");
        if (length)
            error = add_file(suppressions, at, length);
        at += length + (at[length] == ',');
    }
    if (!error)
        error = add_builtin(suppressions);
    if (error) {
        suppressions_release(suppressions);
        *ret_why = why;
    }
    return error;
}

void suppressions_release(struct suppressions *suppressions)
{
    region_release(&suppressions->region);
    *suppressions = (struct suppressions){0};
}
