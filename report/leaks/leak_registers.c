// SPDX-License-Identifier: MIT
//
// leak_registers.c - see leak_registers.h. x86-64.
//
// Most system calls that a stop interrupts are restarted by the kernel (signal(7)). Those below are
// not: they return EINTR, for which programs don't look where they have no signal handlers. The
// error is replaced by the kernel's own code for "restart, unless a handler runs".
#include "report/leaks/leak_registers.h"

#include <elf.h>
#include <errno.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

#define RESTART_UNLESS_HANDLED (-514) // the kernel's ERESTARTNOHAND
#define EXTENDED_BYTES_MAX 16384      // AMX's tiles included

static const int not_restarted[] = {
    SYS_epoll_wait,     SYS_epoll_pwait,     SYS_epoll_pwait2, SYS_semop,
    SYS_semtimedop,     SYS_rt_sigtimedwait, SYS_io_getevents, SYS_io_pgetevents,
    SYS_io_uring_enter, SYS_fallocate,       SYS_read,         SYS_readv,
    SYS_write,          SYS_writev, // of inotify, of sockets with a
    SYS_accept,         SYS_accept4,         SYS_connect,      SYS_recvfrom,
    SYS_recvmsg,        SYS_recvmmsg, // time-out
    SYS_sendto,         SYS_sendmsg,         SYS_sendmmsg,
};

static bool get_set(pid_t tid, int type, void *bytes, size_t *length)
{
    struct iovec set = {bytes, *length};
    if (ptrace(PTRACE_GETREGSET, tid, (void *)(uintptr_t)type, &set) != 0)
        return false;
    *length = set.iov_len;
    return true;
}

// Of a thread that a system call waits for they hold nothing but what was copied long ago.
static int add_extended(pid_t tid, struct leak_words *registers)
{
    alignas(64) uint64_t extended[EXTENDED_BYTES_MAX / sizeof(uint64_t)];
    size_t length = sizeof(extended);
    if (!get_set(tid, NT_X86_XSTATE, extended, &length)) {
        length = sizeof(extended);
        if (!get_set(tid, NT_PRFPREG, extended, &length))
            return 0;
    }
    return leak_words_add(registers, extended, length / sizeof(extended[0]));
}

int leak_registers_read(pid_t tid, struct leak_words *registers, uint64_t *ret_sp)
{
    struct user_regs_struct general;
    size_t length = sizeof(general);
    if (!get_set(tid, NT_PRSTATUS, &general, &length) || length != sizeof(general))
        return -ESRCH;
    *ret_sp = general.rsp;
    int error = leak_words_add(registers, (const uint64_t *)&general, sizeof(general) / 8);
    bool is_in_call = (int64_t)general.orig_rax >= 0;
    return error || is_in_call ? error : add_extended(tid, registers);
}

int leak_registers_add_held(const struct profile_held_thread *held, struct leak_words *registers)
{
    size_t orig_rax = offsetof(struct user_regs_struct, orig_rax) / sizeof(held->registers[0]);
    uint64_t count = held->vector_bytes / sizeof(held->vector[0]);
    int error = leak_words_add(registers, held->registers, PROFILE_REGISTERS);
    if (error || (int64_t)held->registers[orig_rax] >= 0)
        return error;
    return leak_words_add(registers, held->vector,
                          count < PROFILE_VECTOR_WORDS ? count : PROFILE_VECTOR_WORDS);
}

uint64_t leak_registers_sp(const uint64_t *registers)
{
    return registers[offsetof(struct user_regs_struct, rsp) / sizeof(registers[0])];
}

void leak_registers_restart_call(pid_t tid)
{
    struct user_regs_struct general;
    size_t length = sizeof(general);
    if (!get_set(tid, NT_PRSTATUS, &general, &length) || (int64_t)general.rax != -EINTR)
        return;
    for (size_t i = 0; i < sizeof(not_restarted) / sizeof(not_restarted[0]); i++)
        if (general.orig_rax == (unsigned long)not_restarted[i])
            ptrace(PTRACE_POKEUSER, tid, (void *)offsetof(struct user, regs.rax),
                   (void *)RESTART_UNLESS_HANDLED);
}
