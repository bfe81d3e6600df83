// SPDX-License-Identifier: MIT
// The program ends while an exception is handled, and with another in an exception_ptr: the runtime
// points into the middle of their blocks.
// LEAKS: possible in_flight 1 *, possible kept_for_later 1 *
// LEAKS: possible text_of_flight 1 40, definite lose 1 48
#include "leaks.h"

#include <exception>

struct failure {
    void *text;
};

static std::exception_ptr kept;

static SITE void *text_of_flight()
{
    return malloc(40);
}

static SITE void in_flight()
{
    throw failure{text_of_flight()};
}

static SITE void kept_for_later()
{
    kept = std::make_exception_ptr(failure{nullptr});
}

static SITE void lose()
{
    void *volatile block = malloc(48);

    (void)block;
}

int main()
{
    kept_for_later();
    try {
        in_flight();
    } catch (const failure &) {
        lose();
        forget();
        _exit(0);
    }
}
