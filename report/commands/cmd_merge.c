// SPDX-License-Identifier: MIT
//
// cmd_merge.c - `gaiaprof merge`: the sum of profiles as one profile. They are loaded one after the
// other. The result is written beside OUT and then takes its name: so OUT is whole or as it was.
#include "report/commands/command.h"
#include "report/commands/output_file.h"
#include "report/diff/combine.h"
#include "report/model/profile_open.h"
#include "report/model/units.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char cmd_merge_help[] =
    "merge -o OUT [OPTIONS] PROFILE...\n"
    "\n"
    "Adds profiles up: of several runs, of the processes of a test run, of other programs. OUT is\n"
    "a profile that every command reads: report in any format, diff, check, merge. Stacks are\n"
    "added up by the functions and lines in them. The peak is the sum of the peaks: that all\n"
    "processes had theirs at the same time is the worst that can be.\n"
    "\n"
    "  -o, --output OUT      the profile to write; replaced if it is there\n"
    "      --skip-damaged    leave out what can't be read, after saying so; without this\n"
    "                        nothing is written then\n"
    "  -q, --quiet           do not say what was merged, nor how far it is\n"
    "  -h, --help            this text\n"
    "      --version         the version\n"
    "\n"
    "Examples:\n"
    "  gaiaprof merge -o all.gaia profiles/*.gaia\n"
    "  gaiaprof report all.gaia\n"
    "  gaiaprof diff main.gaia all.gaia\n";

static const struct option merge_options[] = {
    OPTIONS_COMMON,
    {'o', "output", false, true},
    {'q', "quiet", false, false},
    {'s', "skip-damaged", true, false},
    {0},
};

struct merge {
    const char *output;
    bool quiet, skip_damaged;
    char **operands;
    int operand_count;
    struct combination *combination;
    struct progress progress;
};

// --- what must not be

static bool is_same_file(const struct stat *status, const char *path)
{
    struct stat other;
    return stat(path, &other) == 0 && other.st_dev == status->st_dev &&
           other.st_ino == status->st_ino;
}

static int check_output(const struct merge *merge)
{
    struct stat status;
    if (!merge->output)
        return command_error("merge", "say where to write it: -o OUT");
    if (strcmp(merge->output, "-") == 0)
        return command_error("-", "a profile is written to a file, not to stdout");
    if (lstat(merge->output, &status) != 0)
        return 0;
    if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode))
        return command_error(merge->output, "is there, and no regular file");
    status.st_nlink = 1; // the name goes to another file, this one stays what it is
    if (output_file_refusal(&status))
        return command_error(merge->output, "%s", output_file_refusal(&status));
    for (int i = 0; i < merge->operand_count; i++)
        if (is_same_file(&status, merge->operands[i]))
            return command_error(merge->output, "is one of the profiles to merge");
    return 0;
}

// --- adding

static int add(struct merge *merge, const char *path)
{
    struct profile profile;
    const char *why = "";
    if (profile_open(&profile, path, false, &merge->progress, &why) != 0) {
        progress_clear(&merge->progress);
        command_error(path, "%s", why);
        return merge->skip_damaged ? 0 : EXIT_TROUBLE;
    }
    int error = combination_add(merge->combination, &profile, 0);
    profile_release(&profile);
    if (error)
        progress_clear(&merge->progress);
    return error ? command_error("merge", "not enough memory, at %s", path) : 0;
}

static int add_all(struct merge *merge)
{
    int status = 0;
    for (int i = 0; i < merge->operand_count && !status; i++) {
        progress_show(&merge->progress, "merging", (uint64_t)i, (uint64_t)merge->operand_count);
        status = add(merge, merge->operands[i]);
    }
    progress_clear(&merge->progress);
    if (!status && combination_profile_count(merge->combination, 0) == 0)
        status = command_error(merge->output, "not written: nothing could be read");
    return status;
}

// --- writing

static int write_to(const struct merge *merge, const char *name, FILE *out)
{
    combination_write(merge->combination, 0, out);
    if (!command_finish_output(out, merge->output)) {
        unlink(name);
        return EXIT_TROUBLE;
    }
    if (rename(name, merge->output) == 0)
        return 0;
    int error = errno;
    unlink(name);
    return command_error(merge->output, "can't be written: %s", strerror(error));
}

static int write_output(const struct merge *merge)
{
    char *name;
    if (asprintf(&name, "%s.XXXXXX", merge->output) < 0)
        return command_error("merge", "not enough memory");
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        fchmod(fd, 0600); // whatever the umask
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    int status = out ? write_to(merge, name, out)
                     : command_error(merge->output, "can't be written: %s", strerror(errno));
    free(name);
    return status;
}

static void say(const struct merge *merge)
{
    struct stat status;
    uint64_t count = combination_profile_count(merge->combination, 0);
    size_t programs = combination_program_count(merge->combination, 0);
    size_t stacks = combination_stack_count(merge->combination);
    printf("%s: %s profile%s of %zu program%s, %s stack%s", merge->output,
           unit_count((int64_t)count).text, count == 1 ? "" : "s", programs,
           programs == 1 ? "" : "s", unit_count((int64_t)stacks).text, stacks == 1 ? "" : "s");
    if (stat(merge->output, &status) == 0)
        printf(", %s", unit_bytes(status.st_size).text);
    putchar('\n');
}

static int run(struct merge *merge)
{
    int status = check_output(merge);
    if (status)
        return status;
    merge->combination = combination_new(COMBINE_BY_LINE);
    if (!merge->combination)
        return command_error("merge", "not enough memory");
    status = add_all(merge);
    if (!status)
        status = write_output(merge);
    if (!status && !merge->quiet)
        say(merge);
    combination_free(merge->combination);
    return status || command_finish_output(stdout, "stdout") ? status : EXIT_TROUBLE;
}

static void set_option(struct merge *merge, int letter, const char *value)
{
    merge->output = letter == 'o' ? value : merge->output;
    merge->quiet |= letter == 'q';
    merge->skip_damaged |= letter == 's';
}

int cmd_merge(int argc, char **argv)
{
    struct merge merge = {.operands = calloc((size_t)argc + 1, sizeof(char *))};
    struct arguments arguments = {.command = "merge",
                                  .options = merge_options,
                                  .argv = argv,
                                  .next = 1,
                                  .operands = merge.operands};
    if (!merge.operands)
        return command_error("merge", "not enough memory");
    int letter, status = EXIT_TROUBLE;
    while ((letter = arguments_next(&arguments)) > 0) {
        if (arguments_common(&arguments, letter)) {
            status = command_finish_output(stdout, "stdout") ? 0 : EXIT_TROUBLE;
            break;
        }
        set_option(&merge, letter, arguments.value);
    }
    progress_init(&merge.progress, merge.quiet ? NULL : stderr);
    merge.operand_count = arguments.operand_count;
    if (letter == 0 && merge.operand_count == 0)
        command_error("merge", "no profile given; see gaiaprof help merge");
    else if (letter == 0)
        status = run(&merge);
    free(merge.operands);
    return status;
}
