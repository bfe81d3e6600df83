// SPDX-License-Identifier: MIT
//
// profile_fixture.h - the one profile that each test of a file builds, loads and forgets.
#ifndef GAIAPROF_TESTS_PROFILE_FIXTURE_H
#define GAIAPROF_TESTS_PROFILE_FIXTURE_H

#include "tests/unit/profile_support.h"

extern struct profile_builder built; // begun by set_up()
extern struct profile profile;       // load_built(&profile, &built)

int set_up(void **state);
int tear_down(void **state);

#endif
