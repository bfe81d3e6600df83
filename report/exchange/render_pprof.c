// SPDX-License-Identifier: MIT
//
// render_pprof.c - not there yet.
#include "report/formats/render.h"

#include <errno.h>

int render_pprof(struct profile *profile, const struct render_options *options, FILE *out)
{
    (void)profile;
    (void)options;
    (void)out;
    return -ENOSYS;
}
