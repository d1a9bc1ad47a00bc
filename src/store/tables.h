/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tables: the rows of docs/index.md as structs, and the lists that say which member is which
 * column. DDL, writing and reading back are made from the lists.
 *
 * Absent values are NULL_I32, NULL_I64, NaN or a ptr of NULL; they become NULL in nullable columns.
 */
#pragma once

#include <duckdb.h>

#include "store/store.h"

#define NULL_I32 INT32_MIN
#define NULL_I64 INT64_MIN

enum column_type { COLUMN_U8, COLUMN_U16, COLUMN_I32, COLUMN_I64, COLUMN_F64, COLUMN_TEXT };

struct column {
    const char *name;
    enum column_type type;
    uint16_t offset; /* of the member in the row */
    bool nullable;
};

enum table_id {
    TABLE_SPANS,
    TABLE_TRACE_PARTS,
    TABLE_LABELS,
    TABLE_ROLLUPS,
    TABLE_HISTOGRAMS,
    TABLE_LOGS,
    TABLE_SERIES,
    TABLE_POINTS,
    TABLE_SCORES,
    TABLE_ALIASES,
    TABLE_NAMES,
    TABLE_PROGRESS,
    TABLE_DELETIONS,
    /* Not kept: what a statement of the index thread joins with. */
    TABLE_PROBE,
    TABLE_DOOMED,
    TABLE_AFFECTED,
    TABLE_PREVIEWS,
    TABLE_COUNT
};

struct table {
    const char *name;
    const struct column *columns;
    size_t column_count, row_size;
    bool temporary;
};
extern const struct table tables[TABLE_COUNT];

enum { COLUMNS_MAX = 64 };

/* Names of a span, in the order of its columns. */
enum span_name {
    SPAN_NAME,
    SPAN_OP,
    SPAN_SERVICE,
    SPAN_ENVIRONMENT,
    SPAN_PROVIDER,
    SPAN_MODEL,
    SPAN_MODEL_VERSION,
    SPAN_AGENT,
    SPAN_TOOL,
    SPAN_PROMPT,
    SPAN_PROMPT_VERSION,
    SPAN_RELEASE,
    SPAN_ERROR_TYPE,
    SPAN_FINISH,
    SPAN_VOCABULARY,
    SPAN_TENANT,
    SPAN_TRACE_NAME,
    SPAN_GRAPH_NODE,
    SPAN_GRAPH_PARENT,
    SPAN_VERSION,
    SPAN_LEVEL,
    SPAN_NAMES
};

enum token_column {
    TOKENS_INPUT,
    TOKENS_OUTPUT,
    TOKENS_CACHE_READ,
    TOKENS_CACHE_WRITE,
    TOKENS_REASONING,
    TOKENS_TOTAL,
    TOKENS_COUNT
};

struct span_row {
    int64_t trace_hi, trace_lo, span_id, parent_id;
    int64_t start_ns, duration_ns, arrival_ns;
    int64_t cost, input_cost, output_cost, ttft, frame;
    int64_t arguments, tool_call, linked;
    struct str session, user_id;
    int32_t names[SPAN_NAMES];
    int32_t tokens[TOKENS_COUNT];
    int32_t project, segment, record;
    int32_t weight; /* how much the version says: the fuller one wins */
    uint16_t flags;
    uint8_t kind, status, error_kind, cost_source;
    /* Not columns. */
    bool maybe_known, dropped;
    struct str input, output; /* previews for the trace */
    uint64_t hash;            /* of the key */
};

/* Whether it tells of tokens or money. */
static inline bool span_row_has_usage(const struct span_row *span)
{
    return span->tokens[TOKENS_TOTAL] > 0 || span->cost > 0;
}

struct part_row {
    int64_t trace_hi, trace_lo;
    int64_t start_ns, end_ns, arrival_ns;
    int64_t spans, errors, llm_calls, tool_calls, agent_runs, graph_steps, unpriced;
    int64_t tokens[TOKENS_COUNT], cost;
    int64_t root_at, root_span, root_duration, root_frame;
    int64_t ttft_at, ttft, model_at, name_rank, service_rank, input_rank, output_rank;
    struct str session, user_id, input, output;
    int32_t project, root_status, root_segment, root_record;
    int32_t model, provider, name, service, environment, release, tenant;
    uint8_t error_kind;
    /* Not columns. */
    bool rebuilt;      /* made anew from the spans instead of being added */
    uint8_t look;      /* whether something may stand in for its calls (stand_ins.c) */
    int64_t summaries; /* spans of the commit that repeat usage */
};

struct label_row {
    int32_t id, project, service, environment, provider, model, op, prompt;
    uint8_t kind, error_kind, root;
};

enum { RESOLUTION_MINUTE = 60, RESOLUTION_HOUR = 3600, RESOLUTION_DAY = 86400 };

struct rollup_row {
    int64_t time;
    int64_t spans, errors, calls, unpriced, tokens[TOKENS_COUNT], cost, duration_sum;
    int32_t resolution, label;
};

struct histogram_row {
    int64_t time, count;
    int32_t resolution, label;
    uint16_t bucket;
    uint8_t metric;
};

struct log_row {
    int64_t time_ns, arrival_ns, trace_hi, trace_lo, span_id, hash, frame;
    struct str body;
    int32_t project, service, environment, event, severity, segment, record;
    bool maybe_known, dropped;
};

struct series_row {
    int64_t hash;
    struct str attributes; /* owned by the store until written */
    int32_t project, metric, unit, service, environment, host;
    uint8_t type, temporality, monotonic;
};

struct point_row {
    int64_t series, time_ns, start_ns, arrival_ns, count, hash, frame;
    double value, sum, min, max;
    int32_t project, segment, record;
    bool maybe_known, dropped;
};

struct score_row {
    int64_t time_ns, arrival_ns, created_ns, trace_hi, trace_lo, span_id, hash, frame;
    double value;
    struct str id, text, session, dataset_run, config_id, queue_id, author, comment;
    int32_t project, name, environment, segment, record;
    uint8_t type, source;
    bool maybe_known, dropped;
};

struct alias_row { /* see enum alias_kind */
    int64_t hi, lo;
    struct str text;
    int32_t project, segment;
    uint8_t kind;
};

struct name_row {
    struct str text;
    int32_t id;
};

struct progress_row {
    int64_t seq, segment, offset;
};

struct deletion_row { /* a trace, and the record that deleted it */
    int64_t trace_hi, trace_lo, frame;
    int32_t project, segment, record;
};

struct probe_row { /* a key that may be in the index already */
    int64_t a, b, c, at;
    int32_t project, number;
};

struct doomed_row {
    int64_t row;
};

struct affected_row { /* a trace whose parts are made anew */
    int64_t trace_hi, trace_lo;
    int32_t project;
};

struct preview_row {
    int64_t trace_hi, trace_lo, input_rank, output_rank;
    struct str input, output;
    int32_t project;
};

/* `CREATE TABLE …` of one table into `out`; must fit. */
void table_ddl(enum table_id id, char *out, size_t size);
/* Fills the chunk with `count` (at most a vector's size) rows, `row_size` apart. */
void table_fill(enum table_id id, duckdb_data_chunk chunk, const void *rows, size_t count);
/* The way back: row `at` of a chunk whose columns from `first` on are the table's. Texts point into
 * the chunk. */
void table_read(enum table_id id, duckdb_data_chunk chunk, size_t first, size_t at, void *out_row);
duckdb_logical_type column_logical_type(enum column_type type);
