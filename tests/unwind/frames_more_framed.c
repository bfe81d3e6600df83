// SPDX-License-Identifier: MIT
// frames_more.c with frame pointers, for a frames.c that has none.
#pragma GCC optimize("no-omit-frame-pointer")
#include "frames_more.c"
