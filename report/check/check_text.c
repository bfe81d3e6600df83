// SPDX-License-Identifier: MIT
//
// check_text.c - what `gaiaprof check` says: programs that violate a budget first, with the
// processes that do and the places to look at; of the others one line.
#include "report/check/check.h"
#include "report/model/units.h"
#include "report/text/text_table.h"

#include <string.h>

#define VERDICT_COLUMNS 10
#define INDENT 2

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

const char *verdict_name(enum verdict verdict)
{
    return verdict == VERDICT_KEPT ? "ok" : verdict == VERDICT_VIOLATED ? "VIOLATED" : "UNKNOWN";
}

static size_t name_columns(const struct budgets *budgets, const struct budget_result *results,
                           bool kept)
{
    size_t columns = 0;
    for (size_t i = 0; i < budgets->count; i++)
        if ((kept || results[i].verdict != VERDICT_KEPT) && strlen(results[i].name) > columns)
            columns = strlen(results[i].name);
    return columns;
}

static void print_sites(const struct budget_result *result, size_t indent, FILE *out)
{
    size_t columns = 0;
    for (size_t i = 0; i < result->site_count; i++)
        if (text_columns(result->sites[i].value) > columns)
            columns = text_columns(result->sites[i].value);
    for (size_t i = 0; i < result->site_count; i++) {
        const struct budget_site *site = &result->sites[i];
        size_t used = text_columns(site->value);
        size_t gap = columns ? 2 : 0;
        fprintf(out, "%*s%s%*s", (int)indent, "", site->value, (int)(columns - used + gap), "");
        text_wrap(site->where, indent + columns + gap, out);
    }
    if (result->more_sites)
        fprintf(out, "%*s… %zu more place%s: see gaiaprof report\n", (int)indent, "",
                result->more_sites, plural(result->more_sites));
}

static void print_result(const struct budget_result *result, size_t columns, FILE *out)
{
    size_t indent = INDENT + VERDICT_COLUMNS + columns + 2;
    fprintf(out, "%*s%-*s%-*s", INDENT, "", VERDICT_COLUMNS, verdict_name(result->verdict),
            (int)columns + 2, result->name);
    text_wrap(result->text, indent, out);
    print_sites(result, indent, out);
}

static void print_results(const struct budgets *budgets, const struct budget_result *results,
                          bool kept, FILE *out)
{
    size_t columns = name_columns(budgets, results, kept);
    for (size_t i = 0; i < budgets->count; i++)
        if (results[i].verdict != VERDICT_KEPT)
            print_result(&results[i], columns, out);
    for (size_t i = 0; i < budgets->count && kept; i++)
        if (results[i].verdict == VERDICT_KEPT)
            print_result(&results[i], columns, out);
}

// "2 of 5 budgets violated, 1 not known", "5 of 5 budgets kept"
static void put_count(const struct checked_process *process, const struct budgets *budgets,
                      FILE *out)
{
    size_t unknown = 0, all = budgets->count;
    for (size_t i = 0; i < all; i++)
        unknown += process->results[i].verdict == VERDICT_UNKNOWN;
    size_t violated = process->violated - unknown;
    size_t said = violated ? violated : unknown ? unknown : all;
    if (all > 1)
        fprintf(out, "%zu of %zu budgets ", said, all);
    else
        fputs("1 budget ", out);
    fputs(violated ? "violated" : unknown ? "not known to be kept" : "kept", out);
    if (violated && unknown)
        fprintf(out, ", %zu not known", unknown);
    fputc('\n', out);
}

static void print_process(const struct checked_process *process, const struct budgets *budgets,
                          const struct check_request *request, bool kept, FILE *out)
{
    fprintf(out, "%s%s (pid %u): ", request->prefix, process->line, process->pid);
    put_count(process, budgets, out);
    print_results(budgets, process->results, kept, out);
}

static bool has_note(const struct checked_process *process, const struct budgets *budgets)
{
    for (size_t i = 0; i < budgets->count; i++)
        if (process->results[i].note)
            return true;
    return false;
}

static void print_violating(const struct checked_program *program, const struct budgets *budgets,
                            const struct check_request *request, FILE *out)
{
    size_t shown =
        program->violating < CHECK_DETAILED_MAX ? program->violating : CHECK_DETAILED_MAX;
    for (size_t i = 0; i < shown; i++)
        print_process(&program->processes[i], budgets, request, false, out);
    if (shown < program->violating)
        fprintf(out, "%s%s (%zu more process%s): budgets violated, too\n", request->prefix,
                program->name, program->violating - shown,
                program->violating - shown == 1 ? "" : "es");
}

// "make (3 processes): ok"
static void print_kept(const struct checked_program *program, const struct budgets *budgets,
                       const struct check_request *request, FILE *out)
{
    size_t count = program->process_count - program->violating, noted = 0;
    if (count == 0)
        return;
    for (size_t i = program->violating; i < program->process_count; i++)
        noted += has_note(&program->processes[i], budgets);
    fprintf(out, "%s%s (%zu %sprocess%s): ok", request->prefix, program->name, count,
            program->violating ? "other " : "", count == 1 ? "" : "es");
    if (noted)
        fprintf(out, "; no leaks looked for in %zu that became another program", noted);
    fputc('\n', out);
}

static void print_total(const struct checked *checked, const struct check_request *request,
                        FILE *out)
{
    fprintf(out, "%schecked %zu processes of %zu program%s: ", request->prefix,
            checked->process_count, checked->program_count, plural(checked->program_count));
    size_t violating = 0;
    for (size_t i = 0; i < checked->program_count; i++)
        violating += checked->programs[i].violating;
    if (violating == 0)
        fputs("all budgets kept", out);
    else
        fprintf(out, "%zu budget%s violated, in %zu process%s", checked->violated,
                plural(checked->violated), violating, violating == 1 ? "" : "es");
    if (checked->left_out)
        fprintf(out, "; %zu process%s not checked", checked->left_out,
                checked->left_out == 1 ? "" : "es");
    fputc('\n', out);
}

void check_print_text(const struct checked *checked, const struct check_request *request, FILE *out)
{
    bool is_only = checked->process_count == 1;
    for (size_t i = 0; i < checked->program_count; i++) {
        const struct checked_program *program = &checked->programs[i];
        if (is_only && !request->quiet)
            print_process(&program->processes[0], checked->budgets, request, true, out);
        else
            print_violating(program, checked->budgets, request, out);
        if (!is_only && !request->quiet)
            print_kept(program, checked->budgets, request, out);
    }
    if (checked->process_count > 1 && !request->quiet)
        print_total(checked, request, out);
}
