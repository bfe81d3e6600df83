// SPDX-License-Identifier: MIT
//
// profile_seeds.c - `profile_seeds DIR` writes what the fuzz targets of the report begin with:
// small profiles of every kind, of each version that is read, and what may be done with them.
#include "tests/fuzz/profile_input.h"
#include "tests/unit/profile_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACTIONS 27 // more than profile_render_fuzz.c has are the first ones again

static const char *directory;

static void write_seed(const char *name, const void *bytes, size_t length, unsigned action)
{
    uint8_t choices[CHOICE_COUNT] = {[CHOICE_ACTION] = (uint8_t)action,
                                     [CHOICE_VIEW] = (uint8_t)(action * 5),
                                     [CHOICE_VALUE] = (uint8_t)action,
                                     [CHOICE_FLAGS] = (uint8_t)(action * 17)};
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s-%u", directory, name, action);
    FILE *file = fopen(path, "w");
    if (!file || fwrite(bytes, 1, length, file) != length ||
        fwrite(choices, 1, sizeof(choices), file) != sizeof(choices) || fclose(file) != 0)
        exit(2);
}

static void write_seeds(const char *name, const void *bytes, size_t length)
{
    for (unsigned action = 0; action < ACTIONS; action++)
        write_seed(name, bytes, length, action);
}

static void write_built(const char *name, void (*fill)(struct profile_builder *), uint32_t version)
{
    struct profile_builder builder;
    profile_builder_init(&builder);
    builder.header.version = version;
    fill(&builder);
    profile_builder_finish(&builder);
    write_seeds(name, builder.bytes, builder.length_bytes);
    profile_builder_release(&builder);
}

static void fill_timeline(struct profile_builder *builder)
{
    profile_builder_fill_timeline(builder, 12);
}

// --- a merged one

static const char texts[] = "\0main\0src/demo.c\0/bin/demo\0void work<int>(int)\0lock_a\0why\0note";
enum {
    TEXT_MAIN = 1,
    TEXT_FILE = 6,
    TEXT_MODULE = 17,
    TEXT_WORK = 27,
    TEXT_LOCK = 47,
    TEXT_WHY = 54,
    TEXT_NOTE = 58
};

static void append_names(struct profile_builder *builder)
{
    const struct profile_merged head = {
        .profile_count = 2, .without_leaks = 1, .why_no_leaks = TEXT_WHY};
    const struct profile_merged_frame frames[] = {
        {1, 0, TEXT_MAIN, TEXT_FILE, 12, TEXT_MODULE, 0},
        {2, PROFILE_FRAME_INLINED, TEXT_WORK, TEXT_FILE, 7, TEXT_MODULE, 0},
        {2, 0, TEXT_MAIN, TEXT_FILE, 14, TEXT_MODULE, 0},
        {3, 0, 0, 0, 0, TEXT_MODULE, 0x1234},
    };
    const struct profile_lock_name names[] = {{1, TEXT_LOCK, TEXT_LOCK, 0},
                                              {2, TEXT_WORK, TEXT_LOCK, PROFILE_LOCK_IN_ARRAY}};
    const struct profile_order_edge edges[] = {
        {1, PROFILE_ORDER_POTENTIAL, 0, 2, 1, 2, 3, 4, 3, 0, 0, {0}},
        {1, PROFILE_ORDER_POTENTIAL, 1, 2, 2, 1, 4, 3, 0, 0, TEXT_WHY, {0}}};
    const struct profile_merged_program program = {TEXT_MODULE, 0, 2};
    const struct profile_merged_note note = {TEXT_NOTE, 0};
    profile_builder_append(builder, PROFILE_CHUNK_MERGED, 0, &head, sizeof(head));
    profile_builder_append(builder, PROFILE_CHUNK_TEXTS, 0, texts, sizeof(texts));
    profile_builder_append(builder, PROFILE_CHUNK_FRAMES, sizeof(frames[0]), frames,
                           sizeof(frames));
    profile_builder_append(builder, PROFILE_CHUNK_LOCK_NAMES, sizeof(names[0]), names,
                           sizeof(names));
    profile_builder_append(builder, PROFILE_CHUNK_ORDER, sizeof(edges[0]), edges, sizeof(edges));
    profile_builder_append(builder, PROFILE_CHUNK_PROGRAMS, sizeof(program), &program,
                           sizeof(program));
    profile_builder_append(builder, PROFILE_CHUNK_NOTES, sizeof(note), &note, sizeof(note));
}

static void fill_merged(struct profile_builder *builder)
{
    builder->header.is_merged = 1;
    uint32_t root = builder_node(builder, 1, 0);
    uint32_t outer = builder_node(builder, PROFILE_MARKER_END + 1, root);
    uint32_t inner = builder_node(builder, PROFILE_MARKER_END + 2, outer);
    uint32_t leaf = builder_node(builder, PROFILE_MARKER_END + 3, inner);
    builder_cell(builder, &(struct profile_cell){inner, 0, 9, 900, 4, 400, 1, 7, 700});
    builder_cell(builder, &(struct profile_cell){leaf, 0, 2, 64, 2, 64, 0, 1, 32});
    for (int i = 0; i < 2; i++)
        builder_lock(builder, &(struct profile_lock){.address = 1, .creation_stack = inner});
    builder_wait(builder, &(struct profile_lock_wait){
                              .lock = 1, .stack = leaf, .count = 3, .wait_ns = 5000});
    builder_thread(builder, &(struct profile_thread){.origin = PROFILE_ORIGIN_CREATED,
                                                     .creation_stack = inner,
                                                     .like_count = 4});
}

static void write_merged(void)
{
    struct profile_builder builder;
    profile_builder_init(&builder);
    fill_merged(&builder);
    profile_builder_finish(&builder);
    append_names(&builder);
    write_seeds("merged", builder.bytes, builder.length_bytes);
    profile_builder_release(&builder);
}

int main(int argc, char **argv)
{
    static const char *const versions[] = {"demo1", "demo2", "demo3", "demo4"};
    if (argc != 2)
        return 2;
    directory = argv[1];
    for (uint32_t version = 1; version <= 4; version++)
        write_built(versions[version - 1], profile_builder_fill_demo, version);
    write_built("timeline", fill_timeline, PROFILE_VERSION);
    write_built("sampled", profile_builder_fill_sampled, PROFILE_VERSION);
    write_built("leaks", profile_builder_fill_leaks, PROFILE_VERSION);
    write_built("locks", profile_builder_fill_locks, PROFILE_VERSION);
    write_merged();
    return 0;
}
