// SPDX-License-Identifier: MIT
// Functions whose names are ten thousand bytes and more, as templates make them: they are found,
// and the report is no larger for it than it must be.
// EXPECT: sum(s["allocations"] for s in heap["sites"] if any("deep_in" in (f["function"] or "") for f in s["stack"])) == 3
// EXPECT: max(len(f["function"] or "") for s in heap["sites"] for f in s["stack"]) > 1000
#include <cstdlib>

template <class One, class Other> struct pair_of_types {
};

template <int Depth> struct nested {
    using type =
        pair_of_types<typename nested<Depth - 1>::type, typename nested<Depth - 1>::type *>;
};

template <> struct nested<0> {
    using type = pair_of_types<int, const char *>;
};

template <class Type> void deep_in()
{
    std::malloc(100);
}

int main()
{
    deep_in<nested<4>::type>();
    deep_in<nested<9>::type>();
    deep_in<nested<14>::type>();
    return 0;
}
