// SPDX-License-Identifier: MIT
//
// preload/arch/syscall.h - stands in for the product's in the library of the fault tests: the same
// calls, but one of them may be made to fail. What the host itself asks for by syscall() is left
// alone (FAULTS_OFF).
#ifndef GAIAPROF_FAULTS_SYSCALL_H
#define GAIAPROF_FAULTS_SYSCALL_H

#define arch_syscall arch_syscall_unharmed
#include "preload/arch/x86_64/syscall.h"
#undef arch_syscall

#ifdef FAULTS_OFF
#define arch_syscall arch_syscall_unharmed
#else
#define arch_syscall fault_syscall
#endif

long fault_syscall(long number, long a, long b, long c, long d, long e, long f);

#endif
