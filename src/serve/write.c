/* SPDX-License-Identifier: Apache-2.0 */
/* write: pieces of JSON that several replies have. */
#include <math.h>

#include "serve/serve_private.h"

void out_trace_id(struct json_out *out, const char *key, struct trace_key trace)
{
    uint8_t bytes[TRACE_ID_BYTES];
    char hex[2 * TRACE_ID_BYTES + 1];
    id_bytes(trace.hi, bytes);
    id_bytes(trace.lo, bytes + 8);
    str_hex_encode(bytes, sizeof bytes, hex);
    if (trace.hi || trace.lo)
        json_out_text(out, key, hex);
    else
        json_out_null(out, key);
}

void out_span_id(struct json_out *out, const char *key, int64_t span)
{
    uint8_t bytes[SPAN_ID_BYTES];
    char hex[2 * SPAN_ID_BYTES + 1];
    id_bytes(span, bytes);
    str_hex_encode(bytes, sizeof bytes, hex);
    if (span)
        json_out_text(out, key, hex);
    else
        json_out_null(out, key);
}

void out_name(struct json_out *out, const char *key, struct str text)
{
    if (text.len)
        json_out_str(out, key, text);
    else
        json_out_null(out, key);
}

void out_time(struct json_out *out, const char *key, int64_t time_ns)
{
    if (time_ns)
        json_out_int_text(out, key, time_ns);
    else
        json_out_null(out, key);
}

static const char *state_name(enum trace_state state)
{
    static const char *const names[] = {
        [TRACE_RUNNING] = "running", [TRACE_QUIET] = "quiet", [TRACE_CLOSED] = "closed"};
    return names[state];
}

void out_trace(struct json_out *out, const char *key, const struct trace_summary *trace)
{
    json_out_object(out, key);
    out_trace_id(out, "trace_id", trace->key);
    json_out_str(out, "name", trace->name.ptr ? trace->name : STR(""));
    out_span_id(out, "root_span_id", trace->root_span);
    json_out_int_text(out, "start", trace->start_ns);
    json_out_int_text(out, "end", trace->end_ns);
    json_out_int(out, "duration", trace->end_ns - trace->start_ns);
    json_out_text(out, "status", trace->is_error ? "error" : "ok");
    json_out_text(out, "state", state_name(trace->state));
    json_out_bool(out, "complete", trace->complete);
    json_out_int(out, "spans", trace->spans);
    json_out_int(out, "errors", trace->errors);
    json_out_text(out, "error_kind", error_kind_name(trace->error_kind));
    json_out_int(out, "llm_calls", trace->llm_calls);
    json_out_int(out, "tool_calls", trace->tool_calls);
    if (trace->ttft_ns >= 0)
        json_out_int(out, "ttft", trace->ttft_ns);
    else
        json_out_null(out, "ttft");
    json_out_int(out, "input_tokens", trace->input_tokens);
    json_out_int(out, "output_tokens", trace->output_tokens);
    json_out_int(out, "cache_read_tokens", trace->cache_read);
    json_out_int(out, "cache_write_tokens", trace->cache_write);
    json_out_int(out, "reasoning_tokens", trace->reasoning);
    json_out_int(out, "total_tokens", trace->total_tokens);
    json_out_int(out, "cost", trace->cost);
    json_out_int(out, "unpriced", trace->unpriced);
    json_out_int(out, "models", trace->models);
    const struct {
        const char *name;
        struct str text;
    } texts[] = {{"model", trace->model},     {"provider", trace->provider},
                 {"service", trace->service}, {"environment", trace->environment},
                 {"user", trace->user},       {"session", trace->session},
                 {"tenant", trace->tenant},   {"release", trace->release},
                 {"input", trace->input},     {"output", trace->output}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        out_name(out, texts[i].name, texts[i].text);
    json_out_end_object(out);
}

/* --- numbers ------------------------------------------------------------------------------- */

void out_ints(struct json_out *out, const char *key, const int64_t *values, size_t count)
{
    json_out_array(out, key);
    for (size_t i = 0; i < count; i++)
        json_out_int(out, NULL, values[i]);
    json_out_end_array(out);
}

/* A double prints as 1.5e9 otherwise. */
void out_number(struct json_out *out, const char *key, double number)
{
    if (isfinite(number) && number == floor(number) && fabs(number) < 9e15)
        json_out_int(out, key, (int64_t)number);
    else
        json_out_double(out, key, number);
}

void out_numbers(struct json_out *out, const char *key, const double *values, size_t count)
{
    json_out_array(out, key);
    for (size_t i = 0; i < count; i++)
        out_number(out, NULL, values[i]);
    json_out_end_array(out);
}

void out_known(struct json_out *out, const char *key, int64_t number)
{
    if (number < 0)
        json_out_null(out, key);
    else
        json_out_int(out, key, number);
}

void out_cursor(struct json_out *out, int64_t number, struct str rest)
{
    struct buf text = {0};
    buf_printf(&text, "%lld.%.*s", (long long)number, STR_ARGS(rest));
    json_out_str(out, "next", buf_str(&text));
    buf_done(&text);
}

void out_times(struct json_out *out, int64_t start_ns, int64_t step_ns, size_t count)
{
    json_out_int_text(out, "from", start_ns);
    json_out_int_text(out, "to", start_ns + (int64_t)count * step_ns);
    json_out_int_text(out, "step", step_ns);
    json_out_array(out, "times");
    for (size_t i = 0; i < count; i++)
        json_out_int_text(out, NULL, start_ns + (int64_t)i * step_ns);
    json_out_end_array(out);
}
