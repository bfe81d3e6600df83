// SPDX-License-Identifier: MIT
// libc loads and unloads libraries of its own accord (character sets) and does not call dlclose for
// it: their frames are found where other ones were before.
// EXPECT: stdout == "converted"
// EXPECT: all(s["stack"][-1]["function"] == "_start" for s in sites("convert"))
// EXPECT: all(sum(s["allocations"] for s in sites("gconv_init") if s["stack"][0]["module"].endswith("/" + name + ".so")) == 50 for name in ("UTF-16", "UTF-32", "UTF-7", "UNICODE"))
// EXPECT: not any(health["dropped"].values())
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed;

void convert(const char *to)
{
    char text[] = "text", converted[200];
    char *in = text, *out = converted;
    size_t in_bytes = strlen(text), out_bytes = sizeof(converted);
    iconv_t conversion = iconv_open(to, "UTF-8");

    if (conversion == (iconv_t)-1) {
        failed++;
        return;
    }
    failed += iconv(conversion, &in, &in_bytes, &out, &out_bytes) == (size_t)-1;
    iconv_close(conversion);
}

int main(void)
{
    static const char *const sets[] = {"UTF-16", "UTF-32", "UTF-7", "UNICODE"};

    setvbuf(stdout, NULL, _IONBF, 0);
    for (volatile int i = 0; i < 200; i++) // unused for a while, libraries are unloaded
        convert(sets[i / 5 % 4]);
    printf("%s", failed ? "no character sets" : "converted");
    return 0;
}
