// SPDX-License-Identifier: MIT
//
// profile_make.c - writes a profile for the tests of the command, one file:
//   profile_make demo FILE          profile_builder_fill_demo()
//   profile_make sampled FILE       profile_builder_fill_sampled()
//   profile_make leaks FILE         profile_builder_fill_leaks()
//   profile_make timeline FILE      the demo, with moments
//   profile_make hostile FILE       names with control characters and broken UTF-8
//   profile_make titled FILE        a demo that calls itself "nginx: master process ..."
//   profile_make large FILE STACKS  that many distinct stacks, 30 frames deep
#include "tests/unit/profile_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill_hostile(struct profile_builder *builder)
{
    static const char process[] = "/bin/\x1b[31mred\xff\0arg\xc3(\0\n";
    builder->process = process;
    builder->process_bytes = sizeof(process);
    profile_builder_fill_demo(builder);
    struct profile_thread thread = {.tid = 9, .origin = PROFILE_ORIGIN_ADOPTED};
    memcpy(thread.name, "\x1b]0;title\x07\xfe", 11);
    builder_thread(builder, &thread);
    builder_module(builder, 0x700000, 0x800000, "/tmp/\x1b[2J\xe2\x82.so");
}

static void fill_titled(struct profile_builder *builder)
{
    static const char process[] = "/usr/sbin/nginx\0nginx: master process nginx -c /x/ng.conf";
    builder->process = process;
    builder->process_bytes = sizeof(process);
    profile_builder_fill_demo(builder);
}

// A tree that shares its outer frames, as real stacks do: 16 branches at each of the inner levels.
static void fill_large(struct profile_builder *builder, size_t stacks)
{
    uint32_t node = builder_node(builder, 1, 0);
    for (int depth = 0; depth < 24; depth++)
        node = builder_node(builder, 0x401000 + (uint64_t)depth * 16, node);
    uint32_t inner = node;
    builder_module(builder, 0x400000, 0x600000, "/usr/bin/demo");
    for (size_t i = 0; i < stacks; i++) {
        if (i % 16 == 0)
            inner = builder_node(builder, 0x410000 + i % 65536 * 16, node);
        uint32_t leaf = builder_node(builder, 0x402000 + i % 4096 * 16, inner);
        builder_cell(builder, &(struct profile_cell){leaf, 0, 1 + i % 7, 100 + i, 0, 0, 0, 0, 0});
    }
}

int main(int argc, char **argv)
{
    struct profile_builder builder;
    if (argc < 3)
        return 2;
    profile_builder_init(&builder);
    if (strcmp(argv[1], "hostile") == 0)
        fill_hostile(&builder);
    else if (strcmp(argv[1], "titled") == 0)
        fill_titled(&builder);
    else if (strcmp(argv[1], "large") == 0 && argc > 3)
        fill_large(&builder, strtoul(argv[3], NULL, 10));
    else if (strcmp(argv[1], "sampled") == 0)
        profile_builder_fill_sampled(&builder);
    else if (strcmp(argv[1], "timeline") == 0)
        profile_builder_fill_timeline(&builder, 60);
    else if (strcmp(argv[1], "leaks") == 0)
        profile_builder_fill_leaks(&builder);
    else if (strcmp(argv[1], "locks") == 0)
        profile_builder_fill_locks(&builder);
    else
        profile_builder_fill_demo(&builder);
    profile_builder_finish(&builder);
    FILE *file = fopen(argv[2], "w");
    if (!file || fwrite(builder.bytes, 1, builder.length_bytes, file) != builder.length_bytes)
        return 2;
    profile_builder_release(&builder);
    return fclose(file) == 0 ? 0 : 2;
}
