// SPDX-License-Identifier: MIT
//
// frame_name.h - what other people's formats call a function, and the frames of a stack as they
// take them. Internal to exchange/.
#ifndef GAIAPROF_FRAME_NAME_H
#define GAIAPROF_FRAME_NAME_H

#include "report/model/profile.h"

enum frame_name_style {
    NAME_SHORT, // without parameters and return type: what people call it by
    NAME_FULL,
};

// One line of valid UTF-8, never empty: "parse_value", or "0x1fff (libfoo.so)" where the function
// is unknown. NULL without memory.
const char *frame_name(struct region *region, const struct place *place,
                       enum frame_name_style style);

// The frames of one stack, leaf first. All zero: empty.
struct frame_list {
    const struct frame **frames;
    size_t count;
    size_t room;
};

// Never empty afterwards: a stack without frames has the one that stands for a damaged stack.
// -ENOMEM without memory; the list keeps its memory until it is released.
int frame_list_fill(struct frame_list *list, struct profile *profile, uint32_t stack);
void frame_list_release(struct frame_list *list);

#endif
