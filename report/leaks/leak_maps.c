// SPDX-License-Identifier: MIT
//
// leak_maps.c - see leak_maps.h.
#include "report/leaks/leak_maps.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_name_of(const char *path, const char *const *patterns)
{
    const char *name = strrchr(path, '/');
    for (name = name ? name + 1 : path; *patterns; patterns++)
        if (fnmatch(*patterns, name, 0) == 0)
            return true;
    return false;
}

static enum leak_map_kind kind_of(const char *path)
{
    static const char *const loaders[] = {"ld-linux*.so*", "ld-*.so*", "ld.so*", "ld64.so*", NULL};
    static const char *const libcs[] = {"libc.so.6*", "libc-2.*.so*", NULL};
    if (path[0] == '[')
        return strcmp(path, "[heap]") == 0    ? LEAK_MAP_BRK
               : strcmp(path, "[stack]") == 0 ? LEAK_MAP_STACK
               : begins(path, "[anon")        ? LEAK_MAP_OTHER
                                              : LEAK_MAP_KERNEL;
    if (begins(path, "/dev/zero") || begins(path, "/memfd:") || begins(path, "/SYSV"))
        return LEAK_MAP_MEMORY;
    if (begins(path, "/dev/") && !begins(path, "/dev/shm/"))
        return LEAK_MAP_DEVICE;
    return is_name_of(path, loaders) ? LEAK_MAP_LOADER
           : is_name_of(path, libcs) ? LEAK_MAP_LIBC
                                     : LEAK_MAP_OTHER;
}

static bool parse_line(char *line, struct leak_map *ret_map)
{
    char permissions[5];
    int path_at = 0;
    struct leak_map map = {0};
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64 " %n", &map.start,
               &map.end, permissions, &map.offset, &map.inode, &path_at) < 5)
        return false;
    map.readable = permissions[0] == 'r';
    map.writable = permissions[1] == 'w';
    map.executable = permissions[2] == 'x';
    map.shared = permissions[3] == 's';
    map.kind = kind_of(path_at ? line + path_at : "");
    *ret_map = map;
    return map.start < map.end && map.end <= INT64_MAX; // not [vsyscall]
}

static int add(struct leak_maps *maps, const struct leak_map *map)
{
    if (maps->count == maps->room) {
        size_t room = maps->room ? 2 * maps->room : 128;
        struct leak_map *wider = reallocarray(maps->maps, room, sizeof(wider[0]));
        if (!wider)
            return -ENOMEM;
        maps->maps = wider;
        maps->room = room;
    }
    maps->maps[maps->count++] = *map;
    return 0;
}

int leak_maps_parse(struct leak_maps *maps, FILE *file)
{
    char *line = NULL;
    size_t line_room = 0;
    struct leak_map map;
    int error = 0;
    while (!error && getline(&line, &line_room, file) > 0)
        if (parse_line(line, &map))
            error = add(maps, &map);
    free(line);
    return error;
}

int leak_maps_read(struct leak_maps *maps, pid_t pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? -ESRCH : -errno;
    int error = leak_maps_parse(maps, file);
    fclose(file);
    return error ? error : maps->count ? 0 : -ESRCH;
}

void leak_maps_release(struct leak_maps *maps)
{
    free(maps->maps);
    *maps = (struct leak_maps){0};
}

const struct leak_map *leak_maps_find(const struct leak_maps *maps, uint64_t address)
{
    size_t low = 0, high = maps->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (maps->maps[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < maps->count && maps->maps[low].start <= address;
    return found ? &maps->maps[low] : NULL;
}

// Memory without a file counts where it can't be written to, too: the program may have changed
// that.
bool leak_map_is_data(const struct leak_map *map)
{
    if (!map->readable || map->kind == LEAK_MAP_KERNEL || map->kind == LEAK_MAP_DEVICE)
        return false;
    return map->writable || (map->shared ? map->kind == LEAK_MAP_MEMORY : map->inode == 0);
}

bool leak_map_is_copied(const struct leak_map *map)
{
    return map->readable && !map->writable && !map->shared && map->inode;
}
