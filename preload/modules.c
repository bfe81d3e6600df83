// SPDX-License-Identifier: MIT
//
// modules.c - records loaded modules, see modules.h. Lookups are rare (only a stack with a frame
// not seen before asks), so the table is a plain array under a lock.
#include "preload/modules.h"

#include "preload/compiler.h"
#include "preload/profile_path.h"
#include "preload/profile_writer.h"
#include "preload/rule_cache.h"
#include "preload/spinlock.h"
#include "preload/symbols.h"
#include "preload/text.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

#define MODULES_MAX 8192
#define PAGE_BYTES 4096 // the first one is mapped for sure

struct known_module {
    struct profile_module *record;
    const void *link_map; // identity of the load
};

static struct known_module known[MODULES_MAX];
static uint32_t known_count;
static uint32_t generation;
static struct spinlock lock;

static int (*find_object)(void *, struct dl_find_object *);
static char executable[PATH_MAX];
static char directory[PATH_MAX]; // working directory at the start, for relative names

void modules_init(void)
{
    // not linked: as a versioned symbol it would tie the library to glibc 2.35
    find_object = (int (*)(void *, struct dl_find_object *))symbols_find("_dl_find_object");
    profile_path_executable(executable, sizeof(executable));
    if (sys_working_directory(directory, sizeof(directory)) < 0)
        directory[0] = '\0';
}

uint32_t modules_generation(void)
{
    return __atomic_load_n(&generation, __ATOMIC_SEQ_CST); // a plain load here; see rule_cache.c
}

static bool find(uintptr_t pc, struct dl_find_object *ret_object)
{
    return find_object && find_object((void *)pc, ret_object) == 0;
}

struct modules_range modules_range_of(uintptr_t pc)
{
    struct dl_find_object object;

    if (!find(pc, &object))
        return (struct modules_range){0, 0};
    return (struct modules_range){(uintptr_t)object.dlfo_map_start, (uintptr_t)object.dlfo_map_end};
}

const char *modules_name_of(uintptr_t pc)
{
    struct dl_find_object object;
    const char *path, *slash;

    if (!find(pc, &object))
        return "unknown";
    path = object.dlfo_link_map->l_name[0] ? object.dlfo_link_map->l_name : executable;
    slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool modules_is_main_program(uintptr_t pc)
{
    struct dl_find_object object;

    return find(pc, &object) && object.dlfo_link_map->l_name[0] == '\0';
}

// The ELF header of a loaded file, in its first page. NULL: not where it should be. A file with
// holes between its segments is found segment by segment, and the header is in the first one.
static const Elf64_Ehdr *elf_header(const struct dl_find_object *object)
{
    const Elf64_Ehdr *header = object->dlfo_map_start;
    struct dl_find_object first;

    if (memcmp(header->e_ident, ELFMAG, SELFMAG) == 0)
        return header;
    header = (const Elf64_Ehdr *)object->dlfo_link_map->l_addr;
    if (!find((uintptr_t)header, &first) || first.dlfo_link_map != object->dlfo_link_map ||
        memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return NULL;
    return header;
}

static const Elf64_Phdr *program_headers(const struct dl_find_object *object, size_t *ret_count)
{
    const Elf64_Ehdr *header;

    *ret_count = 0;
    if (object->dlfo_link_map->l_name[0] == '\0') { // the main program: the kernel tells
        *ret_count = getauxval(AT_PHNUM);
        return (const Elf64_Phdr *)getauxval(AT_PHDR);
    }
    header = elf_header(object);
    // a patched file may have them elsewhere, at an address that only they would tell
    if (!header || header->e_phoff + header->e_phnum * sizeof(Elf64_Phdr) > PAGE_BYTES)
        return NULL;
    *ret_count = header->e_phnum;
    return (const Elf64_Phdr *)((const char *)header + header->e_phoff);
}

// Notes are {name size, content size, type, name, content}, each part padded to 4 bytes.
static void read_notes(struct profile_module *module, const char *notes, size_t bytes)
{
    while (bytes >= sizeof(Elf64_Nhdr)) {
        const Elf64_Nhdr *note = (const Elf64_Nhdr *)notes;
        size_t name_bytes = (note->n_namesz + 3u) & ~3u;
        size_t content_bytes = (note->n_descsz + 3u) & ~3u;
        const char *name = notes + sizeof(*note);

        if (sizeof(*note) + name_bytes + content_bytes > bytes)
            return;
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && memcmp(name, "GNU", 4) == 0 &&
            note->n_descsz <= sizeof(module->build_id)) {
            memcpy(module->build_id, name + name_bytes, note->n_descsz);
            module->build_id_bytes = note->n_descsz;
            return;
        }
        notes = name + name_bytes + content_bytes;
        bytes -= sizeof(*note) + name_bytes + content_bytes;
    }
}

static void read_segments(struct profile_module *module, const struct dl_find_object *object)
{
    size_t count;
    const Elf64_Phdr *headers = program_headers(object, &count);

    for (size_t i = 0; i < count; i++) {
        uintptr_t address = module->bias + headers[i].p_vaddr;

        if (headers[i].p_type == PT_NOTE && module->build_id_bytes == 0)
            read_notes(module, (const char *)address, headers[i].p_memsz);
        if (headers[i].p_type == PT_LOAD && (headers[i].p_flags & PF_X) && !module->exec_bytes) {
            module->exec_start = address;
            module->exec_bytes = headers[i].p_memsz;
            module->exec_offset = headers[i].p_offset;
        }
    }
}

static bool is_in_segment(const Elf64_Phdr *segment, uintptr_t bias, uintptr_t address)
{
    return segment->p_type == PT_LOAD && address - (bias + segment->p_vaddr) < segment->p_memsz;
}

bool modules_code_at(uintptr_t pc, struct modules_code *ret_code)
{
    struct dl_find_object object;
    struct modules_code code = {0};
    size_t count;

    if (!find(pc, &object))
        return false;
    const Elf64_Phdr *headers = program_headers(&object, &count);
    uintptr_t bias = object.dlfo_link_map->l_addr;
    uintptr_t table = (uintptr_t)object.dlfo_eh_frame;

    if (!headers) {
        *ret_code = code;
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        uintptr_t start = bias + headers[i].p_vaddr;

        if (is_in_segment(&headers[i], bias, pc) && headers[i].p_flags & PF_X) {
            code.start = start;
            code.end = start + headers[i].p_memsz;
            code.is_readable = headers[i].p_flags & PF_R;
        }
        if (is_in_segment(&headers[i], bias, table) && headers[i].p_flags & PF_R)
            code.tables = (struct cfi_tables){start, start + headers[i].p_memsz, table};
    }
    *ret_code = code;
    return code.end != 0;
}

static bool module_path(const struct link_map *map, char *path, size_t capacity)
{
    if (map->l_name[0] == '\0') // the main program
        return profile_path_join("", executable, path, capacity);
    if (!strchr(map->l_name, '/')) // the vDSO
        return profile_path_join("", map->l_name, path, capacity);
    return profile_path_join(directory, map->l_name, path, capacity);
}

static struct profile_module *write_module(const struct dl_find_object *object)
{
    char path[PATH_MAX];
    struct profile_chunk *chunk;
    struct profile_module *module;

    if (!module_path(object->dlfo_link_map, path, sizeof(path)))
        return NULL;
    chunk = profile_writer_add(PROFILE_CHUNK_MODULE, 0, sizeof(*module) + strlen(path) + 1, 0, 0);
    if (!chunk)
        return NULL;
    module = profile_chunk_payload(chunk);
    module->start = (uintptr_t)object->dlfo_map_start;
    module->end = (uintptr_t)object->dlfo_map_end;
    module->bias = object->dlfo_link_map->l_addr;
    module->first_generation = module->last_generation = generation;
    module->path_bytes = (uint32_t)strlen(path);
    memcpy(module + 1, path, module->path_bytes + 1);
    read_segments(module, object);
    atomic_publish(&chunk->used_bytes, sizeof(*module) + module->path_bytes + 1);
    return module;
}

static const struct profile_module *find_known(uintptr_t pc)
{
    for (uint32_t i = 0; i < atomic_get_acquire(&known_count); i++) {
        const struct profile_module *module = known[i].record;

        if (pc - module->start < module->end - module->start &&
            atomic_get(&module->last_generation) >= atomic_get(&generation))
            return module;
    }
    return NULL;
}

static const struct profile_module *add(const struct dl_find_object *object)
{
    struct profile_module *module;

    if (known_count == MODULES_MAX) {
        profile_drop(PROFILE_DROP_MEMORY);
        return NULL;
    }
    module = write_module(object);
    if (!module)
        return NULL;
    known[known_count] = (struct known_module){module, object->dlfo_link_map};
    atomic_publish(&known_count, known_count + 1);
    return module;
}

const struct profile_module *modules_note(uintptr_t pc)
{
    const struct profile_module *module = find_known(pc);
    struct dl_find_object object;

    if (module || !find(pc, &object) || !spinlock_take(&lock))
        return module;
    module = find_known(pc); // another thread may have been faster
    if (!module)
        module = add(&object);
    spinlock_give(&lock);
    return module;
}

static bool is_loaded(const struct known_module *module)
{
    struct dl_find_object object;

    return find(module->record->start, &object) && object.dlfo_link_map == module->link_map &&
           (uintptr_t)object.dlfo_map_start == module->record->start;
}

static bool is_current(const struct known_module *module)
{
    return module->record->last_generation == generation;
}

static bool is_one_gone(void)
{
    for (uint32_t i = 0; i < known_count; i++)
        if (is_current(&known[i]) && !is_loaded(&known[i]))
            return true;
    return false;
}

// The others go on living in the new generation.
static void start_generation(void)
{
    for (uint32_t i = 0; i < known_count; i++)
        if (is_current(&known[i]) && is_loaded(&known[i]))
            atomic_set(&known[i].record->last_generation, generation + 1);
    rule_cache_clear();
    __atomic_store_n(&generation, generation + 1, __ATOMIC_SEQ_CST);
    rule_cache_clear(); // of what was stored meanwhile, see there
}

void modules_unloaded(void)
{
    if (!spinlock_take(&lock))
        return;
    if (is_one_gone())
        start_generation();
    spinlock_give(&lock);
}

void modules_reset(void)
{
    memset(known, 0, known_count * sizeof(known[0]));
    known_count = 0;
    generation = 0;
    lock.is_taken = 0;
}
