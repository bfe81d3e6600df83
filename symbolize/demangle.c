// SPDX-License-Identifier: MIT
//
// demangle.c - libiberty's demanglers under limits. Their recursion is bounded by themselves, but
// back references let a short name stand for gigabytes of text: C++ and Rust are stopped when the
// output passes a limit, D, which can't be stopped, by the number of its back references.
#include "symbolize/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MANGLED_MAX_BYTES ((size_t)16 * 1024)
#define DEMANGLED_MAX_BYTES ((size_t)32 * 1024)
#define D_BACK_REFERENCES_MAX 24

struct sink {
    jmp_buf too_long;
    size_t length;
    char text[DEMANGLED_MAX_BYTES];
};

// The demanglers offer no other way to stop: their callback returns nothing. They work on their
// stack, so nothing is lost by the jump.
static void sink_append(const char *text, size_t bytes, void *opaque)
{
    struct sink *sink = opaque;
    if (bytes == 0)
        return; // then there may be no text either
    if (bytes > sizeof(sink->text) - sink->length)
        longjmp(sink->too_long, 1);
    memcpy(sink->text + sink->length, text, bytes);
    sink->length += bytes;
}

static bool demangle_into(struct sink *sink, const char *name)
{
    sink->length = 0;
    if (setjmp(sink->too_long))
        return false;
    if (rust_demangle_callback(name, DMGL_NO_OPTS, sink_append, sink))
        return true;
    sink->length = 0;
    return cplus_demangle_v3_callback(name, DMGL_NO_OPTS, sink_append, sink) && sink->length > 0;
}

static const char *demangle_c_plus_plus_or_rust(struct arena *arena, const char *name)
{
    struct sink *sink = malloc(sizeof(*sink));
    if (!sink)
        return NULL;
    const char *shown = NULL;
    if (demangle_into(sink, name))
        shown = arena_copy_string(arena, sink->text, sink->length);
    free(sink);
    return shown;
}

static const char *demangle_d(struct arena *arena, const char *name)
{
    unsigned int references = 0;
    for (const char *c = name; *c; c++)
        references += *c == 'Q';
    if (references > D_BACK_REFERENCES_MAX)
        return NULL;
    char *text = dlang_demangle(name, DMGL_NO_OPTS);
    if (!text)
        return NULL;
    const char *shown = arena_copy_string(arena, text, strlen(text));
    free(text);
    return shown;
}

const char *demangle(struct arena *arena, const char *name)
{
    const char *shown = NULL;
    if (name[0] != '_' || strnlen(name, MANGLED_MAX_BYTES) == MANGLED_MAX_BYTES)
        return name;
    if (name[1] == 'Z' || name[1] == 'R')
        shown = demangle_c_plus_plus_or_rust(arena, name);
    else if (name[1] == 'D')
        shown = demangle_d(arena, name);
    return shown ? shown : name;
}
