// SPDX-License-Identifier: MIT
//
// profile_reader_fuzz.c - any bytes are a profile that is refused, or loaded: then the model is
// looked at as renderers do, stacks and all. What they write is profile_render_fuzz.c.
#include "report/model/profile_open.h"
#include "report/model/runtime_code.h"
#include "report/model/samples.h"
#include "report/model/suppressions.h"
#include "tests/fuzz/profile_input.h"

#include <stdlib.h>
#include <string.h>

static void look_at_stack(struct profile *profile, uint32_t stack)
{
    struct stack_walk walk = {.node = stack};
    for (const struct frame *frame; (frame = stack_walk_next(profile, &walk));)
        if (!frame->place)
            abort();
    if (!stack_user_frame(profile, stack))
        abort();
}

static void look_at_samples(struct profile *profile)
{
    for (const struct sample_view *view = sample_views; view->name; view++) {
        struct sample_set set;
        if (view->why_not(profile))
            continue;
        if (sample_set_init(&set, profile, view) != 0)
            abort();
        for (size_t i = 0; i < set.count; i++)
            look_at_stack(profile, set.samples[i].stack);
        sample_set_release(&set);
    }
}

static void look_at_modules(struct profile *profile)
{
    const char *path;
    for (size_t i = 0; i < profile_mapping_count(profile); i++)
        if (!profile_mapping(profile, i).path)
            abort();
    profile_modules_in_state(profile, SYMBOLIZER_MISSING, &path);
}

static void look_at(struct profile *profile)
{
    struct region region = {0};
    look_at_samples(profile);
    look_at_modules(profile);
    for (size_t i = 0; i < profile->threads.record_count; i++)
        if (!profile_thread(profile, profile->threads.records[i].record.serial))
            abort();
    if (!profile_command_line(profile, &region))
        abort();
    region_release(&region);
}

static void suppress(struct profile *profile)
{
    struct suppressions suppressions;
    const char *why;
    if (suppressions_load(&suppressions, NULL, &why) != 0 ||
        suppressions_apply(&suppressions, profile) != 0)
        abort();
    suppressions_release(&suppressions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct profile profile;
    uint8_t choices[CHOICE_COUNT] = {0};
    profile_choices(data, size, choices);
    if (!profile_from_bytes(&profile, data, size, choices[CHOICE_FLAGS]))
        return 0;
    look_at(&profile);
    if (choices[CHOICE_FLAGS] & FLAG_SUPPRESSIONS)
        suppress(&profile);
    profile_release(&profile);
    return 0;
}
