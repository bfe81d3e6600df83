// SPDX-License-Identifier: MIT
//
// check_github.c - results as workflow commands of GitHub Actions, which shows them beside the line
// of source. Paths are relative to the repository: $GITHUB_WORKSPACE, else the working directory.
#include "report/check/check.h"
#include "report/model/units.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put_escaped(const char *text, const char *special, FILE *out)
{
    for (; *text; text++)
        if (strchr(special, *text))
            fprintf(out, "%%%02X", (unsigned char)*text);
        else
            fputc(*text, out);
}

static void put_message(const char *text, FILE *out)
{
    put_escaped(text, "%\r\n", out);
}

// A path may be anything, and a log is read in terminals.
static void put_file(const char *path, FILE *out)
{
    struct region region = {0};
    const char *printable = text_printable(&region, path);
    fputs("file=", out);
    put_escaped(printable ? printable : "", "%\r\n:,", out);
    region_release(&region);
}

static const char *repository(char *room)
{
    const char *workspace = getenv("GITHUB_WORKSPACE");
    if (workspace && *workspace == '/')
        return workspace;
    return getcwd(room, PATH_MAX) ? room : "";
}

static const char *relative(const char *file)
{
    char room[PATH_MAX];
    const char *root = repository(room);
    size_t length = strlen(root);
    while (length && root[length - 1] == '/')
        length--;
    return length && strncmp(file, root, length) == 0 && file[length] == '/' ? file + length + 1
                                                                             : file;
}

static void put_result(const struct checked_process *process, const struct budget_result *result,
                       FILE *out)
{
    const struct budget_site *site = result->site_count ? &result->sites[0] : NULL;
    fputs("::error ", out);
    if (site && site->file) {
        put_file(relative(site->file), out);
        if (site->line)
            fprintf(out, ",line=%" PRIu32, site->line);
        fputc(',', out);
    }
    fprintf(out, "title=gaiaprof %s::", result->name);
    put_message(process->line, out);
    fprintf(out, " (pid %" PRIu32 "): ", process->pid);
    put_message(result->text, out);
    for (size_t i = 0; i < result->site_count; i++) {
        fputs("%0A", out);
        put_message(result->sites[i].value, out);
        fputs(*result->sites[i].value ? "  " : "", out);
        put_message(result->sites[i].where, out);
    }
    fputc('\n', out);
}

static bool is_same_line(const struct budget_result *a, const struct budget_result *b)
{
    const char *file_a = a->site_count ? a->sites[0].file : NULL;
    const char *file_b = b->site_count ? b->sites[0].file : NULL;
    if (a->verdict == VERDICT_KEPT || b->verdict == VERDICT_KEPT || !file_a != !file_b)
        return false;
    return !file_a || (strcmp(file_a, file_b) == 0 && a->sites[0].line == b->sites[0].line);
}

// GitHub shows 10 annotations of a step: no two of a program say the same.
static bool was_said(const struct checked_program *program, size_t process, size_t budget)
{
    for (size_t i = 0; i < process; i++)
        if (is_same_line(&program->processes[i].results[budget],
                         &program->processes[process].results[budget]))
            return true;
    return false;
}

void check_print_github(const struct checked *checked, FILE *out)
{
    for (size_t i = 0; i < checked->program_count; i++) {
        const struct checked_program *program = &checked->programs[i];
        for (size_t j = 0; j < program->violating && program->processes[j].detailed; j++)
            for (size_t k = 0; k < checked->budgets->count; k++)
                if (program->processes[j].results[k].verdict != VERDICT_KEPT &&
                    !was_said(program, j, k))
                    put_result(&program->processes[j], &program->processes[j].results[k], out);
    }
}
