// SPDX-License-Identifier: MIT
//
// pprof_table.h - what the samples of a pprof profile refer to by number: texts, functions,
// locations and mappings, each once, numbered in order of appearance. Internal to exchange/.
#ifndef GAIAPROF_PPROF_TABLE_H
#define GAIAPROF_PPROF_TABLE_H

#include "report/model/profile.h"

struct pprof_text;
struct pprof_function;
struct pprof_location;
struct pprof_mapping;

struct pprof_table {
    struct profile *profile;
    struct region region;
    bool failed; // without memory

    struct pprof_text *text_hash;
    char **texts; // [0] is ""
    size_t text_count, text_room;

    struct pprof_function *function_hash;
    void *functions; // array of Function *
    size_t function_count, function_room;
    uint32_t *function_of_place; // 0: not yet
    size_t place_room;

    struct pprof_location *location_hash;
    void *locations; // array of Location *
    size_t location_count, location_room;
    uint32_t *id_of_location; // by location_number(); 0: not yet
    size_t number_room;

    struct pprof_mapping *mapping_hash;
    void *mappings; // array of Mapping *
    size_t mapping_count, mapping_room;
    uint32_t *mapping_ids; // by number of the profile's mapping; 0: not used
};

// -ENOMEM without memory; the table is to be released all the same.
int pprof_table_init(struct pprof_table *table, struct profile *profile);
void pprof_table_release(struct pprof_table *table);

// Index of a text, which is made valid UTF-8 without control characters; 0 of NULL.
int64_t pprof_text(struct pprof_table *table, const char *text);

// Id of a location; NULL: of the one that stands for a stack that is not known. 0 without memory.
uint32_t pprof_location(struct pprof_table *table, struct location *location);

#endif
