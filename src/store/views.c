/* SPDX-License-Identifier: Apache-2.0 */
/*
 * views: tables as people want to see them, with names for numbers and ids in hex. They live in the
 * engine's memory, beside the file. Names come from the dictionary by a function, so a view costs
 * nothing for what is not asked.
 */
#define _GNU_SOURCE
#include <string.h>

#include "store/store_private.h"

static void name_text(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct store *store = duckdb_scalar_function_get_extra_info(info);
    duckdb_vector vector = duckdb_data_chunk_get_vector(input, 0);
    const int32_t *ids = duckdb_vector_get_data(vector);
    uint64_t *given = duckdb_vector_get_validity(vector), *mask = NULL;
    for (size_t i = 0; i < duckdb_data_chunk_get_size(input); i++) {
        struct str text = STR_NONE;
        if (!given || duckdb_validity_row_is_valid(given, i))
            text = names_visible_text(&store->names, ids[i]);
        if (text.ptr) {
            duckdb_vector_assign_string_element_len(output, i, text.ptr, text.len);
            continue;
        }
        if (!mask) {
            duckdb_vector_ensure_validity_writable(output);
            mask = duckdb_vector_get_validity(output);
        }
        duckdb_validity_set_row_invalid(mask, i);
    }
}

/* The 16 hex digits of an id's half, as a function of our own: the engine's formats end at signed
 * numbers. */
static void hex_text(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    (void)info;
    duckdb_vector vector = duckdb_data_chunk_get_vector(input, 0);
    const uint64_t *numbers = duckdb_vector_get_data(vector);
    for (size_t i = 0; i < duckdb_data_chunk_get_size(input); i++) {
        uint8_t bytes[8];
        char text[17];
        for (int b = 0; b < 8; b++)
            bytes[b] = (uint8_t)(numbers[i] >> (56 - 8 * b));
        str_hex_encode(bytes, sizeof bytes, text);
        duckdb_vector_assign_string_element_len(output, i, text, 16);
    }
}

static enum status define(struct store *store, const char *name, duckdb_type argument,
                          duckdb_scalar_function_t function, struct error *error)
{
    duckdb_scalar_function made = duckdb_create_scalar_function();
    duckdb_logical_type from = duckdb_create_logical_type(argument);
    duckdb_logical_type to = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_scalar_function_set_name(made, name);
    duckdb_scalar_function_add_parameter(made, from);
    duckdb_scalar_function_set_return_type(made, to);
    duckdb_scalar_function_set_extra_info(made, store, NULL);
    duckdb_scalar_function_set_function(made, function);
    bool failed = duckdb_register_scalar_function(store->writer, made) != DuckDBSuccess;
    duckdb_destroy_logical_type(&from);
    duckdb_destroy_logical_type(&to);
    duckdb_destroy_scalar_function(&made);
    return failed ? fail(error, STATUS_INTERNAL, "index: the function %s cannot be defined", name)
                  : STATUS_OK;
}

#define NAME(column)  "name_text(" column ") AS " column
#define TRACE_ID      "hex_text(trace_hi) || hex_text(trace_lo) AS trace_id"
#define MONEY(column) column " / 1e9 AS " column

/* Formatted by hand: clang-format breaks a statement at every macro. */
/* clang-format off */
static const char spans_view[] =
    "CREATE VIEW memory.main.v_spans AS SELECT project, " TRACE_ID ", "
    "hex_text(span_id) AS span_id, "
    "CASE WHEN parent_id <> 0 THEN hex_text(parent_id) END AS parent_id, start_ns, duration_ns, "
    "arrival_ns, kind, status, error_kind, cost_source, flags, " NAME("name") ", " NAME("op") ", "
    NAME("service") ", " NAME("environment") ", " NAME("provider") ", " NAME("model") ", "
    NAME("model_version") ", " NAME("agent") ", " NAME("tool") ", " NAME("prompt") ", "
    NAME("prompt_version") ", " NAME("release") ", " NAME("error_type") ", " NAME("finish") ", "
    NAME("vocabulary") ", " NAME("tenant") ", " NAME("trace_name") ", session, user_id, "
    "input_tokens, output_tokens, cache_read, cache_write, reasoning, total_tokens, "
    MONEY("cost") ", " MONEY("input_cost") ", " MONEY("output_cost") ", ttft"
    " FROM vitrine.main.spans";

static const char logs_view[] =
    "CREATE VIEW memory.main.v_logs AS SELECT project, time_ns, arrival_ns, severity, "
    NAME("service") ", " NAME("environment") ", " NAME("event") ", " TRACE_ID ", "
    "hex_text(span_id) AS span_id, body"
    " FROM vitrine.main.logs";
/* clang-format on */

static const char scores_view[] =
    "CREATE VIEW memory.main.v_scores AS SELECT project, id, time_ns, arrival_ns, created_ns, "
    "CASE WHEN trace_hi <> 0 OR trace_lo <> 0 THEN hex_text(trace_hi) || hex_text(trace_lo) END "
    "AS trace_id, CASE WHEN span_id <> 0 THEN hex_text(span_id) END AS span_id, session, "
    "dataset_run, name_text(name) AS name, CASE type WHEN 0 THEN 'numeric' WHEN 1 THEN "
    "'categorical' WHEN 2 THEN 'boolean' WHEN 3 THEN 'text' ELSE 'correction' END AS type, "
    "CASE source WHEN 0 THEN 'api' WHEN 1 THEN 'eval' WHEN 2 THEN 'annotation' ELSE 'feedback' "
    "END AS source, value, text, name_text(environment) AS environment, config_id, "
    "queue_id, author, comment FROM vitrine.main.scores";

static const char points_view[] =
    "CREATE VIEW memory.main.v_points AS SELECT p.project, p.time_ns, p.start_ns, p.arrival_ns, "
    "name_text(s.metric) AS metric, name_text(s.unit) AS unit, s.type, s.temporality, s.monotonic, "
    "name_text(s.service) AS service, name_text(s.environment) AS environment, s.attributes, "
    "p.value, p.count, p.sum, p.min, p.max "
    "FROM vitrine.main.points p JOIN vitrine.main.series s ON s.hash = p.series";

/* clang-format off */
static enum status define_traces(struct store *store, struct error *error)
{
    /* The merged parts keep the parts' column names. */
    return store__run(
        store, error,
        "CREATE VIEW memory.main.v_traces AS SELECT project, " TRACE_ID ", start_ns, end_ns, "
        "arrival_ns, end_ns - start_ns AS duration_ns, spans, errors, llm_calls, tool_calls, "
        "unpriced, input_tokens, output_tokens, cache_read, cache_write, reasoning, "
        "total_tokens, " MONEY("cost") ", "
        "CASE WHEN root_span IS NOT NULL THEN hex_text(root_span) END AS root_span, root_status, "
        "root_duration, ttft, " NAME("model") ", " NAME("provider") ", " NAME("name") ", "
        "error_kind, " NAME("service") ", " NAME("environment") ", " NAME("release") ", "
        NAME("tenant") ", session, user_id, input, output"
        " FROM (SELECT %s"
        " FROM vitrine.main.trace_parts p"
        " GROUP BY p.project, p.trace_hi, p.trace_lo) t(%s)",
        trace_parts_merged,
        "project, trace_hi, trace_lo, start_ns, end_ns, arrival_ns, spans, errors, llm_calls, "
        "tool_calls, agent_runs, graph_steps, unpriced, input_tokens, output_tokens, cache_read, "
        "cache_write, reasoning, "
        "total_tokens, cost, "
        "root_at, root_span, root_status, root_duration, root_segment, root_frame, root_record, "
        "ttft_at, ttft, model_at, model, provider, name_rank, name, error_kind, service_rank, "
        "service, environment, release, tenant, session, user_id, input_rank, input, output_rank, "
        "output");
}
/* clang-format on */

enum status store__define_views(struct store *store, struct error *error)
{
    enum status status = define(store, "name_text", DUCKDB_TYPE_INTEGER, name_text, error);
    if (status == STATUS_OK)
        status = define(store, "hex_text", DUCKDB_TYPE_BIGINT, hex_text, error);
    const char *const views[] = {spans_view, logs_view, points_view, scores_view};
    for (size_t i = 0; i < sizeof views / sizeof *views && status == STATUS_OK; i++)
        status = store__run(store, error, "%s", views[i]);
    return status == STATUS_OK ? define_traces(store, error) : status;
}
