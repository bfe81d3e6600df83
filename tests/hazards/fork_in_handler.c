// SPDX-License-Identifier: MIT
// A handler forks wherever it interrupts the program, also within our hooks. The child goes on from
// there, for a while: nothing of what it does gets into its parent's profile.
// EXPECT: site("work")["allocations"] == site("work")["frees"] == int(stdout)
// EXPECT: site("work")["temporary"] == int(stdout)
// EXPECT: site("work")["live_bytes"] == 0
// OUTPUT: varies
#include "fork_in_handler.h"
