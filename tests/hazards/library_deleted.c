// SPDX-License-Identifier: MIT
// A library is deleted after it was loaded, another one is replaced by a file of other contents, as
// an upgrade does: what is left is reported by module and offset, no name is made up.
// EXPECT: not sites("inner") and [s["allocated_bytes"] for s in sites("run") if not s["stack"][0]["function"]] == [77, 77]
// EXPECT: "no names from replaced.so: replaced since by another build" in report["text"]
// EXPECT: "no names from deleted.so: no longer there" in report["text"]
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

static void copy(const char *from, const char *to)
{
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);

    while (sendfile(out, in, NULL, 1 << 20) > 0)
        ;
    close(in);
    close(out);
}

static int run(const char *name)
{
    void *library = dlopen(name, RTLD_NOW);
    int (*inner)(void) = (int (*)(void))dlsym(library, "inner");

    return inner();
}

int main(int count, char **arguments)
{
    char path[4096];

    (void)count;
    *strrchr(arguments[0], '/') = '\0';
    snprintf(path, sizeof(path), "%s/origin_inner/origin_inner.so", arguments[0]);
    copy(path, "deleted.so");
    copy(path, "replaced.so");
    run("./deleted.so");
    run("./replaced.so");
    unlink("deleted.so");
    snprintf(path, sizeof(path), "%s/scope_library.so", arguments[0]);
    copy(path, "new.so");
    return rename("new.so", "replaced.so");
}
