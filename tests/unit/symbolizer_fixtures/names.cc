// SPDX-License-Identifier: MIT
//
// names.cc - C++ names: namespaces, templates, overloads, a lambda, an anonymous namespace.
// symbolizer_frames_test.c knows the lines.
#define SPOT(name) __asm__ volatile(".globl spot_" #name "\nspot_" #name ":\n\tnop")

namespace shop
{
int stock = 3;

template <typename Item> struct box {
    Item item;
    __attribute__((noinline)) int count(int extra)
    {
        SPOT(count); // line 15
        return static_cast<int>(item) + extra;
    }
};

inline __attribute__((always_inline)) int price(int number)
{
    SPOT(price); // line 22
    return number + stock;
}

__attribute__((noinline)) int sell(int number)
{
    return price(number) + 1; // line 28
}

namespace
{
__attribute__((noinline)) int hidden(int number)
{
    SPOT(hidden); // line 35
    return number * stock;
}
} // namespace
} // namespace shop

int buy(int number);
int buy(int number)
{
    shop::box<long> box{number};
    auto twice = [](int value) __attribute__((noinline))
    {
        SPOT(lambda); // line 47
        return value * shop::stock;
    };
    return box.count(1) + shop::sell(number) + shop::hidden(number) + twice(number);
}
