// SPDX-License-Identifier: MIT
//
// render_html.c - a page for a browser, in one file that needs no network: the template that was
// bundled when gaiaprof was built, with the profile in it as JSON.
#include "report/html/html_page.h"
#include "report/model/profile_open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

extern const char html_template[], html_template_end[];

static const char mark[] = "@PROFILE@"; // where the JSON goes

bool html_has(const struct html_page *page, unsigned tables)
{
    const struct view *view = page->options->view;
    return strcmp(view->name, "all") == 0 || (view->tables & tables);
}

static const char *state_name(enum profile_state state)
{
    static const char *const names[] = {
        [STATE_EXITED] = "exited",   [STATE_SIGNALED] = "signaled", [STATE_EXECED] = "execed",
        [STATE_RUNNING] = "running", [STATE_KILLED] = "killed",
    };
    return names[state];
}

// Of several processes: how many, and of which programs.
static void put_merged(struct html_page *page)
{
    const struct merged *merged = &page->profile->merged;
    html_integer(page, "profiles", (int64_t)merged->record.profile_count);
    html_integer(page, "programs", (int64_t)merged->program_count);
    html_integer(page, "failed", (int64_t)merged->record.failed);
}

static void put_selection(struct html_page *page)
{
    const struct selection *selection = page->options->selection;
    html_text(page, "focus", selection ? selection->focus : NULL);
    html_text(page, "ignore", selection ? selection->ignore : NULL);
}

static void put_process(struct html_page *page)
{
    struct profile *profile = page->profile;
    html_open(page, "process", '{');
    html_text(page, "program", profile_program(profile, &page->region));
    html_text(page, "command", profile_command_line(profile, &page->region));
    html_text(page, "exe", profile->exe);
    html_text(page, "profile", profile->path);
    html_text(page, "old_profile", profile->old ? profile->old->path : NULL);
    html_integer(page, "pid", profile->header.pid);
    html_integer(page, "start_ms", (int64_t)(profile->header.start_realtime_ns / 1000000));
    html_integer(page, "duration_ns", profile->duration_ns);
    html_text(page, "state", state_name(profile->state));
    html_integer(page, "status", profile->header.exit_status);
    html_text(page, "version", GAIAPROF_VERSION);
    html_text(page, "view", page->options->view->name);
    html_flag(page, "estimated", profile_is_sampled(profile));
    html_flag(page, "difference", profile->old != NULL);
    put_selection(page);
    if (profile_is_merged(profile))
        put_merged(page);
    html_close(page, '}');
}

// What the text says before its tables of places, line by line.
static void put_comparison(struct html_page *page)
{
    const char *text = page->options->comparison;
    html_open(page, "comparison", '[');
    while (text && *text) {
        size_t length = strcspn(text, "\n");
        const char *line = region_strndup(&page->region, text, length);
        page->failed |= !line;
        html_text(page, NULL, line);
        text += length + (text[length] == '\n');
    }
    html_close(page, ']');
}

// The text report's: each line is [label, whether something is wrong, text].
static void put_summary(struct html_page *page)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    page->failed |= !out || render_summary(page->profile, page->options, out) != 0;
    if (out)
        page->failed |= fclose(out) != 0;
    html_open(page, "summary", '[');
    for (char *rest = text, *line; rest && (line = strsep(&rest, "\n")) && *line;) {
        const char *label = strsep(&line, "\t"), *wrong = strsep(&line, "\t");
        html_row(page);
        html_text(page, NULL, label);
        html_integer(page, NULL, wrong && *wrong == '!');
        html_text(page, NULL, line ? line : "");
        html_row_end(page);
    }
    html_close(page, ']');
    free(text);
}

static void put_profile(struct html_page *page)
{
    fputc('{', page->out);
    html_integer(page, "format", 1);
    put_process(page);
    html_put_values(page);
    // of a difference the words would be wrong: its tables are those of the values
    if (page->profile->old) {
        put_comparison(page);
    } else {
        put_summary(page);
        html_put_heap(page);
        html_put_locks(page);
        html_put_threads(page);
    }
    html_put_sources(page);
    html_put_stacks(page);
    html_put_strings(page);
    fputs("}\n", page->out);
}

int render_html(struct profile *profile, const struct render_options *options, FILE *out)
{
    struct html_page page = {.profile = profile, .options = options, .out = out};
    size_t bytes = (size_t)(html_template_end - html_template);
    const char *found = memmem(html_template, bytes, mark, sizeof(mark) - 1);
    if (!found)
        return -EINVAL;
    fwrite(html_template, 1, (size_t)(found - html_template), out);
    put_profile(&page);
    found += sizeof(mark) - 1;
    fwrite(found, 1, (size_t)(html_template_end - found), out);
    html_strings_release(&page);
    html_stacks_release(&page);
    region_release(&page.region);
    return page.failed ? -ENOMEM : 0;
}
