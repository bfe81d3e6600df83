// SPDX-License-Identifier: MIT
//
// diff_model.h - the difference of two sides of a combination as a model that every format renders:
// its values are new - old, profile->old has the old ones.
#ifndef GAIAPROF_DIFF_MODEL_H
#define GAIAPROF_DIFF_MODEL_H

#include "report/model/profile.h"

// Sums of `count` runs become their means, rounded.
void profile_divide(struct profile *profile, uint64_t count);

// `profile` becomes profile - old. Both were loaded from one combination: their stacks have the
// same numbers. `old` must live as long. Circles of locks and deadlocks stay as they are: they
// can't be subtracted. 0 or -ENOMEM.
int profile_subtract(struct profile *profile, struct profile *old);

// Whether a profile has a circle, too: of the same locks, by their names.
bool profile_has_circle(const struct profile *profile, const struct order_cycle *cycle);

#endif
