// SPDX-License-Identifier: MIT
// templates.cc - C++ with what its names are made of: templates, operators, lambdas, unnamed
// namespaces, inlined members. Lines that matter end in a name, which the tests look for.
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#define NOINLINE __attribute__((noinline))

namespace demo
{
template <typename T> class pool
{
  public:
    void put(const T &item)
    {
        items.push_back(item); // LINE put
    }
    NOINLINE T *array(size_t count)
    {
        return new T[count]; // LINE array
    }

  private:
    std::vector<T> items;
};

struct maker {
    NOINLINE char *operator()(size_t bytes) const
    {
        return new char[bytes]; // LINE call
    }
};

namespace
{
NOINLINE char *hidden(size_t bytes)
{
    return static_cast<char *>(malloc(bytes)); // LINE hidden
}
} // namespace
} // namespace demo

static demo::pool<std::string> strings;
static std::map<int, std::vector<double>> table;
static void *volatile sink;

NOINLINE void fill(int count)
{
    for (int i = 0; i < count; i++) {
        strings.put("a string that is longer than a small one " + std::to_string(i)); // LINE fill
        table[i].resize(10 + i);
    }
}

int main()
{
    auto lambda = [](size_t bytes) NOINLINE { return std::make_unique<char[]>(bytes); };

    fill(40);
    sink = strings.array(3);
    sink = demo::pool<long>().array(9);
    sink = demo::maker()(17);
    sink = demo::hidden(23);
    auto block = lambda(31);
    std::thread thread([] { sink = demo::hidden(29); });
    thread.join();
    return sink == block.get();
}
