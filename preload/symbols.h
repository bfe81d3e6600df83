// SPDX-License-Identifier: MIT
//
// symbols.h - looks for a symbol among the loaded libraries by reading their symbol tables. Unlike
// dlsym it takes no lock that a thread in dlopen holds (only that of dl_iterate_phdr, as every
// unwinder does), and a symbol that is missing costs nothing: dlsym would allocate an error text,
// and to clear that dlerror takes the lock of the locale. Any thread, in any hook.
#ifndef GAIAPROF_SYMBOLS_H
#define GAIAPROF_SYMBOLS_H

// The first definition of `name` in load order: the program first. NULL if there is none.
void *symbols_find(const char *name);

// The first in the libraries after our own.
void *symbols_find_next(const char *name);

#endif
