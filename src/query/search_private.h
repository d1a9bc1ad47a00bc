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
int search__compare(const struct journal_location *a, const struct journal_location *b);

/* Looks at one span. *out_hit only when it matches; its texts are in `arena`. */
struct search_checker {
    const struct query *query;
    const struct search_question *question;
    struct search_matcher matcher;
    bool has_logs; /* some spans of the project have log records */
};
enum status search__check(struct search_checker *checker, const struct search_row *row,
                          struct arena *arena, bool *out_matches, struct search_hit *out_hit,
                          uint64_t *bytes, struct error *error);
enum status search__has_logs(const struct query *query, const struct search_question *question,
                             bool *out_has, struct error *error);
