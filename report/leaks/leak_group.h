// SPDX-License-Identifier: MIT
//
// leak_group.h - classified blocks as records of a profile: one for each stack and class.
#ifndef GAIAPROF_LEAK_GROUP_H
#define GAIAPROF_LEAK_GROUP_H

#include "report/leaks/leak_graph.h"
#include "report/model/region.h"

// Most bytes first. 0 or -ENOMEM.
int leak_group_make(const struct leak_graph *graph, const struct leak_cliques *cliques,
                    struct region *region, struct profile_leak **ret_leaks, size_t *ret_count);

#endif
