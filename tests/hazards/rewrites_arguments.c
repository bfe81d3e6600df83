// SPDX-License-Identifier: MIT
// A server writes its title over its arguments and its environment, as setproctitle does: it is
// there to be seen, and the report names what was started.
// OPTIONS: report=text:report_file=/dev/null
// ARGUMENTS: one two
// EXPECT: process["args"][1:] == ["one", "two"] and process["exit"]["status"] == 0
// EXPECT: stdout == "server: waiting for connections\n" and site("main")["allocations"] == 1
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static const char title[] = "server: waiting for connections";

int main(int argc, char **argv)
{
    char *end = argv[argc - 1] + strlen(argv[argc - 1]) + 1, shown[200] = "";
    int fd;

    for (char **variable = environ; *variable; variable++)
        if (*variable == end)
            end += strlen(*variable) + 1;
    environ = calloc(1, sizeof(*environ));
    memset(argv[0], 0, (size_t)(end - argv[0]));
    if ((size_t)(end - argv[0]) > sizeof(title))
        memcpy(argv[0], title, sizeof(title));
    fd = open("/proc/self/cmdline", O_RDONLY);
    read(fd, shown, sizeof(shown) - 1);
    close(fd);
    printf("%s\n", shown);
    return 0;
}
