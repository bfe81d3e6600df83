// SPDX-License-Identifier: MIT
// A server for live.py: for each line of input, a number, it loses and keeps as many blocks, says
// so, and waits for the next. A second thread waits meanwhile.
#include "leaks.h"

static struct node *kept;

static SITE void lose(void)
{
    struct node *node = calloc(1, sizeof(*node));

    node->next = malloc(40);
}

static SITE void keep(void)
{
    struct node *node = calloc(1, sizeof(*node));

    node->next = kept;
    kept = node;
}

static SITE void *hold(void)
{
    return malloc(100);
}

static SITE void serve(int requests)
{
    for (int i = 0; i < requests; i++) {
        lose();
        keep();
        free(malloc(200));
    }
}

static SITE int next_request(void)
{
    char line[32];
    ssize_t length = read(STDIN_FILENO, line, sizeof(line) - 1);

    if (length <= 0)
        exit(0);
    line[length] = 0;
    return atoi(line);
}

static void *live(void *unused)
{
    void *volatile block = hold();

    (void)unused;
    park();
    return block;
}

int main(void)
{
    start_thread(live, NULL);
    wait_until_parked(1);
    for (;;) {
        forget();
        write(STDOUT_FILENO, "ready\n", 6);
        serve(next_request());
    }
}
