// SPDX-License-Identifier: MIT
// The process's first malloc happens inside newlocale, in a library's constructor: what we do
// there leaves libc's locale lock alone, and setlocale does not hang.
// ENVIRONMENT: LC_ALL=C.UTF-8
// the process ended by itself, and is recorded:
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
#include <locale.h>
#include <stdio.h>

extern locale_t made;

int main(void)
{
    printf("%d\n", setlocale(LC_ALL, "C") != NULL);
    printf("%d\n", setlocale(LC_ALL, "") != NULL);
    if (made)
        freelocale(made);
    puts("done");
    return 0;
}
