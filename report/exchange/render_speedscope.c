// SPDX-License-Identifier: MIT
//
// render_speedscope.c - speedscope's own file format: for each value of each view a "sampled"
// profile, all with the same frames. What a diff has less of is a profile of its own, for weights
// are not negative. Streamed: the frames come last, when all are known.
#include "report/exchange/frame_name.h"
#include "report/exchange/stack_sums.h"
#include "report/formats/render.h"
#include "report/model/runtime_code.h"
#include "report/model/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct speedscope {
    struct profile *profile;
    const struct render_options *options;
    FILE *out;
    struct region region;
    uint32_t *frame_of_place; // 0: none yet
    size_t place_room;
    const struct place **frames;
    size_t frame_count, frame_room;
    size_t profile_count;
    size_t active; // number of the profile that is shown first
    bool failed;   // without memory
};

// --- JSON

static void put_text(struct speedscope *scope, const char *text)
{
    const char *printable = text_printable(&scope->region, text);
    scope->failed |= !printable;
    putc_unlocked('"', scope->out);
    for (const char *at = printable ? printable : ""; *at; at++) {
        if (*at == '"' || *at == '\\')
            putc_unlocked('\\', scope->out);
        putc_unlocked(*at, scope->out);
    }
    putc_unlocked('"', scope->out);
}

static void put_number(FILE *out, uint64_t number)
{
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    while (count > 0)
        putc_unlocked(digits[--count], out);
}

// --- frames

static bool make_place_room(struct speedscope *scope, size_t count)
{
    if (count <= scope->place_room)
        return true;
    uint32_t *larger = realloc(scope->frame_of_place, 2 * count * sizeof(*larger));
    if (!larger)
        return false;
    memset(larger + scope->place_room, 0, (2 * count - scope->place_room) * sizeof(*larger));
    scope->frame_of_place = larger;
    scope->place_room = 2 * count;
    return true;
}

static uint32_t frame_number(void *numbers, const struct place *place)
{
    struct speedscope *scope = numbers;
    if (!make_place_room(scope, (size_t)place->number + 1))
        return 0;
    uint32_t *number = &scope->frame_of_place[place->number];
    if (*number)
        return *number;
    void *frames = scope->frames;
    const struct place **frame = region_push(&scope->region, &frames, &scope->frame_count,
                                             &scope->frame_room, sizeof(const struct place *));
    if (!frame)
        return 0;
    scope->frames = frames;
    *frame = place;
    *number = (uint32_t)scope->frame_count;
    return *number;
}

static void put_frame(struct speedscope *scope, const struct place *place)
{
    struct region region = {0};
    const char *name = frame_name(&region, place, NAME_SHORT);
    scope->failed |= !name;
    fputs("{\"name\":", scope->out);
    put_text(scope, name ? name : "");
    if (place->file) {
        fputs(",\"file\":", scope->out);
        put_text(scope, place->file);
    }
    if (place->file && place->line)
        fprintf(scope->out, ",\"line\":%u", place->line);
    putc('}', scope->out);
    region_release(&region);
}

static void put_frames(struct speedscope *scope)
{
    fputs("\"shared\":{\"frames\":[", scope->out);
    for (size_t i = 0; i < scope->frame_count; i++) {
        fputs(i ? ",\n" : "\n", scope->out);
        put_frame(scope, scope->frames[i]);
    }
    fputs("\n]}", scope->out);
}

// --- profiles

// One value of a view, of a diff only what is more (`sign` 1) or what is less (-1).
struct part {
    struct stack_sums *sums;
    const uint32_t *order;
    size_t type; // of the sums
    int sign;
};

static uint64_t weight_at(const struct part *part, uint32_t node)
{
    int64_t value = stack_sums_at(part->sums, node, part->type).value;
    if (part->sign < 0)
        return value < 0 ? -(uint64_t)value : 0;
    return value > 0 ? (uint64_t)value : 0;
}

static uint64_t total_weight(const struct part *part)
{
    uint64_t total = 0;
    for (uint32_t node = 1; node < part->sums->trie.count; node++)
        total += weight_at(part, node);
    return total;
}

static void put_stack(struct speedscope *scope, const struct part *part, uint32_t node)
{
    size_t count = 0;
    const uint32_t *numbers = stack_trie_path(&part->sums->trie, node, &count);
    scope->failed |= !numbers;
    putc_unlocked('[', scope->out);
    for (size_t i = 0; numbers && i < count; i++) {
        if (i > 0)
            putc_unlocked(',', scope->out);
        put_number(scope->out, numbers[i] - 1);
    }
    putc_unlocked(']', scope->out);
}

static void put_samples(struct speedscope *scope, const struct part *part)
{
    const char *separator = "\n";
    fputs(",\"samples\":[", scope->out);
    for (uint32_t i = 1; i < part->sums->trie.count; i++) {
        if (weight_at(part, part->order[i]) == 0)
            continue;
        fputs_unlocked(separator, scope->out);
        put_stack(scope, part, part->order[i]);
        separator = ",\n";
    }
    fputs("\n],\"weights\":[", scope->out);
    separator = "";
    for (uint32_t i = 1; i < part->sums->trie.count; i++) {
        uint64_t weight = weight_at(part, part->order[i]);
        if (weight == 0)
            continue;
        fputs_unlocked(separator, scope->out);
        put_number(scope->out, weight);
        separator = ",";
    }
    fputs("]}", scope->out);
}

static const char *part_name(const struct speedscope *scope, const struct part *part)
{
    bool is_diff = scope->profile->old != NULL;
    if (part->sign > 0)
        return is_diff ? ", grown" : "";
    return is_diff ? ", shrunk" : ", below 0";
}

static void put_part(struct speedscope *scope, const struct sample_view *view,
                     const struct sample_type *type, const struct part *part)
{
    uint64_t total = total_weight(part);
    const char *unit = strcmp(type->unit, "count") == 0 ? "none" : type->unit;
    fprintf(scope->out, "%s{\"type\":\"sampled\",\"name\":\"%s: %s%s\",\"unit\":\"%s\",",
            scope->profile_count ? ",\n" : "\n", view->name, type->type, part_name(scope, part),
            unit);
    fputs("\"startValue\":0,\"endValue\":", scope->out);
    put_number(scope->out, total);
    put_samples(scope, part);
    scope->profile_count++;
}

// The view and value that are asked for, else the view's own, is shown first.
static void put_type(struct speedscope *scope, const struct sample_view *view, size_t type,
                     struct part *part)
{
    size_t shown = scope->options->samples ? scope->options->value : view->default_type;
    bool is_shown = type == shown && (scope->options->samples || strcmp(view->name, "heap") == 0);
    size_t before = scope->profile_count;
    for (part->sign = 1; part->sign >= -1; part->sign -= 2)
        if (total_weight(part) != 0)
            put_part(scope, view, &view->types[type], part);
    if (is_shown && scope->profile_count > before)
        scope->active = before;
}

// Of other views of the heap than itself, what was allocated in all is the same again.
static size_t first_type(const struct speedscope *scope, const struct sample_view *view)
{
    bool is_again = strcmp(view->name, "peak") == 0 || strcmp(view->name, "leaks") == 0 ||
                    strcmp(view->name, "reachable") == 0;
    int first = is_again ? sample_type_find(view, "inuse_objects") : 0;
    return scope->options->samples || first < 0 ? 0 : (size_t)first;
}

static int put_view(struct speedscope *scope, const struct sample_view *view)
{
    struct sample_set set;
    struct stack_sums sums;
    size_t first = first_type(scope, view);
    int error = sample_set_init(&set, scope->profile, view);
    if (error)
        return error;
    error = stack_sums_init(&sums, scope->profile, &set, first, view->type_count - first,
                            frame_number, scope);
    if (!error) {
        uint32_t *order = stack_trie_order(&sums.trie, NULL);
        error = order ? 0 : -ENOMEM;
        for (size_t i = 0; order && i < sums.type_count; i++)
            put_type(scope, view, first + i, &(struct part){&sums, order, i, 1});
        free(order);
        stack_sums_release(&sums);
    }
    sample_set_release(&set);
    return error;
}

static int put_views(struct speedscope *scope)
{
    if (scope->options->samples)
        return put_view(scope, scope->options->samples);
    int error = 0;
    for (const struct sample_view *view = sample_views; view->name && !error; view++)
        if (!view->why_not(scope->profile) && strcmp(view->name, "allocs") != 0)
            error = put_view(scope, view);
    return error;
}

// speedscope refuses a file without profiles.
static void put_empty(struct speedscope *scope)
{
    fputs("\n{\"type\":\"sampled\",\"name\":\"nothing\",\"unit\":\"none\",\"startValue\":0,"
          "\"endValue\":0,\"samples\":[],\"weights\":[]}",
          scope->out);
}

// What was put together of several processes has no pid.
static const char *program_name(struct speedscope *scope)
{
    const struct profile *profile = scope->profile;
    const char *program = *profile->exe ? path_basename(profile->exe) : "program";
    return profile->header.pid == 0
               ? program
               : region_printf(&scope->region, "%s (pid %u)", program, profile->header.pid);
}

static void put_head(struct speedscope *scope)
{
    const char *name = program_name(scope);
    fputs("{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n", scope->out);
    fputs("\"exporter\":\"gaiaprof " GAIAPROF_VERSION "\",\n\"name\":", scope->out);
    put_text(scope, name ? name : "");
    fputs(",\n\"profiles\":[", scope->out);
}

int render_speedscope(struct profile *profile, const struct render_options *options, FILE *out)
{
    struct speedscope scope = {.profile = profile, .options = options, .out = out};
    put_head(&scope);
    int error = put_views(&scope);
    if (!error) {
        if (scope.profile_count == 0)
            put_empty(&scope);
        fprintf(out, "\n],\n\"activeProfileIndex\":%zu,\n", scope.active);
        put_frames(&scope);
        fputs("}\n", out);
    }
    free(scope.frame_of_place);
    region_release(&scope.region);
    return error || scope.failed ? -ENOMEM : 0;
}
