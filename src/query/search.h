/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search: the spans whose texts an expression holds for (docs/search.md).
 *
 * What can match is found in the journal's distinct texts, the index says which of it is within the
 * range and passes the filters, and each span left is read through its vocabulary, so that a text
 * counts for the field it belongs to. Hits come by arrival, newest first.
 *
 * Limits  a hit list has at most SEARCH_LIMIT_MAX; a question ends after its timeout with what it
 * has and where it stopped.
 */
#pragma once

#include "query/span_view.h"
#include "search/match.h"

enum { SEARCH_LIMIT_MAX = 500, SEARCH_TIMEOUT_MS = 10000 };

struct search_question {
    uint32_t project_id;
    struct time_range range;
    const struct filters *filters; /* NULL: none */
    const struct search_expression *expression;
    size_t limit;
    bool has_cursor; /* only what stands before this in the journal */
    struct journal_location cursor;
    int timeout_ms; /* 0: SEARCH_TIMEOUT_MS */
    const _Atomic bool *cancelled;
};

struct search_hit {
    struct journal_location location;
    struct trace_key trace;
    int64_t span_id, start_ns, duration_ns;
    struct str name, model, service; /* STR_NONE: none */
    enum observation_kind kind;
    bool is_error;
    enum search_field field;
    struct search_snippet snippet; /* empty when only a NOT made the span match */
};

struct search_statistics {
    uint64_t spans_checked;
    uint64_t bytes_read, bytes_scanned; /* texts decompressed, and of these looked at */
    uint64_t chunks, chunks_skipped; /* of the journal, within the range; skipped: not even read */
    uint64_t chunks_found;           /* those in which some text holds a term */
    int64_t elapsed_ns;
};

struct search_result {
    struct search_hit *hits;
    size_t count;
    bool more, complete;          /* complete: the timeout did not end it */
    struct journal_location next; /* cursor for what comes after, when `more` or not complete */
    struct search_statistics statistics;
};
/* Texts of hits live in the arena. */
enum status query_search(const struct query *query, const struct search_question *question,
                         struct arena *arena, struct search_result *out_result,
                         struct error *error);

/*
 * Only the places of all matching spans, for a condition of a larger question: newest first, at
 * most `max`. *out_complete is false when there are more or the timeout ended it.
 */
enum status query_search_places(const struct query *query, const struct search_question *question,
                                size_t max, struct arena *arena,
                                struct journal_location **out_places, size_t *out_count,
                                bool *out_complete, struct error *error);

/* --- search_texts.c: the texts of a span, by field */
struct span_text {
    uint32_t fields; /* bits of enum search_field it counts for */
    enum search_field shown;
    struct str text;
    bool quiet; /* counts only for terms that name one of its fields */
};
/* Calls visit for each, the most telling ones first; until it returns false. */
void query_span_texts(const struct span_view *view, struct arena *arena,
                      bool (*visit)(void *context, const struct span_text *text), void *context);
