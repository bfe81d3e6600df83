// SPDX-License-Identifier: MIT
// Global containers hold their elements until they are destroyed: the program ends before that.
// LEAKS: reachable fill 254 *, reachable object 3 96, definite released 1 32
#include "leaks.h"

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <vector>

struct thing {
    long numbers[4];
};

static std::vector<std::unique_ptr<thing>> things;
static std::list<int> list;
static std::map<int, int> map;
static std::set<long> set;
static std::function<long()> closure;

static SITE std::unique_ptr<thing> object()
{
    return std::unique_ptr<thing>(new thing());
}

static SITE void released()
{
    std::unique_ptr<thing> gone(new thing());

    gone.release();
}

static SITE void fill()
{
    std::unique_ptr<thing> captured(new thing());

    things.reserve(3);
    for (int i = 0; i < 3; i++)
        things.push_back(object());
    for (int i = 0; i < 50; i++)
        list.push_back(i);
    for (int i = 0; i < 100; i++)
        map[i] = i;
    for (int i = 0; i < 100; i++)
        set.insert(i);
    closure = [shared = std::shared_ptr<thing>(std::move(captured)), a = 1L, b = 2L] {
        return shared->numbers[0] + a + b;
    };
}

int main()
{
    fill();
    released();
    forget();
    _exit(0);
}
