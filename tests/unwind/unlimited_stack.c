// SPDX-License-Identifier: MIT
// Without a limit of its stack, main's could lie anywhere below: other memory is not taken for it.
// STACK: unlimited
// EXPECT: site("leaf")["allocations"] == 30 and site("leaf")["live_blocks"] == 0
// EXPECT: sorted((s["allocations"], "on_fiber" in [f["function"] for f in s["stack"]]) for s in sites("leaf")) == [(10, False), (20, True)]
#include "fiber_pages_gone.c"
