// SPDX-License-Identifier: MIT
//
// symbolizer.c - the door: knows the modules, opens each one's files on the first question, puts
// symbol tables, PLT stubs and DWARF together to frames, and keeps every answer.
//
// Function names come from the symbol tables where they have one (then a function is called the
// same with and without debug information), from DWARF for inlined calls and local functions.
#include "symbolize/arena.h"
#include "symbolize/debug_file.h"
#include "symbolize/demangle.h"
#include "symbolize/dwarf_line.h"
#include "symbolize/dwarf_open.h"
#include "symbolize/elf_plt.h"
#include "symbolize/elf_symtab.h"
#include "symbolize/symbolize.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

// Without memory an answer is not kept: uthash must not exit.
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define DELETED_SUFFIX " (deleted)" // as the kernel writes it in /proc/PID/maps

struct module {
    struct symbolizer_module given; // with copies of what it points to
    bool opened, identified;        // only then there is a state
    enum symbolizer_state state;
    struct elf_file file;       // the module itself; not open if it must not be used
    struct elf_file debug_file; // separate debug information; not open if there is none
    uint64_t debug_shift;       // address in the module - address in the debug file
    struct elf_symtab symtab;
    struct elf_plt plt;
    struct dwarf_info *dwarf;
    uint64_t dwarf_shift; // debug_shift if `dwarf` is of the debug file
    int number;
    struct module *same_file; // the first one of its file, which alone is opened; maybe this one
    UT_hash_handle hh;        // by all of `given`, see module_key()
    UT_hash_handle hh_file;   // by what tells the file
};

struct answer_key {
    uint64_t module, address;
};

struct answer {
    struct answer_key key;
    UT_hash_handle hh;
    size_t count;
    struct symbol_frame frames[];
};

// A name or path as it is in a file (found by its place in memory) and as it is shown.
struct name {
    const char *raw;
    const char *shown;
    UT_hash_handle hh;
};

struct symbolizer {
    struct arena arena;
    const char *debug_root;
    struct module **modules;
    size_t count, capacity;
    struct module *by_key, *by_file;
    struct answer *answers;
    struct name *names;
    struct name *paths;
};

struct symbolizer *symbolizer_new(const char *debug_root)
{
    struct symbolizer *symbolizer = calloc(1, sizeof(*symbolizer));
    if (!symbolizer || elf_version(EV_CURRENT) == EV_NONE) {
        free(symbolizer);
        return NULL;
    }
    if (!debug_root)
        debug_root = "/usr/lib/debug";
    symbolizer->debug_root = arena_copy_string(&symbolizer->arena, debug_root, strlen(debug_root));
    if (symbolizer->debug_root)
        return symbolizer;
    free(symbolizer);
    return NULL;
}

static void module_release(struct module *module)
{
    dwarf_info_free(module->dwarf);
    elf_plt_release(&module->plt);
    elf_symtab_release(&module->symtab);
    elf_file_close(&module->debug_file);
    elf_file_close(&module->file);
}

void symbolizer_free(struct symbolizer *symbolizer)
{
    if (!symbolizer)
        return;
    for (size_t i = 0; i < symbolizer->count; i++)
        module_release(symbolizer->modules[i]);
    HASH_CLEAR(hh, symbolizer->by_key);
    HASH_CLEAR(hh_file, symbolizer->by_file);
    HASH_CLEAR(hh, symbolizer->answers);
    HASH_CLEAR(hh, symbolizer->names);
    HASH_CLEAR(hh, symbolizer->paths);
    free(symbolizer->modules);
    arena_release(&symbolizer->arena);
    free(symbolizer);
}

// All there is to know of a module, one after the other: where it was, then (from FILE_KEY_OFF on)
// what tells its file. NULL without memory.
#define FILE_KEY_OFF (3 * sizeof(uint64_t))
static char *module_key(struct arena *arena, const struct symbolizer_module *given,
                        size_t *ret_bytes)
{
    const uint64_t numbers[] = {given->start, given->end, given->bias, given->build_id_bytes};
    size_t path_bytes = strlen(given->path) + 1;
    *ret_bytes = sizeof(numbers) + path_bytes + given->build_id_bytes;
    char *key = arena_alloc(arena, *ret_bytes);
    if (!key)
        return NULL;
    memcpy(key, numbers, sizeof(numbers));
    memcpy(key + sizeof(numbers), given->path, path_bytes);
    if (given->build_id)
        memcpy(key + sizeof(numbers) + path_bytes, given->build_id, given->build_id_bytes);
    return key;
}

static bool copy_module(struct arena *arena, struct symbolizer_module *ret_copy,
                        const struct symbolizer_module *given)
{
    *ret_copy = *given;
    ret_copy->path = arena_copy_string(arena, given->path, strlen(given->path));
    if (given->build_id)
        ret_copy->build_id = (const uint8_t *)arena_copy_string(
            arena, (const char *)given->build_id, given->build_id_bytes);
    return ret_copy->path && (ret_copy->build_id || !given->build_id);
}

static int add_module(struct symbolizer *symbolizer, const struct symbolizer_module *given,
                      const char *key, size_t key_bytes)
{
    struct module *added = arena_alloc(&symbolizer->arena, sizeof(*added));
    if (!added || symbolizer->count == INT_MAX ||
        !copy_module(&symbolizer->arena, &added->given, given) ||
        !grow_array((void **)&symbolizer->modules, symbolizer->count, &symbolizer->capacity,
                    sizeof(struct module *)))
        return -ENOMEM;
    added->file.fd = added->debug_file.fd = -1;
    added->number = (int)symbolizer->count;
    symbolizer->modules[symbolizer->count++] = added;
    HASH_ADD_KEYPTR(hh, symbolizer->by_key, key, key_bytes, added);
    key += FILE_KEY_OFF;
    key_bytes -= FILE_KEY_OFF;
    HASH_FIND(hh_file, symbolizer->by_file, key, key_bytes, added->same_file);
    if (!added->same_file) {
        added->same_file = added;
        HASH_ADD_KEYPTR(hh_file, symbolizer->by_file, key, key_bytes, added);
    }
    return added->number;
}

int symbolizer_add_module(struct symbolizer *symbolizer, const struct symbolizer_module *module)
{
    struct symbolizer_module given = *module;
    struct module *known;
    size_t key_bytes;
    if (!given.path)
        given.path = "";
    if (!given.build_id || given.build_id_bytes == 0) {
        given.build_id = NULL;
        given.build_id_bytes = 0;
    }
    const char *key = module_key(&symbolizer->arena, &given, &key_bytes);
    if (!key)
        return -ENOMEM;
    HASH_FIND(hh, symbolizer->by_key, key, key_bytes, known);
    return known ? known->number : add_module(symbolizer, &given, key, key_bytes);
}

// A path that the kernel marked as deleted holds another file by now, if any; only a build id can
// tell that it is the same after all (moved away and back, or on overlayfs).
static int open_path(struct elf_file *ret_file, const struct symbolizer_module *given)
{
    char path[PATH_MAX];
    size_t length = strlen(given->path), suffix = strlen(DELETED_SUFFIX);
    int error = elf_file_open(ret_file, given->path);
    if (!error || length <= suffix || length - suffix >= sizeof(path) ||
        strcmp(given->path + length - suffix, DELETED_SUFFIX) != 0)
        return error;
    memcpy(path, given->path, length - suffix);
    path[length - suffix] = '\0';
    error = elf_file_open(ret_file, path);
    if (error || given->build_id)
        return error;
    elf_file_close(ret_file);
    return -ESTALE;
}

// A module that was loaded without a build id is taken as it is.
static enum symbolizer_state open_module_file(struct module *module)
{
    const struct symbolizer_module *given = &module->given;
    int error = open_path(&module->file, given);
    if (error)
        return error == -ESTALE ? SYMBOLIZER_REPLACED : SYMBOLIZER_MISSING;
    if (!given->build_id ||
        elf_file_has_build_id(&module->file, given->build_id, given->build_id_bytes))
        return SYMBOLIZER_OK;
    elf_file_close(&module->file);
    return SYMBOLIZER_REPLACED;
}

static void open_debug_file(struct module *module, const char *debug_root)
{
    const uint8_t *build_id = module->given.build_id;
    size_t bytes = module->given.build_id_bytes;
    if (!build_id && module->file.elf) {
        build_id = module->file.build_id;
        bytes = module->file.build_id_bytes;
    }
    if (debug_file_by_build_id(&module->debug_file, debug_root, build_id, bytes) != 0 &&
        (!module->file.elf ||
         debug_file_by_link(&module->debug_file, debug_root, &module->file) != 0))
        return;
    uint64_t base, debug_base;
    if (module->file.elf && elf_file_base(&module->file, &base) &&
        elf_file_base(&module->debug_file, &debug_base))
        module->debug_shift = base - debug_base;
}

static void read_module(struct module *module, const char *debug_root)
{
    if (module->file.elf)
        elf_symtab_add(&module->symtab, &module->file, 0);
    if (module->debug_file.elf)
        elf_symtab_add(&module->symtab, &module->debug_file, module->debug_shift);
    elf_symtab_sort(&module->symtab);
    if (module->file.elf) {
        elf_plt_read(&module->plt, &module->file, &module->symtab.functions);
        module->dwarf = dwarf_info_new(&module->file, debug_root);
    }
    if (!module->dwarf && module->debug_file.elf) {
        module->dwarf = dwarf_info_new(&module->debug_file, debug_root);
        module->dwarf_shift = module->debug_shift;
    }
}

static void open_module(struct module *module, const char *debug_root)
{
    module->opened = true;
    module->state = open_module_file(module);
    if (!module->file.elf || !dwarf_is_in(&module->file))
        open_debug_file(module, debug_root);
    read_module(module, debug_root);
    elf_file_detach(&module->file);
    elf_file_detach(&module->debug_file);
    if (module->state == SYMBOLIZER_OK && module->symtab.functions.count == 0 && !module->dwarf)
        module->state = SYMBOLIZER_STRIPPED;
}

// The one that has its file open, and the bias of its own. NULL for a number that
// symbolizer_add_module() did not give.
static struct module *get_module(struct symbolizer *symbolizer, int number, uint64_t *ret_bias)
{
    if (number < 0 || (size_t)number >= symbolizer->count)
        return NULL;
    struct module *module = symbolizer->modules[number]->same_file;
    if (!module->opened)
        open_module(module, symbolizer->debug_root);
    *ret_bias = symbolizer->modules[number]->given.bias;
    return module;
}

enum symbolizer_state symbolizer_module_state(struct symbolizer *symbolizer, int module)
{
    uint64_t bias;
    const struct module *found = get_module(symbolizer, module, &bias);
    return found ? found->state : SYMBOLIZER_MISSING;
}

enum symbolizer_state symbolizer_file_state(struct symbolizer *symbolizer, int module)
{
    if (module < 0 || (size_t)module >= symbolizer->count)
        return SYMBOLIZER_MISSING;
    struct module *found = symbolizer->modules[module]->same_file;
    if (!found->opened && !found->identified) {
        found->state = open_module_file(found);
        found->identified = true;
        elf_file_close(&found->file);
    }
    return found->state == SYMBOLIZER_STRIPPED ? SYMBOLIZER_OK : found->state;
}

// Without "@VERSION" and demangled.
static const char *make_shown(struct arena *arena, const char *raw)
{
    const char *at = raw[0] ? strchr(raw + 1, '@') : NULL;
    if (at) {
        const char *plain = arena_copy_string(arena, raw, (size_t)(at - raw));
        raw = plain ? plain : raw;
    }
    return demangle(arena, raw);
}

static const struct name *find_name(struct name *names, const char *raw)
{
    struct name *name;
    HASH_FIND_PTR(names, &raw, name);
    return name;
}

// Returns `shown`.
static const char *keep_name(struct arena *arena, struct name **names, const char *raw,
                             const char *shown)
{
    struct name *name = arena_alloc(arena, sizeof(*name));
    if (name) {
        name->raw = raw;
        name->shown = shown;
        HASH_ADD_PTR(*names, raw, name);
    }
    return shown;
}

static const char *show(struct symbolizer *symbolizer, const char *raw)
{
    if (!raw)
        return NULL;
    const struct name *name = find_name(symbolizer->names, raw);
    if (name)
        return name->shown;
    const char *shown = make_shown(&symbolizer->arena, raw);
    return keep_name(&symbolizer->arena, &symbolizer->names, raw, shown);
}

// Absolute if it can be told: libdw leaves some paths relative to the compiler's directory.
static const char *show_path(struct symbolizer *symbolizer, const struct dwarf_frame *frame)
{
    if (!frame->file || frame->file[0] == '/' || !frame->directory || frame->directory[0] != '/')
        return frame->file;
    const struct name *name = find_name(symbolizer->paths, frame->file);
    if (name)
        return name->shown;
    size_t directory = strlen(frame->directory), file = strlen(frame->file);
    char *shown = arena_alloc(&symbolizer->arena, directory + file + sizeof("/"));
    if (!shown)
        return frame->file;
    memcpy(shown, frame->directory, directory);
    shown[directory] = '/';
    memcpy(shown + directory + 1, frame->file, file);
    return keep_name(&symbolizer->arena, &symbolizer->paths, frame->file, shown);
}

static const char *show_stub(struct symbolizer *symbolizer, const char *raw)
{
    const char *function = show(symbolizer, raw);
    size_t length = strlen(function);
    char *shown = arena_alloc(&symbolizer->arena, length + sizeof("@plt"));
    if (!shown)
        return function;
    memcpy(shown, function, length);
    memcpy(shown + length, "@plt", sizeof("@plt"));
    return shown;
}

// The function that has the code at `offset`; `dwarf_name` is how DWARF calls it.
static const char *function_name(struct symbolizer *symbolizer, const struct module *module,
                                 uint64_t offset, const char *dwarf_name)
{
    const struct elf_symbol *symbol = elf_symbol_find(&module->symtab.functions, offset);
    if (symbol)
        return show(symbolizer, symbol->name);
    const char *stub = elf_plt_find(&module->plt, offset);
    return stub ? show_stub(symbolizer, stub) : show(symbolizer, dwarf_name);
}

static struct answer *make_answer(struct symbolizer *symbolizer, const struct module *module,
                                  uint64_t offset)
{
    struct dwarf_frame frames[DWARF_SCOPE_DEPTH_MAX] = {0};
    size_t count = 0;
    if (module->dwarf)
        count = dwarf_info_frames(module->dwarf, offset - module->dwarf_shift, frames);
    if (count == 0)
        count = 1;
    struct answer *answer =
        arena_alloc(&symbolizer->arena, sizeof(*answer) + count * sizeof(struct symbol_frame));
    if (!answer)
        return NULL;
    answer->count = count;
    for (size_t i = 0; i < count; i++) {
        const struct dwarf_frame *frame = &frames[i];
        answer->frames[i] = (struct symbol_frame){
            .function = i + 1 < count ? show(symbolizer, frame->name)
                                      : function_name(symbolizer, module, offset, frame->name),
            .file = show_path(symbolizer, frame),
            .line = frame->line,
            .module = module->given.path,
            .offset = offset,
            .inlined = i + 1 < count,
        };
    }
    return answer;
}

static const struct answer *find_answer(struct symbolizer *symbolizer, int number, uint64_t address)
{
    struct answer_key key = {.module = (uint64_t)number, .address = address};
    struct answer *answer;
    HASH_FIND(hh, symbolizer->answers, &key, sizeof(key), answer);
    if (answer)
        return answer;
    uint64_t bias;
    const struct module *module = get_module(symbolizer, number, &bias);
    answer = module ? make_answer(symbolizer, module, address - bias) : NULL;
    if (answer) {
        answer->key = key;
        HASH_ADD(hh, symbolizer->answers, key, sizeof(key), answer);
    }
    return answer;
}

size_t symbolizer_frames(struct symbolizer *symbolizer, int module, uint64_t address,
                         struct symbol_frame *ret_frames, size_t max)
{
    if (max == 0)
        return 0;
    const struct answer *answer = find_answer(symbolizer, module, address);
    if (!answer) {
        ret_frames[0] = (struct symbol_frame){.module = "", .offset = address};
        return 1;
    }
    size_t count = answer->count < max ? answer->count : max;
    memcpy(ret_frames, answer->frames, (count - 1) * sizeof(struct symbol_frame));
    ret_frames[count - 1] = answer->frames[answer->count - 1];
    return count;
}

bool symbolizer_data(struct symbolizer *symbolizer, int module, uint64_t address,
                     struct data_symbol *ret_symbol)
{
    uint64_t bias;
    const struct module *found = get_module(symbolizer, module, &bias);
    if (!found)
        return false;
    uint64_t offset = address - bias;
    const struct elf_symbol *symbol = elf_symbol_find(&found->symtab.variables, offset);
    if (!symbol)
        return false;
    ret_symbol->name = show(symbolizer, symbol->name);
    ret_symbol->offset = offset - symbol->address;
    return true;
}
