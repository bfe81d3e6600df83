// SPDX-License-Identifier: MIT
// ldd: the loader lists the libraries, ours among them, and runs nothing.
// ENVIRONMENT: LD_TRACE_LOADED_OBJECTS=1
// OUTPUT: varies
// EXPECT: reports == [] and "libc.so" in stdout
int main(void)
{
    return 1; // not reached
}
