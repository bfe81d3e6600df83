// SPDX-License-Identifier: MIT
//
// html_stacks.c - the stacks of a page: one trie of frames from the outermost inwards, in which
// parents come before their children. What a node of the profile's own trie became is kept, so that
// shared outer frames are walked once.
#include "report/html/html_page.h"
#include "report/model/function_name.h"
#include "report/model/hash.h"

#include <stdlib.h>
#include <string.h>

#define WALK_FRAMES_MAX 65536 // of one stack, inlined ones counted

struct html_frame {
    const struct place *place;
    bool inlined, runtime, marker;
};

struct html_node {
    uint32_t parent, frame;
    double weight; // the largest share of a value that stacks ending here have
};

struct edge_key {
    uint32_t parent, frame;
};

struct edge {
    struct edge_key key;
    uint32_t node;
    UT_hash_handle hh;
};

struct step {
    uint32_t id; // of the profile's node; 0: what it means depends on the stack
    const struct frame *frames;
    size_t frame_count;
};

struct html_stacks {
    struct html_frame *frames;
    size_t frame_count, frame_room;
    uint32_t *place_frames; // by number of the place, twice: as a function and inlined; 1 + frame
    size_t place_room;
    struct html_node *nodes; // 0 is the root
    size_t node_count, node_room;
    struct edge *edges;
    uint32_t *known; // by node of the profile: 1 + node; 0: not known
    size_t known_room;
    struct step *steps;
    size_t step_room;
};

// Room for one element more. False without memory.
static bool make_room(void **elements, size_t count, size_t *room, size_t bytes)
{
    if (count < *room)
        return true;
    size_t wanted = *room ? *room * 2 : 1024;
    void *moved = reallocarray(*elements, wanted, bytes);
    if (!moved)
        return false;
    *elements = moved;
    *room = wanted;
    return true;
}

static struct html_stacks *stacks_of(struct html_page *page)
{
    if (page->stacks)
        return page->stacks;
    struct html_stacks *stacks = calloc(1, sizeof(*stacks));
    void *nodes = NULL;
    if (!stacks || !make_room(&nodes, 0, &stacks->node_room, sizeof(*stacks->nodes))) {
        free(stacks);
        page->failed = true;
        return NULL;
    }
    stacks->nodes = nodes;
    stacks->nodes[0] = (struct html_node){0};
    stacks->node_count = 1;
    page->stacks = stacks;
    return stacks;
}

// --- frames

static bool place_room(struct html_stacks *stacks, size_t index)
{
    if (index < stacks->place_room)
        return true;
    size_t wanted = (index + 1) * 2;
    uint32_t *moved = reallocarray(stacks->place_frames, wanted, sizeof(*moved));
    if (!moved)
        return false;
    memset(moved + stacks->place_room, 0, (wanted - stacks->place_room) * sizeof(*moved));
    stacks->place_frames = moved;
    stacks->place_room = wanted;
    return true;
}

// -1 without memory.
static long frame_number(struct html_page *page, const struct html_frame *frame)
{
    struct html_stacks *stacks = stacks_of(page);
    size_t index = (size_t)frame->place->number * 2 + frame->inlined;
    void *frames = stacks ? stacks->frames : NULL;
    if (!stacks || !place_room(stacks, index) ||
        !make_room(&frames, stacks->frame_count, &stacks->frame_room, sizeof(*frame))) {
        page->failed = true;
        return -1;
    }
    stacks->frames = frames;
    if (stacks->place_frames[index] == 0) {
        stacks->frames[stacks->frame_count++] = *frame;
        stacks->place_frames[index] = (uint32_t)stacks->frame_count;
    }
    return (long)stacks->place_frames[index] - 1;
}

long html_frame_number(struct html_page *page, const struct place *place)
{
    return place ? frame_number(page, &(struct html_frame){.place = place}) : -1;
}

// --- nodes

static uint32_t child_node(struct html_page *page, uint32_t parent, const struct frame *frame)
{
    struct html_stacks *stacks = page->stacks;
    long number = frame_number(page, &(struct html_frame){.place = frame->place,
                                                          .inlined = frame->inlined,
                                                          .runtime = frame->runtime,
                                                          .marker = frame->marker});
    struct edge_key key = {parent, (uint32_t)number};
    struct edge *edge = NULL;
    HASH_FIND(hh, stacks->edges, &key, sizeof(key), edge);
    if (edge || number < 0)
        return edge ? edge->node : parent;
    void *nodes = stacks->nodes;
    edge = region_alloc(&page->region, sizeof(*edge));
    if (!edge ||
        !make_room(&nodes, stacks->node_count, &stacks->node_room, sizeof(struct html_node))) {
        page->failed = true;
        return parent;
    }
    stacks->nodes = nodes;
    stacks->nodes[stacks->node_count] = (struct html_node){parent, (uint32_t)number, 0};
    *edge = (struct edge){.key = key, .node = (uint32_t)stacks->node_count++};
    HASH_ADD(hh, stacks->edges, key, sizeof(key), edge);
    return edge->node;
}

// The ids of a profile's nodes are dense. One that is none of them is forgotten.
static void remember(struct html_page *page, uint32_t id, uint32_t node)
{
    struct html_stacks *stacks = page->stacks;
    if (id == 0 || id >= profile_stack_limit(page->profile))
        return;
    if (id >= stacks->known_room) {
        size_t wanted = 2 * (size_t)id;
        uint32_t *moved = reallocarray(stacks->known, wanted, sizeof(*moved));
        if (!moved)
            return;
        memset(moved + stacks->known_room, 0, (wanted - stacks->known_room) * sizeof(*moved));
        stacks->known = moved;
        stacks->known_room = wanted;
    }
    stacks->known[id] = node + 1;
}

// 1 + node; 0: not known.
static uint32_t recall(const struct html_stacks *stacks, uint32_t id)
{
    return id < stacks->known_room ? stacks->known[id] : 0;
}

// The steps outwards to a node that is known, or to the end.
static size_t walk_outwards(struct html_page *page, uint32_t stack, uint32_t *ret_known)
{
    struct html_stacks *stacks = page->stacks;
    struct stack_walk walk = {.node = stack};
    size_t count = 0, frames = 0;
    *ret_known = 0;
    while (frames < WALK_FRAMES_MAX) {
        uint32_t id = walk.interrupted ? 0 : walk.node;
        uint32_t known = id ? recall(stacks, id) : 0;
        void *steps = stacks->steps;
        if (known)
            *ret_known = known - 1;
        struct location *location = known ? NULL : stack_walk_location(page->profile, &walk);
        if (!location)
            break;
        if (!make_room(&steps, count, &stacks->step_room, sizeof(*stacks->steps))) {
            page->failed = true;
            break;
        }
        stacks->steps = steps;
        struct step *step = &stacks->steps[count++];
        step->id = id;
        step->frame_count = location_frames(location, &step->frames);
        frames += step->frame_count;
    }
    return count;
}

uint32_t html_node(struct html_page *page, uint32_t stack)
{
    struct html_stacks *stacks = stack ? stacks_of(page) : NULL;
    if (!stacks)
        return 0;
    uint32_t node;
    for (size_t i = walk_outwards(page, stack, &node); i > 0; i--) {
        const struct step *step = &stacks->steps[i - 1];
        for (size_t j = step->frame_count; j > 0; j--)
            node = child_node(page, node, &step->frames[j - 1]);
        remember(page, step->id, node);
    }
    return node;
}

size_t html_node_count(struct html_page *page)
{
    const struct html_stacks *stacks = stacks_of(page);
    return stacks ? stacks->node_count : 0;
}

void html_stack(struct html_page *page, const char *key, uint32_t stack)
{
    html_integer(page, key, html_node(page, stack));
}

// --- weights

void html_weigh(struct html_page *page, uint32_t node, int64_t value, int64_t total)
{
    double share = total > 0 && value > 0 ? (double)value / (double)total : 0;
    if (page->stacks && node < page->stacks->node_count)
        page->stacks->nodes[node].weight += share;
}

struct heavy {
    const struct place *place;
    double weight;
};

static int compare_heavy(const void *left, const void *right)
{
    const struct heavy *a = left, *b = right;
    return (a->weight < b->weight) - (a->weight > b->weight);
}

// By frame. Recursion counts twice: only the order matters.
static struct heavy *weigh_frames(const struct html_stacks *stacks)
{
    struct heavy *heavy = calloc(stacks->frame_count + 1, sizeof(*heavy));
    double *totals = calloc(stacks->node_count, sizeof(*totals));
    for (size_t i = stacks->node_count; heavy && totals && i-- > 1;) {
        const struct html_node *node = &stacks->nodes[i];
        const struct html_frame *frame = &stacks->frames[node->frame];
        totals[i] += node->weight;
        totals[node->parent] += totals[i];
        heavy[node->frame].place = frame->place;
        if (frame->place->file && frame->place->line && !frame->runtime)
            heavy[node->frame].weight += totals[i];
    }
    free(totals);
    return heavy;
}

size_t html_heavy_places(struct html_page *page, const struct place ***ret_places)
{
    struct html_stacks *stacks = stacks_of(page);
    struct heavy *heavy = stacks ? weigh_frames(stacks) : NULL;
    const struct place **places =
        heavy ? region_array(&page->region, stacks->frame_count + 1, sizeof(*places)) : NULL;
    size_t count = 0;
    if (places) {
        qsort(heavy, stacks->frame_count, sizeof(*heavy), compare_heavy);
        for (size_t i = 0; i < stacks->frame_count && heavy[i].weight > 0; i++)
            places[count++] = heavy[i].place;
    }
    page->failed |= !places;
    free(heavy);
    *ret_places = places;
    return count;
}

// --- writing

static void put_frame(struct html_page *page, const struct html_frame *frame)
{
    const struct place *place = frame->place;
    size_t length = 0;
    const char *name = place->function ? function_short_name(place->function, &length) : NULL;
    const char *copy = name ? region_strndup(&page->region, name, length) : NULL;
    html_row(page);
    html_text(page, NULL, copy);
    html_text(page, NULL, place->function);
    html_text(page, NULL, place->file);
    html_integer(page, NULL, place->line);
    html_text(page, NULL, place->module);
    html_integer(page, NULL, (int64_t)place->offset);
    html_integer(page, NULL, frame->inlined | frame->runtime << 1 | frame->marker << 2);
    html_row_end(page);
}

void html_put_stacks(struct html_page *page)
{
    const struct html_stacks *stacks = stacks_of(page);
    html_table(page, "frames", "name function file line module offset flags");
    for (size_t i = 0; stacks && i < stacks->frame_count; i++)
        put_frame(page, &stacks->frames[i]);
    html_table_end(page);
    html_open(page, "nodes", '{');
    html_open(page, "parent", '[');
    for (size_t i = 0; stacks && i < stacks->node_count; i++)
        html_integer(page, NULL, stacks->nodes[i].parent);
    html_close(page, ']');
    html_open(page, "frame", '[');
    for (size_t i = 0; stacks && i < stacks->node_count; i++)
        html_integer(page, NULL, i ? (int64_t)stacks->nodes[i].frame : -1);
    html_close(page, ']');
    html_close(page, '}');
}

void html_stacks_release(struct html_page *page)
{
    struct html_stacks *stacks = page->stacks;
    if (!stacks)
        return;
    HASH_CLEAR(hh, stacks->edges);
    free(stacks->known);
    free(stacks->frames);
    free(stacks->place_frames);
    free(stacks->nodes);
    free(stacks->steps);
    free(stacks);
    page->stacks = NULL;
}
