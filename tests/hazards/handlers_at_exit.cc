// SPDX-License-Identifier: MIT
// Signals keep coming while the process ends, and the handler uses what the program's destructors
// have taken down since: without us there is hardly time for one to come. The report is this
// program again: slow.
// OPTIONS: report=text:report_file=/dev/null
// ENVIRONMENT: GAIAPROF_CLI=/proc/self/exe
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/time.h>
#include <unistd.h>

#define EACH_US 50000
#define REPORT_US 400000

struct Global {
    // volatile: the null below is really stored
    int *volatile count = static_cast<int *>(std::calloc(1, sizeof(int)));

    ~Global()
    {
        std::free(count);
        count = nullptr;
    }
};

static Global global;

static void handler(int)
{
    ++*global.count;
}

int main(int count, char **arguments)
{
    itimerval each = {{0, EACH_US}, {0, EACH_US}};

    if (count > 1 && !std::strcmp(arguments[1], "report"))
        return usleep(REPORT_US);
    std::signal(SIGALRM, handler);
    setitimer(ITIMER_REAL, &each, nullptr);
    while (*global.count < 2)
        pause();
    std::puts("done");
    return 0;
}
