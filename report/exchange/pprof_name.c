// SPDX-License-Identifier: MIT
//
// pprof_name.c - see pprof_name.h. pprof cuts what stands in () and <> out of a C++ name, however
// it got there: that would spoil operators, unnamed namespaces and Rust's "<T as Trait>::f". Those
// are shortened here.
#include "report/exchange/pprof_name.h"

#include "report/exchange/frame_name.h"
#include "report/model/function_name.h"

#include <string.h>

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

// The length of what belongs to an operator's name and is no bracket: 0 elsewhere.
static size_t operator_length(const char *name, const char *at)
{
    if (at - name < 8 || !begins_with(at - 8, "operator"))
        return 0;
    return begins_with(at, "()") ? 2 : strspn(at, "<>-=");
}

// "a::pool<int>::operator[]" -> "a::pool::operator[]"
static char *without_templates(struct region *region, const char *name)
{
    char *result = region_alloc(region, strlen(name) + 1);
    size_t length = 0, depth = 0;
    for (const char *at = name; result && *at;) {
        size_t copied = operator_length(name, at);
        if (copied == 0 && *at == '<')
            depth++;
        else if (copied == 0 && (*at != '>' || depth == 0))
            copied = 1;
        else if (copied == 0)
            depth--;
        if (depth == 0 && copied > 0)
            memcpy(result + length, at, copied);
        length += depth == 0 ? copied : 0;
        at += copied ? copied : 1;
    }
    return result;
}

static bool is_spoiled_by_pprof(const char *name)
{
    return strstr(name, "operator") || strstr(name, "(anonymous") || strstr(name, "{lambda(");
}

bool pprof_name(struct region *region, const struct place *place, struct pprof_name *ret_name)
{
    const char *full = frame_name(region, place, NAME_FULL);
    if (!full)
        return false;
    *ret_name = (struct pprof_name){full, full};
    if (!place->function || *full == '<') {
        ret_name->system_name = "";
    } else if (is_spoiled_by_pprof(full)) {
        const char *name = frame_name(region, place, NAME_SHORT);
        ret_name->name = name ? without_templates(region, name) : NULL;
        if (ret_name->name && strcmp(ret_name->name, full) == 0)
            ret_name->system_name = "";
    } else {
        size_t length;
        ret_name->name = ret_name->system_name = function_short_name(full, &length);
    }
    return ret_name->name != NULL;
}
