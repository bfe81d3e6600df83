// SPDX-License-Identifier: MIT
// A program deletes its own file, as installers and droppers do, and runs on: it is recorded, and
// the report says that its names are gone.
// OPTIONS: follow=exec
// EXPECT: len(reports) == 2 and reports[1]["heap"]["allocated_bytes"] == 500
// EXPECT: "no names from copy: no longer there" in reports[1]["text"]
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    int in, out;

    if (count > 1) {
        unlink("copy");
        for (int i = 0; i < 5; i++)
            malloc(100);
        return 0;
    }
    in = open(arguments[0], O_RDONLY);
    out = open("copy", O_WRONLY | O_CREAT, 0700);
    while (sendfile(out, in, NULL, 1 << 20) > 0)
        ;
    close(out);
    execl("./copy", "copy", "again", (char *)NULL);
    return 1;
}
