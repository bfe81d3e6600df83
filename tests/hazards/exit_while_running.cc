// SPDX-License-Identifier: MIT
// A thread still runs when the program's destructors have run: the report must not keep the
// process alive meanwhile, or the thread meets what is gone. The report is this program again:
// slow.
// OPTIONS: report=text:report_file=/dev/null
// ENVIRONMENT: GAIAPROF_CLI=/proc/self/exe
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <unistd.h>

#define TOUCH_EVERY_US 400000
#define REPORT_US 1000000 // between two touches

struct Global {
    // volatile: the null below is really stored
    char *volatile block = static_cast<char *>(std::calloc(1, 4096));

    ~Global()
    {
        std::free(block);
        block = nullptr;
    }
};

static Global global;
static volatile int touched;

static void touch()
{
    for (;;) {
        ++*global.block;
        touched = 1;
        usleep(TOUCH_EVERY_US);
    }
}

int main(int count, char **arguments)
{
    if (count > 1 && !std::strcmp(arguments[1], "report"))
        return usleep(REPORT_US);
    std::thread(touch).detach();
    while (!touched)
        usleep(1000);
    std::puts("done");
    return 0;
}
