// SPDX-License-Identifier: MIT
//
// same_build.c - see same_build.h.
#include "report/diff/same_build.h"

#include "report/model/profile_file.h"
#include "report/model/profile_open.h"
#include "report/model/runtime_code.h"

#include <string.h>

static bool is_same_build(const struct profile_mapping *a, const struct profile_mapping *b)
{
    return a->build_id_bytes && a->build_id_bytes == b->build_id_bytes &&
           memcmp(a->build_id, b->build_id, a->build_id_bytes) == 0;
}

// The same file in both, or the program itself.
static bool are_counterparts(const struct profile *a, const char *path_a, const struct profile *b,
                             const char *path_b)
{
    bool is_program = strcmp(path_a, a->exe) == 0;
    if (is_program || strcmp(path_b, b->exe) == 0)
        return is_program && strcmp(path_b, b->exe) == 0;
    return path_a[0] == '/' && strcmp(path_basename(path_a), path_basename(path_b)) == 0;
}

static bool have_same_modules(const struct profile *a, const struct profile *b)
{
    bool found = false;
    for (size_t i = 0; i < profile_mapping_count(a); i++)
        for (size_t j = 0; j < profile_mapping_count(b); j++) {
            struct profile_mapping left = profile_mapping(a, i), right = profile_mapping(b, j);
            if (!are_counterparts(a, left.path, b, right.path))
                continue;
            found |= strcmp(left.path, a->exe) == 0;
            if (!is_same_build(&left, &right))
                return false;
        }
    return found;
}

// Of the first profiles: then lines can be compared. Files that are none are reported later.
bool diff_is_same_build(const char *old, const char *new)
{
    struct profile a, b;
    const char *why;
    if (profile_file_operand_pid(old) || profile_open(&a, old, false, NULL, &why) != 0)
        return false;
    bool same = !profile_file_operand_pid(new) && profile_open(&b, new, false, NULL, &why) == 0;
    if (same) {
        same = have_same_modules(&a, &b);
        profile_release(&b);
    }
    profile_release(&a);
    return same;
}
