// SPDX-License-Identifier: MIT
//
// function_name.c - see function_name.h. Brackets of templates may hold anything, and so
// may those of "{lambda(int)#1}"; those of operators are part of their names.
#include "report/model/function_name.h"

#include <stdbool.h>
#include <string.h>

// Where the parameters begin; the end if there are none.
static const char *parameters(const char *function)
{
    int depth = 0;
    const char *at = function;
    while (*at) {
        bool is_operator = at - function >= 8 && strncmp(at - 8, "operator", 8) == 0;
        size_t skip = 1;
        if (strncmp(at, "(anonymous namespace)", 21) == 0)
            skip = 21;
        else if (is_operator && strncmp(at, "()", 2) == 0)
            skip = 2;
        else if (is_operator && strchr("<>-=", *at))
            skip = strspn(at, "<>-=");
        else if (*at == '<' || *at == '{')
            depth++;
        else if (*at == '>' || *at == '}')
            depth--;
        else if (*at == '(' && depth == 0 && at != function)
            return at;
        at += skip;
    }
    return at;
}

static const char *without_return_type(const char *function, const char *end)
{
    const char *name = function;
    int depth = 0;
    for (const char *at = function; at < end; at++) {
        if (strncmp(at, "operator", 8) == 0 && depth == 0)
            break;
        if (strncmp(at, "(anonymous namespace)", 21) == 0)
            at += 20;
        else if (*at == '<' || *at == '{')
            depth++;
        else if (*at == '>' || *at == '}')
            depth--;
        else if (*at == ' ' && depth == 0)
            name = at + 1;
    }
    return name;
}

const char *function_short_name(const char *function, size_t *ret_length)
{
    const char *end = parameters(function);
    if (*end == '(')
        function = without_return_type(function, end);
    *ret_length = (size_t)(end - function);
    return function;
}
