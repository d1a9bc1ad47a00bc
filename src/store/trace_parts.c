/* SPDX-License-Identifier: Apache-2.0 */
/* trace_parts: the same rules three times: span by span in C, from spans in SQL, and part by part
 * in SQL. */
#include "store/trace_parts.h"

#include <stdlib.h>
#include <xxhash.h>

#include "base/sum.h"

enum { ROWS_KEPT = 1 << 14, RANK_BITS = 61 };

static int64_t part_rank(int level, int64_t start_ns)
{
    int64_t start = start_ns < 0 ? 0 : start_ns >> 2;
    return ((int64_t)level << RANK_BITS) | (((INT64_C(1) << RANK_BITS) - 1) - start);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

uint64_t trace_hash(int32_t project, int64_t trace_hi, int64_t trace_lo)
{
    const int64_t key[3] = {project, trace_hi, trace_lo};
    return XXH3_64bits(key, sizeof key);
}

static const struct part_row empty_part = {
    .start_ns = INT64_MAX,
    .end_ns = INT64_MIN,
    .arrival_ns = INT64_MIN,
    .root_at = NULL_I64,
    .root_span = NULL_I64,
    .root_duration = NULL_I64,
    .root_frame = NULL_I64,
    .root_status = NULL_I32,
    .root_segment = NULL_I32,
    .root_record = NULL_I32,
    .ttft_at = NULL_I64,
    .ttft = NULL_I64,
    .model_at = NULL_I64,
    .model = NULL_I32,
    .provider = NULL_I32,
};

struct part_row *trace_parts_find(struct trace_parts *parts, int32_t project, int64_t trace_hi,
                                  int64_t trace_lo)
{
    bool is_new;
    uint64_t hash = trace_hash(project, trace_hi, trace_lo);
    uint32_t *at = key_map_at(&parts->at, hash, (uint32_t)parts->count, &is_new);
    if (!at)
        return NULL;
    struct part_row *row = is_new ? NULL : &parts->rows[*at];
    if (row && row->trace_hi == trace_hi && row->trace_lo == trace_lo && row->project == project)
        return row;
    /* New, or two traces of one hash: then each span is a part of its own, which adds up as well.
     */
    if (parts->count == parts->capacity) {
        size_t capacity = parts->capacity ? parts->capacity * 2 : 256;
        void *rows = realloc(parts->rows, capacity * sizeof *parts->rows);
        if (!rows)
            return NULL;
        parts->rows = rows;
        parts->capacity = capacity;
    }
    row = &parts->rows[parts->count++];
    *row = empty_part;
    row->project = project;
    row->trace_hi = trace_hi;
    row->trace_lo = trace_lo;
    return row;
}

struct part_row *trace_parts_get(const struct trace_parts *parts, int32_t project, int64_t trace_hi,
                                 int64_t trace_lo)
{
    uint32_t at;
    if (!key_map_get(&parts->at, trace_hash(project, trace_hi, trace_lo), &at))
        return NULL;
    struct part_row *row = &parts->rows[at];
    return row->trace_hi == trace_hi && row->trace_lo == trace_lo && row->project == project ? row
                                                                                             : NULL;
}

void trace_parts_add_usage(struct part_row *part, const struct span_row *span)
{
    part->unpriced += (span->flags & OBSERVATION_UNPRICED) != 0;
    part->summaries += span->flags & OBSERVATION_SUMMARY && span_row_has_usage(span);
    if (!(span->flags & OBSERVATION_BILLED))
        return;
    for (int i = 0; i < TOKENS_COUNT; i++)
        if (span->tokens[i] != NULL_I32)
            sum_add(&part->tokens[i], span->tokens[i]);
    if (span->cost != NULL_I64)
        sum_add(&part->cost, span->cost);
}

static void add_root(struct part_row *part, const struct span_row *span)
{
    if (part->root_at != NULL_I64 && part->root_at <= span->start_ns)
        return;
    part->root_at = span->start_ns;
    part->root_span = span->span_id;
    part->root_status = span->status;
    part->root_duration = span->duration_ns;
    part->root_segment = span->segment;
    part->root_frame = span->frame;
    part->root_record = span->record;
}

static void add_model_call(struct part_row *part, const struct span_row *span)
{
    if (span->names[SPAN_MODEL] &&
        (part->model_at == NULL_I64 || span->start_ns < part->model_at)) {
        part->model_at = span->start_ns;
        part->model = span->names[SPAN_MODEL];
        part->provider = span->names[SPAN_PROVIDER];
    }
    if (span->ttft != NULL_I64 && (part->ttft_at == NULL_I64 || span->start_ns < part->ttft_at)) {
        part->ttft_at = span->start_ns;
        part->ttft = span->ttft;
    }
}

static void add_texts(struct part_row *part, const struct span_row *span, bool is_root)
{
    int64_t rank = part_rank(is_root ? LEVEL_ROOT : LEVEL_ANY, span->start_ns);
    bool declared = span->names[SPAN_TRACE_NAME] != 0;
    int64_t name_rank = declared ? part_rank(LEVEL_DECLARED, span->start_ns) : rank;
    if (name_rank > part->name_rank) {
        part->name_rank = name_rank;
        part->name = span->names[declared ? SPAN_TRACE_NAME : SPAN_NAME];
    }
    if (span->names[SPAN_SERVICE] && rank > part->service_rank) {
        part->service_rank = rank;
        part->service = span->names[SPAN_SERVICE];
    }
    if (span->input.len && rank > part->input_rank) {
        part->input_rank = rank;
        part->input = span->input;
    }
    if (span->output.len && rank > part->output_rank) {
        part->output_rank = rank;
        part->output = span->output;
    }
    if (span->session.ptr && (!part->session.ptr || str_compare(span->session, part->session) > 0))
        part->session = span->session;
    if (span->user_id.ptr && (!part->user_id.ptr || str_compare(span->user_id, part->user_id) > 0))
        part->user_id = span->user_id;
}

bool trace_parts_add(struct trace_parts *parts, const struct span_row *span)
{
    struct part_row *part = trace_parts_find(parts, span->project, span->trace_hi, span->trace_lo);
    if (!part)
        return false;
    bool is_root = span->flags & OBSERVATION_ROOT;
    if (span->start_ns < part->start_ns)
        part->start_ns = span->start_ns;
    part->end_ns = larger(part->end_ns, span->start_ns + span->duration_ns);
    part->arrival_ns = larger(part->arrival_ns, span->arrival_ns);
    part->spans++;
    part->errors += span->status == SPAN_ERROR;
    part->llm_calls += span->kind == KIND_LLM && !(span->flags & OBSERVATION_SUMMARY);
    part->tool_calls += span->kind == KIND_TOOL;
    part->agent_runs += span->kind == KIND_AGENT;
    part->graph_steps += span->names[SPAN_GRAPH_NODE] != 0;
    if (span->error_kind > part->error_kind)
        part->error_kind = span->error_kind;
    if (span->names[SPAN_ENVIRONMENT] > part->environment)
        part->environment = span->names[SPAN_ENVIRONMENT];
    if (span->names[SPAN_RELEASE] > part->release)
        part->release = span->names[SPAN_RELEASE];
    if (span->names[SPAN_TENANT] > part->tenant)
        part->tenant = span->names[SPAN_TENANT];
    trace_parts_add_usage(part, span);
    if (is_root)
        add_root(part, span);
    if (observation_kind_is_model_call(span->kind))
        add_model_call(part, span);
    add_texts(part, span, is_root);
    return true;
}

void trace_parts_clear(struct trace_parts *parts)
{
    if (parts->capacity > ROWS_KEPT) {
        trace_parts_done(parts);
        return;
    }
    key_map_clear(&parts->at);
    parts->count = 0;
}

void trace_parts_done(struct trace_parts *parts)
{
    free(parts->rows);
    key_map_done(&parts->at);
    *parts = (struct trace_parts){0};
}

/* Sums are HUGEINT; a total beyond int64 stops there instead of failing the commit. */
#define INT64(expression)                                                                          \
    "CAST(greatest(least(coalesce(" expression ", 0), 9223372036854775807), "                      \
    "-9223372036854775807) AS BIGINT)"
#define SUM(column)    INT64("sum(p." column ")")
#define BILLED(column) INT64("sum(s." column ") FILTER (s.flags & 1 <> 0)")
#define ROOT(column)   "arg_min(s." column ", s.start_ns) FILTER (s.flags & 128 <> 0)"
#define CALL           "s.kind IN (1, 2, 4)"
_Static_assert(OBSERVATION_BILLED == 1 && OBSERVATION_SUMMARY == 2 && OBSERVATION_ROOT == 128 &&
                   OBSERVATION_UNPRICED == 32 && KIND_LLM == 1 && KIND_EMBEDDING == 2 &&
                   KIND_RERANKER == 4 && KIND_TOOL == 5 && KIND_AGENT == 6,
               "the numbers in the statements below");
/* part_rank() in SQL: level * 2^61 + (2^61 - 1 - start / 4). */
#define RANK(level)                                                                                \
    "(" level " * 2305843009213693952 + 2305843009213693951 - greatest(s.start_ns, 0) // 4)"
#define SPAN_RANK RANK("(CASE WHEN s.flags & 128 <> 0 THEN 2 ELSE 1 END)")
#define NAME_RANK                                                                                  \
    RANK("(CASE WHEN s.trace_name <> 0 THEN 3 WHEN s.flags & 128 <> 0 THEN 2 ELSE 1 END)")

/* Formatted by hand: clang-format breaks a statement at every macro. */
/* clang-format off */
const char trace_parts_from_spans[] =
    "SELECT s.project, s.trace_hi, s.trace_lo, min(s.start_ns), max(s.start_ns + s.duration_ns), "
    "max(s.arrival_ns), count(*), count(*) FILTER (s.status = 2), "
    "count(*) FILTER (s.kind = 1 AND s.flags & 2 = 0), count(*) FILTER (s.kind = 5), "
    "count(*) FILTER (s.kind = 6), count(*) FILTER (s.graph_node <> 0), "
    "count(*) FILTER (s.flags & 32 <> 0), " BILLED("input_tokens") ", " BILLED("output_tokens")
    ", " BILLED("cache_read") ", " BILLED("cache_write") ", " BILLED("reasoning") ", "
    BILLED("total_tokens") ", " BILLED("cost") ", "
    "min(s.start_ns) FILTER (s.flags & 128 <> 0), " ROOT("span_id") ", " ROOT("status") ", "
    ROOT("duration_ns") ", " ROOT("segment") ", " ROOT("frame") ", " ROOT("record") ", "
    "min(s.start_ns) FILTER (" CALL " AND s.ttft IS NOT NULL), arg_min(s.ttft, "
    "s.start_ns) FILTER (" CALL " AND s.ttft IS NOT NULL), min(s.start_ns) FILTER (" CALL
    " AND s.model <> 0), arg_min(s.model, s.start_ns) FILTER (" CALL " AND s.model <> 0), "
    "arg_min(s.provider, s.start_ns) FILTER (" CALL " AND s.model <> 0), max(" NAME_RANK "), "
    "arg_max(CASE WHEN s.trace_name <> 0 THEN s.trace_name ELSE s.name END, " NAME_RANK "), "
    "max(s.error_kind), coalesce(max(" SPAN_RANK ") FILTER (s.service <> 0), 0), "
    "coalesce(arg_max(s.service, " SPAN_RANK ") FILTER (s.service <> 0), 0), max(s.environment), "
    "max(s.release), max(s.tenant), max(s.session), max(s.user_id), "
    "coalesce(any_value(t.input_rank), 0), any_value(t.input), "
    "coalesce(any_value(t.output_rank), 0), any_value(t.output)"
    " FROM spans s JOIN affected a"
    " ON s.project = a.project AND s.trace_hi = a.trace_hi AND s.trace_lo = a.trace_lo"
    " LEFT JOIN (SELECT project, trace_hi, trace_lo, max(input_rank) AS input_rank, "
    "arg_max(input, input_rank) AS input, max(output_rank) AS output_rank, "
    "arg_max(output, output_rank) AS output FROM previews GROUP BY ALL) t"
    " ON t.project = a.project AND t.trace_hi = a.trace_hi AND t.trace_lo = a.trace_lo"
    " GROUP BY s.project, s.trace_hi, s.trace_lo";
/* clang-format on */

/* Formatted by hand: clang-format breaks a statement at every macro. */
/* clang-format off */
const char trace_parts_merged[] =
    "p.project, p.trace_hi, p.trace_lo, min(p.start_ns), max(p.end_ns), max(p.arrival_ns), "
    SUM("spans") ", " SUM("errors") ", " SUM("llm_calls") ", " SUM("tool_calls") ", "
    SUM("agent_runs") ", " SUM("graph_steps") ", " SUM("unpriced") ", " SUM("input_tokens") ", " SUM("output_tokens") ", " SUM("cache_read") ", "
    SUM("cache_write") ", " SUM("reasoning") ", " SUM("total_tokens") ", " SUM("cost") ", "
    "min(p.root_at), arg_min(p.root_span, p.root_at), arg_min(p.root_status, p.root_at), "
    "arg_min(p.root_duration, p.root_at), arg_min(p.root_segment, p.root_at), "
    "arg_min(p.root_frame, p.root_at), arg_min(p.root_record, p.root_at), min(p.ttft_at), "
    "arg_min(p.ttft, p.ttft_at), min(p.model_at), arg_min(p.model, p.model_at), "
    "arg_min(p.provider, p.model_at), max(p.name_rank), arg_max(p.name, p.name_rank), "
    "max(p.error_kind), max(p.service_rank), arg_max(p.service, p.service_rank), "
    "max(p.environment), max(p.release), max(p.tenant), max(p.session), max(p.user_id), "
    "max(p.input_rank), arg_max(p.input, p.input_rank), max(p.output_rank), arg_max(p.output, "
    "p.output_rank)";
/* clang-format on */
