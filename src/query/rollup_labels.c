/* SPDX-License-Identifier: Apache-2.0 */
/* rollup_labels: ids count up from one, so that a plain array finds them. */
#include "query/rollup_labels.h"

static bool put(struct rollup_labels *labels, const struct store_rows *rows, size_t *capacity,
                struct arena *arena)
{
    enum { C_ID, C_MODEL, C_PROVIDER, C_KIND, C_ERROR_KIND, C_ROOT };
    int64_t id = store_rows_int(rows, C_ID);
    if (id < 0)
        return true;
    while (labels->count <= (size_t)id) {
        if (!arena_grow(arena, &labels->items, labels->count, capacity))
            return false;
        labels->items[labels->count++] = (struct rollup_label){0};
    }
    enum observation_kind kind = (enum observation_kind)store_rows_int(rows, C_KIND);
    labels->items[id] = (struct rollup_label){
        .model = (int32_t)store_rows_int(rows, C_MODEL),
        .provider = (int32_t)store_rows_int(rows, C_PROVIDER),
        .kind = (uint8_t)kind,
        .error_kind = (uint8_t)store_rows_int(rows, C_ERROR_KIND),
        .asked = true,
        .root = store_rows_int(rows, C_ROOT) != 0,
        .model_call = observation_kind_is_model_call(kind),
    };
    return true;
}

enum status rollup_labels_read(const struct query *query, uint32_t project_id,
                               const struct filters *filters, const _Atomic bool *cancelled,
                               struct arena *arena, struct rollup_labels *out_labels,
                               struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct rollup_labels labels = {0};
    size_t capacity = 0;
    sql_add(&sql, "SELECT l.id, l.model, l.provider, l.kind, l.error_kind, l.root FROM labels l "
                  "WHERE l.project = ");
    sql_int(&sql, project_id);
    enum status status = filter_labels(filters, query, &sql, error);
    if (status != STATUS_OK) {
        sql_done(&sql);
        return status;
    }
    status = sql_run(&sql, query, cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(rows))
        if (!put(&labels, rows, &capacity, arena))
            status = fail(error, STATUS_TOO_LARGE, "the labels do not fit into one reply");
    store_rows_free(rows);
    *out_labels = labels;
    return status;
}

struct rollup_label *rollup_label_at(const struct rollup_labels *labels, int64_t id)
{
    bool known = id >= 0 && (size_t)id < labels->count && labels->items[id].asked;
    return known ? &labels->items[id] : NULL;
}
