/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask_search: search("…") as a condition of a question. The search is run first, over the same
 * range; each row then only asks whether its place is among those found.
 */
#include <stdlib.h>

#include "query/ask_private.h"
#include "query/search.h"

enum { FOUND_MAX = 200000 };

static int by_place(const void *a, const void *b)
{
    const struct journal_location *left = a, *right = b;
    int order = journal_position_compare(left->frame, right->frame);
    return order ? order : (left->record > right->record) - (left->record < right->record);
}

bool ask_found(const struct ask_places *places, const struct store_lookup_row *row)
{
    const struct journal_location place = {
        .frame = {row->segment, row->frame}, .signal = SIGNAL_SPANS, .record = row->record};
    return places->count &&
           bsearch(&place, places->items, places->count, sizeof place, by_place) != NULL;
}

static enum status run_search(struct ask_journal *journal, struct plan *plan, size_t number,
                              const struct ask *ask, struct arena *arena, struct error *error)
{
    struct search_expression *expression;
    struct ask_places *places = &journal->searches[number];
    bool complete = false;
    enum status status = search_parse(plan->searches[number].text, &expression, error);
    if (status != STATUS_OK)
        return status;
    const struct search_question question = {.project_id = ask->project_id,
                                             .range = plan->range,
                                             .expression = expression,
                                             .cancelled = ask->cancelled};
    status = query_search_places(journal->walk.query, &question, FOUND_MAX, arena, &places->items,
                                 &places->count, &complete, error);
    search_expression_free(expression);
    if (status != STATUS_OK)
        return status;
    qsort(places->items, places->count, sizeof *places->items, by_place);
    if (!complete && plan->warning_count < ASK_WARNINGS_MAX)
        plan->warnings[plan->warning_count++] =
            arena_printf(arena,
                         "search: only the newest %zu spans that match are counted: narrow the "
                         "time, or the words",
                         places->count);
    return STATUS_OK;
}

enum status ask_searches(struct ask_journal *journal, struct plan *plan, const struct ask *ask,
                         struct arena *arena, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < plan->search_count && status == STATUS_OK; i++)
        status = run_search(journal, plan, i, ask, arena, error);
    return status;
}
