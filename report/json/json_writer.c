// SPDX-License-Identifier: MIT
//
// json_writer.c - see json_writer.h. Objects that are opened are never empty: a comma may follow.
#include "report/json/json_writer.h"

#include "report/model/units.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_BYTES_MAX ((size_t)64 << 20)

// Takes over `value`.
void json_put(struct json_writer *writer, json_t *value)
{
    if (!value || json_dumpf(value, writer->out, JSON_ENCODE_ANY) != 0)
        writer->failed |= !value;
    json_decref(value);
}

json_t *json_text(const char *text)
{
    struct region scratch = {0};
    const char *clean = text_utf8(&scratch, text);
    json_t *value = clean ? json_string_nocheck(clean) : NULL;
    region_release(&scratch);
    return value;
}

void json_set(struct json_writer *writer, json_t *object, const char *key, json_t *value)
{
    writer->failed |= json_object_set_new_nocheck(object, key, value) != 0;
}

void json_set_integer(struct json_writer *writer, json_t *object, const char *key, int64_t value)
{
    json_set(writer, object, key, json_integer(value));
}

void json_set_run_time(struct json_writer *writer, json_t *object, const char *key, int64_t ns)
{
    if (ns >= 0)
        json_set_integer(writer, object, key, ns);
}

void json_set_text(struct json_writer *writer, json_t *object, const char *key, const char *text)
{
    json_set(writer, object, key, json_text(text));
}

// --- stacks

static json_t *frame_value(struct json_writer *writer, const struct frame *frame)
{
    const struct place *place = frame->place;
    json_t *value = json_object();
    if (place->function)
        json_set_text(writer, value, "function", place->function);
    if (place->file) {
        json_set_text(writer, value, "file", place->file);
        json_set_integer(writer, value, "line", place->line);
    }
    if (place->module)
        json_set_text(writer, value, "module", place->module);
    json_set_integer(writer, value, "offset", (int64_t)frame->offset);
    json_set(writer, value, "inlined", json_boolean(frame->inlined));
    return value;
}

// The frames of one location, separated by commas. To be freed; NULL without memory.
static char *frames_json(struct json_writer *writer, struct location *location)
{
    const struct frame *frames;
    size_t count = location_frames(location, &frames), length;
    char *text = NULL;
    FILE *out = open_memstream(&text, &length);
    for (size_t i = 0; out && i < count; i++) {
        json_t *value = frame_value(writer, &frames[i]);
        fputs(i ? "," : "", out);
        writer->failed |= json_dumpf(value, out, JSON_COMPACT) != 0;
        json_decref(value);
    }
    return out && fclose(out) == 0 ? text : NULL;
}

// Names may be long, and be those of very many frames: what is beyond KEPT_BYTES_MAX is rendered
// anew each time.
static void put_location(struct json_writer *writer, struct location *location)
{
    struct location_notes *notes = location_notes(location);
    if (notes->json) {
        fputs(notes->json, writer->out);
        return;
    }
    char *text = frames_json(writer, location);
    fputs(text ? text : "{}", writer->out);
    writer->failed |= !text;
    size_t length = text ? strlen(text) : 0;
    if (length && writer->kept_bytes + length <= KEPT_BYTES_MAX) {
        notes->json = region_strndup(&writer->profile->region, text, length);
        writer->kept_bytes += length;
    }
    free(text);
}

void json_put_stack(struct json_writer *writer, uint32_t stack)
{
    struct stack_walk walk = {.node = stack};
    const char *before = "[";
    for (struct location *location; (location = stack_walk_location(writer->profile, &walk));) {
        fputs(before, writer->out);
        put_location(writer, location);
        before = ",";
    }
    fputs(*before == '[' ? "[]" : "]", writer->out);
}

// --- objects and lists

// `members` are dumped without the closing brace.
void json_open(struct json_writer *writer, json_t *members)
{
    char *dump = members ? json_dumps(members, JSON_COMPACT) : NULL;
    writer->failed |= !dump;
    if (dump)
        fwrite(dump, 1, strlen(dump) - 1, writer->out);
    free(dump);
    json_decref(members);
}

void json_key(struct json_writer *writer, const char *key)
{
    fprintf(writer->out, ",\"%s\":", key);
}

void json_put_with_stack(struct json_writer *writer, json_t *members, const char *key,
                         uint32_t stack)
{
    json_open(writer, members);
    json_key(writer, key);
    json_put_stack(writer, stack);
    fputc('}', writer->out);
}

void json_begin_list(struct json_writer *writer, const char *key)
{
    fprintf(writer->out, ",\n" JSON_STEP JSON_STEP "\"%s\":[", key);
}

void json_begin_element(struct json_writer *writer, bool *first)
{
    const char *indent = JSON_STEP JSON_STEP JSON_STEP;
    fprintf(writer->out, "%s%s", *first ? "\n" : ",\n", indent);
    *first = false;
}
