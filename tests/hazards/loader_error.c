// SPDX-License-Identifier: MIT
// What we look for and do not find is no error of the program's: dlerror has nothing to tell.
// EXPECT: stdout == "none\n"
#include <dlfcn.h>
#include <stdio.h>

int main(void)
{
    const char *error = dlerror();

    puts(error ? error : "none");
    return 0;
}
