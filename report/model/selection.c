// SPDX-License-Identifier: MIT
//
// selection.c - each location is matched once; the answer is kept with it.
#include "report/model/selection.h"

#include <errno.h>
#include <regex.h>

enum { MATCH_KNOWN = 1, MATCH_FOCUS = 2, MATCH_IGNORE = 4 };

struct matcher {
    struct profile *profile;
    const struct selection *selection;
    regex_t focus, ignore;
};

const char *selection_check(const char *pattern)
{
    static char why[128];
    regex_t compiled;
    int error = regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB);
    if (error) {
        regerror(error, &compiled, why, sizeof(why));
        return why;
    }
    regfree(&compiled);
    return NULL;
}

static bool text_matches(const regex_t *pattern, const char *text)
{
    return text && regexec(pattern, text, 0, NULL, 0) == 0;
}

static bool frame_matches(const regex_t *pattern, const struct frame *frame)
{
    return text_matches(pattern, frame->place->function) || text_matches(pattern, frame->file) ||
           text_matches(pattern, frame->place->module);
}

static unsigned match_location(const struct matcher *matcher, struct location *location)
{
    unsigned *known = &location_notes(location)->selected;
    if (*known)
        return *known;
    const struct frame *frames;
    size_t count = location_frames(location, &frames);
    *known = MATCH_KNOWN;
    for (size_t i = 0; i < count; i++) {
        if (matcher->selection->focus && frame_matches(&matcher->focus, &frames[i]))
            *known |= MATCH_FOCUS;
        if (matcher->selection->ignore && frame_matches(&matcher->ignore, &frames[i]))
            *known |= MATCH_IGNORE;
    }
    return *known;
}

static bool is_hidden(const struct matcher *matcher, uint32_t stack)
{
    struct stack_walk walk = {.node = stack};
    unsigned found = matcher->selection->focus ? 0 : MATCH_FOCUS;
    for (struct location *location; (location = stack_walk_location(matcher->profile, &walk));)
        found |= match_location(matcher, location);
    return !(found & MATCH_FOCUS) || (found & MATCH_IGNORE);
}

static bool shows_nothing(const struct matcher *matcher, uint32_t stack)
{
    return stack == 0 || is_hidden(matcher, stack);
}

// What has several stacks is shown if one of them is.
static void hide_order(const struct matcher *matcher)
{
    struct profile *profile = matcher->profile;
    for (size_t i = 0; i < profile->order_count; i++) {
        struct order_cycle *cycle = &profile->order[i];
        cycle->hidden = true;
        for (size_t j = 0; j < cycle->edge_count && cycle->hidden; j++)
            cycle->hidden = shows_nothing(matcher, cycle->edges[j].stack_from) &&
                            shows_nothing(matcher, cycle->edges[j].stack_to);
    }
    for (size_t i = 0; i < profile->misuse_count; i++) {
        struct lock_misuse *misuse = &profile->misuses[i];
        misuse->hidden = shows_nothing(matcher, misuse->record.stack) &&
                         shows_nothing(matcher, misuse->record.other_stack);
    }
}

static void hide(const struct matcher *matcher)
{
    struct profile *profile = matcher->profile;
    for (size_t i = 0; i < profile->heap.site_count; i++) {
        progress_step(profile->progress, "matching", i, profile->heap.site_count);
        profile->heap.sites[i].hidden = is_hidden(matcher, profile->heap.sites[i].stack);
    }
    for (size_t i = 0; i < profile->leaks.record_count; i++)
        profile->leaks.records[i].hidden = is_hidden(matcher, profile->leaks.records[i].stack);
    for (size_t i = 0; i < profile->heap_misuse_count; i++) {
        struct heap_misuse *misuse = &profile->heap_misuses[i];
        misuse->hidden = shows_nothing(matcher, misuse->record.stack) &&
                         shows_nothing(matcher, misuse->record.free_stack);
    }
    for (size_t i = 0; i < profile->lock_count; i++) {
        struct lock *lock = &profile->locks[i];
        for (size_t j = 0; j < lock->wait_count; j++)
            lock->waits[j].hidden = is_hidden(matcher, lock->waits[j].stack);
        for (size_t j = 0; j < lock->holder_count; j++)
            lock->holders[j].hidden = is_hidden(matcher, lock->holders[j].stack);
    }
    hide_order(matcher);
    for (size_t i = 0; i < profile->threads.record_count; i++) {
        struct thread *thread = &profile->threads.records[i];
        thread->hidden = is_hidden(matcher, thread->record.creation_stack);
    }
    for (size_t i = 0; i < profile->threads.growth_count; i++) {
        struct thread_growth *growth = &profile->threads.growth[i];
        growth->hidden = is_hidden(matcher, growth->creation_stack);
    }
}

int selection_apply(const struct selection *selection, struct profile *profile)
{
    struct matcher matcher = {.profile = profile, .selection = selection};
    if (!selection->focus && !selection->ignore)
        return 0;
    if (selection->focus && regcomp(&matcher.focus, selection->focus, REG_EXTENDED | REG_NOSUB))
        return -ENOMEM;
    if (selection->ignore &&
        regcomp(&matcher.ignore, selection->ignore, REG_EXTENDED | REG_NOSUB)) {
        if (selection->focus)
            regfree(&matcher.focus);
        return -ENOMEM;
    }
    hide(&matcher);
    if (selection->focus)
        regfree(&matcher.focus);
    if (selection->ignore)
        regfree(&matcher.ignore);
    return 0;
}
