// SPDX-License-Identifier: MIT
// The program calls _exit in a function that holds blocks in registers alone. Memcheck does not
// look at the registers of the thread that ends the program.
// LEAKS: reachable hold 5 200, definite lose 1 48
// MEMCHECK: definite hold 5 200, definite lose 1 48
// ENVIRONMENT: LD_BIND_NOW=1
#define END "_exit"
#include "main_registers.c"
