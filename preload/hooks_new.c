// SPDX-License-Identifier: MIT
//
// hooks_new.c - operator new and delete, all forms.
//
// libstdc++'s call malloc and free, which records them; here we only say what for (heap_misuse.h)
// and step aside by a tail call, so that no frame of ours stands between the host's and exceptions
// pass. An allocator that brings its own operators (tcmalloc, jemalloc) does not call malloc: then
// we record here.
//
// The real operators are looked for when they are first called, by symbols.h: a C program may load
// libstdc++ late and with RTLD_LOCAL, where dlsym would not find it, and the caller may be a thread
// that the constructor of a library waits for, with the loader's lock held.
#include "preload/compiler.h"
#include "preload/heap_misuse.h"
#include "preload/hooks_heap.h"
#include "preload/modules.h"
#include "preload/real.h"
#include "preload/symbols.h"

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
    bool has_family;    // comes by malloc and free at once
};

static struct real_operator operators[FORM_COUNT];

static const char *const symbols[FORM_COUNT] = {
#define OPERATOR_NEW(form, symbol, parameters, arguments) #symbol,
#define OPERATOR_DELETE OPERATOR_NEW
#include "preload/operators.def"
#undef OPERATOR_NEW
#undef OPERATOR_DELETE
};

static bool is_array(const char *symbol)
{
    return symbol[3] == 'a'; // _Zna..., _Zda...
}

// Whether all operators are those of the C++ library. Where a program replaces some of them the
// others call these, and nobody knows what goes with what.
static bool has_families(uintptr_t function)
{
    static const char *const replaceable[] = {"_Znwm", "_Znam", "_ZdlPv", "_ZdaPv"};
    static uintptr_t first; // of all forms found so far
    const char *library = modules_name_of(function);
    uintptr_t start = modules_range_of(function).start;
    struct modules_range ours = modules_range_of((uintptr_t)operators);

    if (strncmp(library, "libstdc++.so", 12) != 0 && strncmp(library, "libc++.so", 9) != 0 &&
        strncmp(library, "libc++abi.so", 12) != 0)
        return false;
    if (first && first != start)
        return false;
    first = start;
    for (size_t i = 0; i < sizeof(replaceable) / sizeof(replaceable[0]); i++) {
        uintptr_t used = (uintptr_t)symbols_find(replaceable[i]);
        uintptr_t next = (uintptr_t)symbols_find_next(replaceable[i]);

        if (used < ours.start || used >= ours.end || modules_range_of(next).start != start)
            return false;
    }
    return true;
}

static HOOK void *find(enum operator_form form)
{
    void *function = symbols_find_next(symbols[form]);
    uintptr_t allocator;

    if (!function || !real_find())
        return NULL;
    allocator = (uintptr_t)real.malloc;
    operators[form].is_allocators =
        modules_range_of((uintptr_t)function).start == modules_range_of(allocator).start;
    if (!operators[form].is_allocators && has_families((uintptr_t)function)) {
        heap_operators_start = modules_range_of((uintptr_t)function).start;
        heap_operators_end = modules_range_of((uintptr_t)function).end;
        operators[form].has_family = true;
    }
    atomic_publish(&operators[form].function, function);
    return function;
}

static inline void *real_operator(enum operator_form form)
{
    void *function = atomic_get_acquire(&operators[form].function);

    return likely(function) ? function : find(form);
}

// Its free may have been counted by a call of free from there; or it calls free only now.
static void forget(const void *block, const struct host_frame *caller)
{
    if (!block || !live_table_get(block).stack)
        return;
    hook_freed(block, caller);
    if (thread_self)
        thread_self->forgotten_block = block;
}

// Without any C++ library new is malloc: there is no one who could throw.
#define OPERATOR_NEW(form, symbol, parameters, arguments)                                          \
    ENTRY void *symbol parameters;                                                                 \
                                                                                                   \
    static HOOK void *hook_##form parameters                                                       \
    {                                                                                              \
        void *(*function)parameters = operators[FORM_##form].function;                             \
        uint64_t countdown = sampler_countdown;                                                    \
        void *block = function arguments;                                                          \
                                                                                                   \
        hook_allocated_once(block, bytes, CALLER, countdown);                                      \
        return block;                                                                              \
    }                                                                                              \
                                                                                                   \
    ENTRY void *symbol parameters                                                                  \
    {                                                                                              \
        void *(*function)parameters = real_operator(FORM_##form);                                  \
                                                                                                   \
        if (unlikely(!function))                                                                   \
            return malloc(bytes);                                                                  \
        if (unlikely(operators[FORM_##form].is_allocators))                                        \
            return hook_##form arguments;                                                          \
        if (likely(operators[FORM_##form].has_family) && recording_gate.has_exact_heap)            \
            heap_expect_new(thread_self,                                                           \
                            is_array(#symbol) ? PROFILE_FAMILY_NEW_ARRAY : PROFILE_FAMILY_NEW);    \
        return function arguments;                                                                 \
    }
#define OPERATOR_DELETE(form, symbol, parameters, arguments)                                       \
    ENTRY void symbol parameters;                                                                  \
                                                                                                   \
    static HOOK void hook_##form parameters                                                        \
    {                                                                                              \
        void(*function) parameters = operators[FORM_##form].function;                              \
                                                                                                   \
        forget(block, CALLER);                                                                     \
        function arguments;                                                                        \
    }                                                                                              \
                                                                                                   \
    ENTRY void symbol parameters                                                                   \
    {                                                                                              \
        void(*function) parameters = real_operator(FORM_##form);                                   \
                                                                                                   \
        if (unlikely(!function)) {                                                                 \
            free(block);                                                                           \
            return;                                                                                \
        }                                                                                          \
        if (unlikely(operators[FORM_##form].is_allocators)) {                                      \
            hook_##form arguments;                                                                 \
            return;                                                                                \
        }                                                                                          \
        if (likely(operators[FORM_##form].has_family) && recording_gate.has_exact_heap)            \
            heap_expect_delete(thread_self, block,                                                 \
                               is_array(#symbol) ? PROFILE_FREED_BY_DELETE_ARRAY                   \
                                                 : PROFILE_FREED_BY_DELETE);                       \
        function arguments;                                                                        \
    }
#include "preload/operators.def"
