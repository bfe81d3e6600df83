# SPDX-License-Identifier: MIT
#
# arch/x86_64/hooks_exit.S - exit, _exit and _Exit: the host's registers are put on the stack (as
# struct arch_registers) for the C hook, before any code of ours uses them for something else. A
# leak scan wants them: the host may keep its only pointer to a block there.
    .text

    .macro exit_entry name, hook
    .globl \name
    .type \name, @function
\name:
    .cfi_startproc
    lea 8(%rsp), %rax
    push %r15
    .cfi_def_cfa_offset 16
    push %r14
    .cfi_def_cfa_offset 24
    push %r13
    .cfi_def_cfa_offset 32
    push %r12
    .cfi_def_cfa_offset 40
    push %rbp
    .cfi_def_cfa_offset 48
    push %rbx
    .cfi_def_cfa_offset 56
    push %rax
    .cfi_def_cfa_offset 64
    mov %rsp, %rsi
    call \hook
    hlt
    .cfi_endproc
    .size \name, . - \name
    .endm

    exit_entry exit, hook_exit
    exit_entry _exit, hook__exit
    exit_entry _Exit, hook__Exit

    .section .note.GNU-stack, "", @progbits
