// SPDX-License-Identifier: MIT
//
// pprof_name.h - what pprof gets to call a function. Where Function.name and system_name are the
// same, pprof shortens C++ names itself, as its option -symbolize=demangle=full|templates|none
// says; where they differ it takes the name as it is. Internal to exchange/.
#ifndef GAIAPROF_PPROF_NAME_H
#define GAIAPROF_PPROF_NAME_H

#include "report/model/profile.h"

struct pprof_name {
    const char *name;
    const char *system_name;
};

// Text is valid UTF-8. False without memory.
bool pprof_name(struct region *region, const struct place *place, struct pprof_name *ret_name);

#endif
