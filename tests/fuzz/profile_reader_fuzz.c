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

static void render_all(struct profile *profile)
{
    FILE *out = fopen("/dev/null", "w");
    struct suppressions suppressions;
    const char *why;
    if (!out || suppressions_load(&suppressions, NULL, &why) != 0)
        abort();
    struct render_options options = {.rows = ROWS_DEFAULT, .suppressions = &suppressions};
    suppressions_apply(&suppressions, profile);
    for (const struct render_format *format = render_formats; format->name; format++)
        for (const struct view *view = views; view->name; view++) {
            options.view = view;
            format->render(profile, &options, out);
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
