// SPDX-License-Identifier: MIT
// Code that no table describes, made while the program runs, calls functions that allocate: with a
// frame pointer the stack goes on behind it, without one it ends; the code goes away and other
// code comes to lie there.
// EXPECT: site("in_framed")["allocations"] == site("in_bare")["allocations"] == 100
// EXPECT: all(s["stack"][1].get("function") is None and "main" in [f.get("function") for f in s["stack"]] for s in sites("in_framed"))
// EXPECT: all(s["stack"][0]["function"] == "in_bare" for s in sites("in_bare"))
// EXPECT: not any(health["dropped"].values())
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void in_framed(void)
{
    free(malloc(8));
}

void in_bare(void)
{
    free(malloc(9));
}

// push %rbp; mov %rsp, %rbp; call *%rdi; pop %rbp; ret
static const unsigned char framed[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
// push $-1; sub $32, %rsp; call *%rdi; add $40, %rsp; ret
static const unsigned char bare[] = {0x6a, 0xff, 0x48, 0x83, 0xec, 0x20, 0xff,
                                     0xd7, 0x48, 0x83, 0xc4, 0x28, 0xc3};

static void run(const unsigned char *code, size_t bytes, void (*callee)(void), int times)
{
    void *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memcpy(page, code, bytes);
    for (int i = 0; i < times; i++)
        ((void (*)(void (*)(void)))page)(callee);
    munmap(page, 4096);
}

int main(void)
{
    for (int i = 0; i < 10; i++) {
        run(framed, sizeof(framed), in_framed, 10);
        run(bare, sizeof(bare), in_bare, 10);
    }
    return 0;
}
