/* SPDX-License-Identifier: Apache-2.0 */
/*
 * span: one span with its content.
 *
 * Long texts are cut to their first 16 KiB with a link to the rest (content.c), so a reply stays
 * small however large the span is. Everything is quoted as JSON text: what a prompt contains is
 * never markup.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "normalise/normalise.h"
#include "normalise/value_json.h"
#include "query/span_view.h"
#include "serve/content.h"
#include "wire/utf8.h"

static void write_messages(struct content_writer *writer, const char *key,
                           const struct messages *messages)
{
    char path[64];
    json_out_array(writer->out, key);
    for (size_t i = 0; i < messages->count; i++) {
        const struct message *message = &messages->items[i];
        json_out_object(writer->out, NULL);
        json_out_str(writer->out, "role", message->role.ptr ? message->role : STR(""));
        out_name(writer->out, "name", message->name);
        out_name(writer->out, "finish", message->finish);
        json_out_array(writer->out, "parts");
        for (size_t part = 0; part < message->part_count; part++) {
            snprintf(path, sizeof path, "%s/%zu/%zu", key, i, part);
            content_part(writer, &message->parts[part], path);
        }
        json_out_end_array(writer->out);
        json_out_end_object(writer->out);
    }
    json_out_end_array(writer->out);
}

static const char *type_name(enum value_type type)
{
    static const char *const names[] = {
        [VALUE_NULL] = "null",   [VALUE_STRING] = "string", [VALUE_BOOL] = "bool",
        [VALUE_INT] = "int",     [VALUE_DOUBLE] = "double", [VALUE_BYTES] = "bytes",
        [VALUE_ARRAY] = "array", [VALUE_MAP] = "map",       [VALUE_CONTENT] = "string",
    };
    return names[type];
}

static void write_attributes(struct content_writer *writer, const char *key,
                             const struct attributes *attributes, const char *where)
{
    char path[80];
    json_out_array(writer->out, key);
    for (size_t i = 0; i < attributes->count; i++) {
        const struct attribute *attribute = &attributes->items[i];
        snprintf(path, sizeof path, "%s/%zu", where, i);
        json_out_object(writer->out, NULL);
        json_out_str(writer->out, "key", attribute->key.ptr ? attribute->key : STR(""));
        json_out_text(writer->out, "type", type_name(attribute->value.type));
        content_text(
            writer, "value",
            value_plain_text(&attribute->value, &writer->view->contents, &writer->request->arena),
            path);
        json_out_end_object(writer->out);
    }
    json_out_end_array(writer->out);
}

static void write_error(struct content_writer *writer)
{
    const struct observation *observation = &writer->view->observation;
    if (!observation->is_error) {
        json_out_null(writer->out, "error");
        return;
    }
    json_out_object(writer->out, "error");
    json_out_text(writer->out, "kind", error_kind_name(observation->error_kind));
    out_name(writer->out, "type", observation->error_type);
    out_name(writer->out, "message", utf8_clip(observation->error_message, TEXT_HEAD_BYTES));
    out_name(writer->out, "stacktrace",
             utf8_clip(writer->view->conversation.stacktrace, 4 * TEXT_HEAD_BYTES));
    json_out_end_object(writer->out);
}

static void write_provenance(struct content_writer *writer, enum observation_field field)
{
    const struct provenance *provenance = writer->view->observation.provenance;
    if (!provenance)
        return;
    out_name(writer->out, "vocabulary", provenance[field].vocabulary);
    out_name(writer->out, "rule", provenance[field].rule);
}

static void write_field_head(struct content_writer *writer, enum observation_field field)
{
    json_out_object(writer->out, NULL);
    json_out_text(writer->out, "name", observation_field_name(field));
    json_out_text(writer->out, "help", observation_field_help(field));
}

static void write_fields(struct content_writer *writer)
{
    const struct observation *observation = &writer->view->observation;
    json_out_array(writer->out, "fields");
    write_field_head(writer, FIELD_kind);
    json_out_text(writer->out, "value", observation_kind_name(observation->kind));
    write_provenance(writer, FIELD_kind);
    json_out_end_object(writer->out);
#define TEXT(member, help)                                                                         \
    if (observation->member.len) {                                                                 \
        write_field_head(writer, FIELD_##member);                                                  \
        json_out_str(writer->out, "value", utf8_clip(observation->member, TEXT_HEAD_BYTES));       \
        write_provenance(writer, FIELD_##member);                                                  \
        json_out_end_object(writer->out);                                                          \
    }
#define NUMBER(member, help)                                                                       \
    if (observation->member >= 0) {                                                                \
        write_field_head(writer, FIELD_##member);                                                  \
        json_out_int_text(writer->out, "value", observation->member);                              \
        write_provenance(writer, FIELD_##member);                                                  \
        json_out_end_object(writer->out);                                                          \
    }
#define REAL(member, help)                                                                         \
    if (!isnan(observation->member)) {                                                             \
        write_field_head(writer, FIELD_##member);                                                  \
        json_out_double(writer->out, "value", observation->member);                                \
        write_provenance(writer, FIELD_##member);                                                  \
        json_out_end_object(writer->out);                                                          \
    }
#include "model/fields.def"
#undef TEXT
#undef NUMBER
#undef REAL
    json_out_end_array(writer->out);
}

static void write_count(struct json_out *out, const char *key, int64_t tokens)
{
    if (tokens == USAGE_ABSENT)
        json_out_null(out, key);
    else
        json_out_int(out, key, tokens);
}

static void write_usage(struct content_writer *writer)
{
    const struct token_usage *usage = &writer->view->observation.usage;
    if (!usage_any(usage)) {
        json_out_null(writer->out, "usage");
        return;
    }
    json_out_object(writer->out, "usage");
    const struct {
        const char *key;
        int64_t tokens;
    } counts[] = {{"input", usage->input_total},
                  {"output", usage->output_total},
                  {"total", usage->total},
                  {"cache_read", usage->cache_read},
                  {"cache_write", usage->cache_write},
                  {"cache_write_5m", usage->cache_write_5m},
                  {"cache_write_1h", usage->cache_write_1h},
                  {"reasoning", usage->reasoning},
                  {"audio_in", usage->audio_in},
                  {"audio_out", usage->audio_out},
                  {"image_in", usage->image_in},
                  {"image_out", usage->image_out}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        write_count(writer->out, counts[i].key, counts[i].tokens);
    json_out_text(writer->out, "basis", usage_basis_name(usage->basis));
    write_provenance(writer, FIELD_usage);
    json_out_end_object(writer->out);
}

static void write_price_lines(struct content_writer *writer, const struct price_result *price)
{
    json_out_array(writer->out, "lines");
    for (size_t i = 0; i < price->line_count; i++) {
        const struct price_line *line = &price->lines[i];
        json_out_object(writer->out, NULL);
        json_out_text(writer->out, "component", price_component_name(line->component));
        json_out_text(writer->out, "priced_as", price_component_name(line->priced_as));
        json_out_int(writer->out, "tokens", line->tokens);
        json_out_int(writer->out, "price_per_million", line->rate);
        json_out_int(writer->out, "cost", line->cost);
        json_out_end_object(writer->out);
    }
    json_out_end_array(writer->out);
}

static void write_cost(struct content_writer *writer)
{
    const struct bill *bill = &writer->view->bill;
    const struct price_result *price = &bill->price;
    char reason[400] = "";
    json_out_object(writer->out, "cost");
    json_out_text(writer->out, "source", cost_source_name(bill->source));
    if (bill->total_nano >= 0)
        json_out_int(writer->out, "total", bill->total_nano);
    else
        json_out_null(writer->out, "total");
    bool asked = bill->source != COST_NONE && price->status != PRICE_NO_USAGE;
    if (asked)
        price_explain(price, reason, sizeof reason);
    out_name(writer->out, "entry", asked && price->match.entry ? price->match.entry->id : STR_NONE);
    json_out_text(writer->out, "tier", asked ? price_tier_name(price->tier) : NULL);
    json_out_text(writer->out, "reason", reason[0] ? reason : NULL);
    if (asked && price->status == PRICE_PRICED)
        json_out_int(writer->out, "computed", price->cost);
    write_price_lines(writer, price);
    json_out_end_object(writer->out);
}

static void write_timing(struct content_writer *writer)
{
    const struct observation *observation = &writer->view->observation;
    int64_t output = observation->usage.output_total;
    int64_t first = observation->ttft_ns > 0 ? observation->ttft_ns : 0;
    int64_t generating = observation->end_ns - observation->start_ns - first;
    json_out_object(writer->out, "timing");
    write_count(writer->out, "ttft", observation->ttft_ns);
    out_time(writer->out, "completion_start",
             observation->completion_start_ns > 0 ? observation->completion_start_ns : 0);
    if (output > 0 && generating > 0)
        json_out_double(writer->out, "tokens_per_second",
                        (double)output * 1e9 / (double)generating);
    else
        json_out_null(writer->out, "tokens_per_second");
    json_out_end_object(writer->out);
}

static void write_documents(struct content_writer *writer)
{
    const struct conversation *talk = &writer->view->conversation;
    char path[64];
    json_out_array(writer->out, "documents");
    for (size_t i = 0; i < talk->document_count; i++) {
        const struct document *document = &talk->documents[i];
        snprintf(path, sizeof path, "document/%zu", i);
        json_out_object(writer->out, NULL);
        out_name(writer->out, "id", document->id);
        json_out_double(writer->out, "score", document->score);
        json_out_double(writer->out, "distance", document->distance);
        content_text(writer, "content", document->content, path);
        out_name(writer->out, "metadata", utf8_clip(document->metadata, TEXT_HEAD_BYTES));
        json_out_end_object(writer->out);
    }
    json_out_end_array(writer->out);
}

static void write_tools(struct content_writer *writer)
{
    const struct conversation *talk = &writer->view->conversation;
    char path[64];
    json_out_array(writer->out, "tools");
    for (size_t i = 0; i < talk->tool_count; i++) {
        snprintf(path, sizeof path, "tool/%zu", i);
        json_out_object(writer->out, NULL);
        out_name(writer->out, "name", talk->tools[i].name);
        out_name(writer->out, "description",
                 utf8_clip(talk->tools[i].description, TEXT_HEAD_BYTES));
        content_text(writer, "parameters", talk->tools[i].parameters, path);
        json_out_end_object(writer->out);
    }
    json_out_end_array(writer->out);
}

static void write_conversation(struct content_writer *writer)
{
    const struct conversation *talk = &writer->view->conversation;
    struct arena *arena = &writer->request->arena;
    char path[64];
    json_out_array(writer->out, "parameters");
    for (size_t i = 0; i < talk->parameter_count; i++) {
        struct str name = arena_copy(arena, talk->parameters[i].name);
        json_out_object(writer->out, NULL);
        json_out_str(writer->out, "name", name);
        value_write_json(writer->out, "value", &talk->parameters[i].value, &writer->view->contents,
                         arena);
        json_out_end_object(writer->out);
    }
    json_out_end_array(writer->out);
    json_out_object(writer->out, "messages");
    write_messages(writer, "input", &talk->input);
    write_messages(writer, "output", &talk->output);
    json_out_end_object(writer->out);
    json_out_array(writer->out, "system");
    for (size_t i = 0; i < talk->system_count; i++) {
        snprintf(path, sizeof path, "system/%zu", i);
        content_part(writer, &talk->system[i], path);
    }
    json_out_end_array(writer->out);
    write_tools(writer);
    write_documents(writer);
    content_text(writer, "input", talk->input_text, "text/input");
    content_text(writer, "output", talk->output_text, "text/output");
}

static void write_events(struct content_writer *writer)
{
    const struct span *span = writer->view->span;
    char where[64];
    json_out_array(writer->out, "events");
    for (size_t i = 0; i < span->event_count; i++) {
        snprintf(where, sizeof where, "event/%zu", i);
        json_out_object(writer->out, NULL);
        json_out_int_text(writer->out, "time", (int64_t)span->events[i].time_ns);
        json_out_str(writer->out, "name",
                     span->events[i].name.ptr ? span->events[i].name : STR(""));
        write_attributes(writer, "attributes", &span->events[i].attributes, where);
        json_out_end_object(writer->out);
    }
    json_out_end_array(writer->out);
}

static void write_links(struct content_writer *writer)
{
    const struct span *span = writer->view->span;
    json_out_array(writer->out, "links");
    for (size_t i = 0; i < span->link_count; i++) {
        json_out_object(writer->out, NULL);
        out_trace_id(writer->out, "trace_id", trace_key(span->links[i].trace_id));
        out_span_id(writer->out, "span_id", id_half(span->links[i].span_id));
        write_attributes(writer, "attributes", &span->links[i].attributes, "link");
        json_out_end_object(writer->out);
    }
    json_out_end_array(writer->out);
}

static const char *severity_name(int32_t severity)
{
    static const char *const names[] = {"UNSPECIFIED", "TRACE", "DEBUG", "INFO",
                                        "WARN",        "ERROR", "FATAL"};
    return severity < 1 || severity > 24 ? names[0] : names[(severity - 1) / 4 + 1];
}

static void write_logs(struct content_writer *writer)
{
    char path[64];
    json_out_array(writer->out, "logs");
    for (size_t i = 0; i < writer->view->log_count; i++) {
        const struct log_record *log = writer->view->logs[i];
        snprintf(path, sizeof path, "log/%zu", i);
        json_out_object(writer->out, NULL);
        json_out_int_text(writer->out, "time",
                          (int64_t)(log->time_ns ? log->time_ns : log->observed_ns));
        json_out_text(writer->out, "severity", severity_name(log->severity));
        out_name(writer->out, "event", normalise_log_event(log));
        content_text(writer, "body",
                     value_plain_text(&log->body, &writer->view->contents, &writer->request->arena),
                     path);
        json_out_end_object(writer->out);
    }
    json_out_end_array(writer->out);
}

static void write_scope(struct content_writer *writer)
{
    const struct scope *scope = &writer->view->batch->scopes[writer->view->span->scope];
    json_out_object(writer->out, "scope");
    out_name(writer->out, "name", scope->name);
    out_name(writer->out, "version", scope->version);
    write_attributes(writer, "attributes", &scope->attributes, "scope");
    json_out_end_object(writer->out);
}

static void write_head(struct content_writer *writer)
{
    const struct span *span = writer->view->span;
    const struct observation *observation = &writer->view->observation;
    static const char *const statuses[] = {"unset", "ok", "error"};
    out_span_id(writer->out, "span_id", id_half(span->span_id));
    out_trace_id(writer->out, "trace_id", trace_key(span->trace_id));
    out_span_id(writer->out, "parent_span_id", id_half(span->parent_id));
    json_out_str(writer->out, "name",
                 observation->name.len ? observation->name
                 : span->name.ptr      ? span->name
                                       : STR(""));
    json_out_text(writer->out, "kind", observation_kind_name(observation->kind));
    out_name(writer->out, "op", observation->op);
    out_name(writer->out, "vocabulary", observation->vocabulary);
    json_out_int_text(writer->out, "start", observation->start_ns);
    json_out_int_text(writer->out, "end", observation->end_ns);
    json_out_int(writer->out, "duration", observation->end_ns - observation->start_ns);
    json_out_int_text(writer->out, "arrival", writer->view->arrival_ns);
    json_out_text(writer->out, "status", observation->is_error ? "error" : statuses[span->status]);
    out_name(writer->out, "status_message",
             utf8_clip(observation->status_message, TEXT_HEAD_BYTES));
    out_name(writer->out, "level", observation->level);
    json_out_int(writer->out, "flags", observation->flags);
    if (observation->tags.len)
        json_out_raw(writer->out, "tags", observation->tags);
}

static void write_span(struct content_writer *writer)
{
    const struct span *span = writer->view->span;
    json_out_object(writer->out, NULL);
    write_head(writer);
    write_error(writer);
    write_fields(writer);
    write_usage(writer);
    write_cost(writer);
    write_timing(writer);
    write_conversation(writer);
    write_attributes(writer, "attributes", &span->attributes, "attribute");
    write_attributes(writer, "resource", &writer->view->batch->resources[span->resource].attributes,
                     "resource");
    write_scope(writer);
    write_events(writer);
    write_links(writer);
    write_logs(writer);
    out_scores(writer->call, trace_key(span->trace_id), id_half(span->span_id));
    json_out_object(writer->out, "dropped");
    json_out_int(writer->out, "attributes", span->dropped_attributes);
    json_out_int(writer->out, "events", span->dropped_events);
    json_out_int(writer->out, "links", span->dropped_links);
    json_out_end_object(writer->out);
    json_out_end_object(writer->out);
}

void serve__span(struct request *request, void *context)
{
    struct call call;
    struct span_view view;
    if (!call_begin(&call, request, context))
        return;
    enum status status = content_open(&call, &view);
    if (status == STATUS_OK) {
        struct content_writer writer = {
            .out = &call.out, .call = &call, .request = request, .view = &view};
        content_writer_at(&writer, trace_key(view.span->trace_id), id_half(view.span->span_id));
        write_span(&writer);
        span_view_done(&view);
    }
    call_end(&call, status);
}
