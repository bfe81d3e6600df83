// SPDX-License-Identifier: MIT
//
// progress_test.c - what a terminal is shown of long work, and that nothing else is.
#include "report/model/progress.h"

#include <fcntl.h>
#include <pty.h>
#include <string.h>
#include <unistd.h>

// clang-format off
// cmocka.h needs the others before it
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
// clang-format on

struct terminal {
    int master;
    FILE *slave;
};

static int open_terminal(void **state)
{
    static struct terminal terminal;
    int slave;
    if (openpty(&terminal.master, &slave, NULL, NULL, NULL) != 0)
        return -1;
    fcntl(terminal.master, F_SETFL, O_NONBLOCK);
    terminal.slave = fdopen(slave, "w");
    *state = &terminal;
    return terminal.slave ? 0 : -1;
}

static int close_terminal(void **state)
{
    struct terminal *terminal = *state;
    fclose(terminal->slave);
    close(terminal->master);
    return 0;
}

static const char *shown(const struct terminal *terminal)
{
    static char text[4096];
    ssize_t length = read(terminal->master, text, sizeof(text) - 1);
    text[length > 0 ? length : 0] = '\0';
    return text;
}

static void nothing_of_short_work(void **state)
{
    struct terminal *terminal = *state;
    struct progress progress;
    progress_init(&progress, terminal->slave);
    progress_show(&progress, "reading", 1, 2);
    progress_clear(&progress);
    assert_string_equal(shown(terminal), "");
}

static void how_far_long_work_is(void **state)
{
    struct terminal *terminal = *state;
    struct progress progress;
    progress_init(&progress, terminal->slave);
    progress.next_ns = 0;
    progress_show(&progress, "reading", 1, 2);
    assert_string_equal(shown(terminal),
                        "\rgaiaprof: reading  [===============               ]  50%");
    progress_show(&progress, "reading", 2, 3); // too soon
    assert_string_equal(shown(terminal), "");
    progress_clear(&progress);
    assert_string_equal(shown(terminal), "\r\033[K");
    progress_clear(&progress);
    assert_string_equal(shown(terminal), "");
}

static void odd_totals(void **state)
{
    struct terminal *terminal = *state;
    struct progress progress;
    progress_init(&progress, terminal->slave);
    progress.next_ns = 0;
    progress_show(&progress, "reading", 5, 0);
    assert_non_null(strstr(shown(terminal), "]   0%"));
    progress.next_ns = 0;
    progress_show(&progress, "reading", UINT64_MAX, UINT64_MAX - 1);
    assert_non_null(strstr(shown(terminal), "] 100%"));
}

static void nothing_between_lines_of_output(void **state)
{
    struct terminal *terminal = *state;
    struct progress progress;
    progress_init(&progress, terminal->slave);
    progress.next_ns = 0;
    progress.writing_is_quiet = true;
    progress_show_writing(&progress, 1, 2);
    assert_string_equal(shown(terminal), "");
    progress.writing_is_quiet = false;
    progress_show_writing(&progress, 1, 2);
    assert_non_null(strstr(shown(terminal), "writing"));
}

static void nothing_elsewhere(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    struct progress progress;
    assert_non_null(file);
    progress_init(&progress, file);
    progress.next_ns = 0;
    progress_show(&progress, "reading", 1, 2);
    progress_clear(&progress);
    assert_int_equal(ftell(file), 0);
    fclose(file);
    progress_init(&progress, NULL);
    progress.next_ns = 0;
    progress_show(&progress, "reading", 1, 2);
    progress_show(NULL, "reading", 1, 2);
    progress_clear(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_of_short_work, open_terminal, close_terminal),
        cmocka_unit_test_setup_teardown(how_far_long_work_is, open_terminal, close_terminal),
        cmocka_unit_test_setup_teardown(odd_totals, open_terminal, close_terminal),
        cmocka_unit_test_setup_teardown(nothing_between_lines_of_output, open_terminal,
                                        close_terminal),
        cmocka_unit_test(nothing_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
