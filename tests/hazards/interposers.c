// SPDX-License-Identifier: MIT
// Another library stands in for malloc too, and for calls that we make ourselves: we go by way of
// its malloc, each block is counted once, and none of our own calls ends up there while
// the program runs.
// EXPECT: site("keep")["allocations"] == 20 and site("keep")["allocated_bytes"] == 2000
// EXPECT: stdout == "20 mallocs, 1 maps, 1 opens\n"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern int interposed_mallocs, interposed_maps, interposed_opens;

void keep(void)
{
    malloc(100);
}

int main(void)
{
    static char buffer[4096];
    int mallocs = interposed_mallocs, maps, opens;

    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    for (int i = 0; i < 20; i++)
        keep();
    mallocs = interposed_mallocs - mallocs;
    maps = interposed_maps;
    opens = interposed_opens;
    mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    close(open("/dev/null", O_RDONLY));
    printf("%d mallocs, %d maps, %d opens\n", mallocs, interposed_maps - maps,
           interposed_opens - opens);
    return 0;
}
