/* SPDX-License-Identifier: Apache-2.0 */
/* scores: the list, the summary for the Overview's quality section, and scores inside the replies
 * of a trace and a span. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "serve/serve_private.h"

enum { SCORES_OF_TRACE = 500 };

enum status param_score_type(struct call *call, const char *name, int *out_type)
{
    struct str text = request_param(call->request, str_from(name));
    enum score_type type;
    *out_type = -1;
    if (!text.len)
        return STATUS_OK;
    if (!score_type_parse(text, &type))
        return fail(&call->error, STATUS_INVALID,
                    "%s: expected numeric, categorical, boolean, text or correction", name);
    *out_type = (int)type;
    return STATUS_OK;
}

enum status param_score_source(struct call *call, const char *name, int *out_source)
{
    struct str text = request_param(call->request, str_from(name));
    enum score_source source;
    *out_source = -1;
    if (!text.len)
        return STATUS_OK;
    if (!score_source_parse(text, &source))
        return fail(&call->error, STATUS_INVALID, "%s: expected api, eval, annotation or feedback",
                    name);
    *out_source = (int)source;
    return STATUS_OK;
}

/* A category, or of yes-or-no true or false. */
static enum status read_value(struct call *call, struct score_question *question)
{
    struct str value = request_param(call->request, STR("value"));
    if (!value.len || question->type != SCORE_BOOLEAN) {
        question->text = value;
        return STATUS_OK;
    }
    bool yes = str_equal(value, STR("true"));
    if (!yes && !str_equal(value, STR("false")))
        return fail(&call->error, STATUS_INVALID, "value: expected true or false");
    question->has_least = question->has_most = true;
    question->least = question->most = yes;
    return STATUS_OK;
}

/* Ids as the sender of the score may have written them. */
static enum status read_subject(struct call *call, struct score_question *question)
{
    struct str trace = request_param(call->request, STR("trace_id"));
    struct str span = request_param(call->request, STR("span_id"));
    uint8_t id[TRACE_ID_BYTES];
    if (span.len && !trace.len)
        return fail(&call->error, STATUS_INVALID, "span_id: expected trace_id beside it");
    if (trace.len) {
        foreign_trace_id(trace, id);
        question->has_trace = true;
        question->trace = trace_key(id);
    }
    if (span.len) {
        foreign_span_id(span, id);
        question->has_span = true;
        question->span_id = id_half(id);
    }
    return STATUS_OK;
}

/* A cursor is the time and the hash of the last row. */
static enum status read_cursor(struct call *call, struct score_question *question)
{
    struct str rest;
    enum status status =
        param_cursor(call, &question->has_cursor, &question->cursor_time_ns, &rest);
    if (status != STATUS_OK || !question->has_cursor)
        return status;
    return str_to_i64(rest, &question->cursor_hash) ? STATUS_OK : param_cursor_refused(call);
}

static enum status read_question(struct call *call, struct score_question *question)
{
    struct request *request = call->request;
    *question = (struct score_question){
        .project_id = request->project_id,
        .id = request_param(request, STR("id")),
        .name = request_param(request, STR("name")),
        .environment = request_param(request, STR("environment")),
        .session = request_param(request, STR("session")),
        .dataset_run = request_param(request, STR("dataset_run")),
        .config_id = request_param(request, STR("config_id")),
        .queue_id = request_param(request, STR("queue_id")),
        .author = request_param(request, STR("author")),
        .cancelled = &request->cancelled,
    };
    enum status status = param_range(call, &question->range);
    if (status == STATUS_OK)
        status = param_score_type(call, "type", &question->type);
    if (status == STATUS_OK)
        status = param_score_source(call, "source", &question->source);
    if (status == STATUS_OK)
        status = read_subject(call, question);
    if (status == STATUS_OK)
        status = param_number(call, "min", &question->has_least, &question->least);
    if (status == STATUS_OK)
        status = param_number(call, "max", &question->has_most, &question->most);
    if (status == STATUS_OK)
        status = param_number(call, "below", &question->has_below, &question->below);
    if (status == STATUS_OK)
        status = read_value(call, question);
    return status;
}

static void write_value(struct json_out *out, const struct score_item *item)
{
    if (item->type == SCORE_NUMERIC)
        json_out_double(out, "value", item->value);
    else if (item->type == SCORE_BOOLEAN)
        json_out_bool(out, "value", item->value == 1);
    else
        json_out_str(out, "value", item->text);
    json_out_double(out, "number", item->value);
    out_name(out, "text", item->text);
}

void out_score(struct json_out *out, const struct score_item *item)
{
    json_out_object(out, NULL);
    json_out_str(out, "id", item->id);
    json_out_str(out, "name", item->name.ptr ? item->name : STR(""));
    json_out_text(out, "type", score_type_name(item->type));
    write_value(out, item);
    json_out_text(out, "source", score_source_name(item->source));
    out_trace_id(out, "trace_id", item->trace);
    out_span_id(out, "span_id", item->span_id);
    const struct {
        const char *key;
        struct str text;
    } texts[] = {{"session", item->session},         {"dataset_run", item->dataset_run},
                 {"environment", item->environment}, {"config_id", item->config_id},
                 {"queue_id", item->queue_id},       {"author", item->author},
                 {"comment", item->comment}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        out_name(out, texts[i].key, texts[i].text);
    if (item->metadata.len)
        json_out_raw(out, "metadata", item->metadata);
    json_out_int_text(out, "time", item->time_ns);
    json_out_int_text(out, "created", item->created_ns);
    json_out_int_text(out, "updated", item->updated_ns);
    json_out_end_object(out);
}

static void write_cursor(struct json_out *out, const struct score_list *list)
{
    char hash[24];
    if (!list->more || list->count == 0) {
        json_out_null(out, "next");
        return;
    }
    const struct score_item *last = &list->items[list->count - 1];
    snprintf(hash, sizeof hash, "%lld", (long long)last->hash);
    out_cursor(out, last->time_ns, str_from(hash));
}

void serve__scores(struct request *request, void *context)
{
    struct call call;
    struct score_question question;
    struct score_list list;
    int64_t limit = 0;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_question(&call, &question);
    if (status == STATUS_OK)
        status = param_int(&call, STR("limit"), 50, 1, 500, &limit);
    if (status == STATUS_OK)
        status = read_cursor(&call, &question);
    question.limit = (size_t)limit;
    if (status == STATUS_OK)
        status = query_scores(call.query, &question, true, &request->arena, &list, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "scores");
        for (size_t i = 0; i < list.count; i++)
            out_score(&call.out, &list.items[i]);
        json_out_end_array(&call.out);
        write_cursor(&call.out, &list);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* --- summary --------------------------------------------------------------------------------- */

static void write_bins(struct json_out *out, const struct score_summary *item)
{
    int bins = !isfinite(item->least) ? 0 : item->most > item->least ? SCORE_BINS : 1;
    json_out_array(out, "histogram");
    for (int i = 0; i < bins; i++) {
        json_out_object(out, NULL);
        json_out_double(out, "from", score_bin_edge(item, i));
        json_out_double(out, "to", i + 1 == bins ? item->most : score_bin_edge(item, i + 1));
        json_out_int(out, "count", item->bins[i]);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void write_sources(struct json_out *out, const struct score_summary *item)
{
    json_out_array(out, "sources");
    for (int i = 0; i < SCORE_SOURCE_COUNT; i++) {
        if (!item->by_source[i])
            continue;
        json_out_object(out, NULL);
        json_out_text(out, "source", score_source_name((enum score_source)i));
        json_out_int(out, "count", item->by_source[i]);
        json_out_double(out, "mean", item->source_means[i]);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void write_trend(struct json_out *out, const struct score_summary *item,
                        const struct steps *steps)
{
    json_out_array(out, "counts");
    for (size_t i = 0; i < steps->count; i++)
        json_out_int(out, NULL, item->counts[i]);
    json_out_end_array(out);
    json_out_array(out, "means");
    for (size_t i = 0; i < steps->count; i++)
        json_out_double(out, NULL, item->means[i]);
    json_out_end_array(out);
}

static void write_summary(struct json_out *out, const struct score_summary *item,
                          const struct steps *steps)
{
    json_out_object(out, NULL);
    json_out_str(out, "name", item->name);
    json_out_text(out, "type", score_type_name(item->type));
    json_out_int(out, "count", item->count);
    json_out_double(out, "mean", item->mean);
    json_out_double(out, "min", item->least);
    json_out_double(out, "max", item->most);
    json_out_double(out, "median", item->median);
    json_out_array(out, "categories");
    for (size_t i = 0; i < item->category_count; i++) {
        json_out_object(out, NULL);
        json_out_str(out, "value", item->categories[i].text);
        json_out_int(out, "count", item->categories[i].count);
        json_out_end_object(out);
    }
    json_out_end_array(out);
    write_bins(out, item);
    write_sources(out, item);
    write_trend(out, item, steps);
    json_out_end_object(out);
}

void serve__score_summary(struct request *request, void *context)
{
    struct call call;
    struct score_question question;
    struct score_overview overview;
    int64_t step = 0;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_question(&call, &question);
    if (status == STATUS_OK)
        status = param_int(&call, STR("step"), 0, 0, INT64_C(1) << 32, &step);
    if (status == STATUS_OK)
        status = query_score_summary(call.query, &question, step, &request->arena, &overview,
                                     &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_int_text(&call.out, "start", overview.steps.start_s * 1000000000);
        json_out_int(&call.out, "step", overview.steps.step_s);
        json_out_int(&call.out, "steps", (int64_t)overview.steps.count);
        json_out_array(&call.out, "scores");
        for (size_t i = 0; i < overview.count; i++)
            write_summary(&call.out, &overview.items[i], &overview.steps);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* --- inside other replies ----------------------------------------------------------------------
 */

void out_scores(struct call *call, struct trace_key trace, int64_t span_id)
{
    const struct score_question question = {
        .project_id = call->request->project_id,
        .range = {INT64_MIN, INT64_MAX},
        .type = -1,
        .source = -1,
        .has_trace = true,
        .trace = trace,
        .has_span = span_id != 0,
        .span_id = span_id,
        .limit = SCORES_OF_TRACE,
        .cancelled = &call->request->cancelled,
    };
    struct score_list list = {0};
    struct error ignored;
    json_out_array(&call->out, "scores");
    /* Without its scores a trace is still worth showing. */
    if (query_scores(call->query, &question, false, &call->request->arena, &list, &ignored) ==
        STATUS_OK)
        for (size_t i = 0; i < list.count; i++)
            out_score(&call->out, &list.items[i]);
    json_out_end_array(&call->out);
}
