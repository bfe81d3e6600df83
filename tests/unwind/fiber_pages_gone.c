// SPDX-License-Identifier: MIT
// A fiber whose outer pages can't be read for a while, though they could when it allocated before:
// its stack is cut there, and whole again later. The host itself touches none of them meanwhile.
// EXPECT: site("leaf")["allocations"] == 30 and site("leaf")["live_blocks"] == 0
// EXPECT: sorted((s["allocations"], "on_fiber" in [f["function"] for f in s["stack"]]) for s in sites("leaf")) == [(10, False), (20, True)]
#include "fiber_pages_gone.h"
