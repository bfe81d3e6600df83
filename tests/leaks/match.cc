// SPDX-License-Identifier: MIT
// Every form of allocation with its own form of free: nothing is wrong.
// LEAKS: none
// MISUSE: none
#include "leaks.h"

#include <malloc.h>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

struct thing {
    virtual ~thing() {}
    long numbers[4] = {};
};

struct alignas(128) wide {
    ~wide()
    {
        room[0] = 0;
    }
    char room[256];
};

struct throwing {
    throwing()
    {
        throw std::runtime_error("a constructor fails");
    }
    long number;
};

static SITE void with_malloc()
{
    void *block = NULL;

    free(malloc(1));
    free(calloc(1, 1));
    free(realloc(malloc(1), 100));
    free(reallocarray(NULL, 3, 5));
    free(memalign(64, 1));
    free(aligned_alloc(64, 64));
    free(valloc(1));
    free(pvalloc(1));
    free(strdup("text"));
    if (posix_memalign(&block, 64, 10) == 0)
        free(block);
    free(NULL);
    operator delete(nullptr);
    operator delete[](nullptr);
}

static SITE void with_operators()
{
    std::align_val_t align = std::align_val_t(64);

    operator delete(operator new(10));
    operator delete(operator new(10), size_t(10));
    operator delete(operator new(10, std::nothrow));
    operator delete(operator new(10, std::nothrow), std::nothrow);
    operator delete(operator new(10, align), align);
    operator delete(operator new(10, align), size_t(10), align);
    operator delete(operator new(10, align, std::nothrow), align, std::nothrow);
    operator delete[](operator new[](10));
    operator delete[](operator new[](10), size_t(10));
    operator delete[](operator new[](10, std::nothrow), std::nothrow);
    operator delete[](operator new[](10, align), align);
    operator delete[](operator new[](10, align), size_t(10), align);
    operator delete[](operator new[](10, align, std::nothrow), align, std::nothrow);
}

static SITE void with_objects()
{
    char *room = static_cast<char *>(malloc(sizeof(thing)));
    thing *placed = new (room) thing;

    delete new thing;
    delete[] new thing[3];
    delete new (std::nothrow) thing;
    delete new wide;
    delete[] new wide[2];
    placed->~thing();
    free(room);
    try {
        delete new throwing;
    } catch (const std::runtime_error &error) {
        std::vector<std::string> texts(10, error.what());
    }
    try {
        delete[] new throwing[2];
    } catch (const std::runtime_error &) {
    }
}

static int handled;

static void make_room()
{
    if (++handled == 3)
        std::set_new_handler(nullptr);
}

static SITE void without_memory()
{
    volatile size_t too_much = SIZE_MAX / 4;

    std::set_new_handler(make_room);
    try {
        operator delete(operator new(too_much));
    } catch (const std::bad_alloc &) {
    }
    operator delete(operator new(too_much, std::nothrow));
}

int main()
{
    with_malloc();
    with_operators();
    with_objects();
    without_memory();
    forget();
    return handled != 3;
}
