// SPDX-License-Identifier: MIT
//
// options.c - parses GAIAPROF_OPTIONS and GAIAPROF_<KEY> by the table of options.def. Runs once in
// the thread that starts recording, possibly inside its first malloc: no libc beyond string.h.
#include "preload/options.h"

#include "preload/text.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Until they are read, nothing is off: the first hook must get as far as reading them.
struct options options = {.heap = HEAP_EXACT, .locks = 1, .threads = 1};

enum option_type { TYPE_STRING, TYPE_ENUM, TYPE_COUNT, TYPE_ENUM_OR_SIZE };

struct option_row {
    const char *key;
    enum option_type type;
    const char *choices; // of an enumeration: "a|b|c"
    unsigned low, high;  // of a count or a size
    size_t value_off;    // in struct options
    size_t size_off;     // of an enumeration or size: where the size goes
};

static const struct option_row rows[] = {
#define OPTION_STRING(key, text, help)                                                             \
    {#key, TYPE_STRING, "", 0, 0, offsetof(struct options, key), 0},
#define OPTION_ENUM(key, text, choices, help)                                                      \
    {#key, TYPE_ENUM, choices, 0, 0, offsetof(struct options, key), 0},
#define OPTION_COUNT(key, number, low, high, help)                                                 \
    {#key, TYPE_COUNT, "", low, high, offsetof(struct options, key), 0},
#define OPTION_ENUM_OR_SIZE(key, size, text, choices, low, high, help)                             \
    {#key,                                                                                         \
     TYPE_ENUM_OR_SIZE,                                                                            \
     choices,                                                                                      \
     low,                                                                                          \
     high,                                                                                         \
     offsetof(struct options, key),                                                                \
     offsetof(struct options, size)},
#include "preload/options.def"
#undef OPTION_STRING
#undef OPTION_ENUM
#undef OPTION_COUNT
#undef OPTION_ENUM_OR_SIZE
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static void set_string(char *value, const char *text)
{
    size_t length = strnlen(text, OPTION_TEXT_MAX - 1);

    memcpy(value, text, length);
    value[length] = '\0';
}

static bool parse_enum(const char *choices, const char *text, unsigned *ret_value)
{
    size_t length = strlen(text);
    unsigned index = 0;

    for (const char *choice = choices;; index++) {
        size_t choice_length = strcspn(choice, "|");

        if (choice_length == length && memcmp(choice, text, length) == 0) {
            *ret_value = index;
            return true;
        }
        if (choice[choice_length] == '\0')
            return false;
        choice += choice_length + 1;
    }
}

// Digits; returns what follows them, NULL where there are none or too many.
static const char *parse_digits(const char *text, uint64_t *ret_value)
{
    const char *next = text;

    *ret_value = 0;
    for (; *next >= '0' && *next <= '9'; next++) {
        if (*ret_value > UINT32_MAX)
            return NULL;
        *ret_value = *ret_value * 10 + (uint64_t)(*next - '0');
    }
    return next == text ? NULL : next;
}

static bool is_in_range(const struct option_row *row, uint64_t value)
{
    return row->low <= value && value <= row->high;
}

static bool parse_count(const struct option_row *row, const char *text, unsigned *ret_value)
{
    uint64_t value;
    const char *end = parse_digits(text, &value);

    if (!end || *end || !is_in_range(row, value))
        return false;
    *ret_value = (unsigned)value;
    return true;
}

static bool parse_size(const struct option_row *row, const char *text, uint64_t *ret_bytes)
{
    static const char units[] = "kKmMgG";
    uint64_t value;
    const char *end = parse_digits(text, &value);
    const char *unit = end && *end ? strchr(units, *end) : NULL;

    if (!end || (*end && (!unit || end[1])) || value > UINT32_MAX)
        return false;
    if (unit)
        value <<= 10 * ((unit - units) / 2 + 1);
    if (!is_in_range(row, value))
        return false;
    *ret_bytes = value;
    return true;
}

static unsigned count_choices(const char *choices)
{
    unsigned count = 1;

    while ((choices = strchr(choices, '|'))) {
        choices++;
        count++;
    }
    return count;
}

static bool set_enum_or_size(const struct option_row *row, const char *text)
{
    unsigned *value = (void *)((char *)&options + row->value_off);
    uint64_t *bytes = (void *)((char *)&options + row->size_off);

    if (parse_enum(row->choices, text, value)) {
        *bytes = 0;
        return true;
    }
    if (!parse_size(row, text, bytes))
        return false;
    *value = count_choices(row->choices);
    return true;
}

static bool set_value(const struct option_row *row, const char *text)
{
    void *value = (char *)&options + row->value_off;

    if (row->type == TYPE_ENUM)
        return parse_enum(row->choices, text, value);
    if (row->type == TYPE_COUNT)
        return parse_count(row, text, value);
    if (row->type == TYPE_ENUM_OR_SIZE)
        return set_enum_or_size(row, text);
    if (strlen(text) >= OPTION_TEXT_MAX)
        return false;
    set_string(value, text);
    return true;
}

static void set_defaults(void)
{
#define OPTION_STRING(key, text, help) set_string(options.key, text);
#define OPTION_ENUM(key, text, choices, help) parse_enum(choices, text, &options.key);
#define OPTION_COUNT(key, number, low, high, help) options.key = number;
#define OPTION_ENUM_OR_SIZE(key, size, text, choices, low, high, help)                             \
    parse_enum(choices, text, &options.key);                                                       \
    options.size = 0;
#include "preload/options.def"
#undef OPTION_STRING
#undef OPTION_ENUM
#undef OPTION_COUNT
#undef OPTION_ENUM_OR_SIZE
}

static const struct option_row *find_row(const char *key)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (strcasecmp(rows[i].key, key) == 0)
            return &rows[i];
    return NULL;
}

static void warn(const char *key, const char *problem, const char *detail)
{
    char what[128], why[512];
    struct text text;

    text_init(&text, what, sizeof(what));
    text_add(&text, "option '");
    text_add(&text, key);
    text_add(&text, "'");
    text_init(&text, why, sizeof(why));
    text_add(&text, problem);
    text_add(&text, detail);
    text_warn(2, what, why);
}

// As one would write it: 1k, not 1024.
static void add_size(struct text *text, uint64_t bytes)
{
    const char *units[] = {"", "k", "m", "g"};
    size_t unit = 0;

    for (; unit < 3 && bytes % 1024 == 0; unit++)
        bytes /= 1024;
    text_add_number(text, bytes);
    text_add(text, units[unit]);
}

static void add_range(struct text *text, const struct option_row *row)
{
    void (*add)(struct text *, uint64_t) = row->type == TYPE_COUNT ? text_add_number : add_size;

    add(text, row->low);
    text_add(text, "..");
    add(text, row->high);
}

static void warn_value(const struct option_row *row, const char *value)
{
    char detail[256];
    struct text text;

    text_init(&text, detail, sizeof(detail));
    text_add(&text, value);
    text_add(&text, "', want ");
    text_add(&text, row->type == TYPE_STRING ? "a shorter text" : row->choices);
    if (row->type == TYPE_ENUM_OR_SIZE)
        text_add(&text, "|");
    if (row->type == TYPE_COUNT || row->type == TYPE_ENUM_OR_SIZE)
        add_range(&text, row);
    warn(row->key, "bad value '", detail);
}

static void set_option(const char *key, const char *value)
{
    const struct option_row *row = find_row(key);

    if (!row)
        warn(key, "unknown, ignored", "");
    else if (!set_value(row, value))
        warn_value(row, value);
}

// Copies text up to the next ':' that is not written '\:'. Returns what follows it.
static const char *take_item(const char *text, char *item, size_t capacity)
{
    size_t length = 0;

    for (; *text && *text != ':'; text++) {
        if (*text == '\\' && text[1] == ':')
            text++;
        if (length < capacity - 1)
            item[length++] = *text;
    }
    item[length] = '\0';
    return *text ? text + 1 : text;
}

static void read_list(const char *list)
{
    char item[OPTION_TEXT_MAX + 64];

    while (*list) {
        list = take_item(list, item, sizeof(item));
        char *equals = strchr(item, '=');

        if (equals) {
            *equals = '\0';
            set_option(item, equals + 1);
        } else if (*item) {
            warn(item, "no value, want ", "key=value");
        }
    }
}

// No options: the list of them, the command to start, the number of a tree of processes.
static bool is_other(const char *key)
{
    return strcmp(key, "OPTIONS") == 0 || strcmp(key, "CLI") == 0 || strcmp(key, "TREE") == 0;
}

// GAIAPROF_<KEY>=value.
static void read_variable(const char *variable)
{
    char key[64];
    const char *name = variable + strlen("GAIAPROF_");
    size_t length = strcspn(name, "=");

    if (name[length] != '=')
        return;
    if (length >= sizeof(key)) // no key of ours is that long
        length = sizeof(key) - 1;
    memcpy(key, name, length);
    key[length] = '\0';
    if (!is_other(key))
        set_option(key, strchr(name, '=') + 1);
}

void options_read(char *const *environment)
{
    static const char prefix[] = "GAIAPROF_", list[] = "GAIAPROF_OPTIONS=";

    set_defaults();
    for (char *const *entry = environment; *entry; entry++)
        if (strncmp(*entry, list, sizeof(list) - 1) == 0)
            read_list(*entry + sizeof(list) - 1);
    for (char *const *entry = environment; *entry; entry++)
        if (strncmp(*entry, prefix, sizeof(prefix) - 1) == 0)
            read_variable(*entry);
}
