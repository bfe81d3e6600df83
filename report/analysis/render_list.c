// SPDX-License-Identifier: MIT
//
// render_list.c - not there yet.
#include "report/formats/render.h"

#include <errno.h>

int render_list(struct profile *profile, const struct render_options *options, FILE *out)
{
    (void)profile;
    (void)options;
    (void)out;
    return -ENOSYS;
}
