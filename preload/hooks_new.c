// SPDX-License-Identifier: MIT
//
// hooks_new.c - operator new and delete, all forms.
//
// libstdc++'s call malloc and free, which records them; here we only step aside by a tail call, so
// that no frame of ours stands between the host's and exceptions pass. An allocator that brings
// its own operators (tcmalloc, jemalloc) does not call malloc: then we record here.
//
// A C program may load C++ libraries later with RTLD_LOCAL. Their operators bind to ours, but ours
// do not find theirs by RTLD_NEXT: the library is asked for by name.
#include "preload/compiler.h"
#include "preload/heap.h"
#include "preload/options.h"
#include "preload/real.h"
#include "preload/recording.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

enum operator_form {
#define OPERATOR_NEW(form, symbol, parameters, arguments) FORM_##form,
#define OPERATOR_DELETE OPERATOR_NEW
#include "preload/operators.def"
#undef OPERATOR_NEW
#undef OPERATOR_DELETE
    FORM_COUNT
};

struct real_operator {
    void *function;
    bool is_allocators; // does not come by malloc
};

static struct real_operator operators[FORM_COUNT];

static const char *const symbols[FORM_COUNT] = {
#define OPERATOR_NEW(form, symbol, parameters, arguments) #symbol,
#define OPERATOR_DELETE OPERATOR_NEW
#include "preload/operators.def"
#undef OPERATOR_NEW
#undef OPERATOR_DELETE
};

static void *find_by_library(const char *symbol)
{
    static const char *const libraries[] = {"libstdc++.so.6", "libc++abi.so.1", "libc++.so.1"};

    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
        void *function = library ? dlsym(library, symbol) : NULL;

        if (function)
            return function;
    }
    dlerror();
    return NULL;
}

static bool is_same_module(void *a, void *b)
{
    Dl_info info_a, info_b;

    return dladdr(a, &info_a) && dladdr(b, &info_b) && info_a.dli_fbase == info_b.dli_fbase;
}

static cold void *find(enum operator_form form)
{
    void *function = dlsym(RTLD_NEXT, symbols[form]);

    if (!function)
        function = find_by_library(symbols[form]);
    if (!function || !real_find())
        return NULL;
    operators[form].is_allocators = is_same_module(function, (void *)real.malloc);
    atomic_publish(&operators[form].function, function);
    return function;
}

static inline void *real_operator(enum operator_form form)
{
    void *function = atomic_get_acquire(&operators[form].function);

    return likely(function) ? function : find(form);
}

static void record(const void *block, size_t bytes, uintptr_t caller)
{
    struct thread_state *self;

    if (options.heap != HEAP_EXACT || !block || !(self = recording_enter(caller)))
        return;
    heap_allocated_once(self, block, bytes, caller);
    recording_leave();
}

static void forget(const void *block, uintptr_t caller)
{
    struct thread_state *self;

    if (options.heap != HEAP_EXACT || !block || !(self = recording_enter(caller)))
        return;
    if (live_table_get(block).stack)
        heap_freed(self, block);
    recording_leave();
}

// Without any C++ library new is malloc: there is no one who could throw.
#define OPERATOR_NEW(form, symbol, parameters, arguments)                                          \
    EXPORT void *symbol parameters;                                                                \
    EXPORT void *symbol parameters                                                                 \
    {                                                                                              \
        void *(*function)parameters = real_operator(FORM_##form);                                  \
        void *block;                                                                               \
                                                                                                   \
        if (unlikely(!function))                                                                   \
            return malloc(bytes);                                                                  \
        if (likely(!operators[FORM_##form].is_allocators))                                         \
            return function arguments;                                                             \
        block = function arguments;                                                                \
        record(block, bytes, CALLER);                                                              \
        return block;                                                                              \
    }
#define OPERATOR_DELETE(form, symbol, parameters, arguments)                                       \
    EXPORT void symbol parameters;                                                                 \
    EXPORT void symbol parameters                                                                  \
    {                                                                                              \
        void(*function) parameters = real_operator(FORM_##form);                                   \
                                                                                                   \
        if (unlikely(!function)) {                                                                 \
            free(block);                                                                           \
            return;                                                                                \
        }                                                                                          \
        if (unlikely(operators[FORM_##form].is_allocators))                                        \
            forget(block, CALLER);                                                                 \
        function arguments;                                                                        \
    }
#include "preload/operators.def"
