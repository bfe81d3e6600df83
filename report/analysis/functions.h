// SPDX-License-Identifier: MIT
//
// functions.h - functions, numbered in order of appearance, and stacks as numbers of functions. A
// function is a name in a file of a module; where the name is unknown, each address is one.
#ifndef GAIAPROF_FUNCTIONS_H
#define GAIAPROF_FUNCTIONS_H

#include "report/model/profile.h"

#define FUNCTION_NO_STACK 0 // stands for stacks that are not known at all

struct function {
    const struct place *place; // where it was met first
    bool runtime, marker;
};

struct function_name;

struct function_table {
    struct region region;
    struct function *functions;
    size_t count, room;
    uint32_t *by_place; // 1 + its number; 0: not met yet
    size_t place_room;
    struct function_name *names;
};

int function_table_init(struct function_table *table); // -ENOMEM; then nothing is to be released
void function_table_release(struct function_table *table);

struct path_frame {
    uint32_t function;
    const struct place *place;
    bool inlined;
};

// A stack, leaf first, of at least one frame. All zero at first; used for one stack after another.
struct call_path {
    struct path_frame *frames;
    size_t count, room;
};

int call_path_read(struct call_path *path, struct function_table *table, struct profile *profile,
                   uint32_t stack); // 0 or -ENOMEM
void call_path_release(struct call_path *path);

#endif
