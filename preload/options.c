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

enum option_type { TYPE_STRING, TYPE_ENUM, TYPE_COUNT };

struct option_row {
    const char *key;
    enum option_type type;
    const char *choices; // of an enumeration: "a|b|c"
    unsigned low, high;  // of a count
    size_t value_off;    // in struct options
};

static const struct option_row rows[] = {
#define OPTION_STRING(key, text, help) {#key, TYPE_STRING, "", 0, 0, offsetof(struct options, key)},
#define OPTION_ENUM(key, text, choices, help)                                                      \
    {#key, TYPE_ENUM, choices, 0, 0, offsetof(struct options, key)},
#define OPTION_COUNT(key, number, low, high, help)                                                 \
    {#key, TYPE_COUNT, "", low, high, offsetof(struct options, key)},
#include "preload/options.def"
#undef OPTION_STRING
#undef OPTION_ENUM
#undef OPTION_COUNT
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

static bool parse_count(const struct option_row *row, const char *text, unsigned *ret_value)
{
    uint64_t value = 0;

    if (*text == '\0')
        return false;
    for (const char *next = text; *next; next++) {
        if (*next < '0' || *next > '9' || value > UINT32_MAX)
            return false;
        value = value * 10 + (uint64_t)(*next - '0');
    }
    if (value < row->low || value > row->high)
        return false;
    *ret_value = (unsigned)value;
    return true;
}

static bool set_value(const struct option_row *row, const char *text)
{
    void *value = (char *)&options + row->value_off;

    if (row->type == TYPE_ENUM)
        return parse_enum(row->choices, text, value);
    if (row->type == TYPE_COUNT)
        return parse_count(row, text, value);
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
#include "preload/options.def"
#undef OPTION_STRING
#undef OPTION_ENUM
#undef OPTION_COUNT
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

static void warn_value(const struct option_row *row, const char *value)
{
    char detail[256];
    struct text text;

    text_init(&text, detail, sizeof(detail));
    text_add(&text, value);
    text_add(&text, "', want ");
    if (row->type == TYPE_COUNT) {
        text_add_number(&text, row->low);
        text_add(&text, "..");
        text_add_number(&text, row->high);
    } else {
        text_add(&text, row->type == TYPE_ENUM ? row->choices : "a shorter text");
    }
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

// GAIAPROF_<KEY>=value. GAIAPROF_OPTIONS is the list, GAIAPROF_CLI the command to start.
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
    if (strcmp(key, "OPTIONS") != 0 && strcmp(key, "CLI") != 0)
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
