/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse: POST /api/public/ingestion: a batch of events, each of which says something about a
 * trace, an observation or a score.
 *
 * Traces and observations become parts (model/part.h): the body's members under their own names,
 * uninterpreted, for what an event means depends on the others. Here is checked only what the
 * sender should hear of. Each event is taken or refused by itself; the answer is always 207.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "model/foreign_id.h"
#include "model/part.h"
#include "receive/langfuse.h"

enum { EVENTS_MAX = 100000 };

enum subject { SUBJECT_TRACE, SUBJECT_OBSERVATION, SUBJECT_SCORE, SUBJECT_LOG };

struct event_type {
    struct str name;
    enum subject subject;
    bool is_update;
};
static const struct event_type types[] = {
    {STR_INIT("trace-create"), SUBJECT_TRACE, false},
    {STR_INIT("span-create"), SUBJECT_OBSERVATION, false},
    {STR_INIT("span-update"), SUBJECT_OBSERVATION, true},
    {STR_INIT("generation-create"), SUBJECT_OBSERVATION, false},
    {STR_INIT("generation-update"), SUBJECT_OBSERVATION, true},
    {STR_INIT("event-create"), SUBJECT_OBSERVATION, false},
    {STR_INIT("agent-create"), SUBJECT_OBSERVATION, false},
    {STR_INIT("tool-create"), SUBJECT_OBSERVATION, false},
    {STR_INIT("chain-create"), SUBJECT_OBSERVATION, false},
    {STR_INIT("retriever-create"), SUBJECT_OBSERVATION, false},
    {STR_INIT("evaluator-create"), SUBJECT_OBSERVATION, false},
    {STR_INIT("embedding-create"), SUBJECT_OBSERVATION, false},
    {STR_INIT("guardrail-create"), SUBJECT_OBSERVATION, false},
    {STR_INIT("observation-create"), SUBJECT_OBSERVATION, false},
    {STR_INIT("observation-update"), SUBJECT_OBSERVATION, true},
    {STR_INIT("score-create"), SUBJECT_SCORE, false},
    {STR_INIT("sdk-log"), SUBJECT_LOG, false},
};

/* What the answer says of one event; in the request's arena. */
struct verdict {
    struct str id, reason; /* reason: empty when taken */
    int http_status;
};
struct ingestion {
    struct verdict *items;
    size_t count;
};

static const struct event_type *find_type(struct str name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_equal(types[i].name, name))
            return &types[i];
    return NULL;
}

static enum status read_envelope(const struct json *item, struct langfuse_event *out,
                                 struct error *error)
{
    if (item->type != JSON_OBJECT)
        return fail(error, STATUS_INVALID, "expected a JSON object");
    out->id = json_string(json_get(item, STR("id")));
    if (out->id.len == 0 || out->id.len > FOREIGN_ID_BYTES_MAX)
        return fail(error, STATUS_INVALID, "id: expected a text of 1 to %d bytes",
                    FOREIGN_ID_BYTES_MAX);
    out->type = json_string(json_get(item, STR("type")));
    const struct json *time = json_get(item, STR("timestamp"));
    if (!time || time->type != JSON_STRING || !clock_parse(time->string, &out->time_ns) ||
        out->time_ns < 0)
        return fail(error, STATUS_INVALID, "timestamp: expected a date and time in ISO 8601");
    out->body = json_get(item, STR("body"));
    if (!out->body || out->body->type != JSON_OBJECT)
        return fail(error, STATUS_INVALID, "body: expected a JSON object");
    return STATUS_OK;
}

/* --- what the sender should hear of ----------------------------------------------------------- */

static enum status check_times(const struct json *body, struct error *error)
{
    static const char *const names[] = {"timestamp", "startTime", "endTime", "completionStartTime"};
    int64_t ignored;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct json *time = json_get(body, str_from(names[i]));
        if (!time || time->type == JSON_NULL)
            continue;
        if (time->type != JSON_STRING || !clock_parse(time->string, &ignored))
            return fail(error, STATUS_INVALID, "body.%s: expected a date and time in ISO 8601",
                        names[i]);
    }
    return STATUS_OK;
}

static bool is_there(const struct json *body, struct str key)
{
    const struct json *member = json_get(body, key);
    return member && member->type != JSON_NULL;
}

static enum status check_texts(const struct json *body, struct error *error)
{
    static const char *const names[] = {"id",     "traceId", "parentObservationId", "name",
                                        "userId", "version", "sessionId",           "release",
                                        "model",  "level",   "statusMessage",       "promptName"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct json *text = json_get(body, str_from(names[i]));
        if (text && text->type != JSON_NULL && text->type != JSON_STRING)
            return fail(error, STATUS_INVALID, "body.%s: expected a text", names[i]);
    }
    return STATUS_OK;
}

/* What is uninterpreted here must have the form that is read later. */
static enum status check_forms(const struct json *body, struct error *error)
{
    static const struct {
        const char *name;
        enum json_type type;
        const char *expected;
    } members[] = {
        {"tags", JSON_ARRAY, "a list of texts"},       {"public", JSON_BOOL, "true or false"},
        {"modelParameters", JSON_OBJECT, "an object"}, {"usage", JSON_OBJECT, "an object"},
        {"usageDetails", JSON_OBJECT, "an object"},    {"costDetails", JSON_OBJECT, "an object"},
        {"promptVersion", JSON_INT, "a whole number"},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const struct json *member = json_get(body, str_from(members[i].name));
        bool fits = !member || member->type == JSON_NULL || member->type == members[i].type;
        for (uint32_t n = 0; fits && member && member->type == JSON_ARRAY && n < member->count; n++)
            fits = member->items[n].type == JSON_STRING;
        if (!fits)
            return fail(error, STATUS_INVALID, "body.%s: expected %s", members[i].name,
                        members[i].expected);
    }
    return STATUS_OK;
}

static enum status check_ids(const struct json *body, struct error *error)
{
    static const char *const names[] = {"id", "traceId", "parentObservationId"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (json_string(json_get(body, str_from(names[i]))).len > FOREIGN_ID_BYTES_MAX)
            return fail(error, STATUS_INVALID, "body.%s: expected at most %d bytes", names[i],
                        FOREIGN_ID_BYTES_MAX);
    return STATUS_OK;
}

static enum status check_body(const struct json *body, struct error *error)
{
    static const char *const levels[] = {"DEBUG", "DEFAULT", "WARNING", "ERROR"};
    enum status status = check_times(body, error);
    if (status == STATUS_OK)
        status = check_texts(body, error);
    if (status == STATUS_OK)
        status = check_forms(body, error);
    if (status == STATUS_OK)
        status = check_ids(body, error);
    if (status != STATUS_OK)
        return status;
    struct str level = json_string(json_get(body, STR("level")));
    bool known = level.ptr == NULL;
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        known = known || str_equal(level, str_from(levels[i]));
    if (!known)
        return fail(error, STATUS_INVALID, "body.level: expected DEBUG, DEFAULT, WARNING or ERROR");
    if (is_there(body, STR("promptName")) != is_there(body, STR("promptVersion")))
        return fail(error, STATUS_INVALID,
                    "body.promptName: expected promptVersion beside it, or neither");
    return STATUS_OK;
}

/* --- parts --------------------------------------------------------------------------------------
 */

static struct value scalar(const struct json *json)
{
    switch (json->type) {
    case JSON_STRING:
        return value_string(json->string);
    case JSON_BOOL:
        return value_bool(json->boolean);
    case JSON_INT:
        return value_int(json->integer);
    case JSON_UINT:
        return value_double((double)(uint64_t)json->integer);
    case JSON_DOUBLE:
        return value_double(json->number);
    default:
        return (struct value){.type = VALUE_NULL};
    }
}

/* Names of our members that hold JSON, ready made; others are put together. */
static struct str json_key(struct arena *arena, struct str key)
{
    static const struct str known[] = {
        STR_INIT("input:json"),        STR_INIT("output:json"), STR_INIT("metadata:json"),
        STR_INIT("usageDetails:json"), STR_INIT("usage:json"),  STR_INIT("modelParameters:json"),
        STR_INIT("costDetails:json"),  STR_INIT("tags:json"),
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_starts(known[i], key) && known[i].len == key.len + sizeof PART_JSON_SUFFIX - 1)
            return known[i];
    return arena_printf(arena, "%.*s" PART_JSON_SUFFIX, STR_ARGS(key));
}

static bool add_member(struct batch *batch, struct span *part, const struct json_member *member)
{
    bool is_json = member->value.type == JSON_OBJECT || member->value.type == JSON_ARRAY;
    part->attributes.items[part->attributes.count++] = (struct attribute){
        .key = is_json ? json_key(&batch->arena, member->key) : member->key,
        .value = is_json ? value_string(member->value.raw) : scalar(&member->value),
    };
    return part->attributes.items[part->attributes.count - 1].key.ptr != NULL;
}

static void add_text(struct span *part, struct str key, struct str text)
{
    part->attributes.items[part->attributes.count++] =
        (struct attribute){.key = key, .value = value_string(text)};
}

/* Whose part it is. An observation that names no trace is one of its own. */
static enum status set_ids(struct span *part, const struct event_type *type,
                           const struct langfuse_event *event, struct error *error)
{
    struct str id = event->about.len ? event->about : json_string(json_get(event->body, STR("id")));
    struct str trace = json_string(json_get(event->body, STR("traceId")));
    if (id.len == 0 && type->is_update)
        return fail(error, STATUS_INVALID, "body.id: is missing");
    if (id.len == 0)
        id = event->id;
    if (type->subject == SUBJECT_TRACE) {
        if (!foreign_trace_id(id, part->trace_id))
            add_text(part, FOREIGN_TRACE_KEY, id);
        foreign_root_id(part->trace_id, part->span_id);
        return STATUS_OK;
    }
    if (!foreign_span_id(id, part->span_id))
        add_text(part, FOREIGN_SPAN_KEY, id);
    if (trace.len == 0 && !type->is_update)
        trace = id;
    if (trace.len && !foreign_trace_id(trace, part->trace_id))
        add_text(part, FOREIGN_TRACE_KEY, trace);
    return STATUS_OK;
}

static enum status take_part(struct batch *batch, const struct event_type *type,
                             const struct langfuse_event *event, struct error *error)
{
    enum { OWN_ATTRIBUTES = 3 };
    enum status status = check_body(event->body, error);
    if (status != STATUS_OK)
        return status;
    struct attribute *items =
        arena_array(&batch->arena, struct attribute, event->body->count + OWN_ATTRIBUTES);
    struct span *part = items ? batch_add_span(batch) : NULL;
    if (!part)
        return fail(error, STATUS_TOO_LARGE, "the batch takes too much memory");
    part->name = type->name;
    part->start_ns = part->end_ns = (uint64_t)event->time_ns;
    part->attributes.items = items;
    add_text(part, PART_ID_KEY, event->id);
    status = set_ids(part, type, event, error);
    if (status != STATUS_OK) {
        batch_drop_span(batch);
        return status;
    }
    for (uint32_t i = 0; i < event->body->count; i++) {
        const struct json_member *member = &event->body->members[i];
        if (!str_equal(member->key, STR("id")) && !str_equal(member->key, STR("traceId")) &&
            !add_member(batch, part, member))
            return fail(error, STATUS_TOO_LARGE, "the batch takes too much memory");
    }
    return STATUS_OK;
}

enum status langfuse_part(struct batch *batch, const struct langfuse_event *event,
                          struct error *error)
{
    return take_part(batch, find_type(event->type), event, error);
}

/* --- events -------------------------------------------------------------------------------------
 */

static enum status take_score(struct batch *batch, const struct langfuse_event *event,
                              struct error *error)
{
    struct score *score = batch_add_score(batch);
    if (!score)
        return fail(error, STATUS_TOO_LARGE, "the batch takes too much memory");
    struct error why;
    enum status status = langfuse_score(batch, score, event->body, event->id, event->time_ns, &why);
    if (status == STATUS_OK)
        return STATUS_OK;
    batch_drop_score(batch);
    return fail(error, status, "body.%.400s", why.text);
}

static enum status take_event(const struct request *request, const struct json *item,
                              struct batch *batch, struct langfuse_event *event,
                              struct error *error)
{
    enum status status = read_envelope(item, event, error);
    if (status != STATUS_OK)
        return status;
    const struct event_type *type = find_type(event->type);
    if (!type)
        return fail(error, STATUS_INVALID, "type: there is no event '%.*s'",
                    (int)(event->type.len > 60 ? 60 : event->type.len),
                    event->type.ptr ? event->type.ptr : "");
    if (request->scores_only && type->subject != SUBJECT_SCORE && type->subject != SUBJECT_LOG)
        return fail(error, STATUS_UNAUTHENTICATED, "a public key alone may only send scores");
    if (type->subject == SUBJECT_LOG)
        return STATUS_OK;
    return type->subject == SUBJECT_SCORE ? take_score(batch, event, error)
                                          : take_part(batch, type, event, error);
}

/* Places where the sender is told by the attributes of every span. */
enum status langfuse_source(const struct request *request, struct batch *batch, struct error *error)
{
    static const char *const headers[][3] = {
        {"x-langfuse-sdk-name", "x_langfuse_sdk_name", "langfuse.sdk.name"},
        {"x-langfuse-sdk-version", "x_langfuse_sdk_version", "langfuse.sdk.version"},
    };
    struct resource *resource = batch_add_resource(batch);
    struct scope *scope = batch_add_scope(batch);
    struct attribute *items = arena_array(&batch->arena, struct attribute, 2);
    if (!resource || !scope || !items)
        return fail(error, STATUS_TOO_LARGE, "the batch takes too much memory");
    scope->name = STR("langfuse-sdk-ingestion");
    resource->attributes.items = items;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct str value = request_header(request, str_from(headers[i][0]));
        if (!value.len)
            value = request_header(request, str_from(headers[i][1]));
        if (value.len)
            items[resource->attributes.count++] =
                (struct attribute){str_from(headers[i][2]), value_string(str_sub(value, 0, 200))};
    }
    return STATUS_OK;
}

static void judge(struct request *request, struct batch *batch, const struct event_type *type,
                  struct verdict *verdict, const struct error *why)
{
    enum signal signal = type && type->subject == SUBJECT_SCORE ? SIGNAL_SCORES : SIGNAL_SPANS;
    verdict->http_status = why->status == STATUS_UNAUTHENTICATED ? 401 : 400;
    verdict->reason =
        arena_copy(&request->arena, str_sub(str_from(why->text), 0, LANGFUSE_REASON_BYTES));
    receive_reject(batch, signal, REJECT_VALUE, 1, why->text);
}

static enum status take_events(struct request *request, const struct json *list,
                               struct batch *batch, struct ingestion *out, struct error *error)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct langfuse_event event = {.id = STR("unknown")};
        struct verdict *verdict = &out->items[out->count++];
        struct error why = {0};
        enum status status = take_event(request, &list->items[i], batch, &event, &why);
        if (status == STATUS_TOO_LARGE) {
            *error = why;
            return status;
        }
        *verdict = (struct verdict){.http_status = 201};
        if (status != STATUS_OK)
            judge(request, batch, find_type(event.type), verdict, &why);
        verdict->id = arena_copy(&request->arena, event.id.len ? event.id : STR("unknown"));
    }
    return STATUS_OK;
}

static enum status decode(struct request *request, struct batch *batch, struct error *error)
{
    struct json root;
    enum status status = json_parse(request->body, &batch->arena, &root, error);
    if (status != STATUS_OK)
        return status;
    const struct json *list = root.type == JSON_OBJECT ? json_get(&root, STR("batch")) : NULL;
    if (!list || list->type != JSON_ARRAY)
        return fail(error, STATUS_INVALID, "batch: expected an array of events");
    if (list->count > EVENTS_MAX)
        return fail(error, STATUS_TOO_LARGE, "batch: has %u events, at most %d are taken at once",
                    list->count, EVENTS_MAX);
    struct ingestion *ingestion = arena_new(&request->arena, struct ingestion);
    if (ingestion)
        ingestion->items = arena_array(&request->arena, struct verdict, list->count + 1);
    if (!ingestion || !ingestion->items)
        return fail(error, STATUS_TOO_LARGE, "the batch takes too much memory");
    status = langfuse_source(request, batch, error);
    if (status != STATUS_OK)
        return status;
    batch->is_partial = true;
    request->note = ingestion;
    return take_events(request, list, batch, ingestion, error);
}

static void write_errors(struct json_out *out, const struct ingestion *ingestion)
{
    json_out_array(out, "errors");
    for (size_t i = 0; i < ingestion->count; i++) {
        const struct verdict *verdict = &ingestion->items[i];
        if (verdict->http_status == 201)
            continue;
        json_out_object(out, NULL);
        json_out_str(out, "id", verdict->id);
        json_out_int(out, "status", verdict->http_status);
        json_out_text(out, "message",
                      verdict->http_status == 401 ? "Authentication error"
                                                  : "Invalid request data");
        json_out_str(out, "error", verdict->reason);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void reply(struct request *request, const struct batch *batch, enum status status,
                  const struct error *error, struct response *out_response)
{
    const struct ingestion *ingestion = request->note;
    (void)batch;
    (void)error;
    if (status != STATUS_OK || !ingestion)
        return;
    struct json_out out = json_out(&out_response->body);
    out_response->http_status = 207;
    json_out_object(&out, NULL);
    json_out_array(&out, "successes");
    for (size_t i = 0; i < ingestion->count; i++) {
        if (ingestion->items[i].http_status != 201)
            continue;
        json_out_object(&out, NULL);
        json_out_str(&out, "id", ingestion->items[i].id);
        json_out_int(&out, "status", 201);
        json_out_end_object(&out);
    }
    json_out_end_array(&out);
    write_errors(&out, ingestion);
    json_out_end_object(&out);
}

static const char *const patterns[] = {"POST /api/public/ingestion", NULL};

const struct receiver receiver_langfuse = {
    .name = "langfuse",
    .summary = "Langfuse SDKs: events about traces, observations and scores",
    .patterns = patterns,
    .takes_public_key = true,
    .decode = decode,
    .reply = reply,
};
