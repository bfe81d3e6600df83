// SPDX-License-Identifier: MIT
// Thread-local objects hold blocks, of the first thread and of one that lives; a joined thread
// destroyed its own. (The first thread destroys its own at exit: not here.)
// LEAKS: reachable hold 2 96, reachable main 1 16
#include "leaks.h"

#include <memory>
#include <thread>

struct holder {
    std::unique_ptr<char[]> block;
};

static thread_local holder local;

static SITE void hold(size_t bytes)
{
    local.block.reset(new char[bytes]);
}

static void live()
{
    hold(56);
    park();
}

int main()
{
    std::thread([] { hold(64); }).join();
    std::thread(live).detach();
    wait_until_parked(1);
    hold(40);
    forget();
    _exit(0);
}
