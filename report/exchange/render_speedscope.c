// SPDX-License-Identifier: MIT
//
// render_speedscope.c - not there yet.
#include "report/formats/render.h"

#include <errno.h>

int render_speedscope(struct profile *profile, const struct render_options *options, FILE *out)
{
    (void)profile;
    (void)options;
    (void)out;
    return -ENOSYS;
}
