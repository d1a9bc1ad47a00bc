/* SPDX-License-Identifier: Apache-2.0 */
/* trace_sum: sums, extremes, and "the value of the first" or "of the best". */
#include "query/trace_sum.h"

#include "base/clock.h"
#include "base/sum.h"

enum { RUNNING_SECONDS = 30 };

const char trace_sum_columns[] =
    "p.trace_hi, p.trace_lo, p.start_ns, p.end_ns, p.arrival_ns, p.error_kind, "
    "p.root_at, p.root_span, p.root_status, p.root_segment, p.root_frame, p.root_record, "
    "p.spans, p.errors, p.llm_calls, p.tool_calls, p.unpriced, "
    "p.input_tokens, p.output_tokens, p.cache_read, p.cache_write, p.reasoning, p.total_tokens, "
    "p.cost, "
    "p.ttft_at, p.ttft, p.model_at, p.model, p.provider, "
    "p.name_rank, p.name, p.service_rank, p.service, p.environment, p.tenant, p.release, "
    "p.session, p.user_id, p.input_rank, p.input, p.output_rank, p.output";

enum column {
    AT_HI = TRACE_SUM_HI,
    AT_LO = TRACE_SUM_LO,
    AT_START,
    AT_END,
    AT_ARRIVAL,
    AT_ERROR_KIND,
    AT_ROOT_AT,
    AT_ROOT_SPAN,
    AT_ROOT_STATUS,
    AT_ROOT_SEGMENT,
    AT_ROOT_FRAME,
    AT_ROOT_RECORD,
    AT_SPANS,
    AT_ERRORS,
    AT_LLM_CALLS,
    AT_TOOL_CALLS,
    AT_UNPRICED,
    AT_INPUT_TOKENS,
    AT_OUTPUT_TOKENS,
    AT_CACHE_READ,
    AT_CACHE_WRITE,
    AT_REASONING,
    AT_TOTAL_TOKENS,
    AT_COST,
    AT_TTFT_AT,
    AT_TTFT,
    AT_MODEL_AT,
    AT_MODEL,
    AT_PROVIDER,
    AT_NAME_RANK,
    AT_NAME,
    AT_SERVICE_RANK,
    AT_SERVICE,
    AT_ENVIRONMENT,
    AT_TENANT,
    AT_RELEASE,
    AT_SESSION,
    AT_USER,
    AT_INPUT_RANK,
    AT_INPUT,
    AT_OUTPUT_RANK,
    AT_OUTPUT
};

void trace_sum_init(struct trace_sum *sum, struct trace_key key)
{
    *sum = (struct trace_sum){
        .summary = {.key = key, .start_ns = INT64_MAX, .end_ns = INT64_MIN, .ttft_ns = -1},
        .input_rank = INT64_MIN,
        .output_rank = INT64_MIN,
    };
}

static void add(int64_t *total, const struct store_rows *rows, enum column column)
{
    sum_add(total, store_rows_int(rows, column));
}

static void keep_most(int64_t *most, const struct store_rows *rows, enum column column)
{
    int64_t number = store_rows_int(rows, column);
    if (number > *most)
        *most = number;
}

/* The value of the part whose `at` is smallest, or, with `largest`, largest. Nulls do not count. */
static void keep_of(struct of_extreme *of, const struct store_rows *rows, enum column at,
                    enum column value, bool largest)
{
    if (store_rows_null(rows, at) || store_rows_null(rows, value))
        return;
    int64_t here = store_rows_int(rows, at);
    if (of->known && (largest ? here <= of->at : here >= of->at))
        return;
    *of = (struct of_extreme){true, here, store_rows_int(rows, value)};
}

static bool keep_text(struct str *text, int64_t *rank, const struct store_rows *rows,
                      enum column at, enum column value, struct arena *arena)
{
    if (store_rows_null(rows, value) || store_rows_int(rows, at) <= *rank)
        return true;
    *rank = store_rows_int(rows, at);
    *text = arena_copy(arena, store_rows_text(rows, value));
    return text->ptr != NULL;
}

static bool keep_largest_text(struct str *text, const struct store_rows *rows, enum column column,
                              struct arena *arena)
{
    if (store_rows_null(rows, column))
        return true;
    struct str here = store_rows_text(rows, column);
    if (text->ptr && str_compare(here, *text) <= 0)
        return true;
    *text = arena_copy(arena, here);
    return text->ptr != NULL;
}

static bool count_model(struct trace_sum *sum, const struct store_rows *rows, struct arena *arena)
{
    if (store_rows_null(rows, AT_MODEL))
        return true;
    int64_t model = store_rows_int(rows, AT_MODEL);
    for (size_t i = 0; i < sum->model_count; i++)
        if (sum->models[i] == model)
            return true;
    if (!arena_grow(arena, &sum->models, sum->model_count, &sum->model_capacity))
        return false;
    sum->models[sum->model_count++] = model;
    return true;
}

static void add_root(struct trace_sum *sum, const struct store_rows *rows)
{
    if (store_rows_null(rows, AT_ROOT_SPAN))
        return;
    int64_t at = store_rows_int(rows, AT_ROOT_AT), status = store_rows_int(rows, AT_ROOT_STATUS);
    if (!sum->summary.complete || at < sum->root_at) {
        sum->root_at = at;
        sum->summary.root_span = store_rows_int(rows, AT_ROOT_SPAN);
        sum->summary.root_place = (struct journal_location){
            .frame = {(uint32_t)store_rows_int(rows, AT_ROOT_SEGMENT),
                      (uint64_t)store_rows_int(rows, AT_ROOT_FRAME)},
            .signal = SIGNAL_SPANS,
            .record = (uint32_t)store_rows_int(rows, AT_ROOT_RECORD),
        };
    }
    if (status > sum->root_status)
        sum->root_status = status;
    sum->summary.complete = true;
}

static void add_counts(struct trace_sum *sum, const struct store_rows *rows)
{
    struct trace_summary *summary = &sum->summary;
    add(&summary->spans, rows, AT_SPANS);
    add(&summary->errors, rows, AT_ERRORS);
    add(&summary->llm_calls, rows, AT_LLM_CALLS);
    add(&summary->tool_calls, rows, AT_TOOL_CALLS);
    add(&summary->unpriced, rows, AT_UNPRICED);
    add(&summary->input_tokens, rows, AT_INPUT_TOKENS);
    add(&summary->output_tokens, rows, AT_OUTPUT_TOKENS);
    add(&summary->cache_read, rows, AT_CACHE_READ);
    add(&summary->cache_write, rows, AT_CACHE_WRITE);
    add(&summary->reasoning, rows, AT_REASONING);
    add(&summary->total_tokens, rows, AT_TOTAL_TOKENS);
    add(&summary->cost, rows, AT_COST);
}

bool trace_sum_add(struct trace_sum *sum, const struct store_rows *rows, struct arena *arena)
{
    struct trace_summary *summary = &sum->summary;
    int64_t start = store_rows_int(rows, AT_START);
    if (start < summary->start_ns)
        summary->start_ns = start;
    keep_most(&summary->end_ns, rows, AT_END);
    keep_most(&summary->arrival_ns, rows, AT_ARRIVAL);
    enum error_kind error_kind = (enum error_kind)store_rows_int(rows, AT_ERROR_KIND);
    if (error_kind > summary->error_kind)
        summary->error_kind = error_kind;
    add_root(sum, rows);
    add_counts(sum, rows);
    keep_of(&sum->ttft, rows, AT_TTFT_AT, AT_TTFT, false);
    keep_of(&sum->model, rows, AT_MODEL_AT, AT_MODEL, false);
    keep_of(&sum->provider, rows, AT_MODEL_AT, AT_PROVIDER, false);
    keep_of(&sum->name, rows, AT_NAME_RANK, AT_NAME, true);
    keep_of(&sum->service, rows, AT_SERVICE_RANK, AT_SERVICE, true);
    keep_most(&sum->environment, rows, AT_ENVIRONMENT);
    keep_most(&sum->tenant, rows, AT_TENANT);
    keep_most(&sum->release, rows, AT_RELEASE);
    return count_model(sum, rows, arena) &&
           keep_largest_text(&summary->session, rows, AT_SESSION, arena) &&
           keep_largest_text(&summary->user, rows, AT_USER, arena) &&
           keep_text(&summary->input, &sum->input_rank, rows, AT_INPUT_RANK, AT_INPUT, arena) &&
           keep_text(&summary->output, &sum->output_rank, rows, AT_OUTPUT_RANK, AT_OUTPUT, arena);
}

static enum trace_state state_of(const struct trace_summary *trace)
{
    bool fresh = clock_now_ns() - trace->arrival_ns < RUNNING_SECONDS * NS_PER_SEC;
    if (trace->complete)
        return TRACE_CLOSED;
    return fresh ? TRACE_RUNNING : TRACE_QUIET;
}

void trace_sum_finish(struct trace_sum *sum, const struct query *query)
{
    struct trace_summary *summary = &sum->summary;
    summary->is_error = summary->complete ? sum->root_status == SPAN_ERROR : summary->errors > 0;
    summary->models = (int64_t)sum->model_count;
    if (sum->ttft.known)
        summary->ttft_ns = sum->ttft.value;
    summary->name = sql_name(query, sum->name.value);
    summary->service = sql_name(query, sum->service.value);
    summary->model = sql_name(query, sum->model.value);
    summary->provider = sql_name(query, sum->provider.value);
    summary->environment = sql_name(query, sum->environment);
    summary->tenant = sql_name(query, sum->tenant);
    summary->release = sql_name(query, sum->release);
    summary->state = state_of(summary);
}
