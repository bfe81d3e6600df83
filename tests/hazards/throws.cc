// SPDX-License-Identifier: MIT
// Exceptions through many frames, with allocations on the way, work as without us.
// EXPECT: sum(s["allocations"] for s in sites("throw_at")) >= 2000
// EXPECT: heap["live_blocks"] <= 3
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

void throw_at(int depth, int &destroyed)
{
    struct Counted {
        int &count;
        std::vector<int> data;
        ~Counted()
        {
            count++;
        }
    } counted{destroyed, std::vector<int>(100)};

    if (depth == 0)
        throw std::runtime_error("thrown at the bottom, with a text of more than 16 bytes");
    throw_at(depth - 1, destroyed);
}

int main()
{
    int destroyed = 0, caught = 0;

    for (int i = 0; i < 100; i++)
        try {
            throw_at(20, destroyed);
        } catch (const std::exception &error) {
            caught += std::string(error.what()).size() > 0;
        }
    std::printf("%d %d\n", destroyed, caught);
}
