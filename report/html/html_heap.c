// SPDX-License-Identifier: MIT
//
// html_heap.c - the tables of leaks and of wrong frees. What the heap's sites have is in values.
#include "report/html/html_page.h"

static const char *pattern_text(struct html_page *page, const struct suppression *suppression)
{
    if (!suppression)
        return NULL;
    const char *text = region_printf(
        &page->region, "%s:%s", suppression_kind_name(suppression->kind), suppression->pattern);
    page->failed |= !text;
    return text;
}

static void put_leak(struct html_page *page, const struct leak *leak)
{
    html_row(page);
    html_text(page, NULL, leak_class_name(leak->class));
    html_integer(page, NULL, leak->blocks);
    html_integer(page, NULL, leak->bytes);
    html_integer(page, NULL, leak->indirect_blocks);
    html_integer(page, NULL, leak->indirect_bytes);
    html_integer(page, NULL, leak->first_ns);
    html_integer(page, NULL, leak->last_ns);
    html_text(page, NULL, pattern_text(page, leak->suppressed));
    html_stack(page, NULL, leak->stack);
    html_row_end(page);
}

static void put_leaks(struct html_page *page)
{
    const struct leaks *leaks = &page->profile->leaks;
    html_table(page, "leaks",
               "class blocks bytes indirect_blocks indirect_bytes first_ns last_ns suppressed "
               "stack");
    for (size_t i = 0; i < leaks->record_count; i++)
        if (!leaks->records[i].hidden)
            put_leak(page, &leaks->records[i]);
    html_table_end(page);
}

static void put_misuse(struct html_page *page, const struct heap_misuse *misuse)
{
    const struct profile_heap_misuse *record = &misuse->record;
    html_row(page);
    html_text(page, NULL, heap_misuse_name(record->kind));
    html_text(page, NULL, family_name(record->allocated_by));
    html_text(page, NULL, freed_by_name(record->freed_by));
    html_integer(page, NULL, (int64_t)record->count);
    html_integer(page, NULL, (int64_t)record->bytes);
    html_integer(page, NULL, (int64_t)record->offset);
    html_integer(page, NULL, (int64_t)(record->time_ns - page->profile->header.start_ns));
    html_integer(page, NULL, record->thread);
    html_text(page, NULL, pattern_text(page, misuse->suppressed));
    html_stack(page, NULL, record->stack);
    html_stack(page, NULL, record->free_stack);
    html_row_end(page);
}

static void put_misuses(struct html_page *page)
{
    const struct profile *profile = page->profile;
    html_table(page, "wrong_frees",
               "kind allocated_by freed_by count bytes offset time_ns thread suppressed stack "
               "free_stack");
    for (size_t i = 0; i < profile->heap_misuse_count; i++)
        if (!profile->heap_misuses[i].hidden)
            put_misuse(page, &profile->heap_misuses[i]);
    html_table_end(page);
}

void html_put_heap(struct html_page *page)
{
    if (page->profile->leaks.classified && html_has(page, TABLES_LEAKS))
        put_leaks(page);
    if (html_has(page, TABLE_HEAP_MISUSE))
        put_misuses(page);
}
