// SPDX-License-Identifier: MIT
// The library that unwinds for us stays out of the program's scope: who the program's own
// exceptions are thrown by is who it was, and no library of ours is to be seen by name.
// EXPECT: health["complete"]
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <unwind.h>

static const char *owner(const char *name)
{
    Dl_info info;
    void *symbol = dlsym(RTLD_DEFAULT, name);

    if (!symbol || !dladdr(symbol, &info))
        return "nobody";
    return std::strrchr(info.dli_fname, '/') ? std::strrchr(info.dli_fname, '/') + 1 : "?";
}

int main()
{
    const char *const names[] = {
        "_Unwind_RaiseException", "_Unwind_Resume", "_Unwind_Backtrace",  "_Unwind_GetIP",
        "_Unwind_ForcedUnwind",   "unw_step",       "lzma_stream_decoder"};

    for (const char *name : names)
        std::printf("%s: %s\n", name, owner(name));
    try {
        throw 5;
    } catch (int caught) {
        std::printf("caught %d\n", caught);
    }
    return 0;
}
