// SPDX-License-Identifier: MIT
// Objects made in turn, each with a std::mutex: as many locks, wherever the allocator puts them.
// EXPECT: sorted(l["acquisitions"] for l in locks_of("mutex", "make")) == list(range(1, 51))
// EXPECT: {l["name"] for l in locks_of("mutex", "make")} == {"make+0x8"}
// EXPECT: all(l["end"] == "freed" for l in locks_of("mutex", "make"))
// EXPECT: all("make" in functions(l["block"]["stack"])[:2] for l in locks_of("mutex", "make"))
// EXPECT: report["misuse"] == [] and report["order"] == []
#include <mutex>

struct Account {
    long number;
    std::mutex mutex;
};

Account *make(long number)
{
    Account *account = new Account;
    account->number = number;
    return account;
}

int main()
{
    for (long number = 1; number <= 50; number++) {
        Account *account = make(number);

        for (long i = 0; i < number; i++)
            std::lock_guard<std::mutex> hold(account->mutex);
        delete account;
    }
    return 0;
}
