// SPDX-License-Identifier: MIT
//
// symbolize.h - the only door of symbolize/: run-time address -> function, file:line, inlined
// frames. Knows ELF files and loaded modules, never profile files.
//
// One symbolizer serves one thread. All strings it hands out live until symbolizer_free(). Files
// are opened when the first address in a module is looked up, once; answers are cached. Hostile,
// stripped, missing or replaced files give fewer answers, never an error.
#ifndef GAIAPROF_SYMBOLIZE_H
#define GAIAPROF_SYMBOLIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbolizer;

// Where a module was loaded in the process that is looked at.
struct symbolizer_module {
    const char *path;        // as the process saw it
    uint64_t start, end;     // run-time addresses, end is one past
    uint64_t bias;           // run-time address - address in the ELF file
    const uint8_t *build_id; // of the file that was loaded; NULL if it has none
    size_t build_id_bytes;
};

enum symbolizer_state {
    SYMBOLIZER_OK,       // symbols found (.symtab or .dynsym or a debug file)
    SYMBOLIZER_STRIPPED, // the file is there, without any symbol
    SYMBOLIZER_MISSING,  // it can't be opened, or is not an ELF file
    SYMBOLIZER_REPLACED, // its build id is not the one that was loaded: not used
};

// One frame of source code. `function` is demangled; NULL when nothing is known. `file` is NULL
// and line 0 without debug information. `offset` is the run-time address minus the module's bias,
// as addr2line takes it. `inlined` frames have been inlined into the frame that follows them.
struct symbol_frame {
    const char *function;
    const char *file;
    uint32_t line;
    const char *module; // path of the module
    uint64_t offset;
    bool inlined;
};

// A variable: name of the data symbol that covers an address, and the distance from its start.
struct data_symbol {
    const char *name;
    uint64_t offset;
};

// Debug files are searched for below `debug_root`/.build-id and `debug_root`/<directory of the
// module>, beside the module and in its .debug directory. NULL: /usr/lib/debug. Returns NULL
// without memory.
struct symbolizer *symbolizer_new(const char *debug_root);
void symbolizer_free(struct symbolizer *symbolizer);

// Make a module known. Copies what it is given. Returns its number, from 0; the same module given
// twice has one number. -ENOMEM without memory.
int symbolizer_add_module(struct symbolizer *symbolizer, const struct symbolizer_module *module);

// Opens the module's file, if it was not yet.
enum symbolizer_state symbolizer_module_state(struct symbolizer *symbolizer, int module);

// Whether the module's file can be used: _OK, _MISSING or _REPLACED. Cheap, as its symbols are not
// read.
enum symbolizer_state symbolizer_file_state(struct symbolizer *symbolizer, int module);

// The frames at run-time address `address` of a module, innermost first: inlined functions, then
// the function that has the code. Give return address - 1 for a call. Fills at most `max` frames
// (the outermost is kept when there are more) and returns how many; at least 1 if max > 0.
size_t symbolizer_frames(struct symbolizer *symbolizer, int module, uint64_t address,
                         struct symbol_frame *ret_frames, size_t max);

// The variable at run-time address `address`. False if no data symbol covers it.
bool symbolizer_data(struct symbolizer *symbolizer, int module, uint64_t address,
                     struct data_symbol *ret_symbol);

#endif
