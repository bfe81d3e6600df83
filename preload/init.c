// SPDX-License-Identifier: MIT
//
// init.c - what happens once libc and the libraries before us are ready: the constructor. Recording
// itself may have started earlier, in the first hook. Nothing is ever torn down: hooks are called
// until the process is gone.
#include "preload/guard.h"
#include "preload/hooks_process.h"
#include "preload/options.h"
#include "preload/own_heap.h"
#include "preload/profile_writer.h"
#include "preload/real.h"
#include "preload/recording.h"
#include "preload/reporter.h"
#include "preload/timeline.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

// Registered before anything of the program, so run after its handlers and its destructors: ours
// is older than the loader's own, which runs those of every library.
static void at_exit(int status, void *unused)
{
    int changed = hooks_process_end(status);

    (void)unused;
    if (changed != status)
        real.exit(changed); // goes on with what is left to do
}

static void at_quick_exit_(void)
{
    int changed = hooks_process_end(hooks_process_quick_status);

    if (changed != hooks_process_quick_status)
        real._exit(changed);
}

static void in_forked_child(void)
{
    recording_gate.has_exact_heap = 0;
    recording_gate.has_locks = 0;
    recording_gate.is_open = 0; // the kernel has wiped it, unless it is too old
    if (guard_is_held()) // a hook goes on in here with what it has, a moment of the timeline too
        profile_writer_detach();
    else
        timeline_reset();
    own_heap_after_fork();
    reporter_drop_stderr();
    recording_follow_fork();
}

__attribute__((constructor)) static void construct(void)
{
    int saved_errno = errno;

    real_find();
    recording_prepare();
    hooks_process_init();
    if (!options_follow_exec())
        hooks_process_clean_environment();
    on_exit(at_exit, NULL);
    at_quick_exit(at_quick_exit_);
    pthread_atfork(NULL, NULL, in_forked_child);
    errno = saved_errno; // main sees what the host's own constructors leave
}
