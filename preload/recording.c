// SPDX-License-Identifier: MIT
//
// recording.c - starts and ends the recording, see recording.h.
#include "preload/recording.h"

#include "preload/deadlock.h"
#include "preload/heap.h"
#include "preload/heap_misuse.h"
#include "preload/live_table.h"
#include "preload/lock_nesting.h"
#include "preload/lock_table.h"
#include "preload/lock_wait.h"
#include "preload/misuse.h"
#include "preload/modules.h"
#include "preload/options.h"
#include "preload/own_heap.h"
#include "preload/own_regions.h"
#include "preload/profile_path.h"
#include "preload/real.h"
#include "preload/reporter.h"
#include "preload/rule_cache.h"
#include "preload/slab.h"
#include "preload/stack_table.h"
#include "preload/symbols.h"
#include "preload/sys.h"
#include "preload/text.h"
#include "preload/timeline.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static_assert(HEAP_OFF == (int)PROFILE_HEAP_OFF && HEAP_EXACT == (int)PROFILE_HEAP_EXACT &&
                  HEAP_SAMPLED == (int)PROFILE_HEAP_SAMPLED,
              "the option is the mode");
static_assert(HOLD_OFF == (int)PROFILE_HOLD_OFF && HOLD_SAMPLED == (int)PROFILE_HOLD_SAMPLED &&
                  HOLD_EXACT == (int)PROFILE_HOLD_EXACT,
              "the option is the mode");

#define OUTPUT_DEFAULT "%e.%p.gaia" // of an empty option

enum recording_state { STATE_IDLE, STATE_STARTING, STATE_ON, STATE_OFF };

union recording_gate recording_gate __attribute__((aligned(GATE_BYTES)));

static unsigned state; // enum recording_state
static unsigned is_finished;
static bool is_forked;
static int ending_thread; // that has begun to end the process
static int process_id;

bool recording_is_ours(void)
{
    return recording_gate.is_open && sys_process_id() == process_id;
}

// A sanitizer replaces malloc itself and checks the address space: no room for two.
static bool is_refused(void)
{
    static const char *const sanitizers[] = {"__asan_init", "__tsan_init", "__msan_init",
                                             "__hwasan_init"};

    for (size_t i = 0; i < sizeof(sanitizers) / sizeof(sanitizers[0]); i++)
        if (symbols_find(sanitizers[i]))
            return true;
    return false;
}

static void name_allocator(struct profile_header *header)
{
    // it calls nobody: we see nothing of it
    void *allocator = real_owner.malloc ? real_owner.malloc : (void *)real.malloc;
    const char *name = modules_name_of((uintptr_t)allocator);

    header->heap_bypassed = real_owner.malloc != NULL;
    if (strncmp(name, "libc.so", 7) == 0)
        name = "glibc";
    strncpy(header->allocator, name, sizeof(header->allocator) - 1);
}

// Given by `gaiaprof run` to all that it starts.
static uint64_t tree_number(void)
{
    const char *text = getenv("GAIAPROF_TREE");
    uint64_t number = 0;

    for (; text && *text >= '0' && *text <= '9'; text++)
        number = number * 10 + (uint64_t)(*text - '0');
    return number;
}

static void fill_header(struct profile_header *header)
{
    name_allocator(header);
    header->pid = (uint32_t)process_id;
    header->parent_pid = (uint32_t)sys_parent_id();
    header->start_realtime_ns = sys_realtime_ns();
    header->start_ns = sys_monotonic_ns();
    header->heap_mode = options.heap;            // the same numbers
    header->sample_bytes = options.sample_bytes; // 0 unless sampled
    header->locks_on = options.locks;
    header->hold_mode = options.hold; // the same numbers
    header->locks_bypassed = symbols_find("pthread_mutex_lock") != (void *)pthread_mutex_lock;
    header->threads_on = options.threads;
    header->max_frames = options.max_frames;
    header->granule_bytes = strcmp(header->allocator, "glibc") == 0 ? 32 : 8;
    header->leaks_on = options.leaks;
    header->timeline_on = options.timeline;
    header->tree = tree_number();
    header->scan_address = (uint64_t)&scan_help;
    header->is_forked = is_forked;
}

// "exe\0argv[0]\0argv[1]\0..." from /proc: main's argv is not ours to know yet. Without arguments
// argv[0] is left out too, as a title of the process (setproctitle) may hold anything.
static void write_process(void)
{
    static char words[64 << 10];
    size_t used;
    struct profile_chunk *chunk;
    int fd;

    profile_path_executable(words, PATH_MAX);
    used = strlen(words) + 1;
    fd = options.arguments ? sys_open("/proc/self/cmdline", 0) : -1;
    if (fd >= 0) {
        long got;
        while (used < sizeof(words) && (got = sys_read(fd, words + used, sizeof(words) - used)) > 0)
            used += (size_t)got;
        sys_close(fd);
    }
    words[sizeof(words) - 1] = '\0';
    chunk = profile_writer_add(PROFILE_CHUNK_PROCESS, 0, used, 0, 0);
    if (!chunk)
        return;
    memcpy(profile_chunk_payload(chunk), words, used);
    atomic_publish(&chunk->used_bytes, used);
}

// Tries `directory`/`file`, and with ".2" to ".9" behind it: an exec keeps its pid.
static int open_in(const char *directory, const char *file)
{
    char base[PATH_MAX - 2], path[PATH_MAX];
    struct text text;
    int error;

    if (!profile_path_join(directory, file, base, sizeof(base)))
        return -ENAMETOOLONG;
    error = profile_writer_open(base);
    for (uint64_t i = 2; error == -EEXIST && sys_is_regular_file(base) && i < 10; i++) {
        text_init(&text, path, sizeof(path));
        text_add(&text, base);
        text_add(&text, ".");
        text_add_number(&text, i);
        error = profile_writer_open(path);
    }
    return error;
}

static void warn_elsewhere(const char *wanted, int error)
{
    char why[PATH_MAX + 128];
    struct text text;

    text_init(&text, why, sizeof(why));
    text_add(&text, strerrordesc_np(-error) ? strerrordesc_np(-error) : "failed");
    if (profile_writer_path()[0]) {
        text_add(&text, "; the profile goes to ");
        text_add(&text, profile_writer_path());
    } else {
        text_add(&text, "; nothing is recorded");
    }
    text_warn(2, wanted, why);
}

// A path with a directory is meant; a mere name goes to the first place that takes it.
static bool open_profile(void)
{
    char name[OPTION_TEXT_MAX], here[PATH_MAX];
    const char *base;
    int error, first_error;

    if (!profile_path_expand(options.output[0] ? options.output : OUTPUT_DEFAULT, name,
                             sizeof(name))) {
        text_warn(2, "option 'output'", "too long with its placeholders; nothing is recorded");
        return false;
    }
    if (sys_working_directory(here, sizeof(here)) < 0)
        here[0] = '\0';
    first_error = error = here[0] || name[0] == '/' ? open_in(here, name) : -ENOENT;
    if (!error)
        return true;
    base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    const char *temporary = getenv("TMPDIR");
    if (temporary && temporary[0] == '/')
        error = open_in(temporary, base);
    if (error)
        error = open_in("/tmp", base);
    warn_elsewhere(name, first_error);
    return error == 0;
}

static bool start(void)
{
    char **environment = environ;

    // with raised privileges the environment is somebody else's: not a word of it is looked at
    if (getauxval(AT_SECURE))
        return false;
    options_read(environment);
    process_id = sys_process_id();
    sampler_start();
    modules_init();
    if (is_refused() || !open_profile())
        return false;
    fill_header(profile_header);
    live_table_init(profile_header->granule_bytes);
    profile_header->live_table_address = (uint64_t)live_root;
    write_process();
    reporter_init();
    timeline_start();
    if (options.leaks)
        sys_allow_tracing(); // a scan by `gaiaprof report` while we run
    // kernels before 4.14 can't: there only the fork handler tells a child
    sys_wipe_on_fork(&recording_gate, sizeof(recording_gate));
    return true;
}

static cold bool try_start(void)
{
    unsigned idle = STATE_IDLE;
    bool is_started;
    int saved_errno;

    // before libc's own initialisation there is no environment to read
    if (!environ || !real_find()) {
        profile_drop(PROFILE_DROP_BEFORE_START);
        return false;
    }
    if (!atomic_swap_if(&state, &idle, STATE_STARTING))
        return false;
    saved_errno = errno;
    guard_enter();
    guard_pin();
    is_started = start();
    thread_table_init();
    guard_leave();
    errno = saved_errno;
    if (is_started) {
        recording_gate.has_exact_heap = options.heap == HEAP_EXACT;
        recording_gate.has_locks = options.locks;
        recording_gate.is_open = 1;
    }
    atomic_publish(&state, is_started ? STATE_ON : STATE_OFF);
    return is_started;
}

bool recording_start(void)
{
    switch (atomic_get_acquire(&state)) {
    case STATE_IDLE:
        return try_start();
    case STATE_STARTING:
        if (!guard_is_held()) // another thread's
            profile_drop(PROFILE_DROP_BEFORE_START);
        return false;
    case STATE_ON: // the gate was wiped: we are a child made by some kind of fork
        recording_follow_fork();
        return recording_gate.is_open;
    default:
        return false;
    }
}

// Everything that the parent recorded is the parent's.
static void reset(void)
{
    own_heap_after_fork();
    slab_reset();
    profile_writer_reset();
    thread_table_reset();
    lock_table_reset();
    lock_wait_reset();
    lock_nesting_reset();
    misuse_reset();
    heap_misuse_reset();
    reporter_reset();
    timeline_reset();
    deadlock_reset();
    stack_table_reset();
    live_table_reset();
    modules_reset();
    rule_cache_clear();
    is_finished = 0;
    ending_thread = 0;
    guard_sp = 0;
    sampler_countdown = 0;
}

cold void recording_follow_fork(void)
{
    unsigned on = STATE_ON;

    if (!options_follow_fork() || recording_gate.is_open || sys_process_id() == process_id)
        return;
    // a handler forked in the middle of a hook, which goes on with what it has of the parent: the
    // first hook after that one follows
    if (guard_is_held() && !guard_is_stale(arch_stack_pointer()))
        return;
    if (!atomic_swap_if(&state, &on, STATE_IDLE))
        return;
    reset();
    is_forked = true;
    try_start();
}

bool recording_begin_end(void)
{
    int self = sys_thread_id();

    for (;;) {
        unsigned no = 0;

        if (!recording_is_ours())
            return false;
        if (atomic_swap_if(&is_finished, &no, 1)) {
            atomic_set(&ending_thread, self);
            return true;
        }
        if (atomic_get(&ending_thread) == self)
            return false;
        sys_sleep_us(1000); // the process ends there, with what is still to be said, or goes on
    }
}

// A descriptor, however short its life, may have the number that another thread counts on: without
// one a thread may keep the name it began with, and the profile the hole at its end.
void recording_finish(enum profile_exit_kind kind, int status)
{
    bool is_alone =
        !atomic_get(&sys_filters) && sys_thread_count() == 1 + scan_help.held_thread_count;

    profile_header->exit_status = status;
    profile_header->exit_kind = kind;
    if (thread_self)
        heap_send_batch(thread_self);
    thread_table_finish(is_alone);
    timeline_end();
    if (is_alone)
        profile_writer_trim();
    atomic_publish(&profile_header->end_ns, sys_monotonic_ns());
}

void recording_resume(void)
{
    profile_header->exit_kind = PROFILE_EXIT_NONE;
    profile_header->end_ns = 0;
    timeline_resume();
    atomic_set(&ending_thread, 0);
    atomic_publish(&is_finished, 0);
}

void recording_prepare(void)
{
    struct guard_pin hook;

    if (!recording_gate.is_open && !recording_start())
        return;
    if (!guard_enter())
        return;
    hook = guard_pin();
    stack_capture_init();
    guard_unpin(hook);
    guard_leave();
}
