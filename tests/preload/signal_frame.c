// SPDX-License-Identifier: MIT
// A stack through a signal handler: the interrupted function is named by the very instruction.
// EXPECT: [f["function"] for f in sites("handler")[0]["stack"] if f["function"] in ("handler", "interrupted", "main")] == ["handler", "interrupted", "main"]
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>

void handler(int signal)
{
    (void)signal;
    malloc(5);
}

// its first instruction is the one that is interrupted
__asm__(".globl interrupted\n.type interrupted, @function\ninterrupted:\n"
        ".cfi_startproc\nud2\nret\n.cfi_endproc\n.size interrupted, . - interrupted\n");
void interrupted(void);

static void skip(int signal, siginfo_t *info, void *context)
{
    (void)info;
    handler(signal);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO};

    sigaction(SIGILL, &action, NULL);
    interrupted();
    return 0;
}
