// SPDX-License-Identifier: MIT
// Calls through a null pointer, to data and to nothing: the handler allocates and sees who called.
// EXPECT: site("on_fault")["allocations"] == 300
// EXPECT: all(s["stack"][0]["function"] == "on_fault" and s["stack"][-4]["function"] == "main" for s in sites("on_fault"))
// EXPECT: sorted(f.get("function") for s in sites("on_fault") for f in s["stack"] if str(f.get("function")).startswith("calls_")) == ["calls_data", "calls_null", "calls_unmapped"]
// EXPECT: not any(health["dropped"].values())
// CHECK: health["unwind_mismatches"] > 0 # libunwind ends where no table describes the code
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

static char data[64];
static void (*volatile target)(void);

// As if the function had returned: the address is at the top of the stack.
void on_fault(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

    (void)signal;
    (void)info;
    free(malloc(44));
    registers[REG_RIP] = *(greg_t *)registers[REG_RSP];
    registers[REG_RSP] += 8;
}

void calls_null(void)
{
    target = NULL;
    target();
}

void calls_data(void)
{
    target = (void (*)(void))(uintptr_t)data;
    target();
}

void calls_unmapped(void)
{
    target = (void (*)(void))0x1000;
    target();
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

    sigaction(SIGSEGV, &action, NULL);
    for (volatile int i = 0; i < 100; i++) {
        calls_null();
        calls_data();
        calls_unmapped();
    }
    return 0;
}
