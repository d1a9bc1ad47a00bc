/* SPDX-License-Identifier: Apache-2.0 */
/* tables: members to columns and back, a column at a time. */
#include "store/tables.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"

#define ROW(type_, member) .offset = offsetof(struct ROW_TYPE, member), .type = COLUMN_##type_
#define COL(type_, member)                                                                         \
    {                                                                                              \
        .name = #member, ROW(type_, member)                                                        \
    }
#define OPT(type_, member)                                                                         \
    {                                                                                              \
        .name = #member, ROW(type_, member), .nullable = true                                      \
    }
#define AS(type_, name_, member)                                                                   \
    {                                                                                              \
        .name = name_, ROW(type_, member)                                                          \
    }
#define OPT_AS(type_, name_, member)                                                               \
    {                                                                                              \
        .name = name_, ROW(type_, member), .nullable = true                                        \
    }
#define TOKENS(kind)                                                                               \
    kind("input_tokens", tokens[TOKENS_INPUT]), kind("output_tokens", tokens[TOKENS_OUTPUT]),      \
        kind("cache_read", tokens[TOKENS_CACHE_READ]),                                             \
        kind("cache_write", tokens[TOKENS_CACHE_WRITE]),                                           \
        kind("reasoning", tokens[TOKENS_REASONING]), kind("total_tokens", tokens[TOKENS_TOTAL])
#define SUM_OF(name_, member)   AS(I64, name_, member)
#define TOKEN_OF(name_, member) OPT_AS(I32, name_, member)

#define ROW_TYPE span_row
static const struct column span_columns[] = {
    COL(I32, project),
    COL(I64, trace_hi),
    COL(I64, trace_lo),
    COL(I64, span_id),
    COL(I64, parent_id),
    COL(I64, start_ns),
    COL(I64, duration_ns),
    COL(I64, arrival_ns),
    COL(U8, kind),
    COL(U8, status),
    COL(U8, error_kind),
    COL(U8, cost_source),
    COL(U16, flags),
    AS(I32, "name", names[SPAN_NAME]),
    AS(I32, "op", names[SPAN_OP]),
    AS(I32, "service", names[SPAN_SERVICE]),
    AS(I32, "environment", names[SPAN_ENVIRONMENT]),
    AS(I32, "provider", names[SPAN_PROVIDER]),
    AS(I32, "model", names[SPAN_MODEL]),
    AS(I32, "model_version", names[SPAN_MODEL_VERSION]),
    AS(I32, "agent", names[SPAN_AGENT]),
    AS(I32, "tool", names[SPAN_TOOL]),
    AS(I32, "prompt", names[SPAN_PROMPT]),
    AS(I32, "prompt_version", names[SPAN_PROMPT_VERSION]),
    AS(I32, "release", names[SPAN_RELEASE]),
    AS(I32, "error_type", names[SPAN_ERROR_TYPE]),
    AS(I32, "finish", names[SPAN_FINISH]),
    AS(I32, "vocabulary", names[SPAN_VOCABULARY]),
    AS(I32, "tenant", names[SPAN_TENANT]),
    AS(I32, "trace_name", names[SPAN_TRACE_NAME]),
    AS(I32, "graph_node", names[SPAN_GRAPH_NODE]),
    AS(I32, "graph_parent", names[SPAN_GRAPH_PARENT]),
    AS(I32, "version", names[SPAN_VERSION]),
    AS(I32, "level", names[SPAN_LEVEL]),
    OPT(I64, arguments),
    OPT(I64, tool_call),
    OPT(I64, linked),
    OPT(TEXT, session),
    OPT(TEXT, user_id),
    TOKENS(TOKEN_OF),
    OPT(I64, cost),
    OPT(I64, input_cost),
    OPT(I64, output_cost),
    OPT(I64, ttft),
    COL(I32, segment),
    COL(I32, record),
    COL(I64, frame),
    COL(I32, weight),
};
#undef ROW_TYPE
#define ROW_TYPE part_row
static const struct column part_columns[] = {
    COL(I32, project),     COL(I64, trace_hi),    COL(I64, trace_lo),      COL(I64, start_ns),
    COL(I64, end_ns),      COL(I64, arrival_ns),  COL(I64, spans),         COL(I64, errors),
    COL(I64, llm_calls),   COL(I64, tool_calls),  COL(I64, agent_runs),    COL(I64, graph_steps),
    COL(I64, unpriced),    TOKENS(SUM_OF),        COL(I64, cost),          OPT(I64, root_at),
    OPT(I64, root_span),   OPT(I32, root_status), OPT(I64, root_duration), OPT(I32, root_segment),
    OPT(I64, root_frame),  OPT(I32, root_record), OPT(I64, ttft_at),       OPT(I64, ttft),
    OPT(I64, model_at),    OPT(I32, model),       OPT(I32, provider),      COL(I64, name_rank),
    COL(I32, name),        COL(U8, error_kind),   COL(I64, service_rank),  COL(I32, service),
    COL(I32, environment), COL(I32, release),     COL(I32, tenant),        OPT(TEXT, session),
    OPT(TEXT, user_id),    COL(I64, input_rank),  OPT(TEXT, input),        COL(I64, output_rank),
    OPT(TEXT, output),
};
#undef ROW_TYPE
#define ROW_TYPE label_row
static const struct column label_columns[] = {
    COL(I32, id),       COL(I32, project),   COL(I32, service), COL(I32, environment),
    COL(I32, provider), COL(I32, model),     COL(I32, op),      COL(U8, kind),
    COL(I32, prompt),   COL(U8, error_kind), COL(U8, root),
};
#undef ROW_TYPE
#define ROW_TYPE rollup_row
static const struct column rollup_columns[] = {
    COL(I32, resolution), COL(I64, time),         COL(I32, label),    COL(I64, spans),
    COL(I64, errors),     COL(I64, calls),        COL(I64, unpriced), TOKENS(SUM_OF),
    COL(I64, cost),       COL(I64, duration_sum),
};
#undef ROW_TYPE
#define ROW_TYPE histogram_row
static const struct column histogram_columns[] = {
    COL(I32, resolution), COL(I64, time),   COL(I32, label),
    COL(U8, metric),      COL(U16, bucket), COL(I64, count),
};
#undef ROW_TYPE
#define ROW_TYPE log_row
static const struct column log_columns[] = {
    COL(I32, project),  COL(I64, time_ns),     COL(I64, arrival_ns), COL(I32, severity),
    COL(I32, service),  COL(I32, environment), COL(I32, event),      COL(I64, trace_hi),
    COL(I64, trace_lo), COL(I64, span_id),     OPT(TEXT, body),      COL(I64, hash),
    COL(I32, segment),  COL(I64, frame),       COL(I32, record),
};
#undef ROW_TYPE
#define ROW_TYPE series_row
static const struct column series_columns[] = {
    COL(I64, hash),        COL(I32, project),    COL(I32, metric),      COL(I32, unit),
    COL(U8, type),         COL(U8, temporality), COL(U8, monotonic),    COL(I32, service),
    COL(I32, environment), COL(I32, host),       OPT(TEXT, attributes),
};
#undef ROW_TYPE
#define ROW_TYPE point_row
static const struct column point_columns[] = {
    COL(I32, project),    COL(I64, series), COL(I64, time_ns), COL(I64, start_ns),
    COL(I64, arrival_ns), OPT(F64, value),  OPT(I64, count),   OPT(F64, sum),
    OPT(F64, min),        OPT(F64, max),    COL(I64, hash),    COL(I32, segment),
    COL(I64, frame),      COL(I32, record),
};
#undef ROW_TYPE
#define ROW_TYPE score_row
static const struct column score_columns[] = {
    COL(I32, project),     COL(I64, hash),       OPT(TEXT, id),          COL(I64, time_ns),
    COL(I64, arrival_ns),  COL(I64, created_ns), COL(I64, trace_hi),     COL(I64, trace_lo),
    COL(I64, span_id),     OPT(TEXT, session),   OPT(TEXT, dataset_run), COL(I32, name),
    COL(U8, type),         COL(U8, source),      OPT(F64, value),        OPT(TEXT, text),
    COL(I32, environment), OPT(TEXT, config_id), OPT(TEXT, queue_id),    OPT(TEXT, author),
    OPT(TEXT, comment),    COL(I32, segment),    COL(I64, frame),        COL(I32, record),
};
#undef ROW_TYPE
#define ROW_TYPE alias_row
static const struct column alias_columns[] = {
    COL(I32, project), COL(U8, kind),   COL(I64, hi),
    COL(I64, lo),      OPT(TEXT, text), COL(I32, segment),
};
#undef ROW_TYPE
#define ROW_TYPE name_row
static const struct column name_columns[] = {COL(I32, id), OPT(TEXT, text)};
#undef ROW_TYPE
#define ROW_TYPE progress_row
static const struct column progress_columns[] = {COL(I64, seq), COL(I64, segment),
                                                 COL(I64, offset)};
#undef ROW_TYPE
#define ROW_TYPE deletion_row
static const struct column deletion_columns[] = {
    COL(I32, project), COL(I64, trace_hi), COL(I64, trace_lo),
    COL(I32, segment), COL(I64, frame),    COL(I32, record),
};
#undef ROW_TYPE
#define ROW_TYPE probe_row
static const struct column probe_columns[] = {COL(I32, number), COL(I32, project), COL(I64, a),
                                              COL(I64, b),      COL(I64, c),       COL(I64, at)};
#undef ROW_TYPE
#define ROW_TYPE doomed_row
static const struct column doomed_columns[] = {COL(I64, row)};
#undef ROW_TYPE
#define ROW_TYPE affected_row
static const struct column affected_columns[] = {COL(I32, project), COL(I64, trace_hi),
                                                 COL(I64, trace_lo)};
#undef ROW_TYPE
#define ROW_TYPE preview_row
static const struct column preview_columns[] = {
    COL(I32, project), COL(I64, trace_hi),    COL(I64, trace_lo), COL(I64, input_rank),
    OPT(TEXT, input),  COL(I64, output_rank), OPT(TEXT, output),
};
#undef ROW_TYPE

#define TABLE(id, name_, prefix, temporary_)                                                       \
    [id] = {.name = (name_),                                                                       \
            .columns = prefix##_columns,                                                           \
            .column_count = sizeof prefix##_columns / sizeof *prefix##_columns,                    \
            .row_size = sizeof(struct prefix##_row),                                               \
            .temporary = (temporary_)}
const struct table tables[TABLE_COUNT] = {
    TABLE(TABLE_SPANS, "spans", span, false),
    TABLE(TABLE_TRACE_PARTS, "trace_parts", part, false),
    TABLE(TABLE_LABELS, "labels", label, false),
    TABLE(TABLE_ROLLUPS, "rollups", rollup, false),
    TABLE(TABLE_HISTOGRAMS, "histograms", histogram, false),
    TABLE(TABLE_LOGS, "logs", log, false),
    TABLE(TABLE_SERIES, "series", series, false),
    TABLE(TABLE_POINTS, "points", point, false),
    TABLE(TABLE_SCORES, "scores", score, false),
    TABLE(TABLE_ALIASES, "aliases", alias, false),
    TABLE(TABLE_NAMES, "names", name, false),
    TABLE(TABLE_PROGRESS, "progress", progress, false),
    TABLE(TABLE_DELETIONS, "deletions", deletion, false),
    TABLE(TABLE_PROBE, "probe", probe, true),
    TABLE(TABLE_DOOMED, "doomed", doomed, true),
    TABLE(TABLE_AFFECTED, "affected", affected, true),
    TABLE(TABLE_PREVIEWS, "previews", preview, true),
};

static const struct {
    const char *name;
    duckdb_type type;
} types[] = {
    [COLUMN_U8] = {"UTINYINT", DUCKDB_TYPE_UTINYINT},
    [COLUMN_U16] = {"USMALLINT", DUCKDB_TYPE_USMALLINT},
    [COLUMN_I32] = {"INTEGER", DUCKDB_TYPE_INTEGER},
    [COLUMN_I64] = {"BIGINT", DUCKDB_TYPE_BIGINT},
    [COLUMN_F64] = {"DOUBLE", DUCKDB_TYPE_DOUBLE},
    [COLUMN_TEXT] = {"VARCHAR", DUCKDB_TYPE_VARCHAR},
};

duckdb_logical_type column_logical_type(enum column_type type)
{
    return duckdb_create_logical_type(types[type].type);
}

void table_ddl(enum table_id id, char *out, size_t size)
{
    const struct table *table = &tables[id];
    int at = snprintf(out, size, "CREATE %sTABLE %s (", table->temporary ? "OR REPLACE TEMP " : "",
                      table->name);
    for (size_t i = 0; i < table->column_count; i++)
        at += snprintf(out + at, size - (size_t)at, "%s\"%s\" %s", i ? ", " : "",
                       table->columns[i].name, types[table->columns[i].type].name);
    at += snprintf(out + at, size - (size_t)at, ")");
    must((size_t)at < size);
}

/* A mask exists only once there is something absent. */
static void set_null(duckdb_vector vector, uint64_t **mask, size_t at)
{
    if (!*mask) {
        duckdb_vector_ensure_validity_writable(vector);
        *mask = duckdb_vector_get_validity(vector);
    }
    duckdb_validity_set_row_invalid(*mask, at);
}

#define FILL(c_type, is_null)                                                                      \
    do {                                                                                           \
        c_type *to = duckdb_vector_get_data(vector);                                               \
        for (size_t i = 0; i < count; i++) {                                                       \
            c_type value;                                                                          \
            memcpy(&value, from + i * stride, sizeof value);                                       \
            to[i] = value;                                                                         \
            if (column->nullable && (is_null))                                                     \
                set_null(vector, &mask, i);                                                        \
        }                                                                                          \
    } while (0)

static void fill_texts(const struct column *column, duckdb_vector vector, const char *from,
                       size_t stride, size_t count)
{
    uint64_t *mask = NULL;
    for (size_t i = 0; i < count; i++) {
        struct str text;
        memcpy(&text, from + i * stride, sizeof text);
        if (text.ptr || !column->nullable)
            duckdb_vector_assign_string_element_len(vector, i, text.ptr ? text.ptr : "", text.len);
        else
            set_null(vector, &mask, i);
    }
}

static void fill_column(const struct column *column, duckdb_vector vector, const char *from,
                        size_t stride, size_t count)
{
    uint64_t *mask = NULL;
    switch (column->type) {
    case COLUMN_U8:
        FILL(uint8_t, false);
        break;
    case COLUMN_U16:
        FILL(uint16_t, false);
        break;
    case COLUMN_I32:
        FILL(int32_t, value == NULL_I32);
        break;
    case COLUMN_I64:
        FILL(int64_t, value == NULL_I64);
        break;
    case COLUMN_F64:
        FILL(double, isnan(value));
        break;
    case COLUMN_TEXT:
        fill_texts(column, vector, from, stride, count);
        break;
    }
}

void table_fill(enum table_id id, duckdb_data_chunk chunk, const void *rows, size_t count)
{
    const struct table *table = &tables[id];
    must(count <= duckdb_vector_size());
    duckdb_data_chunk_reset(chunk);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        fill_column(column, duckdb_data_chunk_get_vector(chunk, i),
                    (const char *)rows + column->offset, table->row_size, count);
    }
    duckdb_data_chunk_set_size(chunk, count);
}

static struct str text_at(const duckdb_string_t *texts, size_t at)
{
    duckdb_string_t *text = (duckdb_string_t *)&texts[at];
    return (struct str){duckdb_string_t_data(text), duckdb_string_t_length(*text)};
}

#define READ(c_type, absent)                                                                       \
    do {                                                                                           \
        c_type value = null ? (absent) : ((const c_type *)data)[at];                               \
        memcpy(to, &value, sizeof value);                                                          \
    } while (0)

static void read_column(const struct column *column, duckdb_vector vector, size_t at, char *to)
{
    uint64_t *mask = duckdb_vector_get_validity(vector);
    bool null = mask && !duckdb_validity_row_is_valid(mask, at);
    const void *data = duckdb_vector_get_data(vector);
    switch (column->type) {
    case COLUMN_U8:
        READ(uint8_t, 0);
        break;
    case COLUMN_U16:
        READ(uint16_t, 0);
        break;
    case COLUMN_I32:
        READ(int32_t, NULL_I32);
        break;
    case COLUMN_I64:
        READ(int64_t, NULL_I64);
        break;
    case COLUMN_F64:
        READ(double, NAN);
        break;
    case COLUMN_TEXT: {
        struct str text = null ? STR_NONE : text_at(data, at);
        memcpy(to, &text, sizeof text);
        break;
    }
    }
}

void table_read(enum table_id id, duckdb_data_chunk chunk, size_t first, size_t at, void *out_row)
{
    const struct table *table = &tables[id];
    for (size_t i = 0; i < table->column_count; i++)
        read_column(&table->columns[i], duckdb_data_chunk_get_vector(chunk, first + i), at,
                    (char *)out_row + table->columns[i].offset);
}
