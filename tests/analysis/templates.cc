// SPDX-License-Identifier: MIT
//
// templates.cc - names as C++ has them: long, with arguments and operators.
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace outer
{
template <class T> struct Holder {
    void *block = nullptr;
    __attribute__((noinline)) void fill(std::size_t bytes) { block = std::malloc(bytes); }
    __attribute__((noinline)) void operator()(std::size_t bytes) { fill(bytes); }
    __attribute__((noinline)) bool operator<(std::size_t bytes)
    {
        fill(bytes);
        return block != nullptr;
    }
};
} // namespace outer

using Long = std::map<std::string, std::vector<std::map<std::string, std::vector<std::string>>>>;

static outer::Holder<int> ints;
static outer::Holder<Long> longs;

int main()
{
    ints(1234);
    longs(4321);
    return ints < 11 && longs < 22 ? 0 : 1;
}
