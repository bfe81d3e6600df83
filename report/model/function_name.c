// SPDX-License-Identifier: MIT
//
// function_name.c - see function_name.h. Brackets of templates may hold anything, and so
// may those of "{lambda(int)#1}"; those of operators are part of their names.
#include "report/model/function_name.h"

#include <stdbool.h>
#include <string.h>

#define ANONYMOUS "(anonymous namespace)"
#define LENGTH(text) (sizeof(text) - 1)

static bool starts(const char *at, const char *end, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(end - at) >= length && strncmp(at, word, length) == 0;
}

// Behind the bracket that closes the one at `at`; the end if none does.
static const char *behind_brackets(const char *at, const char *end)
{
    int depth = 0;
    for (; at < end; at++) {
        depth += *at == '(';
        depth -= *at == ')';
        if (depth == 0)
            return at + 1;
    }
    return end;
}

// Parameters that are part of a name: of the function that a lambda is in. Behind them and what
// belongs to them; NULL: they are the function's own.
static const char *behind_outer_parameters(const char *at, const char *end)
{
    static const char *const words[] = {" const", " volatile", " &&", " &"};
    at = behind_brackets(at, end);
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (starts(at, end, words[i]))
            at += strlen(words[i]);
    return starts(at, end, "::") ? at : NULL;
}

static bool is_behind_operator(const char *function, const char *at)
{
    return at - function >= 8 && strncmp(at - 8, "operator", 8) == 0;
}

// The next piece of a name at `at`: a bracket of templates changes *depth.
static const char *next_piece(const char *function, const char *at, const char *end, int *depth)
{
    if (starts(at, end, ANONYMOUS))
        return at + LENGTH(ANONYMOUS);
    if (is_behind_operator(function, at) && starts(at, end, "()"))
        return at + 2;
    if (is_behind_operator(function, at) && strchr("<>-=", *at))
        return at + strspn(at, "<>-=");
    *depth += *at == '<' || *at == '{';
    *depth -= *at == '>' || *at == '}';
    return at + 1;
}

static bool opens_parameters(const char *function, const char *at, const char *end, int depth)
{
    return *at == '(' && depth == 0 && at != function && !starts(at, end, ANONYMOUS) &&
           !(is_behind_operator(function, at) && starts(at, end, "()"));
}

// Where the parameters begin; the end if there are none.
static const char *parameters(const char *function)
{
    const char *end = function + strlen(function), *at = function;
    for (int depth = 0; at < end;) {
        bool opens = opens_parameters(function, at, end, depth);
        const char *behind = opens ? behind_outer_parameters(at, end) : NULL;
        if (opens && !behind)
            return at;
        at = behind ? behind : next_piece(function, at, end, &depth);
    }
    return end;
}

static const char *without_return_type(const char *function, const char *end)
{
    const char *name = function;
    int depth = 0;
    for (const char *at = function; at < end;) {
        if (starts(at, end, "operator") && depth == 0)
            break;
        bool opens = opens_parameters(function, at, end, depth);
        const char *behind = opens ? behind_outer_parameters(at, end) : NULL;
        if (*at == ' ' && depth == 0)
            name = at + 1;
        at = behind ? behind : next_piece(function, at, end, &depth);
    }
    return name < end ? name : function;
}

const char *function_short_name(const char *function, size_t *ret_length)
{
    const char *end = parameters(function);
    if (*end == '(')
        function = without_return_type(function, end);
    *ret_length = (size_t)(end - function);
    return function;
}
