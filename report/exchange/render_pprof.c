// SPDX-License-Identifier: MIT
//
// render_pprof.c - one view as a profile.proto, gzipped: sample types, labels and defaults are
// Go's where Go has them. Messages that follow each other are one message, so samples are packed
// and compressed some thousand at a time; what they refer to comes behind them.
#include "report/exchange/gzip_writer.h"
#include "report/exchange/pprof_table.h"
#include "report/exchange/profile.pb-c.h"
#include "report/exchange/stack_trie.h"
#include "report/formats/render.h"
#include "report/model/hash.h"
#include "report/model/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PORTION 4096
#define LABELS_MAX 5

// Frames of allocators: where memory comes from is not where it is asked for.
#define ALLOCATOR_FRAMES                                                                           \
    "operator new(\\[\\])?|(std|__gnu_cxx)::(__)?(new_allocator|allocator|allocator_traits)"       \
    "(<.*>)?::_?_?_?[MS]?_?allocate"

struct label_key {
    int64_t thread, lock, kind, class; // texts; 0: none
    int64_t block_bytes;
};

struct label_set {
    struct label_key key;
    uint32_t number;
    UT_hash_handle hh;
};

// Texts of the keys of labels.
struct label_names {
    int64_t thread, lock, kind, class, bytes;
};

// One sample of the set. Those with the same node and label are one sample of the file.
struct row {
    uint32_t node;
    uint32_t label;
    uint32_t sample; // its index
};

struct pprof {
    struct profile *profile;
    const struct render_options *options;
    struct sample_set set;
    struct pprof_table table;
    struct gzip_writer gzip;
    struct stack_trie trie; // of ids of locations
    struct label_names names;
    const char *last_thread; // the name looked up last: mostly the next one, too
    int64_t last_thread_text;
    struct label_set *label_hash;
    struct label_set **labels; // by number
    size_t label_count, label_room;
    struct row *rows;
};

// --- rows

static int64_t thread_text(struct pprof *pprof, const char *name)
{
    if (name != pprof->last_thread)
        pprof->last_thread_text = pprof_text(&pprof->table, name);
    pprof->last_thread = name;
    return pprof->last_thread_text;
}

static const struct label_set *find_labels(struct pprof *pprof, const struct sample *sample)
{
    struct pprof_table *table = &pprof->table;
    struct label_set *found = NULL, *set;
    const char *kind = sample->lock ? lock_kind_name(sample->lock->kind) : NULL;
    struct label_key key = {
        .thread = thread_text(pprof, sample->thread_name),
        .lock = pprof_text(table, sample->lock ? sample->lock->name : NULL),
        .kind = pprof_text(table, kind),
        .class = pprof_text(table, sample->class),
        .block_bytes = sample->block_bytes,
    };
    HASH_FIND(hh, pprof->label_hash, &key, sizeof(key), found);
    if (found)
        return found;
    set = region_alloc(&table->region, sizeof(*set));
    void *labels = pprof->labels;
    struct label_set **added = region_push(&table->region, &labels, &pprof->label_count,
                                           &pprof->label_room, sizeof(struct label_set *));
    if (!set || !added)
        return NULL;
    pprof->labels = labels;
    *added = set;
    set->key = key;
    set->number = (uint32_t)pprof->label_count - 1;
    HASH_ADD(hh, pprof->label_hash, key, sizeof(key), set);
    return set;
}

// The ids of a stack's locations, leaf first. NULL without memory.
struct id_list {
    uint32_t *ids;
    size_t count, room;
};

static bool push_id(struct id_list *list, uint32_t id)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 256;
        void *ids = realloc(list->ids, room * sizeof(*list->ids));
        if (!ids)
            return false;
        list->ids = ids;
        list->room = room;
    }
    list->ids[list->count++] = id;
    return id != 0;
}

static bool list_ids(struct pprof *pprof, uint32_t stack, struct id_list *list)
{
    struct stack_walk walk = {.node = stack};
    list->count = 0;
    for (struct location *location; (location = stack_walk_location(pprof->profile, &walk));)
        if (!push_id(list, pprof_location(&pprof->table, location)))
            return false;
    return list->count > 0 || push_id(list, pprof_location(&pprof->table, NULL));
}

static uint32_t find_node(struct pprof *pprof, uint32_t stack, struct id_list *list)
{
    uint32_t node = 0;
    if (!list_ids(pprof, stack, list))
        return 0;
    for (size_t i = list->count; i-- > 0;) {
        node = stack_trie_child(&pprof->trie, node, list->ids[i]);
        if (!node)
            return 0;
    }
    return node;
}

static int compare_rows(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    if (a->label != b->label)
        return a->label < b->label ? -1 : 1;
    return (a->sample > b->sample) - (a->sample < b->sample);
}

static int make_rows(struct pprof *pprof)
{
    struct id_list list = {0};
    size_t count = pprof->set.count;
    int error = 0;
    pprof->rows = calloc(count + 1, sizeof(*pprof->rows));
    if (!pprof->rows || count > UINT32_MAX)
        return -ENOMEM;
    for (size_t i = 0; !error && i < count; i++) {
        progress_step(pprof->profile->progress, "counting", i, count);
        const struct label_set *labels = find_labels(pprof, &pprof->set.samples[i]);
        uint32_t node = find_node(pprof, pprof->set.samples[i].stack, &list);
        if (labels && node)
            pprof->rows[i] = (struct row){node, labels->number, (uint32_t)i};
        else
            error = -ENOMEM;
    }
    free(list.ids);
    if (!error && count)
        qsort(pprof->rows, count, sizeof(*pprof->rows), compare_rows);
    return error;
}

// --- messages

// Packed, compressed, and forgotten.
static int put_message(struct pprof *pprof, const Perftools__Profiles__Profile *message)
{
    size_t length = perftools__profiles__profile__get_packed_size(message);
    uint8_t *bytes = malloc(length + 1);
    if (!bytes)
        return -ENOMEM;
    perftools__profiles__profile__pack(message, bytes);
    gzip_writer_put(&pprof->gzip, bytes, length);
    free(bytes);
    return 0;
}

static void set_label(Perftools__Profiles__Label **labels, size_t *count, int64_t key, int64_t text)
{
    if (text == 0)
        return;
    labels[*count]->key = key;
    labels[*count]->str = text;
    (*count)++;
}

static size_t fill_labels(const struct label_names *names, const struct label_key *key,
                          Perftools__Profiles__Label **labels)
{
    size_t count = 0;
    set_label(labels, &count, names->thread, key->thread);
    set_label(labels, &count, names->lock, key->lock);
    set_label(labels, &count, names->kind, key->kind);
    set_label(labels, &count, names->class, key->class);
    if (key->block_bytes != 0) {
        labels[count]->key = names->bytes;
        labels[count]->num = key->block_bytes;
        labels[count++]->num_unit = names->bytes;
    }
    return count;
}

// A sample with everything it has, in one piece of memory.
struct sample_room {
    Perftools__Profiles__Sample sample;
    Perftools__Profiles__Label label[LABELS_MAX];
    Perftools__Profiles__Label *labels[LABELS_MAX];
    int64_t values[SAMPLE_VALUES_MAX];
};

static uint64_t *stack_ids(const struct stack_trie *trie, struct region *region, uint32_t node,
                           size_t *ret_count)
{
    size_t count = 0;
    for (uint32_t at = node; at; at = trie->nodes[at].parent)
        count++;
    uint64_t *ids = region_array(region, count, sizeof(*ids));
    for (size_t i = 0; ids && i < count; i++, node = trie->nodes[node].parent)
        ids[i] = trie->nodes[node].number;
    *ret_count = count;
    return ids;
}

static struct sample_room *sample_new(struct pprof *pprof, struct region *region,
                                      const struct row *row)
{
    struct sample_room *room = region_alloc(region, sizeof(*room));
    if (!room)
        return NULL;
    perftools__profiles__sample__init(&room->sample);
    for (size_t i = 0; i < LABELS_MAX; i++) {
        perftools__profiles__label__init(&room->label[i]);
        room->labels[i] = &room->label[i];
    }
    room->sample.location_id =
        stack_ids(&pprof->trie, region, row->node, &room->sample.n_location_id);
    room->sample.n_label =
        fill_labels(&pprof->names, &pprof->labels[row->label]->key, room->labels);
    room->sample.label = room->labels;
    room->sample.n_value = pprof->set.view->type_count;
    room->sample.value = room->values;
    return room->sample.location_id ? room : NULL;
}

static bool are_one(const struct row *a, const struct row *b)
{
    return a->node == b->node && a->label == b->label;
}

// What a diff left as it was has none.
static bool has_values(const struct sample_room *room)
{
    for (size_t i = 0; i < room->sample.n_value; i++)
        if (room->values[i] != 0)
            return true;
    return false;
}

// Makes samples of rows from *next on, at most `most`. -ENOMEM, or 0 and how many.
static int make_samples(struct pprof *pprof, struct region *region, size_t *next,
                        Perftools__Profiles__Sample **samples, size_t *ret_count)
{
    size_t count = 0, end = pprof->set.count;
    while (*next < end && count < PORTION) {
        const struct row *first = &pprof->rows[*next];
        struct sample_room *room = sample_new(pprof, region, first);
        if (!room)
            return -ENOMEM;
        for (; *next < end && are_one(first, &pprof->rows[*next]); (*next)++) {
            const struct sample *sample = &pprof->set.samples[pprof->rows[*next].sample];
            for (size_t i = 0; i < room->sample.n_value; i++)
                room->values[i] += sample->values[i];
        }
        if (has_values(room))
            samples[count++] = &room->sample;
    }
    *ret_count = count;
    return 0;
}

static int put_samples(struct pprof *pprof)
{
    static const size_t bytes = PORTION * sizeof(Perftools__Profiles__Sample *);
    Perftools__Profiles__Sample **samples = malloc(bytes);
    int error = samples ? 0 : -ENOMEM;
    for (size_t next = 0; !error && next < pprof->set.count;) {
        Perftools__Profiles__Profile message;
        struct region region = {0};
        progress_show_writing(pprof->profile->progress, next, pprof->set.count);
        perftools__profiles__profile__init(&message);
        message.sample = samples;
        error = make_samples(pprof, &region, &next, samples, &message.n_sample);
        if (!error)
            error = put_message(pprof, &message);
        region_release(&region);
    }
    free(samples);
    return error;
}

// Mappings, locations, functions and texts, in portions.
static int put_tables(struct pprof *pprof)
{
    struct pprof_table *table = &pprof->table;
    int error = 0;
    for (size_t at = 0; !error; at += PORTION) {
        Perftools__Profiles__Profile message;
        size_t rest[] = {table->location_count, table->function_count, table->text_count,
                         table->mapping_count};
        for (size_t i = 0; i < 4; i++)
            rest[i] = rest[i] < at ? 0 : rest[i] - at < PORTION ? rest[i] - at : PORTION;
        if (rest[0] + rest[1] + rest[2] + rest[3] == 0)
            break;
        perftools__profiles__profile__init(&message);
        message.n_mapping = rest[3];
        message.mapping = (Perftools__Profiles__Mapping **)table->mappings + at;
        message.n_location = rest[0];
        message.location = (Perftools__Profiles__Location **)table->locations + at;
        message.n_function = rest[1];
        message.function = (Perftools__Profiles__Function **)table->functions + at;
        message.n_string_table = rest[2];
        message.string_table = table->texts + at;
        error = put_message(pprof, &message);
    }
    return error;
}

// --- what the profile is

static const char *command_line(struct pprof *pprof)
{
    const struct profile *profile = pprof->profile;
    struct region *region = &pprof->table.region;
    const char *line = "";
    for (size_t i = 0; line && i < profile->arg_count && strlen(line) < 4096; i++)
        line = region_printf(region, "%s%s%s", line, i ? " " : "", profile->args[i]);
    return line;
}

static const char *exactness(struct pprof *pprof)
{
    const struct profile_header *header = &pprof->profile->header;
    return profile_is_sampled(pprof->profile)
               ? region_printf(&pprof->table.region,
                               "heap: sampled every %s; all values of the heap are estimates",
                               unit_bytes((int64_t)header->sample_bytes).text)
               : "heap: exact";
}

struct comments {
    int64_t *texts;
    size_t count;
};

static void add_comment(struct pprof *pprof, struct comments *comments, const char *text)
{
    if (text && *text && comments->texts)
        comments->texts[comments->count++] = pprof_text(&pprof->table, text);
}

static void add_losses(struct pprof *pprof, struct comments *comments)
{
    for (size_t i = 0; i < PROFILE_DROP_COUNT; i++)
        if (pprof->profile->header.dropped[i] != 0)
            add_comment(pprof, comments,
                        region_printf(&pprof->table.region, "lost: %" PRIu64 " events (%s)",
                                      pprof->profile->header.dropped[i], drop_names[i]));
}

static void add_process(struct pprof *pprof, struct comments *comments)
{
    struct region *region = &pprof->table.region;
    const struct profile *profile = pprof->profile;
    add_comment(pprof, comments,
                region_printf(region, "program: %s (pid %u)", profile->exe, profile->header.pid));
    add_comment(pprof, comments, region_printf(region, "command: %s", command_line(pprof)));
}

static struct comments make_comments(struct pprof *pprof)
{
    const struct profile *profile = pprof->profile;
    struct region *region = &pprof->table.region;
    size_t most = 8 + PROFILE_DROP_COUNT + profile->note_count;
    struct comments comments = {region_array(region, most, sizeof(*comments.texts)), 0};
    add_comment(pprof, &comments,
                region_printf(region, "gaiaprof %s, view %s%s", GAIAPROF_VERSION,
                              pprof->set.view->name, profile->old ? ", new - old" : ""));
    if (profile->header.pid == 0)
        add_comment(pprof, &comments, region_printf(region, "program: %s", profile->exe));
    else
        add_process(pprof, &comments);
    if (profile->header.heap_mode != PROFILE_HEAP_OFF)
        add_comment(pprof, &comments, exactness(pprof));
    add_losses(pprof, &comments);
    for (size_t i = 0; i < profile->note_count; i++)
        add_comment(pprof, &comments, region_printf(region, "note: %s", profile->notes[i]));
    return comments;
}

static bool is_of_heap(const struct sample_view *view)
{
    return strcmp(view->types[0].type, "alloc_objects") == 0 ||
           strcmp(view->types[0].type, "temporary_objects") == 0;
}

static void set_type(struct pprof *pprof, Perftools__Profiles__ValueType *type, const char *name,
                     const char *unit)
{
    perftools__profiles__value_type__init(type);
    type->type = pprof_text(&pprof->table, name);
    type->unit = pprof_text(&pprof->table, unit);
}

static void set_period(struct pprof *pprof, Perftools__Profiles__Profile *message,
                       Perftools__Profiles__ValueType *type)
{
    const struct sample_view *view = pprof->set.view;
    bool is_heap = is_of_heap(view);
    set_type(pprof, type, is_heap ? "space" : view->types[0].type,
             is_heap ? "bytes" : view->types[0].unit);
    message->period_type = type;
    message->period = is_heap && profile_is_sampled(pprof->profile)
                          ? (int64_t)pprof->profile->header.sample_bytes
                          : 1;
}

static int put_header(struct pprof *pprof)
{
    const struct profile *profile = pprof->profile;
    const struct sample_view *view = pprof->set.view;
    Perftools__Profiles__Profile message;
    Perftools__Profiles__ValueType types[SAMPLE_VALUES_MAX + 1], *pointers[SAMPLE_VALUES_MAX];
    size_t shown = pprof->options->samples ? pprof->options->value : view->default_type;
    struct comments comments = make_comments(pprof);
    perftools__profiles__profile__init(&message);
    for (size_t i = 0; i < view->type_count; i++) {
        set_type(pprof, &types[i], view->types[i].type, view->types[i].unit);
        pointers[i] = &types[i];
    }
    message.n_sample_type = view->type_count;
    message.sample_type = pointers;
    message.default_sample_type = pprof_text(&pprof->table, view->types[shown].type);
    set_period(pprof, &message, &types[SAMPLE_VALUES_MAX]);
    message.time_nanos = (int64_t)profile->header.start_realtime_ns;
    message.duration_nanos = profile->duration_ns > 0 ? profile->duration_ns : 0;
    message.drop_frames = is_of_heap(view) ? pprof_text(&pprof->table, ALLOCATOR_FRAMES) : 0;
    message.n_comment = comments.count;
    message.comment = comments.texts;
    return comments.texts ? put_message(pprof, &message) : -ENOMEM;
}

// Texts last: what comes before needs some.
static int put_all(struct pprof *pprof)
{
    struct pprof_table *table = &pprof->table;
    pprof->names = (struct label_names){pprof_text(table, "thread"), pprof_text(table, "lock"),
                                        pprof_text(table, "kind"), pprof_text(table, "class"),
                                        pprof_text(table, "bytes")};
    int error = make_rows(pprof);
    if (!error)
        error = put_header(pprof);
    if (!error)
        error = put_samples(pprof);
    return !error && !table->failed ? put_tables(pprof) : -ENOMEM;
}

static int render_set(struct pprof *pprof, FILE *out)
{
    int error = stack_trie_init(&pprof->trie);
    if (error)
        return error;
    error = gzip_writer_init(&pprof->gzip, out);
    if (!error) {
        error = pprof_table_init(&pprof->table, pprof->profile);
        if (!error)
            error = put_all(pprof);
        gzip_writer_finish(&pprof->gzip);
        HASH_CLEAR(hh, pprof->label_hash);
        pprof_table_release(&pprof->table);
        free(pprof->rows);
    }
    stack_trie_release(&pprof->trie);
    return error;
}

int render_pprof(struct profile *profile, const struct render_options *options, FILE *out)
{
    struct pprof pprof = {.profile = profile, .options = options};
    const struct sample_view *view = options->samples ? options->samples : sample_view_find("heap");
    int error = sample_set_init(&pprof.set, profile, view);
    if (error)
        return error;
    error = render_set(&pprof, out);
    sample_set_release(&pprof.set);
    return error;
}
