/* SPDX-License-Identifier: Apache-2.0 */
/*
 * span_view: one span with everything about it, read from the journal and named and priced now, so
 * a better mapping or price shows at once.
 *
 * Owns the batches its texts point into: span_view_done(). Texts also live in the arena given.
 */
#pragma once

#include "model/conversation.h"
#include "price/bill.h"
#include "query/traces.h"

enum { VIEW_LOGS_MAX = 200 };

struct span_view {
    struct batch *batch;
    const struct span *span;
    struct batch *log_batches[VIEW_LOGS_MAX];
    const struct log_record *logs[VIEW_LOGS_MAX];
    size_t log_count;
    struct content_source contents;
    struct observation observation;
    struct bill bill;
    struct conversation conversation;
    int64_t arrival_ns;
};

/* STATUS_NOT_FOUND when there is no such span, or retention has dropped its content. */
enum status query_span(const struct query *query, uint32_t project_id, struct trace_key key,
                       int64_t span_id, struct arena *arena, struct span_view *out_view,
                       struct error *error);
/* The same of a span whose place in the journal is known, with these log records. */
enum status query_span_at(const struct query *query, struct journal_location location,
                          const struct journal_location *logs, size_t log_count,
                          struct arena *arena, struct span_view *out_view, struct error *error);
/* A span that is at hand, without its log records: borrows both, nothing is to be freed. The
 * conversation is empty unless content is asked for. */
void query_view_record(const struct query *query, const struct batch *batch,
                       const struct span *span, bool with_content, struct arena *arena,
                       struct span_view *out_view);
/* Where the log records with a span's ids stand, oldest first. */
enum status query_span_logs(const struct query *query, uint32_t project_id, struct trace_key key,
                            int64_t span_id, struct journal_location out_logs[VIEW_LOGS_MAX],
                            size_t *out_count, struct error *error);
/* The same of several spans at once, each behind the other; at most VIEW_LOGS_MAX of each count. */
struct span_log {
    struct trace_key trace;
    int64_t span_id;
    struct journal_location location;
};
enum status query_spans_logs(const struct query *query, uint32_t project_id,
                             const int64_t *span_ids, size_t count, struct arena *arena,
                             struct span_log **out_logs, size_t *out_count, struct error *error);
void span_view_done(struct span_view *view);

/* The first bytes of what a span was asked and answered, copied into the arena; empty when there is
 * none or it cannot be read any more. Log records are only looked at when the span itself says
 * neither. */
void query_previews(const struct query *query, uint32_t project_id, struct trace_key key,
                    int64_t span_id, struct journal_location location, struct arena *arena,
                    struct str *out_input, struct str *out_output);

/*
 * The text at a path, as the API's hrefs give it: input/2/0 (message, part), output/0/1, system/0,
 * tool/1, document/3, text/input, text/output, attribute/4, resource/4, event/0/2, log/1.
 * STATUS_NOT_FOUND otherwise.
 */
enum status span_view_text(const struct span_view *view, struct str path, struct arena *arena,
                           struct str *out_text, struct error *error);
