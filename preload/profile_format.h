// SPDX-License-Identifier: MIT
//
// profile_format.h - the layout of a profile file, the only interface between the profiled
// process (preload/, which writes and never reads) and everything else (report/, which reads).
//
// The profiled process maps the file MAP_SHARED and stores into it while it runs, so a reader may
// meet it at any moment: after a clean exit, after kill -9, or live. Hence the three rules below.
//
//   FILE      = header (PROFILE_HEADER_BYTES) chunk chunk ... up to header.used_bytes; what lies
//               behind used_bytes is preallocated room and means nothing.
//   CHUNK     = struct profile_chunk, then its payload; length_bytes covers both and is a multiple
//               of 64. A reader skips types it does not know.
//   RECORDS   = a chunk of records holds (length_bytes - 64) / record_bytes of them, or, if its
//               used_bytes is not 0, used_bytes / record_bytes. A record is *published* when its
//               first field is not 0: the writer fills it, then stores the first field with release
//               order. Unpublished records mean nothing.
//
// Rules:
//   1. used_bytes is stored with release order after the chunk's header is complete.
//   2. Offsets and ids, never pointers. Ids start at 1; 0 means "none". The id of a record is
//      chunk.first_id + its index, for the types that have ids (nodes, threads, locks).
//   3. Counters inside a published record go on changing; each is one aligned word, so a reader
//      sees an old or a new value, never a torn one. Two counters may be one event apart.
//
// Numbers are in the byte order of the machine that wrote them; byte_order tells. Times are
// CLOCK_MONOTONIC nanoseconds unless named otherwise.
#ifndef GAIAPROF_PROFILE_FORMAT_H
#define GAIAPROF_PROFILE_FORMAT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define PROFILE_MAGIC "GAIAPROF"
#define PROFILE_VERSION 5u // raised when an older reader would misread the file
#define PROFILE_VERSION_OLDEST                                                                     \
    1u // 1 had no sampled heaps; 2 counted mutexes alone, without cells;
       // 3 had neither times nor families in its heap cells; 4 no timeline
#define PROFILE_BYTE_ORDER 0x01020304u
#define PROFILE_HEADER_BYTES 4096u
#define PROFILE_CHUNK_ALIGN 64u

enum profile_exit_kind {
    PROFILE_EXIT_NONE,     // still running, or killed without a word (a reader can't tell)
    PROFILE_EXIT_EXITED,   // exit_status is the status
    PROFILE_EXIT_EXECED,   // replaced itself by another program
    PROFILE_EXIT_SIGNALED, // exit_status is the signal; written by `gaiaprof run`, which saw it
};

enum profile_heap_mode { PROFILE_HEAP_OFF, PROFILE_HEAP_EXACT, PROFILE_HEAP_SAMPLED };
enum profile_hold_mode { PROFILE_HOLD_OFF, PROFILE_HOLD_SAMPLED, PROFILE_HOLD_EXACT };

// Why an event was not recorded: index into header.dropped.
enum profile_drop {
    PROFILE_DROP_NESTED,       // in a signal handler that interrupted a hook
    PROFILE_DROP_BEFORE_START, // before the C library was ready to let us start
    PROFILE_DROP_PROFILE_FULL, // the profile could not grow (disk full, file size limit, ...)
    PROFILE_DROP_MEMORY,       // no memory for a table
    PROFILE_DROP_STACK_LIMIT,  // more distinct stacks than PROFILE_NODES_MAX nodes hold
    PROFILE_DROP_REUSED,       // a free was missed: its address was handed out again
    PROFILE_DROP_CONTENDED,    // a table stayed locked (a handler jumped out of a hook)
    PROFILE_DROP_ORDER_LIMIT,  // an acquisition with locks held: as many kinds of it are known
    PROFILE_DROP_COUNT,
};

// Offset 0 of the file.
struct profile_header {
    char magic[8];       // PROFILE_MAGIC, no NUL
    uint32_t version;    // PROFILE_VERSION
    uint32_t byte_order; // PROFILE_BYTE_ORDER
    uint64_t used_bytes; // header and chunks; published last
    uint32_t pid;
    uint32_t parent_pid;

    uint64_t start_realtime_ns; // CLOCK_REALTIME
    uint64_t start_ns;
    uint64_t end_ns;    // 0 while running; published last: without it exit_kind does not count
    uint32_t exit_kind; // enum profile_exit_kind
    int32_t exit_status;

    uint32_t heap_mode;  // enum profile_heap_mode
    uint32_t locks_on;   // 0 or 1
    uint32_t threads_on; // 0 or 1
    uint32_t max_frames;
    uint64_t sample_bytes;  // heap_mode sampled: mean bytes between samples; else 0
    uint32_t granule_bytes; // of the live table: 32 or 8
    uint32_t peak_epoch;    // see struct profile_cell

    // Live requested bytes and their maximum as the peak logic saw them. Exact with one thread;
    // with more, each thread adds its share in batches, so both may be off by peak_slack_bytes.
    uint64_t live_bytes;
    uint64_t peak_bytes;
    uint64_t peak_slack_bytes; // 0 with one thread

    uint64_t truncated_stacks;   // events whose stack had more than max_frames frames
    uint64_t unwind_mismatches;  // of the check mode; 0 elsewhere
    uint64_t unknown_frees;      // frees of blocks we never saw allocated, passed through
    uint64_t live_table_address; // in the process: root of the live-block table
    uint32_t threads_alive;      // now, the main thread included
    uint32_t threads_peak;
    uint64_t dropped[16]; // by enum profile_drop

    char allocator[48];      // "glibc", or the file name of the module whose malloc is called
    uint32_t heap_bypassed;  // 1: the program's own malloc is called before ours: no heap events
    uint32_t hold_mode;      // enum profile_hold_mode
    uint32_t locks_bypassed; // 1: the program's own pthread_mutex_lock is called before ours

    // version 4
    uint32_t leaks_on;     // 0 or 1: live blocks are to be classified at exit
    uint64_t tree;         // the same for all processes of one `gaiaprof run`; 0: none
    uint64_t scan_address; // in the process: struct profile_scan_help
    uint32_t is_forked;    // 1: began as a copy of its parent, whose blocks its heap holds as well
    uint32_t is_merged; // 1: put together of other profiles, see struct profile_merged (version 5)

    // version 5: of the timeline (struct profile_moment)
    // The peak as of the latest moment, and the moments between which it was reached: after the
    // first, no later than the second. 0: no moment yet, or no heap.
    uint64_t timed_peak_bytes;
    uint64_t timed_peak_after_ns;
    uint64_t timed_peak_until_ns;
    uint32_t timeline_on; // 0 or 1
    uint32_t is_filtered; // 1: the program has set a filter of system calls, and what takes calls
                          // was not looked at from then on
    char reserved[PROFILE_HEADER_BYTES - 408];
};
static_assert(PROFILE_DROP_COUNT <= 16, "dropped[] holds every reason");
static_assert(offsetof(struct profile_header, used_bytes) == 16, "layout");
static_assert(offsetof(struct profile_header, exit_kind) == 56, "layout");
static_assert(offsetof(struct profile_header, live_bytes) == 96, "layout");
static_assert(offsetof(struct profile_header, dropped) == 160, "layout");
static_assert(offsetof(struct profile_header, allocator) == 288, "layout");
static_assert(offsetof(struct profile_header, timed_peak_bytes) == 376, "layout");
static_assert(sizeof(struct profile_header) == PROFILE_HEADER_BYTES, "layout");

enum profile_chunk_type {
    PROFILE_CHUNK_PAD = 1,       // room left over at the end of a growth step
    PROFILE_CHUNK_PROCESS,       // payload: "exe\0argv[0]\0argv[1]\0...", used_bytes long
    PROFILE_CHUNK_MODULE,        // payload: struct profile_module and its path
    PROFILE_CHUNK_NODES,         // records: struct profile_node, with ids
    PROFILE_CHUNK_CELLS,         // records: struct profile_cell, or struct profile_sampled_cell
    PROFILE_CHUNK_THREADS,       // records: struct profile_thread, with ids (= serial)
    PROFILE_CHUNK_LOCKS,         // records: struct profile_lock, with ids
    PROFILE_CHUNK_LOCK_WAITS,    // records: struct profile_lock_wait, with ids
    PROFILE_CHUNK_LOCK_CELLS,    // records: struct profile_lock_cell
    PROFILE_CHUNK_LOCK_PAIRS,    // records: struct profile_lock_pair
    PROFILE_CHUNK_LOCK_NESTINGS, // records: struct profile_lock_nesting, with ids
    PROFILE_CHUNK_LOCK_MISUSES,  // records: struct profile_lock_misuse
    PROFILE_CHUNK_DEADLOCKS,     // records: struct profile_deadlock_link
    PROFILE_CHUNK_HEAP_MISUSES,  // records: struct profile_heap_misuse (version 4)
    PROFILE_CHUNK_LEAK_SCAN,     // payload: struct profile_leak_scan and its reason (version 4)
    PROFILE_CHUNK_LEAKS,         // records: struct profile_leak (version 4)
    PROFILE_CHUNK_TIMELINE,      // records: struct profile_moment (version 5)
    // of merged profiles alone (version 5)
    PROFILE_CHUNK_MERGED = 64, // payload: struct profile_merged
    PROFILE_CHUNK_TEXTS,       // payload: "text\0text\0...", used_bytes long
    PROFILE_CHUNK_FRAMES,      // records: struct profile_merged_frame
    PROFILE_CHUNK_LOCK_NAMES,  // records: struct profile_lock_name
    PROFILE_CHUNK_ORDER,       // records: struct profile_order_edge
    PROFILE_CHUNK_PROGRAMS,    // records: struct profile_merged_program
    PROFILE_CHUNK_NOTES,       // records: struct profile_merged_note
};

struct profile_chunk {
    uint32_t type;         // enum profile_chunk_type
    uint32_t record_bytes; // 0: not a chunk of records
    uint64_t length_bytes; // header and payload, multiple of PROFILE_CHUNK_ALIGN
    uint64_t used_bytes;   // payload bytes in use; of records 0: all of them
    uint32_t first_id;     // id of record 0, for records with ids
    uint32_t slot;         // CELLS: thread slot that owns the chunk
    char reserved[32];
};
static_assert(sizeof(struct profile_chunk) == PROFILE_CHUNK_ALIGN, "layout");

// A loaded file. An address of a stack belongs to the module with start <= address < end and
// first_generation <= generation of the stack's root <= last_generation. The generation counts
// the times a module was unloaded, so an address used by two libraries in turn is two things.
struct profile_module {
    uint64_t start;
    uint64_t end;        // one past
    uint64_t bias;       // run-time address - address in the ELF file
    uint64_t exec_start; // first executable segment: run-time address, length, file offset
    uint64_t exec_bytes;
    uint64_t exec_offset;
    uint32_t first_generation;
    uint32_t last_generation;
    uint32_t build_id_bytes; // 0: none
    uint32_t path_bytes;     // without NUL; "" is the main program where /proc is missing
    uint8_t build_id[64];
    // char path[path_bytes + 1] follows
};
static_assert(sizeof(struct profile_module) == 128, "layout");

// The stack trie. A stack is the id of its leaf (the caller of malloc); parents lead to the
// outermost frame and then to a root.
//   root:   parent 0, pc = 1 + generation of the modules
//   marker: pc < PROFILE_MARKER_END, enum profile_marker: stands for frames that are not known
//   frame:  pc is a return address (look up pc - 1), unless the node *inside* it carries
//           PROFILE_PC_SIGNAL: that node is a signal trampoline, and its parent was interrupted
//           at pc, not called from it.
// The leaf's pc is a return address too: the instruction behind the call of malloc.
struct profile_node {
    uint64_t pc; // published
    uint32_t parent;
    uint32_t next; // of the writer's hash chain; nothing to a reader
};
static_assert(sizeof(struct profile_node) == 16, "layout");
#define PROFILE_PC_SIGNAL (UINT64_C(1) << 63)
#define PROFILE_NODES_MAX ((UINT32_C(1) << 26) - (UINT32_C(1) << 12))

enum profile_marker {
    PROFILE_MARKER_TRUNCATED = 1, // more frames than max_frames: the outer ones are missing
    PROFILE_MARKER_STARTUP,       // before the unwinder was loaded: only the caller is known
    PROFILE_MARKER_UNWIND_FAILED, // the unwinder gave up: only the caller is known
    PROFILE_MARKER_NULL,          // a call through a null pointer: the frame at address 0
    PROFILE_MARKER_RETURNED,      // of a stack put together later: functions that had returned
    PROFILE_MARKER_END = 4096,
};

// Heap counters of one (thread slot, stack). Only the thread that owns the slot stores here; the
// sum over slots is the stack's figure. A free counts at the stack that allocated, in the slot
// of the thread that freed: one cell's live values may be negative, their sum is not.
//
//   live_blocks = allocations - frees              live_bytes = allocated_bytes - freed_bytes
//
// Value at the peak: header.peak_epoch counts the peaks so far. Before a cell changes it saves its
// live values, unless it did since the last peak (epoch == peak_epoch). So, read at any time:
//
//   header.live_bytes >= header.peak_bytes:  the peak is now: the cell's live values
//   epoch == header.peak_epoch:              at_peak_blocks, at_peak_bytes
//   else (untouched since):                  the cell's live values
//
// Since version 4 a chunk of cells is PROFILE_CELLS_BYTES long and aligned to as much in the file.
// Behind its cells (used_bytes) lies a struct profile_cell_times for each; a sampled cell has it in
// its samples.
struct profile_cell {
    uint32_t stack; // published: node id of the leaf, and enum profile_family in the upper bits
    uint32_t epoch;
    uint64_t allocations;
    uint64_t allocated_bytes;
    uint64_t frees;
    uint64_t freed_bytes;
    uint64_t temporary;
    int64_t at_peak_blocks;
    int64_t at_peak_bytes;
};
static_assert(sizeof(struct profile_cell) == 64, "layout");
#define PROFILE_CELL_FAMILY_SHIFT 30
#define PROFILE_CELL_STACK_MASK ((UINT32_C(1) << PROFILE_CELL_FAMILY_SHIFT) - 1)

// By what the blocks of a stack are allocated, and so to be freed.
enum profile_family {
    PROFILE_FAMILY_MALLOC, // malloc and what goes with free
    PROFILE_FAMILY_NEW,
    PROFILE_FAMILY_NEW_ARRAY,
    PROFILE_FAMILY_MIXED, // more than one of these, or not known
};

// When blocks were allocated, in units of PROFILE_TIME_UNIT_NS since header.start_ns, rounded down
// and to the kernel's tick; 0 of `last`: not known. `last` is the time of one of the latest
// PROFILE_TIMED_EVERY allocations.
#define PROFILE_TIME_UNIT_NS (UINT64_C(1) << 20)
#define PROFILE_TIMED_EVERY 16
struct profile_cell_times {
    uint32_t first;
    uint32_t last;
};
static_assert(sizeof(struct profile_cell_times) == 8, "layout");
#define PROFILE_CELLS_BYTES 4096u
#define PROFILE_CELLS_COUNT                                                                        \
    ((PROFILE_CELLS_BYTES - PROFILE_CHUNK_ALIGN) /                                                 \
     (sizeof(struct profile_cell) + sizeof(struct profile_cell_times)))
static_assert(PROFILE_CELLS_COUNT == 56, "layout");

// A sampled heap (header.heap_mode). An allocation of s bytes (a block of 0 bytes counts as 1) is
// sampled with probability p = 1 - exp(-s / header.sample_bytes), independently of all others. It
// stands for 1/p blocks and s/p bytes: sums of these estimate the sums over all allocations without
// bias. What was not sampled leaves no trace, its free neither.
//
//   - All counts of blocks (of cells, and profile_thread.allocations and .reallocs) are in units of
//     1/PROFILE_SAMPLED_UNIT block; bytes are whole bytes. Both are the same function of s at the
//     allocation and at the free, so that live values of freed blocks cancel out exactly.
//   - header.live_bytes, peak_bytes and peak_slack_bytes are estimates of the same kind.
//   - A record of a CELLS chunk is a struct profile_sampled_cell.
//   - A realloc counts where the block it makes is sampled.
#define PROFILE_SAMPLED_UNIT 65536u

// How far off the figures of a cell may be. One sampled allocation adds (1 - p) / p^2 blocks^2 to
// the variance of blocks, and s^2 times as much to that of bytes. The variance of the live figures
// is that of the allocations less that of the freed, with the sum over slots as for the counts.
struct profile_cell_samples {
    uint64_t samples;       // sampled allocations
    uint64_t freed_samples; // those of them that were freed
    double variance_blocks; // blocks^2, of the allocations
    double variance_bytes;  // bytes^2
    double freed_variance_blocks;
    double freed_variance_bytes;
    struct profile_cell_times times; // version 4
    char reserved[8];
};
static_assert(sizeof(struct profile_cell_samples) == 64, "layout");

struct profile_sampled_cell {
    struct profile_cell cell;
    struct profile_cell_samples samples;
};
static_assert(offsetof(struct profile_sampled_cell, samples) == 64, "layout");
static_assert(sizeof(struct profile_sampled_cell) == 128, "layout");

enum profile_thread_exit {
    PROFILE_THREAD_RUNNING, // or ended with the process
    PROFILE_THREAD_RETURNED,
    PROFILE_THREAD_PTHREAD_EXIT,
    PROFILE_THREAD_CANCELLED,
};
enum profile_thread_join {
    PROFILE_JOIN_NONE, // neither yet; a leak once the thread has finished
    PROFILE_JOIN_JOINED,
    PROFILE_JOIN_DETACHED,
};
enum profile_thread_origin {
    PROFILE_ORIGIN_MAIN,
    PROFILE_ORIGIN_CREATED, // by pthread_create
    PROFILE_ORIGIN_ADOPTED, // met in a hook, not created through us
};

struct profile_thread {
    uint32_t serial; // published; equals its id, 1 is the first thread met
    uint32_t tid;    // 0: never ran
    uint32_t origin; // enum profile_thread_origin
    uint32_t creation_stack;
    uint64_t create_ns;   // pthread_create was called
    uint64_t start_ns;    // 0: has not run
    uint64_t end_ns;      // 0: has not ended (or ended with the process)
    uint64_t cpu_ns;      // at its end; of a running thread: when the process ended, else 0
    uint32_t exit_kind;   // enum profile_thread_exit
    uint32_t join_kind;   // enum profile_thread_join
    char name[16];        // NUL-terminated
    uint64_t pthread;     // pthread_t
    uint64_t allocations; // own totals; as all counts of blocks in a sampled heap
    uint64_t allocated_bytes;
    uint64_t reallocs; // reallocs of a block: each is also one free and one allocation
    uint64_t lock_wait_ns;
    uint32_t next;       // of the writer's hash chain
    uint32_t claim;      // of the writer: the serial, until it is being published
    uint32_t join_claim; // of the writer: a join of it is under way
    uint32_t slot;       // that the thread has or had
    uint64_t join_ns;    // it was joined or detached; 0: neither, or from the start (version 3)
    uint64_t stack_low;  // the memory of its stack (version 4); 0: unknown
    uint64_t stack_high; // one past
    uint32_t in_realloc; // 1: the block it reallocates is in no table just now
    uint32_t reserved2;
    uint64_t argument;   // of a thread that has not begun: what its function will get
    uint64_t like_count; // of a merged profile: how many threads the record is the sum of
    char reserved[16];
};
#define PROFILE_THREAD_BYTES_V1 128 // without join_ns
static_assert(offsetof(struct profile_thread, join_ns) == PROFILE_THREAD_BYTES_V1, "layout");
static_assert(sizeof(struct profile_thread) == 192, "layout");

// What a thread may wait for. Of the first five another thread's use is *contention*: what one
// holds others want. Of the rest waiting is *idle* time: nobody is in the way, there is nothing to
// do yet.
enum profile_lock_kind {
    PROFILE_LOCK_MUTEX,
    PROFILE_LOCK_RWLOCK,
    PROFILE_LOCK_SPIN,
    PROFILE_LOCK_SEMAPHORE,
    PROFILE_LOCK_ONCE,
    PROFILE_LOCK_CONDITION,
    PROFILE_LOCK_BARRIER,
    PROFILE_LOCK_JOIN,  // of all threads of one creation stack; its address means nothing
    PROFILE_LOCK_FUTEX, // waited for by the host's own system calls: whatever it is built on
    PROFILE_LOCK_KIND_COUNT,
};
#define PROFILE_LOCK_KIND_IDLE PROFILE_LOCK_CONDITION // the first of them

enum profile_lock_flag {
    PROFILE_LOCK_RECURSIVE = 1,
    PROFILE_LOCK_ERRORCHECK = 2,
    PROFILE_LOCK_ADAPTIVE = 4,
    PROFILE_LOCK_ROBUST = 8,
    PROFILE_LOCK_PRIO_INHERIT = 16,
    PROFILE_LOCK_PRIO_PROTECT = 32,
    PROFILE_LOCK_SHARED = 64, // between processes
    PROFILE_LOCK_C11 = 128,
    PROFILE_LOCK_PREFER_WRITER = 256, // rwlock, any of the two kinds that do
};

enum profile_lock_end { PROFILE_LOCK_LIVES, PROFILE_LOCK_DESTROYED, PROFILE_LOCK_FREED };

// One lock: an address between its initialisation (or first use) and its destruction, or the free
// of the heap block it is in. Its figures are the sum of these and of all its cells.
struct profile_lock {
    uint64_t address;        // published
    uint32_t generation;     // 0 for the first lock at this address
    uint32_t kind;           // enum profile_lock_kind
    uint32_t creation_stack; // of its initialisation, else of its first use
    uint32_t initialised;    // 1: creation_stack is its initialisation
    uint32_t retired;        // enum profile_lock_end
    uint32_t next;           // of the writer's hash chain
    uint64_t acquisitions;   // of cells that count for other locks by now
    // Of waits, the timed out included. Since version 3 of those alone that found no room for a
    // struct profile_lock_wait: the lock's figures are the sum of these and of its waits.
    uint64_t contentions;
    uint64_t wait_ns;
    uint64_t wait_max_ns;
    uint32_t modules_generation; // for the name, as of struct profile_module
    uint32_t flags;              // enum profile_lock_flag
    uint64_t timeouts;           // waits that ended so; as contentions
    uint64_t owner_died;         // acquisitions of a robust mutex whose owner had died
    uint64_t handoff_ns; // condition: part of wait_ns from the signal to the return; as contentions
    uint64_t try_failed; // as acquisitions
    uint64_t owner_changes; // as acquisitions
    uint64_t holds;         // as acquisitions: ends of holds that were timed
    uint64_t hold_ns;       // of those
    uint64_t hold_max_ns;
    uint64_t block_offset; // in the heap block that contains it
    uint32_t block_stack;  // of that block's allocation; 0: not in a heap block, or unknown
    char reserved[44];
};
static_assert(offsetof(struct profile_lock, modules_generation) == 64, "layout");
static_assert(sizeof(struct profile_lock) == 192, "layout");

// What one thread slot counts of one lock, without waits. A cell changes to another lock when its
// slot meets more locks than it has cells: then it is added to the lock's record first.
struct profile_lock_cell {
    uint32_t lock; // published: id
    uint32_t reserved;
    uint64_t acquisitions;
    uint64_t try_failed;
    uint64_t owner_changes; // acquisitions by another thread than the one before
    uint64_t holds;
    uint64_t hold_ns;
    uint64_t hold_max_ns;
    uint64_t reserved2;
};
static_assert(sizeof(struct profile_lock_cell) == 64, "layout");

// Waits for one lock from one stack. Two records may say the same: they add up.
#define PROFILE_WAIT_BUCKETS 40
struct profile_lock_wait {
    uint32_t lock; // published: id
    uint32_t stack;
    uint64_t count;
    uint64_t wait_ns;
    uint64_t wait_max_ns;
    uint32_t next; // of the writer's hash chain
    uint32_t reserved;
    uint64_t timeouts;
    uint64_t handoff_ns;
    uint64_t reserved2;
    uint32_t histogram[PROFILE_WAIT_BUCKETS]; // [i]: waits of 2^i ns to less than twice that
    char reserved3[32];
};
static_assert(offsetof(struct profile_lock_wait, wait_max_ns) == 24, "layout");
static_assert(sizeof(struct profile_lock_wait) == 256, "layout");

// How long waits of one lock and stack lasted because of one holder, named by the stack of the
// unlock (post, signal) that let the waiter on. A wait that outlasts several holds is divided
// between them, its count goes to the last. What no holder was seen for has no pair.
struct profile_lock_pair {
    uint32_t wait; // published: id of the struct profile_lock_wait
    uint32_t holder_stack;
    uint64_t count;
    uint64_t wait_ns;
    uint32_t next; // of the writer's hash chain
    uint32_t reserved;
};
static_assert(sizeof(struct profile_lock_pair) == 32, "layout");

enum profile_acquire_mode {
    PROFILE_ACQUIRE_READ = 1,  // of an rwlock
    PROFILE_ACQUIRE_TRY = 2,   // did not, or would not for ever, wait: no deadlock comes of it
    PROFILE_ACQUIRE_AGAIN = 4, // by a condition wait that ended
};

// A lock was acquired while others were held, in this order. What was held: held_lock, and what
// the nesting `held`, by which held_lock was acquired, says (0: nothing else). Known once for each
// sequence of locks and modes, with the stacks of the first time.
struct profile_lock_nesting {
    uint32_t lock; // published: id
    uint32_t mode; // of enum profile_acquire_mode
    uint32_t held_lock;
    uint32_t held_mode;
    uint32_t held; // id of a struct profile_lock_nesting; 0: held_lock was acquired with none held
    uint32_t stack;
    uint32_t held_stack;   // where held_lock was acquired
    uint32_t thread;       // serial of the first
    uint32_t other_thread; // serial of another that did the same; 0: none
    uint32_t next;         // of the writer's hash chain
    uint32_t is_partial;   // of the writer: held_stack is not all there is
    uint32_t reserved[5];
};
static_assert(sizeof(struct profile_lock_nesting) == 64, "layout");

enum profile_misuse_kind {
    PROFILE_MISUSE_NONE,
    PROFILE_MISUSE_UNLOCK_UNHELD,  // nobody holds it
    PROFILE_MISUSE_UNLOCK_FOREIGN, // another thread holds it
    PROFILE_MISUSE_DESTROY_HELD,
    PROFILE_MISUSE_DESTROY_WAITED,
    PROFILE_MISUSE_EXIT_HOLDING, // a thread ended; stack: where it acquired the lock
    PROFILE_MISUSE_FREED,        // used in a heap block that was freed; other_stack: the free
    PROFILE_MISUSE_WAIT_UNHELD,  // condition wait with a mutex the thread does not hold
    PROFILE_MISUSE_COUNT,
};

// Undefined behaviour of the host, once for each kind, lock and stack.
struct profile_lock_misuse {
    uint32_t kind; // published: enum profile_misuse_kind
    uint32_t lock; // id; of WAIT_UNHELD the mutex
    uint32_t stack;
    uint32_t other_stack; // 0: unknown
    uint32_t thread;      // serial of the first
    uint32_t owner;       // serial of the thread that held the lock; 0: none, or unknown
    uint64_t count;
    uint64_t time_ns; // of the first
    uint32_t next;    // of the writer's hash chain
    uint32_t reserved[5];
};
static_assert(sizeof(struct profile_lock_misuse) == 64, "layout");

enum profile_deadlock_kind {
    PROFILE_DEADLOCK_CYCLE = 1, // of one link: the thread waits for what it holds itself
    PROFILE_DEADLOCK_ORPHAN,    // the last lock's owner has ended: the chain leads nowhere
};

// One thread of a deadlock. It waits for `lock`, which the thread of the next link (of the last:
// the first link; of an ORPHAN: `owner`, which has ended) holds. Complete when `link_count` links
// with the same number are published.
struct profile_deadlock_link {
    uint32_t deadlock; // published: its number, from 1
    uint32_t kind;     // enum profile_deadlock_kind
    uint32_t link;     // from 0
    uint32_t link_count;
    uint32_t lock;   // id; of a join that of the thread's creation stack
    uint32_t mode;   // of enum profile_acquire_mode: what the thread waits for
    uint32_t thread; // serial of the thread that waits
    uint32_t wait_stack;
    uint32_t owner;       // serial of the thread that holds it, or is to be joined; 0: unknown
    uint32_t owner_stack; // where that thread acquired it; 0: unknown (always of a join)
    uint64_t time_ns;
    uint32_t reserved[4];
};
static_assert(sizeof(struct profile_deadlock_link) == 64, "layout");

enum profile_heap_misuse_kind {
    PROFILE_HEAP_MISUSE_NONE,
    PROFILE_HEAP_MISMATCH,    // freed by another family than it was allocated by
    PROFILE_HEAP_INTERIOR,    // freed in the middle: `offset` bytes into the block
    PROFILE_HEAP_FREED_TWICE, // freed before, and not allocated since
    PROFILE_HEAP_MISUSE_COUNT,
};
enum profile_freed_by {
    PROFILE_FREED_BY_FREE,
    PROFILE_FREED_BY_DELETE,
    PROFILE_FREED_BY_DELETE_ARRAY,
    PROFILE_FREED_BY_REALLOC,
};

// A block was freed as it must not be. Once for each kind and pair of stacks.
struct profile_heap_misuse {
    uint32_t kind;         // published: enum profile_heap_misuse_kind
    uint32_t stack;        // of its allocation
    uint32_t free_stack;   // of this free
    uint32_t allocated_by; // enum profile_family
    uint32_t freed_by;     // enum profile_freed_by
    uint32_t thread;       // serial of the first
    uint64_t count;
    uint64_t time_ns; // of the first
    uint64_t offset;  // of the first
    uint64_t bytes;   // of the first block; 0: unknown
    uint32_t next;    // of the writer's hash chain
    uint32_t reserved;
};
static_assert(sizeof(struct profile_heap_misuse) == 64, "layout");

// What the process was like at one moment. At most PROFILE_MOMENTS_MAX of them: when there are as
// many, those that are closest to the one before are dropped, at least every other one, so that
// they cover the whole run evenly, however long it is. They lie in no order: a reader sorts them.
//
// Moments are taken where the process meets a hook, so there is none while it neither allocates nor
// frees, creates no threads and ends no waits. The first one is that of the start, the last one
// that of the end (of a process that was killed there is none: header.live_bytes is later).
//
// One is taken in some microseconds, while other threads go on: sums over threads are of that time,
// not of one instant.
//
// Resident memory is read in /proc, which takes a descriptor for a moment. With several threads
// that could be the number that another one expects its own next file to get; then the highest
// there was so far (getrusage) stands for it, with PROFILE_RSS_HIGHEST. That says nothing where
// something larger was executed in the process before.
#define PROFILE_MOMENTS_MAX 1000
#define PROFILE_RSS_HIGHEST (UINT32_C(1) << 31)
struct profile_moment {
    uint64_t time_ns; // published; 0 while it is written, and of one that was dropped
    // Exact with one thread. With more: header.live_bytes and what each thread keeps back, off by
    // no more than header.peak_slack_bytes.
    uint64_t live_bytes;
    uint64_t live_blocks; // as all counts of blocks in a sampled heap
    uint32_t rss_kib;     // resident memory, and PROFILE_RSS_HIGHEST; 0: unknown
    uint32_t threads;     // that run
    // since the start, of all threads
    uint64_t allocations; // as live_blocks
    uint64_t allocated_bytes;
    uint64_t lock_wait_ns; // contention alone, waits under way included: one of those may turn out
                           // to be none (it failed), and the sum falls again
    uint64_t cpu_ns;       // user and system time; 0: unknown
};
static_assert(sizeof(struct profile_moment) == 64, "layout");

// --- Leaks: written by `gaiaprof`, which classified the live blocks when the process ended.

enum profile_leak_class { // Memcheck's
    PROFILE_LEAK_DEFINITE,
    PROFILE_LEAK_INDIRECT,
    PROFILE_LEAK_POSSIBLE,
    PROFILE_LEAK_REACHABLE,
    PROFILE_LEAK_CLASS_COUNT,
};

// The latest one in the file counts.
struct profile_leak_scan {
    uint32_t is_classified; // 0: the reason says why
    uint32_t reason_bytes;  // of the text behind this struct, without NUL
    uint64_t time_ns;
    uint64_t stopped_ns; // how long the process was kept waiting
    uint64_t scanned_bytes;
    char reserved[32];
};
static_assert(sizeof(struct profile_leak_scan) == 64, "layout");

// The live blocks of one stack and class.
struct profile_leak {
    uint32_t stack; // published
    uint32_t class; // enum profile_leak_class
    uint64_t blocks;
    uint64_t bytes;
    uint64_t indirect_blocks; // of definite ones: those that are lost with them, and no others
    uint64_t indirect_bytes;
    char reserved[24];
};
static_assert(sizeof(struct profile_leak) == 64, "layout");

// --- Merged profiles: written by `gaiaprof merge`, sums of profiles that other runs, programs and
// builds left. An address would mean nothing in them, so their stacks are of names:
//
//   TEXT    = the offset of a text in the payload of the one chunk of texts; 0: none
//   frame   of the stack trie: pc = PROFILE_MARKER_END + number of a *group*, the frames of one
//           call, those inlined first, as the records of the chunks of frames with that number have
//           them, in their order. Markers are such frames, too. All roots have generation 0
//   cell    epoch 0, family MIXED; the values at the peak are those of the cell, always. Chunks of
//           cells are as long as they need to be, and without times
//   thread  the sum of like_count threads that were created by the same stack and ended alike;
//           times and the name are 0
//   lock    the sum of all locks of a name and kind; address 1; all of its figures are here, in the
//           waits and in the pairs: there are no cells. hold_ns is of all holds
//   misuse  threads are 0
//
// start_ns is 0, end_ns the sum of the run times that are known (0: none is, and exit_kind NONE);
// threads_peak the largest of one process.

// How many profiles lack what a figure of the sum would need. Each is at most profile_count.
struct profile_merged {
    uint64_t profile_count;
    uint64_t without_heap;
    uint64_t without_leaks; // not classified, though there could be some
    uint64_t without_locks;
    uint64_t without_threads;
    uint64_t sampled; // heaps
    uint64_t incomplete;
    uint64_t failed;       // ended by a signal, killed or with a status but 0
    uint32_t why_no_leaks; // text: the reason of the first
    uint32_t reserved;
    uint64_t without_end; // run times that are not in the sum: the end of these is not known
    uint32_t reserved2[12];
};
static_assert(sizeof(struct profile_merged) == 128, "layout");

enum profile_merged_frame_flag { PROFILE_FRAME_INLINED = 1, PROFILE_FRAME_MARKER = 2 };

struct profile_merged_frame {
    uint32_t group;    // published
    uint32_t flags;    // enum profile_merged_frame_flag
    uint32_t function; // text
    uint32_t file;     // text
    uint32_t line;
    uint32_t module; // text: its path
    uint64_t offset; // in the module's file, where there is no function; else 0
};
static_assert(sizeof(struct profile_merged_frame) == 32, "layout");

enum profile_lock_name_flag { PROFILE_LOCK_IN_BLOCK = 1, PROFILE_LOCK_IN_ARRAY = 2 };

struct profile_lock_name {
    uint32_t lock;  // published: id
    uint32_t name;  // text
    uint32_t base;  // text: the name without its offset
    uint32_t flags; // enum profile_lock_name_flag
};
static_assert(sizeof(struct profile_lock_name) == 16, "layout");

enum profile_order_kind {
    PROFILE_ORDER_DEADLOCK,
    PROFILE_ORDER_POTENTIAL,
    PROFILE_ORDER_INCONSISTENCY,
    PROFILE_ORDER_KIND_COUNT,
};

// One edge of a circle of locks or of a deadlock: `from` is held, acquired at stack_from, while
// `to` is acquired, or waited for, at stack_to. Complete when edge_count edges of a circle are
// there, in their order, side by side.
struct profile_order_edge {
    uint32_t circle; // published: its number, from 1
    uint32_t kind;   // enum profile_order_kind
    uint32_t edge;   // from 0
    uint32_t edge_count;
    uint32_t from; // lock id; 0: nothing known
    uint32_t to;   // lock id
    uint32_t stack_from;
    uint32_t stack_to;
    uint32_t owner_stack;
    uint32_t mode; // of enum profile_acquire_mode
    uint32_t why;  // text
    uint32_t reserved[5];
};
static_assert(sizeof(struct profile_order_edge) == 64, "layout");

struct profile_merged_program {
    uint32_t name; // published: text
    uint32_t reserved;
    uint64_t profile_count;
};
static_assert(sizeof(struct profile_merged_program) == 16, "layout");

// What a reader of the profiles had to know.
struct profile_merged_note {
    uint32_t note; // published: text
    uint32_t reserved;
};
static_assert(sizeof(struct profile_merged_note) == 8, "layout");

// --- What a leak scan reads in the memory of the process.

// The table of live blocks, at header.live_table_address:
//
//   root[address >> 34] -> branch[address >> 22 & 4095] = {slots, stretches}
//   slots[(address & (2^22 - 1)) / header.granule_bytes]
//
// Root entries and `slots` are addresses, 0: nothing. Where stack is 0 there is no block, whatever
// the other bits say. `place` is for granules of 32 bytes: the block begins 16 bytes into it.
#define PROFILE_LIVE_ADDRESS_BITS 47
#define PROFILE_LIVE_BRANCH_BITS 34
#define PROFILE_LIVE_LEAF_BITS 22
#define PROFILE_LIVE_ROOT_ENTRIES (1u << (PROFILE_LIVE_ADDRESS_BITS - PROFILE_LIVE_BRANCH_BITS))
#define PROFILE_LIVE_BRANCH_ENTRIES (1u << (PROFILE_LIVE_BRANCH_BITS - PROFILE_LIVE_LEAF_BITS))
struct profile_live_leaf {
    uint64_t slots;
    uint64_t stretches;
};
#define PROFILE_LIVE_SIZE_BITS 36
struct profile_live_slot {
    uint64_t bytes : PROFILE_LIVE_SIZE_BITS;
    uint64_t place : 1;
    uint64_t has_locks : 1;
    uint64_t stack : 26;
};
static_assert(sizeof(struct profile_live_slot) == 8, "a slot");

struct profile_region {
    uint64_t start;
    uint64_t bytes; // 0: no region
};

// A thread that is held while the process ends.
#define PROFILE_REGISTERS 27
#define PROFILE_VECTOR_WORDS 344 // of AVX-512, without AMX's tiles
struct profile_held_thread {
    uint32_t tid;
    uint32_t is_stopped;                   // 0: it did not stop in time, its registers are unknown
    uint64_t registers[PROFILE_REGISTERS]; // x86-64: struct user_regs_struct
    uint64_t vector_bytes;                 // of the vector registers, as XSAVE lays them out
    uint64_t vector[PROFILE_VECTOR_WORDS];
};

// At header.scan_address. Arrays are addresses in the process.
struct profile_scan_help {
    uint64_t own_regions; // struct profile_region[]: private memory of ours. Also ours: the
                          // mappings of the profile, and the module that live_table_address is in
    uint64_t own_region_count;
    uint64_t own_regions_lost; // not 0: there are more
    uint64_t held_threads;     // struct profile_held_thread[]; while the process ends
    uint64_t held_thread_count;
    uint32_t ending_tid;  // the thread that ends the process, in hooks of ours; 0: none
    uint32_t moved_break; // 1: the program has memory of its own among the heap's (brk, sbrk)
    uint64_t ending_sp;   // what the program itself has of its stack is from here on up
    uint64_t ending_registers[6]; // of the program, there: rbx, rbp, r12 to r15
};
static_assert(sizeof(struct profile_scan_help) == 104, "layout");

#endif
