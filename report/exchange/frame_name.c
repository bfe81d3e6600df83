// SPDX-License-Identifier: MIT
//
// frame_name.c - see frame_name.h.
#include "report/exchange/frame_name.h"

#include "report/model/function_name.h"
#include "report/model/runtime_code.h"
#include "report/model/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static const char *unknown_name(struct region *region, const struct place *place)
{
    return place->module ? region_printf(region, "0x%" PRIx64 " (%s)", place->offset,
                                         path_basename(place->module))
                         : region_printf(region, "0x%" PRIx64, place->offset);
}

const char *frame_name(struct region *region, const struct place *place,
                       enum frame_name_style style)
{
    const char *name = place->function;
    size_t length;
    if (!name || !*name) {
        name = unknown_name(region, place);
    } else if (style == NAME_SHORT) {
        const char *start = function_short_name(name, &length);
        name = length ? region_strndup(region, start, length) : name;
    }
    return name ? text_printable(region, name) : NULL;
}

int frame_list_fill(struct frame_list *list, struct profile *profile, uint32_t stack)
{
    struct stack_walk walk = {.node = stack};
    const struct frame *frame = stack_walk_next(profile, &walk);
    if (!frame)
        frame = stack_user_frame(profile, 0);
    for (list->count = 0; frame; frame = stack_walk_next(profile, &walk)) {
        if (list->count == list->room) {
            size_t room = list->room ? 2 * list->room : 256;
            void *frames = realloc(list->frames, room * sizeof(*list->frames));
            if (!frames)
                return -ENOMEM;
            list->frames = frames;
            list->room = room;
        }
        list->frames[list->count++] = frame;
    }
    return 0;
}

void frame_list_release(struct frame_list *list)
{
    free(list->frames);
    *list = (struct frame_list){0};
}
