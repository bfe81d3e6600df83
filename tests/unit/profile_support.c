// SPDX-License-Identifier: MIT
//
// profile_support.c - see profile_support.h.
#include "tests/unit/profile_support.h"

#include <stdlib.h>
#include <string.h>

int load_bytes(struct profile *profile, const void *bytes, size_t length_bytes,
               const char **ret_why)
{
    void *exact = malloc(length_bytes ? length_bytes : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, length_bytes);
    struct profile_source source = {
        .path = "test.gaia", .bytes = exact, .length_bytes = length_bytes};
    int error = profile_load(profile, &source, ret_why);
    free(exact);
    return error;
}

void load_built(struct profile *profile, struct profile_builder *builder)
{
    const char *why = "";
    profile_builder_finish(builder);
    int error = load_bytes(profile, builder->bytes, builder->length_bytes, &why);
    assert_string_equal(why, "");
    assert_int_equal(error, 0);
}

char *rendered(struct profile *profile, const char *format, const char *view)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    struct render_options options = {.view = view_find(view), .rows = ROWS_DEFAULT};
    assert_non_null(out);
    assert_int_equal(render_format_find(format)->render(profile, &options, out), 0);
    fclose(out);
    return text;
}

const struct site *site_of(const struct profile *profile, uint32_t stack)
{
    for (size_t i = 0; i < profile->heap.site_count; i++)
        if (profile->heap.sites[i].stack == stack)
            return &profile->heap.sites[i];
    fail_msg("no site for stack %u", stack);
    return NULL;
}

bool has_note(const struct profile *profile, const char *part)
{
    for (size_t i = 0; i < profile->note_count; i++)
        if (strstr(profile->notes[i], part))
            return true;
    return false;
}

uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}
