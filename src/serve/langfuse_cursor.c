/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_cursor: the lists that newer SDKs walk with a cursor and ask for by groups of fields:
 * observations (v2) and scores (v3). A cursor is the last row's time and id, opaque to clients.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "serve/langfuse_private.h"

enum { OBSERVATIONS_MAX = 1000, SCORES_MAX = 100 };

bool langfuse__wants(struct call *call, const char *group, bool otherwise)
{
    struct str rest = request_param(call->request, STR("fields")), word;
    if (rest.len == 0)
        return otherwise;
    while (rest.len && str_take(&rest, ',', &word))
        if (str_equal(str_trim(word), str_from(group)))
            return true;
    return false;
}

enum status langfuse__read_cursor(struct call *call, bool *out_has, int64_t *out_time_ns,
                                  int64_t *out_id)
{
    struct str text = request_param(call->request, STR("cursor"));
    size_t dot = str_find_byte(text, '.');
    *out_has = text.len > 0;
    if (text.len && (!str_to_i64(str_sub(text, 0, dot), out_time_ns) ||
                     !str_to_i64(str_sub(text, dot + 1, text.len), out_id)))
        return fail(&call->error, STATUS_INVALID, "cursor: expected the one of a reply");
    return STATUS_OK;
}

void langfuse__close_list(struct call *call, int64_t limit, bool more, int64_t time_ns, int64_t id)
{
    char cursor[64];
    json_out_end_array(&call->out);
    json_out_object(&call->out, "meta");
    json_out_int(&call->out, "limit", limit);
    if (more) {
        snprintf(cursor, sizeof cursor, "%lld.%lld", (long long)time_ns, (long long)id);
        json_out_text(&call->out, "cursor", cursor);
    }
    json_out_end_object(&call->out);
    json_out_end_object(&call->out);
}

/* --- observations ----------------------------------------------------------------------------- */

static void write_core(struct call *call, const struct langfuse_key *key,
                       const struct span_view *view)
{
    struct json_out *out = &call->out;
    json_out_str(out, "id", langfuse__span_id(call, key->span_id));
    json_out_str(out, "traceId", langfuse__trace_id(call, key->trace));
    langfuse__time(out, "startTime", view->observation.start_ns);
    langfuse__time(out, "endTime", view->span->end_ns ? view->observation.end_ns : 0);
    json_out_str(out, "projectId", langfuse__project(call));
    langfuse__parent(call, view);
    json_out_text(out, "type", langfuse__type(view->observation.kind));
    langfuse__model_prices(call, view, true);
}

static void write_basic(struct call *call, const struct span_view *view,
                        const struct trace_summary *trace)
{
    const struct observation *seen = &view->observation;
    struct json_out *out = &call->out;
    json_out_str(out, "name", seen->name.len ? seen->name : view->span->name);
    json_out_str(out, "level", seen->level.len ? seen->level : STR("DEFAULT"));
    out_name(out, "statusMessage",
             seen->status_message.len ? seen->status_message : seen->error_message);
    out_name(out, "version", seen->version);
    json_out_str(out, "environment", seen->environment.len ? seen->environment : STR("default"));
    json_out_bool(out, "bookmarked", false);
    json_out_bool(out, "public", false);
    out_name(out, "userId", seen->user.len ? seen->user : trace ? trace->user : STR_NONE);
    out_name(out, "sessionId",
             seen->session.len ? seen->session
             : trace           ? trace->session
                               : STR_NONE);
    json_out_bool(out, "isRootObservation", langfuse__is_root(view));
}

static void write_usage(struct call *call, const struct span_view *view)
{
    langfuse__usage_details(call, view);
    langfuse__cost_details(call, view);
    if (view->bill.total_nano >= 0)
        langfuse__dollars(&call->out, "totalCost", view->bill.total_nano);
    else
        json_out_null(&call->out, "totalCost");
    json_out_str(&call->out, "usagePricingTierName", langfuse__tier_of(call, &view->bill).name);
}

static void write_metrics(struct call *call, const struct span_view *view)
{
    const struct observation *seen = &view->observation;
    json_out_double(&call->out, "latency",
                    view->span->end_ns ? (double)(seen->end_ns - seen->start_ns) / 1e9
                                       : (double)NAN);
    json_out_double(&call->out, "timeToFirstToken",
                    seen->ttft_ns >= 0 ? (double)seen->ttft_ns / 1e9 : (double)NAN);
}

/* As they were sent, unless an older client asks for what they mean. */
static void write_io(struct call *call, const struct span_view *view)
{
    bool parsed = str_equal(request_param(call->request, STR("parseIoAsJson")), STR("true"));
    const struct conversation *talk = &view->conversation;
    if (parsed) {
        langfuse__content(call, "input", talk->input_text);
        langfuse__content(call, "output", talk->output_text);
    } else {
        json_out_str(&call->out, "input", talk->input_text);
        json_out_str(&call->out, "output", talk->output_text);
    }
}

static void write_groups(struct call *call, const struct span_view *view,
                         const struct trace_summary *trace)
{
    struct json_out *out = &call->out;
    if (langfuse__wants(call, "basic", true))
        write_basic(call, view, trace);
    if (langfuse__wants(call, "time", false)) {
        langfuse__time(out, "completionStartTime", view->observation.completion_start_ns);
        langfuse__time(out, "createdAt", view->arrival_ns);
        langfuse__time(out, "updatedAt", view->arrival_ns);
    }
    if (langfuse__wants(call, "io", false))
        write_io(call, view);
    if (langfuse__wants(call, "metadata", false))
        langfuse__metadata(call, view, LANGFUSE_OBSERVATIONS);
    if (langfuse__wants(call, "model", false)) {
        out_name(out, "providedModelName", view->observation.model);
        json_out_null(out, "internalModelId");
        langfuse__parameters(call, view);
    }
    if (langfuse__wants(call, "usage", false))
        write_usage(call, view);
    if (langfuse__wants(call, "prompt", false))
        langfuse__prompt(call, view);
    if (langfuse__wants(call, "metrics", false))
        write_metrics(call, view);
    if (langfuse__wants(call, "trace_context", false)) {
        json_out_raw(out, "tags", trace ? langfuse__tags(call, trace->key) : STR("[]"));
        out_name(out, "release", trace ? trace->release : STR_NONE);
        out_name(out, "traceName", trace ? trace->name : STR_NONE);
    }
}

static const struct trace_summary *trace_of(struct call *call, struct trace_key key)
{
    const struct langfuse_trace *trace = langfuse__trace(call, key);
    return trace && trace->found ? &trace->summary : NULL;
}

void serve__langfuse_observations_v2(struct request *request, void *context)
{
    struct call call;
    struct langfuse_list_question question = {0};
    struct langfuse_key *keys = NULL;
    size_t count = 0;
    int64_t limit = 0;
    if (!call_begin(&call, request, context))
        return;
    enum status status = langfuse__observation_question(&call, &question);
    if (status == STATUS_OK)
        status = param_int(&call, STR("limit"), 50, 1, OBSERVATIONS_MAX, &limit);
    if (status == STATUS_OK)
        status =
            langfuse__read_cursor(&call, &question.rows.has_cursor, &question.rows.cursor_start_ns,
                                  &question.rows.cursor_span_id);
    question.limit = (size_t)limit + 1;
    if (status == STATUS_OK)
        status = query_langfuse_keys(call.query, &question, &request->arena, &keys, &count, NULL,
                                     &call.error);
    if (status == STATUS_OK) {
        bool more = count > (size_t)limit;
        count -= more;
        langfuse__learn_keys(&call, keys, count);
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "data");
        for (size_t i = 0; i < count; i++) {
            struct span_view view;
            if (!langfuse__read_span(&call, &keys[i], &view))
                continue;
            json_out_object(&call.out, NULL);
            write_core(&call, &keys[i], &view);
            write_groups(&call, &view, trace_of(&call, keys[i].trace));
            json_out_end_object(&call.out);
            span_view_done(&view);
        }
        langfuse__close_list(&call, limit, more, count ? keys[count - 1].start_ns : 0,
                             count ? keys[count - 1].span_id : 0);
    }
    call_end(&call, status);
}

/* --- scores ----------------------------------------------------------------------------------- */

static void write_subject(struct call *call, const struct score_item *score)
{
    struct json_out *out = &call->out;
    bool of_trace = score->trace.hi || score->trace.lo;
    json_out_object(out, "subject");
    if (of_trace && score->span_id) {
        json_out_text(out, "kind", "observation");
        json_out_str(out, "id", langfuse__span_id(call, score->span_id));
        json_out_str(out, "traceId", langfuse__trace_id(call, score->trace));
    } else if (of_trace) {
        json_out_text(out, "kind", "trace");
        json_out_str(out, "id", langfuse__trace_id(call, score->trace));
    } else {
        json_out_text(out, "kind", score->session.len ? "session" : "experiment");
        json_out_str(out, "id", score->session.len ? score->session : score->dataset_run);
    }
    json_out_end_object(out);
}

void langfuse__write_score_v3(struct call *call, const struct score_item *score, bool whole)
{
    static const char *const types[] = {"NUMERIC", "CATEGORICAL", "BOOLEAN", "TEXT", "CORRECTION"};
    static const char *const sources[] = {"API", "EVAL", "ANNOTATION", "API"};
    struct json_out *out = &call->out;
    json_out_object(out, NULL);
    json_out_str(out, "id", score->id);
    json_out_str(out, "projectId", langfuse__project(call));
    json_out_str(out, "name", score->name.ptr ? score->name : STR(""));
    if (score->type == SCORE_NUMERIC)
        json_out_double(out, "value", score->value);
    else if (score->type == SCORE_BOOLEAN)
        json_out_bool(out, "value", score->value == 1);
    else
        json_out_str(out, "value", score->text.ptr ? score->text : STR(""));
    json_out_text(out, "dataType", types[score->type]);
    json_out_text(out, "source", sources[score->source]);
    langfuse__time(out, "timestamp", score->time_ns);
    json_out_str(out, "environment", score->environment.len ? score->environment : STR("default"));
    langfuse__time(out, "createdAt", score->created_ns);
    langfuse__time(out, "updatedAt", score->updated_ns);
    if (whole || langfuse__wants(call, "details", false)) {
        out_name(out, "comment", score->comment);
        out_name(out, "configId", score->config_id);
        langfuse__object(call, "metadata", score->metadata);
    }
    if (whole || langfuse__wants(call, "annotation", false)) {
        out_name(out, "authorUserId", score->author);
        out_name(out, "queueId", score->queue_id);
    }
    if (whole || langfuse__wants(call, "subject", false))
        write_subject(call, score);
    json_out_end_object(out);
}

static enum status read_least_and_most(struct call *call, struct score_question *question)
{
    struct str least = request_param(call->request, STR("valueMin"));
    struct str most = request_param(call->request, STR("valueMax"));
    question->has_least = least.len > 0;
    question->has_most = most.len > 0;
    bool fine = (!least.len || str_to_double(least, &question->least)) &&
                (!most.len || str_to_double(most, &question->most)) && isfinite(question->least) &&
                isfinite(question->most);
    if (!fine)
        return fail(&call->error, STATUS_INVALID, "valueMin, valueMax: expected numbers");
    return STATUS_OK;
}

/* Groups that there are not would be missed without a word. */
static enum status check_groups(struct call *call)
{
    static const char *const groups[] = {"details", "subject", "annotation"};
    struct str rest = request_param(call->request, STR("fields")), word;
    while (rest.len && str_take(&rest, ',', &word)) {
        bool known = false;
        word = str_trim(word);
        for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
            known = known || str_equal(word, str_from(groups[i]));
        if (!known)
            return fail(&call->error, STATUS_INVALID,
                        "fields: expected details, subject and annotation, got '%.*s'",
                        (int)(word.len > 40 ? 40 : word.len), word.ptr);
    }
    return STATUS_OK;
}

void serve__langfuse_scores_v3(struct request *request, void *context)
{
    struct call call;
    struct score_question question;
    struct score_list list = {0};
    int64_t limit = 0;
    if (!call_begin(&call, request, context))
        return;
    enum status status = check_groups(&call);
    if (status == STATUS_OK)
        status = langfuse__score_question(&call, true, &question);
    if (status == STATUS_OK)
        status = read_least_and_most(&call, &question);
    if (status == STATUS_OK)
        status = param_int(&call, STR("limit"), 50, 1, SCORES_MAX, &limit);
    if (status == STATUS_OK)
        status = langfuse__read_cursor(&call, &question.has_cursor, &question.cursor_time_ns,
                                       &question.cursor_hash);
    question.limit = (size_t)limit;
    if (status == STATUS_OK)
        status = query_scores(call.query, &question, true, &request->arena, &list, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "data");
        langfuse__learn_scores(&call, &list);
        for (size_t i = 0; i < list.count; i++)
            langfuse__write_score_v3(&call, &list.items[i], false);
        langfuse__close_list(&call, limit, list.more,
                             list.count ? list.items[list.count - 1].time_ns : 0,
                             list.count ? list.items[list.count - 1].hash : 0);
    }
    call_end(&call, status);
}
