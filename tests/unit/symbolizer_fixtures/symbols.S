// SPDX-License-Identifier: MIT
//
// symbols.S - symbol tables as compilers don't write them: aliases of every rank, symbols without
// a size, labels inside functions, gaps, an IFUNC, nested and unsized variables.

        .macro  function name, binding, type
        .\binding \name
        .type   \name, \type
        .endm

        .text
// one address, many names; the best is last_of_all
        .globl  alias_notype
        function alias_local, local, @function
        function alias_weak, weak, @function
        function __alias_global, globl, @function
        function last_of_all, globl, @function
        function alias_unsized, globl, @function
        .balign 16
alias_notype:
alias_local:
alias_weak:
__alias_global:
last_of_all:
alias_unsized:
        nop
        nop
        ret
        .size   alias_local, 3
        .size   alias_weak, 3
        .size   __alias_global, 3
        .size   last_of_all, 3
        .balign 16                      // gap: belongs to nobody

        function with_label, globl, @function
with_label:
        nop
        .globl  inner_label             // inside: not a function
inner_label:
        nop
        ret
        .size   with_label, . - with_label

        function unsized_first, globl, @function
unsized_first:
        nop
        nop
        .globl  unsized_second          // ends unsized_first
unsized_second:
        nop
        ret

        function versioned_new, globl, @function
versioned_new:
        ret
        .size   versioned_new, . - versioned_new
        .symver versioned_new, versioned@@SYMBOLS_2

        function picked, globl, @gnu_indirect_function
picked:
        mov     versioned_new@GOTPCREL(%rip), %rax
        ret
        .size   picked, . - picked
        .globl  text_end                // nothing behind it
text_end:

// another section: what is unsized in .text ends before it
        .section other_code, "ax", @progbits
        .balign 16
        .globl  in_other_section
in_other_section:
        ret

        .data
        .globl  record
        .type   record, @object
record: .zero   8
        .globl  record_part
        .type   record_part, @object
record_part:
        .zero   8
        .size   record_part, 8
        .zero   16
        .size   record, . - record
        .globl  unsized_variable
        .type   unsized_variable, @object
unsized_variable:
        .zero   8
        .globl  after_it
        .type   after_it, @object
after_it:
        .zero   8
        .size   after_it, 8
        .globl  data_label              // no type: no variable
data_label:
        .zero   8

        .section .tdata, "awT", @progbits
        .globl  thread_variable
        .type   thread_variable, @object
thread_variable:
        .zero   64
        .size   thread_variable, 64

        .section .note.GNU-stack, "", @progbits
