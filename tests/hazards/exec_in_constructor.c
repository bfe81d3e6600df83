// SPDX-License-Identifier: MIT
// The very first call into a hook is execve, in a library's constructor before ours.
// what may be recorded is a process that was replaced:
// EXPECT: all(r["process"]["exit"]["kind"] == "execed" for r in reports)
extern int is_loaded;

int main(void)
{
    return 4 + is_loaded; // not reached
}
