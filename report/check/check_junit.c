// SPDX-License-Identifier: MIT
//
// check_junit.c - results as JUnit's XML: a suite for each program, a case for each budget. Names
// are without process ids, so that a server sees the same case in every run; a case fails if one
// process of the program does.
#include "report/check/check.h"
#include "report/model/units.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

// Text of XML 1.0, also in an attribute: what it has no way to say becomes U+FFFD.
static void put_escaped(const char *text, FILE *out)
{
    struct region region = {0};
    const char *valid = text_utf8(&region, text);
    for (const char *at = valid ? valid : ""; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '&')
            fputs("&amp;", out);
        else if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else if (c == '"')
            fputs("&quot;", out);
        else if (c == '\n' || c == '\t' || c == '\r')
            fprintf(out, "&#%d;", c);
        else if (c < 0x20 || strncmp(at, "\xef\xbf\xbe", 3) == 0 ||
                 strncmp(at, "\xef\xbf\xbf", 3) == 0)
            fputs("\xef\xbf\xbd", out), at += c < 0x20 ? 0 : 2;
        else
            fputc(c, out);
    }
    region_release(&region);
}

static void put_attribute(const char *name, const char *value, FILE *out)
{
    fprintf(out, " %s=\"", name);
    put_escaped(value, out);
    fputc('"', out);
}

// --- one case: one budget in all processes of a program

struct junit_case {
    const char *budget;
    const struct checked_process *worst; // NULL: all kept it
    enum verdict verdict;                // of the worst
    size_t violating, skipped;
};

static struct junit_case judge(const struct checked_program *program, size_t budget)
{
    struct junit_case result = {.budget = program->processes[0].results[budget].name};
    for (size_t i = 0; i < program->process_count; i++) {
        const struct checked_process *process = &program->processes[i];
        enum verdict verdict = process->results[budget].verdict;
        result.skipped += process->results[budget].note != NULL;
        if (verdict == VERDICT_KEPT)
            continue;
        result.violating++;
        bool is_worse = verdict == VERDICT_VIOLATED && result.verdict != VERDICT_VIOLATED;
        if (result.worst && !is_worse)
            continue;
        result.worst = process;
        result.verdict = verdict;
    }
    return result;
}

static void put_body(const struct checked_program *program, size_t budget, FILE *out)
{
    for (size_t i = 0; i < program->process_count; i++) {
        const struct checked_process *process = &program->processes[i];
        const struct budget_result *result = &process->results[budget];
        if (result->verdict == VERDICT_KEPT)
            continue;
        put_escaped(process->line, out);
        fprintf(out, " (pid %" PRIu32 ", ", process->pid);
        put_escaped(process->path, out);
        fputs("): ", out);
        put_escaped(result->text, out);
        fputc('\n', out);
        for (size_t j = 0; j < result->site_count; j++) {
            fputs("  ", out);
            put_escaped(result->sites[j].value, out);
            fputs(*result->sites[j].value ? "  " : "", out);
            put_escaped(result->sites[j].where, out);
            fputc('\n', out);
        }
    }
}

static void put_problem(const struct checked_program *program, size_t budget,
                        const struct junit_case *tested, FILE *out)
{
    const char *element = tested->verdict == VERDICT_VIOLATED ? "failure" : "error";
    char others[64] = "";
    if (tested->violating > 1)
        snprintf(others, sizeof(others), " (and %zu more process%s)", tested->violating - 1,
                 tested->violating == 2 ? "" : "es");
    fprintf(out, "      <%s type=\"%s\" message=\"", element, verdict_name(tested->verdict));
    put_escaped(tested->budget, out);
    fputs(": ", out);
    put_escaped(tested->worst->results[budget].text, out);
    fprintf(out, "%s\">", others);
    put_body(program, budget, out);
    fprintf(out, "</%s>\n", element);
}

static void put_case(const struct checked_program *program, size_t budget, FILE *out)
{
    struct junit_case tested = judge(program, budget);
    const struct budget_result *worst = tested.worst ? &tested.worst->results[budget] : NULL;
    fputs("    <testcase", out);
    put_attribute("classname", program->name, out);
    put_attribute("name", tested.budget, out);
    if (worst && worst->site_count && worst->sites[0].file) {
        put_attribute("file", worst->sites[0].file, out);
        fprintf(out, " line=\"%" PRIu32 "\"", worst->sites[0].line);
    }
    if (!tested.worst && tested.skipped < program->process_count) {
        fputs("/>\n", out);
        return;
    }
    fputs(">\n", out);
    if (tested.worst)
        put_problem(program, budget, &tested, out);
    else
        fputs("      <skipped message=\"the process became another program\"/>\n", out);
    fputs("    </testcase>\n", out);
}

// --- suites

struct junit_sums {
    size_t tests, failures, errors, skipped;
};

static struct junit_sums sums_of(const struct checked_program *program, size_t budgets)
{
    struct junit_sums sums = {.tests = budgets};
    for (size_t i = 0; i < budgets; i++) {
        struct junit_case tested = judge(program, i);
        sums.failures += tested.verdict == VERDICT_VIOLATED;
        sums.errors += tested.verdict == VERDICT_UNKNOWN;
        sums.skipped += !tested.worst && tested.skipped == program->process_count;
    }
    return sums;
}

static void put_sums(const struct junit_sums *sums, FILE *out)
{
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", sums->tests,
            sums->failures, sums->errors, sums->skipped);
}

// When the first of its processes began, and how long they ran, one after the other.
static void put_times(const struct checked_program *program, FILE *out)
{
    uint64_t start_ns = UINT64_MAX;
    int64_t duration_ns = 0;
    for (size_t i = 0; i < program->process_count; i++) {
        const struct checked_process *process = &program->processes[i];
        duration_ns += process->duration_ns > 0 ? process->duration_ns : 0;
        if (process->start_realtime_ns < start_ns)
            start_ns = process->start_realtime_ns;
    }
    time_t seconds = (time_t)(start_ns / 1000000000);
    struct tm parts;
    char text[32];
    if (gmtime_r(&seconds, &parts) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts))
        put_attribute("timestamp", text, out);
    fprintf(out, " time=\"%.3f\"", (double)duration_ns / 1e9);
}

static void put_suite(const struct checked_program *program, size_t budgets, FILE *out)
{
    struct junit_sums sums = sums_of(program, budgets);
    fputs("  <testsuite", out);
    put_attribute("name", program->name, out);
    put_sums(&sums, out);
    put_times(program, out);
    fputs(">\n", out);
    for (size_t i = 0; i < budgets; i++)
        put_case(program, i, out);
    fputs("  </testsuite>\n", out);
}

void check_print_junit(const struct checked *checked, FILE *out)
{
    size_t budgets = checked->budgets->count;
    struct junit_sums all = {0};
    for (size_t i = 0; i < checked->program_count; i++) {
        struct junit_sums sums = sums_of(&checked->programs[i], budgets);
        all.tests += sums.tests;
        all.failures += sums.failures;
        all.errors += sums.errors;
        all.skipped += sums.skipped;
    }
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"gaiaprof check\"", out);
    put_sums(&all, out);
    fputs(">\n", out);
    for (size_t i = 0; i < checked->program_count; i++)
        put_suite(&checked->programs[i], budgets, out);
    fputs("</testsuites>\n", out);
}
