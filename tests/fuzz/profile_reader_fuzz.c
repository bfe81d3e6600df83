// SPDX-License-Identifier: MIT
//
// profile_reader_fuzz.c - libFuzzer's entry: any bytes are a profile that is refused, or loaded and
// rendered. With clang: -fsanitize=fuzzer,address; without, replay.c feeds it files.
#include "report/formats/render.h"
#include "report/model/profile.h"
#include "report/model/suppressions.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The page is large whatever is in it: once is enough.
static void render_reports(struct profile *profile, struct render_options *options,
                           const struct render_format *format, FILE *out)
{
    bool has_page = strcmp(format->name, "html") == 0;
    for (const struct view *view = views; view->name; view++) {
        options->view = view;
        options->samples = view->samples ? sample_view_find(view->samples) : NULL;
        if (has_page && view != views)
            continue;
        if (!options->samples || !options->samples->why_not(profile))
            format->render(profile, options, out);
    }
}

static void render_samples(struct profile *profile, struct render_options *options,
                           const struct render_format *format, FILE *out)
{
    options->view = &views[0];
    options->pattern = ".";
    for (const struct sample_view *view = sample_views; view->name; view++) {
        options->samples = view;
        for (options->value = 0; options->value < view->type_count; options->value++)
            if (!view->why_not(profile))
                format->render(profile, options, out);
    }
}

static void render_all(struct profile *profile)
{
    FILE *out = fopen("/dev/null", "w");
    struct suppressions suppressions;
    const char *why;
    if (!out || suppressions_load(&suppressions, NULL, &why) != 0)
        abort();
    struct render_options options = {.rows = ROWS_DEFAULT, .suppressions = &suppressions};
    suppressions_apply(&suppressions, profile);
    for (const struct render_format *format = render_formats; format->name; format++) {
        if (format->off)
            continue;
        if (format->scope <= FORMAT_VIEWS)
            render_reports(profile, &options, format, out);
        else
            render_samples(profile, &options, format, out);
    }
    suppressions_generate(profile, out);
    suppressions_release(&suppressions);
    fclose(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *bytes = malloc(size ? size : 1); // aligned as a mapping is
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    struct profile profile;
    struct profile_source source = {.path = "fuzz", .bytes = bytes, .length_bytes = size};
    const char *why;
    if (profile_load(&profile, &source, &why) == 0) {
        render_all(&profile);
        profile_release(&profile);
    }
    free(bytes);
    return 0;
}
