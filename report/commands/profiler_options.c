// SPDX-License-Identifier: MIT
//
// profiler_options.c - see profiler_options.h.
#include "report/commands/profiler_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTION_STRING(key, value, help) {PROFILER_STRING, #key, value, NULL, 0, 0, help},
#define OPTION_ENUM(key, value, choices, help) {PROFILER_ENUM, #key, value, choices, 0, 0, help},
#define OPTION_COUNT(key, value, low, high, help)                                                  \
    {PROFILER_COUNT, #key, #value, NULL, low, high, help},
#define OPTION_ENUM_OR_SIZE(key, size, value, choices, low, high, help)                            \
    {PROFILER_ENUM_OR_SIZE, #key, value, choices, low, high, help},

const struct profiler_option profiler_options[] = {
#include "preload/options.def"
    {PROFILER_STRING, NULL, NULL, NULL, 0, 0, NULL},
};

const struct profiler_option *profiler_option_find(const char *key)
{
    for (const struct profiler_option *option = profiler_options; option->key; option++)
        if (strcmp(option->key, key) == 0)
            return option;
    return NULL;
}

static bool is_choice(const char *choices, const char *value)
{
    size_t length = strlen(value);
    if (length == 0 || strchr(value, '|'))
        return false;
    for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (strcspn(at, "|") == length && strncmp(at, value, length) == 0)
            return true;
    return false;
}

// A number in the option's range, with a unit of `units` or none. Units are 1024 of the one before.
static bool is_number(const struct profiler_option *option, const char *value, const char *units)
{
    char *end;
    errno = 0;
    long number = strtol(value, &end, 10);
    const char *unit = *end ? strchr(units, tolower((unsigned char)*end)) : NULL;
    if (!isdigit((unsigned char)*value) || errno || (*end && (!unit || end[1])))
        return false;
    for (; unit && unit >= units && number <= option->high; unit--)
        number *= 1024;
    return number >= option->low && number <= option->high;
}

bool profiler_option_accepts(const struct profiler_option *option, const char *value)
{
    switch (option->kind) {
    case PROFILER_ENUM:
        return is_choice(option->choices, value);
    case PROFILER_COUNT:
        return is_number(option, value, "");
    case PROFILER_ENUM_OR_SIZE:
        return is_choice(option->choices, value) || is_number(option, value, "kmg");
    default:
        return true;
    }
}

// As one would write it: 1k, not 1024.
static const char *size_words(long bytes, char *text, size_t text_bytes)
{
    size_t unit = 0;
    for (; unit < 3 && bytes % 1024 == 0; unit++)
        bytes /= 1024;
    snprintf(text, text_bytes, "%ld%.1s", bytes, &"\0kmg"[unit]);
    return text;
}

const char *profiler_option_domain(const struct profiler_option *option)
{
    static char words[256];
    char low[24], high[24];
    switch (option->kind) {
    case PROFILER_ENUM:
        snprintf(words, sizeof(words), "one of %s", option->choices);
        return words;
    case PROFILER_COUNT:
        snprintf(words, sizeof(words), "a number from %ld to %ld", option->low, option->high);
        return words;
    case PROFILER_ENUM_OR_SIZE:
        snprintf(words, sizeof(words), "one of %s, or a size from %s to %s", option->choices,
                 size_words(option->low, low, sizeof(low)),
                 size_words(option->high, high, sizeof(high)));
        return words;
    default:
        return "any text";
    }
}

const char *profiler_option_variable(const struct profiler_option *option)
{
    static char name[64];
    snprintf(name, sizeof(name), "GAIAPROF_%s", option->key);
    for (char *at = name; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    return name;
}

// Up to the next ':' that is not written "\:".
static char *unescape(const char *text)
{
    char *value = malloc(strlen(text) + 1), *to = value;
    for (; value && *text && *text != ':'; text++) {
        if (text[0] == '\\' && text[1] == ':')
            text++;
        *to++ = *text;
    }
    if (value)
        *to = '\0';
    return value;
}

static const char *next_assignment(const char *at)
{
    for (; *at && *at != ':'; at++)
        if (at[0] == '\\' && at[1] == ':')
            at++;
    return *at ? at + 1 : at;
}

char *profiler_option_value(const struct profiler_option *option)
{
    const char *own = getenv(profiler_option_variable(option));
    if (own)
        return strdup(own);
    const char *all = getenv("GAIAPROF_OPTIONS");
    const char *found = NULL;
    size_t length = strlen(option->key);
    for (const char *at = all ? all : ""; *at; at = next_assignment(at))
        if (strncmp(at, option->key, length) == 0 && at[length] == '=')
            found = at + length + 1;
    return found ? unescape(found) : strdup(option->value);
}
