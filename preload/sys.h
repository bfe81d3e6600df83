// SPDX-License-Identifier: MIT
//
// sys.h - every call of preload/ into the kernel. No descriptor it opens is 0, 1 or 2. None sets
// errno, none is a cancellation point, none can be interposed. Unless said otherwise they return 0
// or a value >= 0, or -errno; any thread may call them, signal handlers too.
#ifndef GAIAPROF_SYS_H
#define GAIAPROF_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Which file a descriptor stands for.
struct sys_file_id {
    uint64_t device;
    uint64_t inode;
    bool is_valid;
};

// How many filters of system calls (seccomp) the host has set itself: what they did not foresee may
// be its end. What can do without makes no calls any more.
extern unsigned sys_filters;
// Not 0: the host has asked for all memory to be locked that comes (MCL_FUTURE). Ours is not: it
// would be filled, and count against the host's limit.
extern unsigned sys_unlocks;

// Zeroed private memory, never in huge pages: tables are touched sparsely. NULL without memory.
void *sys_map_private(size_t bytes);
// A shared mapping of [offset, offset + bytes) of a file for writing. NULL on failure.
void *sys_map_file(int fd, uint64_t offset, size_t bytes);
// Gives all pages of a range memory at once, and of a file disk space, where the kernel can (Linux
// 5.14). -EFAULT: there is none.
int sys_populate(void *address, size_t bytes);
void sys_unmap(void *address, size_t bytes);
// mlock, with `on_fault` only of what is touched; munlock, munlockall.
void sys_lock(uint64_t address, size_t bytes, bool on_fault);
void sys_unlock(uint64_t address, size_t bytes);
void sys_unlock_all(void);
uint64_t sys_lock_limit_bytes(void);
// What is mapped, by us as by the host. 0: not known.
uint64_t sys_address_space_bytes(void);
// Puts a mapping in the place of another one, whatever that was. False: nothing has changed.
bool sys_replace_mapping(void *mapping, size_t bytes, void *place);
// Whether the 8 bytes at an address can be read.
bool sys_is_readable(const void *address);
// A copy of memory that may be gone. False: it is.
bool sys_copy_memory(void *copy, const void *address, size_t bytes);
// Makes the pages of a range readable and writable.
void sys_make_writable(void *address, size_t bytes);
// Let the kernel zero this page in every child made by fork.
int sys_wipe_on_fork(void *page, size_t bytes);

// A new file for reading and writing, mode 0600, -EEXIST if there is something of that name.
int sys_create(const char *path);
int sys_open(const char *path, int flags);
bool sys_is_regular_file(const char *path);
// Directory entries as the kernel has them (linux_dirent64).
long sys_read_directory(int fd, void *entries, size_t bytes);
void sys_unlink(const char *path);
void sys_close(int fd);
// Another descriptor of the same file, closed by exec, numbered from `lowest`.
int sys_duplicate(int fd, int lowest);
long sys_read(int fd, void *buffer, size_t bytes);
// Writes all of it, in as few calls as the kernel allows; gives up silently on an error, also where
// nobody reads.
void sys_write_all(int fd, const void *data, size_t bytes);
struct sys_file_id sys_file_id(int fd);
struct sys_file_id sys_path_id(const char *path);
// Reserves disk space for [offset, offset + bytes); falls back to writing zeros where the file
// system has no such call. Never raises SIGXFSZ: -EFBIG when the process's limit forbids it.
int sys_allocate(int fd, uint64_t offset, uint64_t bytes);
// Whether the process may not have files of so many bytes.
bool sys_is_above_file_limit(uint64_t bytes);
// Makes a file longer by a hole, or shorter. Never raises SIGXFSZ: -EFBIG.
int sys_resize(int fd, uint64_t bytes);
// Whether a page of a hole, once it is populated, has its place on the disk, so that stores into it
// are safe.
bool sys_populates_holes(int fd);
// Whether the process's address space is limited.
bool sys_is_address_space_limited(void);
bool sys_is_executable(const char *path);
// Target of a symbolic link, NUL-terminated. Its length, or -errno.
long sys_read_link(const char *path, char *buffer, size_t bytes);
long sys_working_directory(char *buffer, size_t bytes);

int sys_process_id(void); // the kernel's word, in a vfork child too
int sys_parent_id(void);
int sys_thread_id(void);
bool sys_thread_is_alive(int tid);
// How many threads the process has, whoever started them, without a descriptor. 0: not known.
unsigned sys_thread_count(void);
void sys_thread_name(char name[16]);
void sys_yield(void);
void sys_sleep_us(unsigned duration_us); // 0: gives way
// Lets any process of this user trace this one, where that must be allowed (Yama).
void sys_allow_tracing(void);
// Becomes the tracer of a thread of another process, and lets it stop soon. False: refused.
bool sys_stop_thread(int tid);
// Whether such a thread has stopped by now.
bool sys_has_stopped(int tid);
// Registers of one that has, as struct user_regs_struct.
bool sys_registers(int tid, void *registers, size_t bytes);
// A system call that the stop interrupted begins anew when that thread goes on, rather than fail.
void sys_restart_call(int tid, const void *registers);
// Its vector registers, as XSAVE lays them out, as far as there is room. Bytes, 0: none.
size_t sys_vector_registers(int tid, void *registers, size_t bytes);
bool sys_is_on_signal_stack(void);
void sys_block_signals(uint64_t *ret_old); // all but SIGTRAP
void sys_restore_signals(const uint64_t *old);
// Blocks what comes by itself: timers, children, messages. Then forgets those that have come since,
// and sets the mask that there was before.
void sys_hold_signals(void);
void sys_drop_held_signals(const uint64_t *old);

uint64_t sys_monotonic_ns(void);
uint64_t sys_coarse_ns(void); // the same, of the kernel's last tick: a fifth of the price
uint64_t sys_realtime_ns(void);
// CPU time of a thread of this process; 0 if it is gone.
uint64_t sys_thread_cpu_ns(int tid);
// The most resident memory there was, also before this program was executed; 0: unknown.
uint64_t sys_highest_resident_kib(void);
// CPU time of the calling process; 0: unknown.
uint64_t sys_process_cpu_ns(void);
// Bytes the stack of the main thread may have (RLIMIT_STACK).
uint64_t sys_stack_limit_bytes(void);

#endif
