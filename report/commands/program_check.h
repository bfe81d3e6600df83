// SPDX-License-Identifier: MIT
//
// program_check.h - can a program be profiled by LD_PRELOAD? Looks at the file the way the kernel
// and the loader will. The file is not trusted.
#ifndef GAIAPROF_PROGRAM_CHECK_H
#define GAIAPROF_PROGRAM_CHECK_H

#include <stdbool.h>

enum program_verdict {
    PROGRAM_FINE,
    PROGRAM_UNSEEN, // it runs, but nothing will be recorded
    PROGRAM_REFUSE, // it would break
};

// `why` in words is set unless the verdict is PROGRAM_FINE; valid until the next call.
enum program_verdict program_check(const char *path, const char **ret_why);

// The file that execvp(name) would run, to be freed. 0 or -errno: -ENOENT, -EACCES, -EISDIR, ...
int program_find(const char *name, char **ret_path);

// It begins as an ELF file does.
bool program_is_elf(const char *path);

// The script's interpreter is `env`, which only looks for another program.
bool program_is_env_script(const char *path);

// The name of the shell, make or test runner that the program is, or that runs it as a script: what
// it starts is what is of interest. NULL: it is none; so are scripts of env. Static.
const char *program_launcher(const char *path);

#endif
