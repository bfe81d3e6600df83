// SPDX-License-Identifier: MIT
//
// debug_file.h - finds separate debug files as gdb does, and checks that they belong: by build id
// (must be the same), by .gnu_debuglink (CRC-32 must be right), dwz's shared files by
// .gnu_debugaltlink (build id must be the one asked for). `root` is /usr/lib/debug or its like.
#ifndef GAIAPROF_SYMBOLIZE_DEBUG_FILE_H
#define GAIAPROF_SYMBOLIZE_DEBUG_FILE_H

#include "symbolize/elf_file.h"

#include <elfutils/libdw.h>

// root/.build-id/ab/cdef….debug. 0 or -errno.
int debug_file_by_build_id(struct elf_file *ret_file, const char *root, const uint8_t *build_id,
                           size_t build_id_bytes);

// The file that `module` names: beside it, in .debug/ there, below root. 0 or -errno.
int debug_file_by_link(struct elf_file *ret_file, const char *root, const struct elf_file *module);

// The file with what dwz moved out of `file`, whose debug information is `dwarf`. 0 or -errno;
// -ENODATA if it names none, -EPERM if libdw must not search for it itself, because it would block.
int debug_file_by_alt_link(struct elf_file *ret_file, const char *root, const struct elf_file *file,
                           Dwarf *dwarf);

#endif
