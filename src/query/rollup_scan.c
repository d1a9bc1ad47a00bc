/* SPDX-License-Identifier: Apache-2.0 */
/* rollup_scan: ids of labels count up from one, so that a plain array finds them. */
#include "query/rollup_scan.h"

static bool put(struct rollup_labels *labels, const struct store_rows *rows, size_t *capacity,
                struct arena *arena)
{
    enum { C_ID, C_MODEL, C_PROVIDER, C_KIND, C_ERROR_KIND, C_ROOT, C_KEY };
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
        .key = store_rows_int(rows, C_KEY),
        .asked = true,
        .root = store_rows_int(rows, C_ROOT) != 0,
        .model_call = observation_kind_is_model_call(kind),
    };
    return true;
}

enum status rollup_labels_read(const struct rollup_question *question, struct arena *arena,
                               struct rollup_labels *out_labels, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct rollup_labels labels = {0};
    size_t capacity = 0;
    sql_add(&sql,
            "SELECT l.id, l.model, l.provider, l.kind, l.error_kind, l.root, %s%s FROM labels l "
            "WHERE l.project = ",
            question->key ? "l." : "", question->key ? question->key : "0");
    sql_int(&sql, question->project_id);
    enum status status = filter_labels(question->filters, question->query, &sql, error);
    if (status != STATUS_OK) {
        sql_done(&sql);
        return status;
    }
    status = sql_run(&sql, question->query, question->cancelled, &rows, error);
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

struct rollup_range rollup_range(const struct steps *steps, int periods_before)
{
    int64_t length_s = (int64_t)steps->count * steps->step_s;
    return (struct rollup_range){steps->resolution_s, steps->start_s - periods_before * length_s,
                                 steps->start_s + length_s};
}

enum status rollup_stream(const struct rollup_question *question, const char *table,
                          const char *columns, struct rollup_range range, store_take_columns *take,
                          void *context, struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "SELECT r.time, r.label, %s FROM %s r WHERE r.resolution = %lld AND r.time >= ",
            columns, table, (long long)range.resolution_s);
    sql_int(&sql, range.from_s);
    sql_add(&sql, " AND r.time < ");
    sql_int(&sql, range.to_s);
    return sql_stream_columns(&sql, question->query, question->cancelled, take, context, error);
}
