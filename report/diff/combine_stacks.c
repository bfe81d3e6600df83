// SPDX-License-Identifier: MIT
//
// combine_stacks.c - what stacks of a combination are made of: texts, frames that name the same
// code, calls with what is inlined into them, and a trie of these.
#include "report/diff/combine_parts.h"
#include "report/model/runtime_code.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX 1000 // of a stack, the inner ones: a reader takes no longer ones
#define TEXTS_BYTES_MAX (UINT32_MAX / 2)

// --- texts

static uint64_t text_hash(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

static size_t text_slot(const struct texts *texts, const char *text)
{
    size_t mask = texts->slot_count - 1, slot = text_hash(text) & mask;
    while (texts->slots[slot] && strcmp(texts->bytes + texts->slots[slot], text) != 0)
        slot = (slot + 1) & mask;
    return slot;
}

static bool grow_text_slots(struct texts *texts)
{
    size_t before = texts->slot_count, count = before ? 2 * before : 1024;
    uint32_t *old = texts->slots, *slots = calloc(count, sizeof(*slots));
    if (!slots)
        return false;
    texts->slots = slots;
    texts->slot_count = count;
    for (size_t i = 0; i < before; i++)
        if (old[i])
            slots[text_slot(texts, texts->bytes + old[i])] = old[i];
    free(old);
    return true;
}

static bool make_room(struct texts *texts, size_t bytes)
{
    size_t room = texts->room ? texts->room : 4096;
    while (room < texts->length + bytes + 1)
        room *= 2;
    if (room == texts->room)
        return true;
    char *larger = room < TEXTS_BYTES_MAX ? realloc(texts->bytes, room) : NULL;
    if (!larger)
        return false;
    texts->bytes = larger;
    texts->room = room;
    if (texts->length == 0)
        texts->bytes[texts->length++] = '\0';
    return true;
}

uint32_t combination_text(struct combination *combination, const char *text)
{
    struct texts *texts = &combination->texts;
    size_t bytes = text ? strlen(text) + 1 : 1;
    if (bytes == 1 || !make_room(texts, bytes) ||
        (texts->count >= texts->slot_count / 2 && !grow_text_slots(texts)))
        return 0;
    size_t slot = text_slot(texts, text);
    if (!texts->slots[slot]) {
        memcpy(texts->bytes + texts->length, text, bytes);
        texts->slots[slot] = (uint32_t)texts->length;
        texts->length += bytes;
        texts->count++;
    }
    return texts->slots[slot];
}

void texts_release(struct texts *texts)
{
    free(texts->bytes);
    free(texts->slots);
}

uint32_t addition_text(struct addition *addition, const char *text)
{
    uint32_t number = combination_text(addition->combination, text);
    addition->failed |= number == 0 && text && *text;
    return number;
}

// --- frames

static const char *base_name(const char *path)
{
    return path ? path_basename(path) : NULL;
}

// The program itself, whatever its file is called.
static const char *module_name(const struct addition *addition, const char *module)
{
    bool is_program = module && strcmp(module, addition->profile->exe) == 0;
    return is_program ? "[program]" : base_name(module);
}

static struct combined_frame named_frame(struct addition *addition, const struct frame *frame)
{
    const struct place *place = frame->place;
    enum combination_key key = addition->combination->key;
    bool by_line = key != COMBINE_OTHER_BUILD, by_path = key == COMBINE_BY_LINE;
    struct combined_frame named = {
        .profile = addition->combination->profile_count,
        .file = addition_text(addition, frame->file ? frame->file : place->file),
        .line = place->line,
        .module = addition_text(addition, place->module),
        .flags = (frame->inlined ? PROFILE_FRAME_INLINED : 0) |
                 (frame->marker ? PROFILE_FRAME_MARKER : 0),
    };
    named.key = (struct frame_key){
        .function = addition_text(addition, place->function),
        .file = by_path ? named.file : addition_text(addition, base_name(place->file)),
        .line = by_line ? named.line : 0,
        .module =
            by_path ? named.module : addition_text(addition, module_name(addition, place->module)),
        .flags = by_line ? named.flags : named.flags & PROFILE_FRAME_MARKER,
        .offset = place->function ? 0 : place->offset,
    };
    return named;
}

static uint32_t frame_index(struct addition *addition, const struct frame *frame)
{
    struct keyed_table *frames = &addition->combination->frames;
    struct combined_frame named = named_frame(addition, frame);
    uint32_t before = frames->count, index = keyed_table_get(frames, &named.key);
    addition->failed |= index == KEYED_NONE;
    if (index == KEYED_NONE)
        return index;
    struct combined_frame *known = &((struct combined_frame *)frames->records)[index];
    if (index == before)
        *known = named;
    else if (known->profile == named.profile && known->line != named.line)
        known->line = 0; // which of them is meant nobody could say
    return index;
}

// --- calls

static uint32_t call_of(struct addition *addition, const struct frame *frames, size_t count)
{
    uint32_t call = KEYED_NONE;
    for (size_t i = count; i-- > 0;) {
        struct combined_call key = {.outer = call + 1, .frame = frame_index(addition, &frames[i])};
        call = keyed_table_get(&addition->combination->calls, &key);
        addition->failed |= call == KEYED_NONE;
    }
    return call;
}

static bool make_call_room(struct addition *addition, uint32_t number)
{
    if (number < addition->call_room)
        return true;
    size_t room = 2 * (size_t)number + 256;
    uint32_t *larger = realloc(addition->calls, room * sizeof(*larger));
    if (!larger)
        return false;
    memset(larger + addition->call_room, 0, (room - addition->call_room) * sizeof(*larger));
    addition->calls = larger;
    addition->call_room = room;
    return true;
}

static uint32_t call_of_location(struct addition *addition, const struct location *location)
{
    uint32_t number = location_number(location);
    if (!make_call_room(addition, number)) {
        addition->failed = true;
        return KEYED_NONE;
    }
    if (addition->calls[number] == 0) {
        const struct frame *frames;
        size_t count = location_frames(location, &frames);
        addition->calls[number] = call_of(addition, frames, count) + 1;
    }
    return addition->calls[number] - 1;
}

// --- stacks

struct known_stack {
    uint32_t stack;
    uint32_t node;
};

// Two builds inline differently: there each frame is a call of its own.
static size_t put_apart(struct addition *addition, uint32_t call, uint32_t *calls, size_t count)
{
    struct keyed_table *table = &addition->combination->calls;
    for (uint32_t next = call; next != KEYED_NONE && count < FRAMES_MAX;) {
        struct combined_call each = ((struct combined_call *)table->records)[next];
        next = each.outer - 1;
        each.outer = 0;
        calls[count] = keyed_table_get(table, &each);
        addition->failed |= calls[count++] == KEYED_NONE;
    }
    return count;
}

static size_t list_calls(struct addition *addition, uint32_t stack, uint32_t *ret_calls)
{
    struct stack_walk walk = {.node = stack};
    struct location *location;
    size_t count = 0;
    while (count < FRAMES_MAX && (location = stack_walk_location(addition->profile, &walk))) {
        uint32_t call = call_of_location(addition, location);
        if (addition->combination->key != COMBINE_OTHER_BUILD)
            ret_calls[count++] = call;
        else
            count = put_apart(addition, call, ret_calls, count);
    }
    return count;
}

static uint32_t node_of(struct addition *addition, uint32_t stack)
{
    uint32_t calls[FRAMES_MAX];
    size_t count = list_calls(addition, stack, calls);
    uint32_t node = COMBINED_ROOT;
    for (size_t i = count; i-- > 0 && !addition->failed;) {
        struct combined_node key = {.parent = node, .call = calls[i]};
        uint32_t index = keyed_table_get(&addition->combination->nodes, &key);
        addition->failed |= index >= PROFILE_NODES_MAX - COMBINED_FIRST;
        node = index + COMBINED_FIRST;
    }
    if (!count || addition->failed)
        return 0;
    struct combined_node *nodes = addition->combination->nodes.records;
    addition->combination->stack_count += !nodes[node - COMBINED_FIRST].is_stack;
    nodes[node - COMBINED_FIRST].is_stack = 1;
    return node;
}

uint32_t addition_stack(struct addition *addition, uint32_t stack)
{
    if (stack == 0)
        return 0;
    uint32_t index = keyed_table_get(&addition->stacks, &stack);
    if (index == KEYED_NONE) {
        addition->failed = true;
        return 0;
    }
    struct known_stack *known = &((struct known_stack *)addition->stacks.records)[index];
    if (known->node == 0)
        known->node = node_of(addition, stack);
    return known->node;
}

void addition_release(struct addition *addition)
{
    free(addition->calls);
    keyed_table_release(&addition->stacks);
}
