// SPDX-License-Identifier: MIT
//
// profile_path.c - paths of this process's files, see profile_path.h.
#include "preload/profile_path.h"

#include "preload/sys.h"
#include "preload/text.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

void profile_path_executable(char *path, size_t capacity_bytes)
{
    if (sys_read_link("/proc/self/exe", path, capacity_bytes) < 0)
        path[0] = '\0';
}

#define PROGRAM_NAME_MAX 64

// As it was called: the file may be one of many names (busybox, redis). A login shell is "-bash".
static void add_program(struct text *text)
{
    const char *name = program_invocation_short_name;

    while (name && *name == '-')
        name++;
    if (!name || !*name)
        name = "program";
    text_add_bytes(text, name, strnlen(name, PROGRAM_NAME_MAX));
}

static void add_host(struct text *text)
{
    struct utsname names;

    text_add(text, uname(&names) == 0 ? names.nodename : "host");
}

static void add_placeholder(struct text *text, char letter)
{
    switch (letter) {
    case 'e':
        add_program(text);
        break;
    case 'p':
        text_add_number(text, (uint64_t)sys_process_id());
        break;
    case 'h':
        add_host(text);
        break;
    case 't':
        text_add_number(text, sys_realtime_ns() / 1000000000u);
        break;
    case '%':
        text_add(text, "%");
        break;
    default: // not ours: stays as it is
        text_add(text, "%");
        text_add_bytes(text, &letter, 1);
    }
}

bool profile_path_expand(const char *pattern, char *path, size_t capacity_bytes)
{
    struct text text;

    text_init(&text, path, capacity_bytes);
    for (const char *next = pattern; *next; next++)
        if (*next == '%' && next[1])
            add_placeholder(&text, *++next);
        else
            text_add_bytes(&text, next, 1);
    return !text.is_cut;
}

bool profile_path_join(const char *directory, const char *file, char *path, size_t capacity_bytes)
{
    struct text text;

    text_init(&text, path, capacity_bytes);
    if (file[0] != '/' && directory[0]) {
        text_add(&text, directory);
        text_add(&text, "/");
    }
    text_add(&text, file);
    return !text.is_cut;
}
