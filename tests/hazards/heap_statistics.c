// SPDX-License-Identifier: MIT
// What libc's malloc says of itself is the same to the byte: nothing of ours is in the host's heap.
// And its knobs work.
// EXPECT: site("main")["allocations"] == 4
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

static void say(void)
{
    struct mallinfo2 now = mallinfo2();

    printf("%zu arena, %zu free, %zu mapped of %zu bytes, %zu used, %zu at the top\n", now.arena,
           now.fordblks, now.hblks, now.hblkhd, now.uordblks, now.keepcost);
}

int main(void)
{
    static char buffer[8192];
    void *blocks[3];

    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    say();
    for (int i = 0; i < 3; i++)
        blocks[i] = malloc((size_t)1000 << (5 * i));
    say();
    printf("%d %d\n", mallopt(M_MMAP_THRESHOLD, 1 << 20), mallopt(M_TRIM_THRESHOLD, 1 << 30));
    for (int i = 0; i < 3; i++)
        free(blocks[i]);
    say();
    printf("%d\n", malloc_trim(0));
    say();
    free(malloc(300000)); // below the threshold now
    say();
    malloc_info(0, stdout);
    return 0;
}
