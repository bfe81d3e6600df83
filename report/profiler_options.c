// SPDX-License-Identifier: MIT
//
// profiler_options.c - see profiler_options.h.
#include "report/profiler_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTION_STRING(key, value, help) {PROFILER_STRING, #key, value, NULL, 0, 0, help},
#define OPTION_ENUM(key, value, choices, help) {PROFILER_ENUM, #key, value, choices, 0, 0, help},
#define OPTION_COUNT(key, value, low, high, help)                                                  \
    {PROFILER_COUNT, #key, #value, NULL, low, high, help},

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

static bool is_count(const struct profiler_option *option, const char *value)
{
    char *end;
    errno = 0;
    long count = strtol(value, &end, 10);
    return isdigit((unsigned char)*value) && !*end && !errno && count >= option->low &&
           count <= option->high;
}

bool profiler_option_accepts(const struct profiler_option *option, const char *value)
{
    if (option->kind == PROFILER_ENUM)
        return is_choice(option->choices, value);
    return option->kind == PROFILER_STRING || is_count(option, value);
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
