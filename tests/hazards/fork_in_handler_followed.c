// SPDX-License-Identifier: MIT
// The same with children that are followed: each has a profile of its own, from the hook after that
// one on, and ends as without us.
// MODES: own
// OPTIONS: follow=fork
// EXPECT: site("work")["allocations"] == site("work")["frees"] == int(stdout)
// EXPECT: len(reports) == 61 and all(r["process"]["exit"]["status"] == 0 for r in reports)
// EXPECT: all(r["heap"]["allocations"] >= 100 for r in reports)
// OUTPUT: varies
#define CHILDREN 60

#include "fork_in_handler.h"
