// SPDX-License-Identifier: MIT
// Objects that own each other by shared_ptr: a circle of two, of one, and two that share blocks
// with their counters; one is the head of its circle.
// LEAKS: definite make_pair 1 64, indirect make_pair 1 64, definite make_self 1 64
// LEAKS: definite make_apart 1 24, indirect make_apart 1 24
#include "leaks.h"

#include <memory>

struct item {
    std::shared_ptr<item> next;
    long numbers[4] = {};
};

struct apart {
    std::shared_ptr<apart> next;
    long number = 0;
};

static SITE void make_pair()
{
    auto first = std::make_shared<item>();
    auto second = std::make_shared<item>();

    first->next = second;
    second->next = first;
}

static SITE void make_self()
{
    auto only = std::make_shared<item>();

    only->next = only;
}

// the object and its counters are two blocks, which hold each other
static SITE void make_apart()
{
    std::shared_ptr<apart> only(new apart);

    only->next = only;
}

int main()
{
    make_pair();
    make_self();
    make_apart();
    forget();
    return 0;
}
