/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_observations: spans as Langfuse's observations: the list and one. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "normalise/value_json.h"
#include "price/custom.h"
#include "query/langfuse_values.h"
#include "serve/langfuse_filter.h"

static const struct {
    enum observation_kind kind;
    const char *name;
} types[] = {
    {KIND_LLM, "GENERATION"},      {KIND_EMBEDDING, "EMBEDDING"}, {KIND_AGENT, "AGENT"},
    {KIND_TOOL, "TOOL"},           {KIND_CHAIN, "CHAIN"},         {KIND_RETRIEVER, "RETRIEVER"},
    {KIND_EVALUATOR, "EVALUATOR"}, {KIND_GUARDRAIL, "GUARDRAIL"}, {KIND_EVENT, "EVENT"},
};

const char *langfuse__type(enum observation_kind kind)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].kind == kind)
            return types[i].name;
    return "SPAN";
}

/* --- one object ------------------------------------------------------------------------------- */

struct str langfuse__attribute(struct call *call, const struct span_view *view, struct str key)
{
    const struct value *value = attributes_get(&view->span->attributes, key);
    return value ? value_plain_text(value, &view->contents, &call->request->arena) : STR_NONE;
}

/* What stands for a trace is above all of it, and no observation. */
static bool has_parent(const struct span_view *view)
{
    uint8_t root[SPAN_ID_BYTES];
    foreign_root_id(view->span->trace_id, root);
    return !id_is_zero(view->span->parent_id, SPAN_ID_BYTES) &&
           memcmp(view->span->parent_id, root, sizeof root) != 0;
}

bool langfuse__is_root(const struct span_view *view)
{
    return (view->observation.flags & OBSERVATION_ROOT) || !has_parent(view);
}

void langfuse__parent(struct call *call, const struct span_view *view)
{
    struct str said = langfuse__attribute(call, view, STR("langfuse.parent.id"));
    if (said.len)
        json_out_str(&call->out, "parentObservationId", said);
    else if (!has_parent(view))
        json_out_null(&call->out, "parentObservationId");
    else
        json_out_str(&call->out, "parentObservationId",
                     langfuse__span_id(call, id_half(view->span->parent_id)));
}

static void write_count(struct json_out *out, const char *key, int64_t tokens)
{
    json_out_int(out, key, tokens > 0 ? tokens : 0);
}

void langfuse__usage_details(struct call *call, const struct span_view *view)
{
    const struct token_usage *usage = &view->observation.usage;
    struct json_out *out = &call->out;
    struct str details = langfuse__attribute(call, view, STR("langfuse.observation.usage_details"));
    if (details.len && details.ptr[0] == '{') {
        langfuse__content(call, "usageDetails", details);
        return;
    }
    json_out_object(out, "usageDetails");
    if (usage_any(usage)) {
        write_count(out, "input", usage->input_total);
        write_count(out, "output", usage->output_total);
        write_count(out, "total", usage->total);
    }
    json_out_end_object(out);
}

static void write_usage(struct call *call, const struct span_view *view)
{
    const struct token_usage *usage = &view->observation.usage;
    struct json_out *out = &call->out;
    langfuse__usage_details(call, view);
    json_out_object(out, "usage");
    json_out_text(out, "unit", "TOKENS");
    write_count(out, "input", usage->input_total);
    write_count(out, "output", usage->output_total);
    write_count(out, "total", usage->total);
    json_out_end_object(out);
    json_out_text(out, "unit", "TOKENS");
    write_count(out, "promptTokens", usage->input_total);
    write_count(out, "completionTokens", usage->output_total);
    write_count(out, "totalTokens", usage->total);
}

static void write_money(struct json_out *out, const char *key, int64_t nano)
{
    if (nano >= 0)
        langfuse__dollars(out, key, nano);
    else
        json_out_null(out, key);
}

void langfuse__cost_details(struct call *call, const struct span_view *view)
{
    const struct bill *bill = &view->bill;
    const struct {
        const char *key;
        int64_t nano;
    } parts[] = {
        {"input", bill->input_nano}, {"output", bill->output_nano}, {"total", bill->total_nano}};
    json_out_object(&call->out, "costDetails");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].nano >= 0)
            langfuse__dollars(&call->out, parts[i].key, parts[i].nano);
    json_out_end_object(&call->out);
}

void langfuse__model_prices(struct call *call, const struct span_view *view, bool as_text)
{
    static const struct {
        const char *key;
        enum price_component component;
    } members[] = {{"inputPrice", PRICE_INPUT}, {"outputPrice", PRICE_OUTPUT}};
    const struct price_result *price = &view->bill.price;
    const struct price_entry *entry =
        view->bill.source == COST_COMPUTED ? price->match.entry : NULL;
    struct json_out *out = &call->out;
    struct arena *arena = &call->request->arena;
    json_out_str(out, "modelId", langfuse_model_id(&view->bill));
    for (size_t i = 0; i < 2; i++) {
        double dollars = entry && price->row->has >> members[i].component & 1
                             ? price_rate_dollars(price->row->rates[members[i].component])
                             : (double)NAN;
        if (as_text && !isnan(dollars))
            json_out_str(out, members[i].key, arena_printf(arena, "%.15f", dollars));
        else
            json_out_double(out, members[i].key, dollars);
    }
    json_out_null(out, "totalPrice");
}

static void write_costs(struct call *call, const struct span_view *view)
{
    const struct bill *bill = &view->bill;
    struct json_out *out = &call->out;
    langfuse__cost_details(call, view);
    write_money(out, "calculatedInputCost", bill->input_nano);
    write_money(out, "calculatedOutputCost", bill->output_nano);
    write_money(out, "calculatedTotalCost", bill->total_nano);
    langfuse__model_prices(call, view, false);
    struct langfuse_tier tier = langfuse__tier_of(call, bill);
    json_out_str(out, "usagePricingTierName", tier.name);
    json_out_str(out, "usagePricingTierId", tier.id);
}

void langfuse__parameters(struct call *call, const struct span_view *view)
{
    const struct conversation *talk = &view->conversation;
    json_out_object(&call->out, "modelParameters");
    for (size_t i = 0; i < talk->parameter_count; i++) {
        struct str name = arena_copy(&call->request->arena, talk->parameters[i].name);
        if (name.ptr)
            value_write_json(&call->out, name.ptr, &talk->parameters[i].value, &view->contents,
                             &call->request->arena);
    }
    json_out_end_object(&call->out);
}

void langfuse__prompt(struct call *call, const struct span_view *view)
{
    const struct observation *seen = &view->observation;
    int64_t version;
    json_out_null(&call->out, "promptId");
    out_name(&call->out, "promptName", seen->prompt);
    if (str_to_i64(seen->prompt_version, &version))
        json_out_int(&call->out, "promptVersion", version);
    else
        json_out_null(&call->out, "promptVersion");
}

static void write_model(struct call *call, const struct span_view *view)
{
    out_name(&call->out, "model", view->observation.model);
    langfuse__parameters(call, view);
    langfuse__prompt(call, view);
}

/* As a whole, or member by member. */
void langfuse__metadata(struct call *call, const struct span_view *view, enum langfuse_view of)
{
    const struct langfuse_metadata_keys *keys = langfuse_metadata_keys(of);
    const struct attributes *attributes = &view->span->attributes;
    struct str whole = langfuse__attribute(call, view, str_from(keys->whole));
    if (whole.len) {
        langfuse__object(call, "metadata", whole);
        return;
    }
    json_out_object(&call->out, "metadata");
    for (size_t i = 0; i < attributes->count; i++)
        for (size_t p = 0; p < 2 && keys->prefixes[p]; p++) {
            struct str key = attributes->items[i].key, prefix = str_from(keys->prefixes[p]);
            if (!str_starts(key, prefix))
                continue;
            key = arena_copy(&call->request->arena, str_sub(key, prefix.len, key.len));
            if (key.ptr)
                langfuse__content(call, key.ptr,
                                  value_plain_text(&attributes->items[i].value, &view->contents,
                                                   &call->request->arena));
        }
    json_out_end_object(&call->out);
}

static void write_times(struct call *call, const struct span_view *view)
{
    const struct observation *seen = &view->observation;
    struct json_out *out = &call->out;
    bool ended = view->span->end_ns != 0;
    langfuse__time(out, "startTime", seen->start_ns);
    langfuse__time(out, "endTime", ended ? seen->end_ns : 0);
    langfuse__time(out, "completionStartTime", seen->completion_start_ns);
    langfuse__time(out, "createdAt", view->arrival_ns);
    langfuse__time(out, "updatedAt", view->arrival_ns);
    json_out_double(out, "latency",
                    ended ? (double)(seen->end_ns - seen->start_ns) / 1e9 : (double)NAN);
    json_out_double(out, "timeToFirstToken",
                    seen->ttft_ns >= 0 ? (double)seen->ttft_ns / 1e9 : (double)NAN);
}

bool langfuse__write_observation(struct call *call, const struct langfuse_key *key)
{
    struct span_view view;
    if (!langfuse__read_span(call, key, &view))
        return false;
    const struct observation *seen = &view.observation;
    struct json_out *out = &call->out;
    json_out_object(out, NULL);
    json_out_str(out, "id", langfuse__span_id(call, key->span_id));
    json_out_str(out, "projectId", langfuse__project(call));
    json_out_str(out, "traceId", langfuse__trace_id(call, key->trace));
    langfuse__parent(call, &view);
    json_out_str(out, "name", seen->name.len ? seen->name : view.span->name);
    json_out_text(out, "type", langfuse__type(seen->kind));
    json_out_str(out, "environment", seen->environment.len ? seen->environment : STR("default"));
    out_name(out, "version", seen->version);
    json_out_str(out, "level", seen->level.len ? seen->level : STR("DEFAULT"));
    out_name(out, "statusMessage",
             seen->status_message.len ? seen->status_message : seen->error_message);
    write_times(call, &view);
    langfuse__content(call, "input", view.conversation.input_text);
    langfuse__content(call, "output", view.conversation.output_text);
    langfuse__metadata(call, &view, LANGFUSE_OBSERVATIONS);
    write_model(call, &view);
    write_usage(call, &view);
    write_costs(call, &view);
    json_out_end_object(out);
    span_view_done(&view);
    return true;
}

/* --- lists ------------------------------------------------------------------------------------ */

static enum status read_type(struct call *call, struct langfuse_rows *rows)
{
    struct str type = request_param(call->request, STR("type"));
    bool known = type.len == 0 || str_equal(type, STR("SPAN"));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        known = known || str_equal(type, str_from(types[i].name));
    if (!known)
        return fail(&call->error, STATUS_INVALID, "type: there is no type '%.*s'",
                    (int)(type.len > 40 ? 40 : type.len), type.ptr);
    return langfuse__any_of(call, rows, "type", "type", 0);
}

static enum status read_level(struct call *call, struct langfuse_rows *rows)
{
    static const char *const levels[] = {"DEBUG", "DEFAULT", "WARNING", "ERROR"};
    struct str level = request_param(call->request, STR("level"));
    bool known = level.len == 0;
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        known = known || str_equal(level, str_from(levels[i]));
    if (!known)
        return fail(&call->error, STATUS_INVALID,
                    "level: expected DEBUG, DEFAULT, WARNING or ERROR");
    return langfuse__any_of(call, rows, "level", "level", 0);
}

/* Which trace, and which parent: an empty one means none. */
static void read_ids(struct call *call, struct langfuse_rows *rows)
{
    struct str trace = request_param(call->request, STR("traceId"));
    struct str parent = request_param(call->request, STR("parentObservationId"));
    uint8_t id[TRACE_ID_BYTES];
    if (trace.len) {
        foreign_trace_id(trace, id);
        rows->has_trace = true;
        rows->trace = trace_key(id);
    }
    rows->is_parentless = parent.ptr && parent.len == 0;
    if (parent.len) {
        foreign_span_id(parent, id);
        rows->has_parent = true;
        rows->parent_id = id_half(id);
    }
}

static enum status read_root(struct call *call, struct langfuse_rows *rows)
{
    struct str text = request_param(call->request, STR("isRootObservation"));
    if (text.len == 0)
        return STATUS_OK;
    bool is_true = str_equal(text, STR("true"));
    struct langfuse_condition *condition = langfuse_add_condition(rows, "isRootObservation");
    if (!condition || (!is_true && !str_equal(text, STR("false"))))
        return fail(&call->error, STATUS_INVALID, "isRootObservation: expected true or false");
    condition->op = LANGFUSE_EQ;
    condition->number = is_true;
    return STATUS_OK;
}

enum status langfuse__observation_question(struct call *call,
                                           struct langfuse_list_question *question)
{
    static const char *const names[] = {"name", "userId", "sessionId", "version", "environment"};
    struct langfuse_rows *rows = &question->rows;
    rows->project_id = call->request->project_id;
    rows->view = LANGFUSE_OBSERVATIONS;
    question->cancelled = &call->request->cancelled;
    read_ids(call, rows);
    enum status status = langfuse__range(call, "fromStartTime", "toStartTime", &rows->range);
    if (status == STATUS_OK)
        status = read_type(call, rows);
    if (status == STATUS_OK)
        status = read_level(call, rows);
    if (status == STATUS_OK)
        status = read_root(call, rows);
    for (size_t i = 0; i < sizeof names / sizeof *names && status == STATUS_OK; i++)
        status = langfuse__any_of(call, rows, names[i], names[i], 0);
    return status == STATUS_OK ? langfuse__filter_param(call, rows) : status;
}

void serve__langfuse_observations(struct request *request, void *context)
{
    struct call call;
    struct langfuse_page page;
    struct langfuse_list_question question = {0};
    struct langfuse_key *keys;
    size_t count;
    if (!call_begin(&call, request, context))
        return;
    enum status status = langfuse__page(&call, &page);
    if (status == STATUS_OK)
        status = langfuse__observation_question(&call, &question);
    if (status == STATUS_OK) {
        question.limit = (size_t)page.limit;
        question.skip = langfuse__skip(&page);
        status = query_langfuse_keys(call.query, &question, &request->arena, &keys, &count,
                                     &page.total, &call.error);
    }
    if (status == STATUS_OK) {
        langfuse__learn_keys(&call, keys, count);
        langfuse__open_page(&call);
        for (size_t i = 0; i < count; i++)
            langfuse__write_observation(&call, &keys[i]);
        langfuse__close_page(&call, &page);
    }
    call_end(&call, status);
}

void serve__langfuse_observation(struct request *request, void *context)
{
    struct call call;
    struct langfuse_key key;
    uint8_t id[SPAN_ID_BYTES];
    if (!call_begin(&call, request, context))
        return;
    foreign_span_id(request_path_part(request, STR("id")), id);
    enum status status = query_langfuse_observation(call.query, request->project_id, id_half(id),
                                                    &request->arena, &key, &call.error);
    if (status == STATUS_OK && !langfuse__write_observation(&call, &key))
        status = fail(&call.error, STATUS_NOT_FOUND, "this observation cannot be read any more");
    call_end(&call, status);
}
