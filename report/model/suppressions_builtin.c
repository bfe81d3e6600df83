// SPDX-License-Identifier: MIT
//
// suppressions_builtin.c - what is no leak of the program's, and would be taken for one in every
// program that uses the library: what libraries keep on purpose in a way that no scan for pointers
// can see, and what an allocator loses when it starts. What else they lose is for the user to
// judge.
#include "report/model/suppressions_list.h"

#include <string.h>

const struct builtin_suppression builtin_suppressions[] = {
    {SUPPRESS_LEAK, "^__add_to_environ$",
     "setenv keeps every value, as pointers to it may be anywhere; it finds them in a tree whose "
     "pointers have a colour in their lowest bit"},
    {SUPPRESS_LEAK, "^__tls_get_addr$",
     "thread-local variables of loaded libraries: pointers to them are kept past the beginning of "
     "the block"},
    {SUPPRESS_LEAK, "^g_type_register_",
     "GLib keeps types for ever, and points behind the beginning of their blocks"},
    {SUPPRESS_LEAK, "^g_type_add_interface_", "the interfaces of these types"},
    {SUPPRESS_LEAK, "^g_type_class_ref$", "the classes of these types, made once"},
    {SUPPRESS_LEAK, "/libfontconfig.so",
     "fontconfig's patterns refer to each other by distances, not by pointers"},
    {SUPPRESS_LEAK, "^MallocExtension::Register",
     "tcmalloc makes an object when it starts and replaces it by another: one block, in any "
     "program"},
    {SUPPRESS_LEAK, NULL, NULL},
};

#define COMMENT_COLUMNS 96

// In lines of that many columns.
static void put_comment(const char *text, FILE *out)
{
    size_t column = 0;
    while (*text) {
        size_t length = strcspn(text, " ");
        if (column == 0 || column + 1 + length > COMMENT_COLUMNS) {
            fprintf(out, "%s#", column ? "\n" : "");
            column = 1;
        }
        fprintf(out, " %.*s", (int)length, text);
        column += 1 + length;
        text += length + strspn(text + length, " ");
    }
    fputc('\n', out);
}

void suppressions_print_builtin(FILE *out)
{
    for (const struct builtin_suppression *each = builtin_suppressions; each->pattern; each++) {
        put_comment(each->reason, out);
        fprintf(out, "%s:%s\n", suppression_kind_name(each->kind), each->pattern);
    }
}
