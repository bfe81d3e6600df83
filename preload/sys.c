// SPDX-License-Identifier: MIT
//
// sys.c - calls into the kernel, see sys.h. The one exception to "raw" is the clock, which libc
// reads through the vDSO without a system call.
#include "preload/sys.h"

#include "preload/arch/syscall.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KERNEL_SIGSET_BYTES 8
#define RESTART_UNLESS_HANDLED (-514) // the kernel's ERESTARTNOHAND
#define MASK_UNKNOWN UINT64_MAX       // no mask: SIGKILL is never blocked

#define call0(n) arch_syscall(n, 0, 0, 0, 0, 0, 0)
#define call1(n, a) arch_syscall(n, (long)(a), 0, 0, 0, 0, 0)
#define call2(n, a, b) arch_syscall(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define call3(n, a, b, c) arch_syscall(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define call4(n, a, b, c, d) arch_syscall(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define call5(n, a, b, c, d, e)                                                                    \
    arch_syscall(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define call6(n, a, b, c, d, e, f)                                                                 \
    arch_syscall(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

unsigned sys_filters;
unsigned sys_unlocks;

static bool is_error(long result)
{
    return result < 0 && result > -4096;
}

// What can't be accessed is not filled, though it be locked, nor does it count against RLIMIT_DATA
// and the like: it may fail to become accessible.
static long map(size_t bytes, int flags, int fd, uint64_t offset)
{
    bool unlocks = sys_unlocks && !sys_filters;
    long address =
        call6(SYS_mmap, 0, bytes, unlocks ? PROT_NONE : PROT_READ | PROT_WRITE, flags, fd, offset);
    long error;

    if (is_error(address) || !unlocks)
        return address;
    call2(SYS_munlock, address, bytes);
    error = call3(SYS_mprotect, address, bytes, PROT_READ | PROT_WRITE);
    if (!error)
        return address;
    call2(SYS_munmap, address, bytes);
    return error;
}

void sys_lock(uint64_t address, size_t bytes, bool on_fault)
{
    call3(SYS_mlock2, address, bytes, on_fault ? MLOCK_ONFAULT : 0);
}

void sys_unlock_all(void)
{
    call0(SYS_munlockall);
}

void sys_unlock(uint64_t address, size_t bytes)
{
    call2(SYS_munlock, address, bytes);
}

void *sys_map_private(size_t bytes)
{
    long address = map(bytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (is_error(address))
        return NULL;
    if (!sys_filters)
        call3(SYS_madvise, address, bytes, MADV_NOHUGEPAGE);
    return (void *)address;
}

int sys_populate(void *address, size_t bytes)
{
    long result;

    do
        result = call3(SYS_madvise, address, bytes, MADV_POPULATE_WRITE);
    while (result == -EINTR);
    return (int)result;
}

void *sys_map_file(int fd, uint64_t offset, size_t bytes)
{
    long address = map(bytes, MAP_SHARED, fd, offset);

    if (is_error(address))
        return NULL;
    call3(SYS_madvise, address, bytes, MADV_RANDOM); // or all of a hole is read ahead: 2 ms
    return (void *)address;
}

void sys_unmap(void *address, size_t bytes)
{
    call2(SYS_munmap, address, bytes);
}

bool sys_replace_mapping(void *mapping, size_t bytes, void *place)
{
    return call5(SYS_mremap, mapping, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, place) ==
           (long)place;
}

static long copy_memory(void *copy, const void *address, size_t bytes)
{
    struct iovec to = {copy, bytes}, from = {(void *)address, bytes};

    return arch_syscall(SYS_process_vm_readv, sys_process_id(), (long)&to, 1, (long)&from, 1, 0);
}

static bool is_readable_otherwise(const void *address)
{
    uint64_t word;

    return copy_memory(&word, address, sizeof(word)) == sizeof(word);
}

bool sys_is_readable(const void *address)
{
    long result;

    if (!address)
        return false;
    // the kernel copies the new mask before it finds fault with how it is to be used
    result = call4(SYS_rt_sigprocmask, ~0, address, NULL, KERNEL_SIGSET_BYTES);
    if (result == -EINVAL)
        return true;
    return result != -EFAULT && is_readable_otherwise(address); // a filter refuses it
}

bool sys_copy_memory(void *copy, const void *address, size_t bytes)
{
    long got = copy_memory(copy, address, bytes);

    if (got == (long)bytes)
        return true;
    if (got >= 0 || got == -EFAULT)
        return false;
    if (!sys_is_readable(address) || !sys_is_readable((const char *)address + bytes - 8))
        return false; // a filter refuses the call above
    memcpy(copy, address, bytes);
    return true;
}

void sys_make_writable(void *address, size_t bytes)
{
    uintptr_t first = (uintptr_t)address & ~(uintptr_t)4095;
    uintptr_t end = ((uintptr_t)address + bytes + 4095) & ~(uintptr_t)4095;

    call3(SYS_mprotect, first, end - first, PROT_READ | PROT_WRITE);
}

int sys_wipe_on_fork(void *page, size_t bytes)
{
    return (int)call3(SYS_madvise, page, bytes, MADV_WIPEONFORK);
}

// Where the host has closed its standard streams, others of its threads still print to them.
static int above_standard_streams(long fd)
{
    long higher;

    if (fd < 0 || fd > 2)
        return (int)fd;
    higher = call3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3);
    call1(SYS_close, fd);
    return (int)higher;
}

// The umask may take away even what the owner needs to open it again.
int sys_create(const char *path)
{
    int fd = above_standard_streams(call4(
        SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));

    if (fd >= 0)
        call2(SYS_fchmod, fd, 0600);
    return fd;
}

int sys_open(const char *path, int flags)
{
    return above_standard_streams(call4(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0));
}

bool sys_is_regular_file(const char *path)
{
    struct stat status;

    return call4(SYS_newfstatat, AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status.st_mode);
}

long sys_read_directory(int fd, void *entries, size_t bytes)
{
    return call3(SYS_getdents64, fd, entries, bytes);
}

void sys_unlink(const char *path)
{
    call3(SYS_unlinkat, AT_FDCWD, path, 0);
}

void sys_close(int fd)
{
    call1(SYS_close, fd);
}

int sys_duplicate(int fd, int lowest)
{
    return (int)call3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, lowest);
}

long sys_read(int fd, void *buffer, size_t bytes)
{
    return call3(SYS_read, fd, buffer, bytes);
}

static long write_all(int fd, const char *next, size_t bytes)
{
    while (bytes > 0) {
        long written = call3(SYS_write, fd, next, bytes);

        if (written == -EINTR)
            continue;
        if (written <= 0)
            return written;
        next += written;
        bytes -= (size_t)written;
    }
    return 0;
}

// SIGPIPE goes to the thread that wrote: taken back before it is delivered.
void sys_write_all(int fd, const void *data, size_t bytes)
{
    uint64_t pipe = UINT64_C(1) << (SIGPIPE - 1), kept = MASK_UNKNOWN, pending = 0;
    const struct timespec now = {0, 0};

    call4(SYS_rt_sigprocmask, SIG_BLOCK, &pipe, &kept, KERNEL_SIGSET_BYTES);
    call2(SYS_rt_sigpending, &pending, KERNEL_SIGSET_BYTES);
    if (write_all(fd, data, bytes) == -EPIPE && !(pending & pipe))
        call4(SYS_rt_sigtimedwait, &pipe, NULL, &now, KERNEL_SIGSET_BYTES);
    sys_restore_signals(&kept);
}

struct sys_file_id sys_file_id(int fd)
{
    struct stat status;

    if (call2(SYS_fstat, fd, &status) != 0)
        return (struct sys_file_id){0};
    return (struct sys_file_id){status.st_dev, status.st_ino, true};
}

struct sys_file_id sys_path_id(const char *path)
{
    struct stat status;

    if (call4(SYS_newfstatat, AT_FDCWD, path, &status, 0) != 0)
        return (struct sys_file_id){0};
    return (struct sys_file_id){status.st_dev, status.st_ino, true};
}

static int write_zeros(int fd, uint64_t offset, uint64_t bytes)
{
    static const char zeros[4096];

    while (bytes > 0) {
        uint64_t part = bytes < sizeof(zeros) ? bytes : sizeof(zeros);
        long written = call4(SYS_pwrite64, fd, zeros, part, offset);

        if (written == -EINTR)
            continue;
        if (written <= 0)
            return written == 0 ? -ENOSPC : (int)written;
        offset += (uint64_t)written;
        bytes -= (uint64_t)written;
    }
    return 0;
}

static uint64_t limit_of(int resource)
{
    struct rlimit limit;

    return call4(SYS_prlimit64, 0, resource, NULL, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

bool sys_is_above_file_limit(uint64_t bytes)
{
    return bytes > limit_of(RLIMIT_FSIZE);
}

int sys_allocate(int fd, uint64_t offset, uint64_t bytes)
{
    long result;

    if (sys_is_above_file_limit(offset + bytes))
        return -EFBIG;
    do
        result = call4(SYS_fallocate, fd, 0, offset, bytes);
    while (result == -EINTR);
    if (result == -EOPNOTSUPP || result == -ENOSYS)
        return write_zeros(fd, offset, bytes);
    return (int)result;
}

int sys_resize(int fd, uint64_t bytes)
{
    return sys_is_above_file_limit(bytes) ? -EFBIG : (int)call2(SYS_ftruncate, fd, bytes);
}

// Tried with full ones: tmpfs, ext4, overlayfs. What has no such promise (FAT, FUSE, the network)
// is left out, and so is what copies each page that is written again (btrfs).
bool sys_populates_holes(int fd)
{
    struct statfs system;

    if (call2(SYS_fstatfs, fd, &system) != 0)
        return false;
    return system.f_type == EXT4_SUPER_MAGIC || system.f_type == TMPFS_MAGIC ||
           system.f_type == XFS_SUPER_MAGIC || system.f_type == OVERLAYFS_SUPER_MAGIC;
}

bool sys_is_address_space_limited(void)
{
    return limit_of(RLIMIT_AS) != RLIM_INFINITY;
}

uint64_t sys_lock_limit_bytes(void)
{
    return limit_of(RLIMIT_MEMLOCK);
}

uint64_t sys_address_space_bytes(void)
{
    char digits[32];
    uint64_t pages = 0;
    int fd = sys_open("/proc/self/statm", O_RDONLY);
    long length = fd < 0 ? 0 : sys_read(fd, digits, sizeof(digits));

    for (long i = 0; i < length && digits[i] >= '0' && digits[i] <= '9'; i++)
        pages = pages * 10 + (uint64_t)(digits[i] - '0');
    if (fd >= 0)
        sys_close(fd);
    return pages << 12;
}

bool sys_is_executable(const char *path)
{
    return call3(SYS_faccessat, AT_FDCWD, path, X_OK) == 0;
}

long sys_read_link(const char *path, char *buffer, size_t bytes)
{
    long length = call4(SYS_readlinkat, AT_FDCWD, path, buffer, bytes - 1);

    if (length >= 0)
        buffer[length] = '\0';
    return length;
}

long sys_working_directory(char *buffer, size_t bytes)
{
    long result = call2(SYS_getcwd, buffer, bytes);

    // the kernel answers "(unreachable)/..." outside our root
    return result > 0 && buffer[0] != '/' ? -ENOENT : result;
}

int sys_process_id(void)
{
    return (int)call0(SYS_getpid);
}

int sys_parent_id(void)
{
    return (int)call0(SYS_getppid);
}

int sys_thread_id(void)
{
    return (int)call0(SYS_gettid);
}

bool sys_thread_is_alive(int tid)
{
    return call3(SYS_tgkill, sys_process_id(), tid, 0) != -ESRCH;
}

// A directory has a link more for each directory in it, which are its threads, and two of its own.
unsigned sys_thread_count(void)
{
    struct stat status;

    if (call4(SYS_newfstatat, AT_FDCWD, "/proc/self/task", &status, 0) != 0 || status.st_nlink < 3)
        return 0;
    return (unsigned)status.st_nlink - 2;
}

void sys_thread_name(char name[16])
{
    call2(SYS_prctl, PR_GET_NAME, name);
}

void sys_allow_tracing(void)
{
    call2(SYS_prctl, PR_SET_PTRACER, PR_SET_PTRACER_ANY);
}

bool sys_stop_thread(int tid)
{
    return call4(SYS_ptrace, PTRACE_SEIZE, tid, 0, 0) == 0 &&
           call4(SYS_ptrace, PTRACE_INTERRUPT, tid, 0, 0) == 0;
}

// A signal that it stopped for is left to it.
bool sys_has_stopped(int tid)
{
    siginfo_t change = {0};

    return call5(SYS_waitid, P_PID, tid, &change, WSTOPPED | WNOHANG | WNOWAIT | __WALL, NULL) ==
               0 &&
           change.si_pid == tid;
}

bool sys_registers(int tid, void *registers, size_t bytes)
{
    struct iovec part = {registers, bytes};

    return call4(SYS_ptrace, PTRACE_GETREGSET, tid, NT_PRSTATUS, &part) == 0 &&
           part.iov_len == bytes;
}

// Interrupted calls are restarted by the kernel, but for some (signal(7)): epoll_wait and its like.
// close has closed all the same.
void sys_restart_call(int tid, const void *registers)
{
    const struct user_regs_struct *general = registers;
    long call = (long)general->orig_rax;

    if ((long)general->rax == -EINTR && call >= 0 && call != SYS_close)
        call4(SYS_ptrace, PTRACE_POKEUSER, tid, offsetof(struct user, regs.rax),
              RESTART_UNLESS_HANDLED);
}

size_t sys_vector_registers(int tid, void *registers, size_t bytes)
{
    struct iovec part = {registers, bytes};

    return call4(SYS_ptrace, PTRACE_GETREGSET, tid, NT_X86_XSTATE, &part) == 0 ? part.iov_len : 0;
}

void sys_yield(void)
{
    call0(SYS_sched_yield);
}

void sys_sleep_us(unsigned duration_us)
{
    struct timespec duration = {0, (long)duration_us * 1000};

    if (duration_us == 0)
        sys_yield();
    else
        call2(SYS_nanosleep, &duration, NULL);
}

bool sys_is_on_signal_stack(void)
{
    stack_t current;

    return call2(SYS_sigaltstack, NULL, &current) == 0 && (current.ss_flags & SS_ONSTACK);
}

void sys_block_signals(uint64_t *ret_old)
{
    // a process that steps through itself would be killed
    uint64_t all = ~(UINT64_C(1) << (SIGTRAP - 1));

    if (call4(SYS_rt_sigprocmask, SIG_BLOCK, &all, ret_old, KERNEL_SIGSET_BYTES) != 0)
        *ret_old = MASK_UNKNOWN; // a filter refuses it
}

void sys_restore_signals(const uint64_t *old)
{
    if (*old == MASK_UNKNOWN)
        return;
    call4(SYS_rt_sigprocmask, SIG_SETMASK, old, NULL, KERNEL_SIGSET_BYTES);
}

#define SIGNAL_BIT(signal) (UINT64_C(1) << ((signal)-1))

// Faults, which can't wait; what a user ends or stops a program with; libc's own two.
static const uint64_t never_held = SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGFPE) |
                                   SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGABRT) |
                                   SIGNAL_BIT(SIGSYS) | SIGNAL_BIT(SIGTERM) | SIGNAL_BIT(SIGINT) |
                                   SIGNAL_BIT(SIGHUP) | SIGNAL_BIT(SIGQUIT) | SIGNAL_BIT(SIGTSTP) |
                                   SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU) | SIGNAL_BIT(SIGCONT) |
                                   SIGNAL_BIT(32) | SIGNAL_BIT(33);

void sys_hold_signals(void)
{
    uint64_t held = ~never_held;

    call4(SYS_rt_sigprocmask, SIG_BLOCK, &held, NULL, KERNEL_SIGSET_BYTES);
}

void sys_drop_held_signals(const uint64_t *old)
{
    uint64_t held = ~never_held & ~*old;
    const struct timespec now = {0, 0};

    while (call4(SYS_rt_sigtimedwait, &held, NULL, &now, KERNEL_SIGSET_BYTES) > 0)
        continue;
    sys_restore_signals(old);
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec time = {0};

    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t sys_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t sys_coarse_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC_COARSE);
}

uint64_t sys_realtime_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

static uint64_t cpu_clock_ns(clockid_t clock)
{
    struct timespec time;

    if (call2(SYS_clock_gettime, clock, &time) != 0)
        return 0;
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t sys_thread_cpu_ns(int tid)
{
    // the clock of a thread by its id: see the kernel's include/linux/posix-timers.h,
    // CPUCLOCK_PERTHREAD_MASK (4) | CPUCLOCK_SCHED (2)
    return cpu_clock_ns((clockid_t)((~(unsigned)tid << 3) | 6u));
}

uint64_t sys_highest_resident_kib(void)
{
    struct rusage usage = {0};

    call2(SYS_getrusage, RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_maxrss;
}

uint64_t sys_process_cpu_ns(void)
{
    return cpu_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t sys_stack_limit_bytes(void)
{
    struct rlimit limit;

    if (call4(SYS_prlimit64, 0, RLIMIT_STACK, NULL, &limit) != 0)
        return 8u << 20;
    return limit.rlim_cur;
}
