// SPDX-License-Identifier: MIT
//
// preload_perturb.h - a scheduler that does its worst: perturb(), which
// perturbed/preload/compiler.h calls before every atomic access, and signals that come at any
// moment.
#ifndef GAIAPROF_PRELOAD_PERTURB_H
#define GAIAPROF_PRELOAD_PERTURB_H

#include <pthread.h>

// From here on, until perturb_end(): threads that took part in perturb_join() are perturbed, and
// interrupted by a handler that gives way.
void perturb_begin(void);
void perturb_end(void);

// By each thread, first and last; `number` below PERTURB_THREADS.
#define PERTURB_THREADS 16
void perturb_join(unsigned number);
void perturb_leave(void);

#endif
