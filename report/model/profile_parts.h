// SPDX-License-Identifier: MIT
//
// profile_parts.h - how profile.c and its parts (heap, locks, threads, stacks) share the loading
// of one profile. Internal to profile*.c. The loaders return 0 or -ENOMEM.
#ifndef GAIAPROF_PROFILE_PARTS_H
#define GAIAPROF_PROFILE_PARTS_H

#include "report/model/profile.h"
#include "report/model/profile_reader.h"

// Records refer to nodes published before them: so cells, threads and locks are copied first and
// what they refer to last.
int profile_load_cells(struct profile *profile, struct profile_reader *reader);
int profile_load_threads(struct profile *profile, struct profile_reader *reader);
int profile_load_locks(struct profile *profile, struct profile_reader *reader);
int profile_load_heap_misuses(struct profile *profile, struct profile_reader *reader);
int profile_load_timeline(struct profile *profile, struct profile_reader *reader);
int profile_load_modules(struct profile *profile, struct profile_reader *reader);
int profile_load_stacks(struct profile *profile, struct profile_reader *reader);
int profile_load_locations(struct profile *profile);

// Of a merged profile, before and after the others; nothing of any other. See profile_merged.c.
int profile_load_merged(struct profile *profile, struct profile_reader *reader);
int profile_load_frames(struct profile *profile, struct profile_reader *reader);

// After all of these: names locks, follows threads through the run, counts stacks that make no
// sense.
int profile_name_locks(struct profile *profile);
int profile_time_threads(struct profile *profile);
void profile_check_stacks(struct profile *profile);
void profile_use_modules(struct profile *profile);

// After profile_check_stacks(): says whose files are of no use any more, of the modules that have
// the code of some stack.
void profile_note_modules(struct profile *profile);

// Drops misuses that their stacks refute, and sorts the others.
void profile_judge_heap_misuses(struct profile *profile);
int profile_load_leaks(struct profile *profile, struct profile_reader *reader,
                       const struct profile_source *source);

// Blocks of a sampled heap come in units of 1/PROFILE_SAMPLED_UNIT. Adds `units` to the running
// *sum and returns by how many whole blocks it grew: so rounded parts add up to the rounded sum.
int64_t whole_blocks(int64_t *sum, uint64_t units);

// --- modules. A generation says at which time the address is meant.

// The number of the module, and of its mapping; -1: none.
long module_table_find(const struct profile *profile, uint64_t address, uint32_t generation);

// The module will be asked for names.
void module_table_use(const struct profile *profile, uint64_t address, uint32_t generation);

// False if no module had the address; then nothing is set.
bool module_table_bias(const struct profile *profile, uint64_t address, uint32_t generation,
                       const char **ret_path, uint64_t *ret_bias);

// As symbolizer_frames(); 0 if no module had the address.
size_t module_table_frames(const struct profile *profile, uint64_t address, uint32_t generation,
                           struct symbol_frame *ret_frames, size_t max);

// The variable at an address; NULL if no symbol covers it.
const char *module_table_data_name(const struct profile *profile, uint64_t address,
                                   uint32_t generation, uint64_t *ret_offset);

void module_table_release(struct module_table *table);

// --- locations

enum address_kind { ADDRESS_CODE, ADDRESS_SIGNAL };

struct location_key {
    uint64_t address; // what is looked up
    uint32_t generation;
    uint32_t kind; // enum address_kind
};

// Never NULL: without memory, that of a damaged stack.
struct location *location_of_address(struct profile *profile, const struct location_key *key);

// Of enum profile_marker; any other number is a damaged stack.
struct location *location_of_marker(struct profile *profile, uint64_t marker);

// In libgaiaprof.so.
bool location_is_ours(const struct location *location);

// Of a merged profile, whose frames are names. The location of a group that no frame was said of
// is that of a damaged stack.
int location_table_reserve(struct profile *profile, size_t group_count);
int location_set_group(struct profile *profile, uint32_t group, const struct symbol_frame *symbols,
                       const bool *markers, size_t count);
struct location *location_of_group(struct profile *profile, uint64_t group);

void location_table_release(struct location_table *table);

// --- merged profiles

// A text of the profile; NULL: none, or no such text.
const char *merged_text(const struct profile *profile, uint32_t text);

// What a lock is called.
struct merged_lock_name {
    uint32_t lock; // id
    const char *name, *base;
    uint32_t flags; // enum profile_lock_name_flag
};
const struct merged_lock_name *merged_lock_name(const struct profile *profile, uint32_t lock);

#endif
