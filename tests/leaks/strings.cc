// SPDX-License-Identifier: MIT
// Strings: short ones are in the object itself, long ones have a block. A string object that is
// lost takes its block with it. The text of a global string is held by its start.
// LEAKS: definite lose_short 1 32, definite lose_long 1 32, indirect lose_long 1 101
// LEAKS: reachable keep_long 1 201, possible keep_inside 1 301
#include "leaks.h"

#include <string>

static std::string kept;
static const char *inside;

static SITE void lose_short()
{
    std::string *volatile text = new std::string("short");

    (void)text;
}

static SITE void lose_long()
{
    std::string *volatile text = new std::string(100, 'x');

    (void)text;
}

static SITE void keep_long()
{
    kept.reserve(200);
    kept = "text";
}

static SITE void keep_inside()
{
    static union holder {
        std::string text;
        holder() : text(300, 'x') {}
        ~holder() {}
    } hidden;

    inside = hidden.text.c_str() + 7;
    memset(static_cast<void *>(&hidden.text), 0, sizeof(hidden.text));
}

int main()
{
    lose_short();
    lose_long();
    keep_long();
    keep_inside();
    forget();
    _exit(0);
}
