// SPDX-License-Identifier: MIT
// Children made by clone, past libc, are followed from their first allocation on, also when the
// sampler of the parent would have let it pass.
// OPTIONS: follow=fork:heap=1m
// EXPECT: len(reports) == 4 and all(r["mode"]["heap"] == "sampled" for r in reports)
// EXPECT: sorted(r["process"]["exit"]["status"] for r in reports) == [0, 7, 7, 7]
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void *volatile block;

int main(void)
{
    block = malloc(100);
    for (int i = 0; i < 3; i++) {
        if (syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) == 0) {
            block = malloc(200);
            exit(7);
        }
        wait(NULL);
    }
    return 0;
}
