// SPDX-License-Identifier: MIT
//
// render_html_off.c - of a build without it.
#include "report/formats/render.h"

#include <errno.h>

int render_html(struct profile *profile, const struct render_options *options, FILE *out)
{
    (void)profile;
    (void)options;
    (void)out;
    return -ENOSYS;
}
