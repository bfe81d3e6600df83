# SPDX-License-Identifier: MIT
#
# arch/x86_64/stack.S - void arch_call_on_stack(void (*function)(void *), void *argument, void *top)
    .text
    .globl arch_call_on_stack
    .hidden arch_call_on_stack
    .type arch_call_on_stack, @function
arch_call_on_stack:
    .cfi_startproc
    push %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    mov %rsp, %rbp
    .cfi_def_cfa_register %rbp
    mov %rdx, %rsp
    mov %rdi, %rax
    mov %rsi, %rdi
    call *%rax
    mov %rbp, %rsp
    pop %rbp
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .size arch_call_on_stack, . - arch_call_on_stack
    .section .note.GNU-stack, "", @progbits
