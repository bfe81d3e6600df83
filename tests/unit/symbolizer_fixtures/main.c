// SPDX-License-Identifier: MIT
//
// main.c - makes an executable of code.c.
void outer(void);
int call_through_plt(const char *text);

int main(int argc, char **argv)
{
    outer();
    return argc > 1 ? call_through_plt(argv[1]) : 0;
}
