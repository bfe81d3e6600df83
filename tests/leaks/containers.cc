// SPDX-License-Identifier: MIT
// Containers that are lost take their elements with them.
// LEAKS: definite lose_vector 1 24, indirect lose_vector 1 800
// LEAKS: definite lose_map 1 56, indirect lose_map 101 *
// LEAKS: definite lose_tree 1 48, indirect lose_tree 50 2000
// LEAKS: definite lose_nested 1 24, indirect lose_nested 11 *
#include "leaks.h"

#include <map>
#include <unordered_map>
#include <vector>

template <class Container> static void drop(Container *container)
{
    (void)container;
}

static SITE void lose_vector()
{
    auto *numbers = new std::vector<long>;

    numbers->reserve(100);
    drop(numbers);
}

static SITE void lose_map()
{
    auto *map = new std::unordered_map<long, long>;

    for (long i = 0; i < 100; i++)
        (*map)[i] = i;
    drop(map);
}

static SITE void lose_tree()
{
    auto *tree = new std::map<int, int>;

    for (int i = 0; i < 50; i++)
        (*tree)[i] = i;
    drop(tree);
}

static SITE void lose_nested()
{
    auto *lists = new std::vector<std::vector<int>>(10);

    for (auto &list : *lists)
        list.resize(10);
    drop(lists);
}

int main()
{
    lose_vector();
    lose_map();
    lose_tree();
    lose_nested();
    forget();
    return 0;
}
