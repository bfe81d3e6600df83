// SPDX-License-Identifier: MIT
//
// profile_fixture.c - see profile_fixture.h.
#include "tests/unit/profile_fixture.h"

struct profile_builder built;
struct profile profile;

int set_up(void **state)
{
    (void)state;
    profile_builder_init(&built);
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    profile_release(&profile);
    profile_builder_release(&built);
    return 0;
}
