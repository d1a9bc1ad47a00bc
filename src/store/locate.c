/* SPDX-License-Identifier: Apache-2.0 */
/* locate: where one span's record stands, for whoever adds to what the index has. */
#define _GNU_SOURCE
#include "store/store_private.h"

static bool surely_new(struct store *store, uint32_t project_id, const uint8_t *trace_id,
                       int64_t span_id)
{
    const struct span_row row = {.project = (int32_t)project_id,
                                 .trace_hi = store__id_half(trace_id),
                                 .trace_lo = store__id_half(trace_id + 8),
                                 .span_id = span_id};
    return store->spans.seen.loaded && !seen_maybe(&store->spans.seen, store__span_hash(&row));
}

enum status store_locate_span(struct store *store, uint32_t project_id, const uint8_t *trace_id,
                              const uint8_t *span_id, struct store_place *out_place,
                              bool *out_found, struct error *error)
{
    bool any_trace = id_is_zero(trace_id, TRACE_ID_BYTES);
    struct store_rows *rows;
    const struct store_param params[] = {
        {.type = STORE_INT, .integer = store__id_half(span_id)},
        {.type = STORE_INT, .integer = project_id},
        {.type = STORE_INT, .integer = store__id_half(trace_id)},
        {.type = STORE_INT, .integer = store__id_half(trace_id + 8)},
    };
    const struct store_question question = {
        .sql = any_trace ? "SELECT segment, frame, record, arrival_ns FROM spans WHERE "
                           "span_id = ? AND project = ? ORDER BY arrival_ns DESC LIMIT 1"
                         : "SELECT segment, frame, record, arrival_ns FROM spans WHERE "
                           "span_id = ? AND project = ? AND trace_hi = ? AND trace_lo = ? LIMIT 1",
        .params = params,
        .param_count = any_trace ? 2 : 4,
    };
    *out_found = false;
    enum status status = store__ready(store, &store->spans, error);
    if (status != STATUS_OK ||
        (!any_trace && surely_new(store, project_id, trace_id, store__id_half(span_id))))
        return status;
    status = store_select(store, &question, &rows, error);
    if (status != STATUS_OK)
        return status;
    if (store_rows_next(rows)) {
        *out_found = true;
        *out_place = (struct store_place){
            .project_id = project_id,
            .segment = (uint32_t)store_rows_int(rows, 0),
            .frame = (uint64_t)store_rows_int(rows, 1),
            .record = (uint32_t)store_rows_int(rows, 2),
            .arrival_ns = store_rows_int(rows, 3),
        };
    }
    store_rows_free(rows);
    return STATUS_OK;
}
