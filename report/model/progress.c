// SPDX-License-Identifier: MIT
//
// progress.c - see progress.h.
#include "report/model/progress.h"

#include "report/model/clock.h"

#include <unistd.h>

#define FIRST_NS 1000000000
#define EVERY_NS 100000000
#define BAR_COLUMNS 30

void progress_init(struct progress *progress, FILE *terminal)
{
    *progress = (struct progress){.next_ns = (int64_t)clock_monotonic_ns() + FIRST_NS};
    if (terminal && isatty(fileno(terminal)))
        progress->terminal = terminal;
}

static void draw(const struct progress *progress, const char *what, uint64_t done, uint64_t total)
{
    uint64_t percent = total == 0      ? 0
                       : done >= total ? 100
                                       : (uint64_t)((double)done * 100 / (double)total);
    int filled = (int)(percent * BAR_COLUMNS / 100);
    fprintf(progress->terminal, "\rgaiaprof: %-8s [", what);
    for (int i = 0; i < BAR_COLUMNS; i++)
        fputc(i < filled ? '=' : ' ', progress->terminal);
    fprintf(progress->terminal, "] %3d%%", (int)percent);
    fflush(progress->terminal);
}

void progress_show(struct progress *progress, const char *what, uint64_t done, uint64_t total)
{
    if (!progress || !progress->terminal)
        return;
    int64_t now_ns = (int64_t)clock_monotonic_ns();
    if (now_ns < progress->next_ns)
        return;
    progress->next_ns = now_ns + EVERY_NS;
    progress->shown = true;
    draw(progress, what, done, total);
}

void progress_show_writing(struct progress *progress, uint64_t done, uint64_t total)
{
    if (progress && !progress->writing_is_quiet)
        progress_show(progress, "writing", done, total);
}

void progress_clear(struct progress *progress)
{
    if (!progress || !progress->shown)
        return;
    fputs("\r\033[K", progress->terminal);
    fflush(progress->terminal);
    progress->shown = false;
}
