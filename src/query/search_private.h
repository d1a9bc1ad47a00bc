/* SPDX-License-Identifier: Apache-2.0 */
/* search_private: what the files of the search share. */
#pragma once

#include "query/search.h"

/* A span the index knows, still to be looked at. */
struct search_row {
    struct journal_location location;
    struct trace_key trace;
    int64_t span_id, start_ns, duration_ns;
    int32_t name, model, service;
    uint8_t kind, status;
};
struct search_rows {
    struct search_row *items; /* newest in the journal first; freed by the caller */
    size_t count;
};

/* The newest `limit` spans of the question's range and filters before `before` (NULL: of all). */
enum status search__newest_rows(const struct query *query, const struct search_question *question,
                                const struct journal_location *before, size_t limit,
                                struct search_rows *out_rows, struct error *error);
/* Those of these places that the range and the filters hold. */
enum status search__rows_at(const struct query *query, const struct search_question *question,
                            const struct journal_location *places, size_t count,
                            struct search_rows *out_rows, struct error *error);
/* Where in the journal the spans of the range and filters stand. */
struct search_segment {
    uint32_t segment;
    uint64_t frame_least, frame_most;
    int64_t spans;
};
struct search_segments {
    struct search_segment *items; /* newest first; freed by the caller */
    size_t count;
    int64_t spans;
};
enum status search__segments(const struct query *query, const struct search_question *question,
                             struct search_segments *out_segments, struct error *error);
/* The same of log records with a span's ids, about the range. */
enum status search__log_segments(const struct query *query, const struct search_question *question,
                                 struct search_segments *out_segments, struct error *error);
int search__compare(const struct journal_location *a, const struct journal_location *b);

/* Looks at one span. *out_hit only when it matches; its texts are in `arena`. */
struct search_checker {
    const struct query *query;
    const struct search_question *question;
    struct search_matcher matcher;
};
enum status search__check(struct search_checker *checker, const struct search_row *row,
                          const struct journal_location *logs, size_t log_count,
                          struct arena *arena, bool *out_matches, struct search_hit *out_hit,
                          uint64_t *bytes, struct error *error);

/* --- search_logs.c: log records with a span's ids, whose texts count for the span */
struct search_log {
    size_t row; /* number of the span's row */
    struct journal_location location;
};
struct search_logs {
    struct search_log *items; /* by row, then oldest first; freed by the caller */
    size_t count;
};
enum status search__logs_of(const struct query *query, const struct search_question *question,
                            const struct search_rows *rows, struct search_logs *out_logs,
                            struct error *error);
/* The spans of log records at these places, as far as range and filters hold them: appended. */
struct search_places {
    struct journal_location *items; /* freed by the caller */
    size_t count, capacity;
};
enum status search__spans_of_logs(const struct query *query, const struct search_question *question,
                                  const struct journal_location *logs, size_t count,
                                  struct search_places *places, struct error *error);
void search__where(struct sql *sql, const struct query *query,
                   const struct search_question *question);
/* ` JOIN (…) l` of rows with so many numbers each, as columns a, b, c, n (0, 1, …). */
enum { LIST_COLUMNS = 3 };
struct search_lists {
    struct buf texts[LIST_COLUMNS];
};
void search__list_add(struct search_lists *lists, int64_t a, int64_t b, int64_t c);
void search__join_list(struct sql *sql, const struct search_lists *lists);
bool search__list_failed(const struct search_lists *lists);
void search__list_done(struct search_lists *lists);
