// SPDX-License-Identifier: MIT
//
// json_writer.h - how the parts of the JSON format (render_json.c, json_leaks.c, json_locks.c,
// json_threads.c, json_timeline.c) share one report being written: as a stream, one small jansson
// object at a time, and the frames of an address rendered once and kept with it, within limits, so
// that a profile of a million stacks needs no tree in memory. Internal to them.
#ifndef GAIAPROF_JSON_WRITER_H
#define GAIAPROF_JSON_WRITER_H

#include "report/formats/render.h"

#include <jansson.h>

#define JSON_STEP "  "

struct json_writer {
    struct profile *profile;
    const struct render_options *options;
    FILE *out;
    struct region region; // of strings on their way out
    size_t kept_bytes;    // of frames
    bool failed;          // without memory
};

// Members of an object. `value` is taken over.
void json_set(struct json_writer *writer, json_t *object, const char *key, json_t *value);
void json_set_integer(struct json_writer *writer, json_t *object, const char *key, int64_t value);
void json_set_text(struct json_writer *writer, json_t *object, const char *key, const char *text);

// Nothing where it is below 0: not known.
void json_set_run_time(struct json_writer *writer, json_t *object, const char *key, int64_t ns);
// Nothing where it is NULL.
void json_set_suppressed(struct json_writer *writer, json_t *object,
                         const struct suppression *suppression);

json_t *json_text(const char *text);

// These write; `value` and `members` are taken over.
void json_put(struct json_writer *writer, json_t *value);
void json_put_stack(struct json_writer *writer, uint32_t stack);

// An object that stays open, for members that are streamed: each begins with json_key(), after the
// last comes '}'.
void json_open(struct json_writer *writer, json_t *members);
void json_key(struct json_writer *writer, const char *key);

// A whole object with a stack.
void json_put_with_stack(struct json_writer *writer, json_t *members, const char *key,
                         uint32_t stack);

// A list that is streamed as a member of an open object: json_begin_list(), json_begin_element()
// before each element, then ']'.
void json_begin_list(struct json_writer *writer, const char *key);
void json_begin_element(struct json_writer *writer, bool *first);

// --- sections

// Leaks were asked for, even if there was no way to tell.
bool json_has_leaks(const struct profile *profile);
void json_put_leaks(struct json_writer *writer);
void json_put_heap_misuses(struct json_writer *writer); // a member of the heap
void json_put_locks(struct json_writer *writer);
void json_put_order(struct json_writer *writer);
void json_put_misuses(struct json_writer *writer);
void json_put_threads(struct json_writer *writer);
void json_put_timeline(struct json_writer *writer);

#endif
