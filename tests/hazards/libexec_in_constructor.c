// SPDX-License-Identifier: MIT
// The library of exec_in_constructor.c. Nothing of ours has run before.
#include <stddef.h>
#include <unistd.h>

int is_loaded = 1;

__attribute__((constructor)) static void become_true(void)
{
    char *arguments[] = {"true", NULL};
    char *nothing[] = {NULL};

    execve("/bin/true", arguments, nothing);
}
