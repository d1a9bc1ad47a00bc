/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Malformed OTLP by the table: every cut, every wrong wire type, absurd lengths, every wrong JSON
 * type, every limit.
 *
 * Each request carries a good neighbour. What is wrong inside a record must be a partial success
 * that names the field and keeps the neighbour; what is wrong around records must be a 400 that
 * keeps nothing.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "support/batch_dump.c"
#include "support/receive_case.c"
#include "wire/json.h"
#include "wire/protobuf.h"

#include <cmocka.h> /* last: it has a macro named fail */

static const struct header protobuf_headers[] = {
    {STR_INIT("content-type"), STR_INIT("application/x-protobuf")}};
static const struct header json_headers[] = {
    {STR_INIT("content-type"), STR_INIT("application/json")}};
static int requests;

/* --- the table of messages ------------------------------------------------------------------ */

enum kind { TRACES, LOGS, METRICS };
static const struct {
    const char *path, *grpc;
    struct str record; /* what a record needs to be good */
    struct str json;   /* the same, without braces */
    const char *groups, *scopes, *records;
} kinds[] = {
    {"/v1/traces", "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
     STR_INIT("\x0A\x10"
              "0123456789abcdef"
              "\x12\x08"
              "01234567"),
     STR_INIT("\"traceId\":\"0102030405060708090a0b0c0d0e0f10\",\"spanId\":\"0102030405060708\""),
     "resourceSpans", "scopeSpans", "spans"},
    {"/v1/logs", "/opentelemetry.proto.collector.logs.v1.LogsService/Export", STR_INIT(""),
     STR_INIT("\"severityText\":\"INFO\""), "resourceLogs", "scopeLogs", "logRecords"},
    {"/v1/metrics", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
     STR_INIT("\x0A\x01m\x2A\x0B\x0A\x09\x31\x01\0\0\0\0\0\0\0"),
     STR_INIT("\"name\":\"m\",\"gauge\":{\"dataPoints\":[{\"asInt\":1}]}"), "resourceMetrics",
     "scopeMetrics", "metrics"},
};

#define V PROTOBUF_VARINT
#define D PROTOBUF_FIXED64
#define B PROTOBUF_BYTES
#define F PROTOBUF_FIXED32

/* A message, how to get to it from the body, and its fields. A path of three is a record. */
static const struct message {
    enum kind kind;
    const char *name;
    uint8_t path[8];
    uint8_t length;
    struct {
        uint8_t number, wire, also;
        const char *name;
    } fields[17];
} messages[] = {
    {TRACES, "body", {0}, 0, {{1, B, B, "resourceSpans"}}},
    {TRACES,
     "group",
     {1},
     1,
     {{1, B, B, "resource"}, {2, B, B, "scopeSpans"}, {3, B, B, "schemaUrl"}}},
    {TRACES, "resource", {1, 1}, 2, {{1, B, B, "attributes"}, {2, V, V, "droppedAttributesCount"}}},
    {TRACES, "scopes", {1, 2}, 2, {{1, B, B, "scope"}, {2, B, B, "spans"}, {3, B, B, "schemaUrl"}}},
    {TRACES,
     "scope",
     {1, 2, 1},
     3,
     {{1, B, B, "name"},
      {2, B, B, "version"},
      {3, B, B, "attributes"},
      {4, V, V, "droppedAttributesCount"}}},
    {TRACES,
     "span",
     {1, 2, 2},
     3,
     {{1, B, B, "traceId"},
      {2, B, B, "spanId"},
      {3, B, B, "traceState"},
      {4, B, B, "parentSpanId"},
      {5, B, B, "name"},
      {6, V, V, "kind"},
      {7, D, D, "startTimeUnixNano"},
      {8, D, D, "endTimeUnixNano"},
      {9, B, B, "attributes"},
      {10, V, V, "droppedAttributesCount"},
      {11, B, B, "events"},
      {12, V, V, "droppedEventsCount"},
      {13, B, B, "links"},
      {14, V, V, "droppedLinksCount"},
      {15, B, B, "status"},
      {16, F, F, "flags"}}},
    {TRACES,
     "event",
     {1, 2, 2, 11},
     4,
     {{1, D, D, "timeUnixNano"},
      {2, B, B, "name"},
      {3, B, B, "attributes"},
      {4, V, V, "droppedAttributesCount"}}},
    {TRACES,
     "link",
     {1, 2, 2, 13},
     4,
     {{1, B, B, "traceId"},
      {2, B, B, "spanId"},
      {3, B, B, "traceState"},
      {4, B, B, "attributes"},
      {5, V, V, "droppedAttributesCount"},
      {6, F, F, "flags"}}},
    {TRACES, "status", {1, 2, 2, 15}, 4, {{2, B, B, "message"}, {3, V, V, "code"}}},
    {TRACES, "attribute", {1, 2, 2, 9}, 4, {{1, B, B, "key"}, {2, B, B, "value"}}},
    {TRACES,
     "value",
     {1, 2, 2, 9, 2},
     5,
     {{1, B, B, "stringValue"},
      {2, V, V, "boolValue"},
      {3, V, V, "intValue"},
      {4, D, D, "doubleValue"},
      {5, B, B, "arrayValue"},
      {6, B, B, "kvlistValue"},
      {7, B, B, "bytesValue"}}},
    {TRACES, "array", {1, 2, 2, 9, 2, 5}, 6, {{1, B, B, "values"}}},
    {TRACES, "map", {1, 2, 2, 9, 2, 6}, 6, {{1, B, B, "values"}}},
    {LOGS,
     "log",
     {1, 2, 2},
     3,
     {{1, D, D, "timeUnixNano"},
      {2, V, V, "severityNumber"},
      {3, B, B, "severityText"},
      {5, B, B, "body"},
      {6, B, B, "attributes"},
      {7, V, V, "droppedAttributesCount"},
      {8, F, F, "flags"},
      {9, B, B, "traceId"},
      {10, B, B, "spanId"},
      {11, D, D, "observedTimeUnixNano"},
      {12, B, B, "eventName"}}},
    {METRICS,
     "metric",
     {1, 2, 2},
     3,
     {{1, B, B, "name"},
      {2, B, B, "description"},
      {3, B, B, "unit"},
      {5, B, B, "gauge"},
      {7, B, B, "sum"},
      {9, B, B, "histogram"},
      {10, B, B, "exponentialHistogram"},
      {11, B, B, "summary"},
      {12, B, B, "metadata"}}},
    {METRICS, "gauge", {1, 2, 2, 5}, 4, {{1, B, B, "dataPoints"}}},
    {METRICS,
     "sum",
     {1, 2, 2, 7},
     4,
     {{1, B, B, "dataPoints"}, {2, V, V, "aggregationTemporality"}, {3, V, V, "isMonotonic"}}},
    {METRICS,
     "histogram",
     {1, 2, 2, 9},
     4,
     {{1, B, B, "dataPoints"}, {2, V, V, "aggregationTemporality"}}},
    {METRICS,
     "exponential",
     {1, 2, 2, 10},
     4,
     {{1, B, B, "dataPoints"}, {2, V, V, "aggregationTemporality"}}},
    {METRICS,
     "number",
     {1, 2, 2, 7, 1},
     5,
     {{2, D, D, "startTimeUnixNano"},
      {3, D, D, "timeUnixNano"},
      {4, D, D, "asDouble"},
      {5, B, B, "exemplars"},
      {6, D, D, "asInt"},
      {7, B, B, "attributes"},
      {8, V, V, "flags"}}},
    {METRICS,
     "histogram point",
     {1, 2, 2, 9, 1},
     5,
     {{2, D, D, "startTimeUnixNano"},
      {3, D, D, "timeUnixNano"},
      {4, D, D, "count"},
      {5, D, D, "sum"},
      {6, B, D, "bucketCounts"},
      {7, B, D, "explicitBounds"},
      {8, B, B, "exemplars"},
      {9, B, B, "attributes"},
      {10, V, V, "flags"},
      {11, D, D, "min"},
      {12, D, D, "max"}}},
    {METRICS,
     "exponential point",
     {1, 2, 2, 10, 1},
     5,
     {{1, B, B, "attributes"},
      {2, D, D, "startTimeUnixNano"},
      {3, D, D, "timeUnixNano"},
      {4, D, D, "count"},
      {5, D, D, "sum"},
      {6, V, V, "scale"},
      {7, D, D, "zeroCount"},
      {8, B, B, "positive"},
      {9, B, B, "negative"},
      {10, V, V, "flags"},
      {11, B, B, "exemplars"},
      {12, D, D, "min"},
      {13, D, D, "max"},
      {14, D, D, "zeroThreshold"}}},
    {METRICS, "buckets", {1, 2, 2, 10, 1, 8}, 6, {{1, V, V, "offset"}, {2, B, V, "bucketCounts"}}},
    {METRICS,
     "summary point",
     {1, 2, 2, 11, 1},
     5,
     {{2, D, D, "startTimeUnixNano"},
      {3, D, D, "timeUnixNano"},
      {4, D, D, "count"},
      {5, D, D, "sum"},
      {6, B, B, "quantileValues"},
      {7, B, B, "attributes"},
      {8, V, V, "flags"}}},
    {METRICS, "quantile", {1, 2, 2, 11, 1, 6}, 6, {{1, D, D, "quantile"}, {2, D, D, "value"}}},
    {METRICS,
     "exemplar",
     {1, 2, 2, 7, 1, 5},
     6,
     {{2, D, D, "timeUnixNano"},
      {3, D, D, "asDouble"},
      {4, B, B, "spanId"},
      {5, B, B, "traceId"},
      {6, D, D, "asInt"},
      {7, B, B, "filteredAttributes"}}},
};
enum { MESSAGES = sizeof messages / sizeof *messages };

/* --- building and running ------------------------------------------------------------------- */

/* Puts `inside` at the end of a path of field numbers, with a good record beside the bad one. */
static void wrap(const struct message *message, size_t from, struct str inside, struct buf *out)
{
    if (from == message->length) {
        buf_add_str(out, inside);
        return;
    }
    struct buf inner = {0};
    if (from == 2) { /* these are records */
        bool is_metric = message->kind == METRICS;
        protobuf_write_bytes(out, 2, kinds[message->kind].record);
        buf_add_str(&inner, is_metric ? STR("\x0A\x03"
                                            "bad")
                                      : kinds[message->kind].record);
    }
    wrap(message, from + 1, inside, &inner);
    protobuf_write_bytes(out, message->path[from], buf_str(&inner));
    buf_done(&inner);
}

/* A resource or scope stands beside what has the record, not around it. */
static void wrap_head(const struct message *message, struct str inside, struct buf *out)
{
    struct buf scopes = {0}, group = {0};
    bool is_scope = message->length == 3;
    protobuf_write_bytes(&scopes, 2, kinds[message->kind].record);
    if (is_scope)
        protobuf_write_bytes(&scopes, 1, inside);
    else
        protobuf_write_bytes(&group, 1, inside);
    protobuf_write_bytes(&group, 2, buf_str(&scopes));
    protobuf_write_bytes(out, 1, buf_str(&group));
    buf_done(&scopes);
    buf_done(&group);
}

static bool is_head(const struct message *message)
{
    return strcmp(message->name, "resource") == 0 || strcmp(message->name, "scope") == 0;
}

static void build(const struct message *message, struct str inside, struct buf *out)
{
    if (is_head(message))
        wrap_head(message, inside, out);
    else
        wrap(message, 0, inside, out);
}

static bool is_in_record(const struct message *message)
{
    return message->length >= 3 && !is_head(message);
}

static void check(const char *what, const struct receive_result *result, bool in_record,
                  const char *words)
{
    struct str body = result->http_status >= 400 && result->body.len == 0
                          ? str_from(result->error.text)
                          : buf_str(&result->body);
    size_t kept = in_record ? 1 : 0;
    int status = in_record ? 200 : 400;
    requests++;
    if (result->http_status != status || result->kept != kept || result->replies != 1 ||
        (words && !str_contains(body, str_from(words))))
        fail_msg("%s: answered %d, kept %zu: %.*s (expected %s)", what, result->http_status,
                 result->kept, STR_ARGS(body), words ? words : "");
}

static void run_both(enum kind kind, struct str body, bool in_record, const char *what,
                     const char *words)
{
    struct receive_result result;
    receive_run(PROTOCOL_HTTP1, str_from(kinds[kind].path), protobuf_headers, 1, body, NULL,
                &result);
    check(what, &result, in_record, words);
    receive_result_done(&result);
    receive_run(PROTOCOL_GRPC, str_from(kinds[kind].grpc), NULL, 0, body, NULL, &result);
    check(what, &result, in_record, words);
    receive_result_done(&result);
    requests--; /* one request, sent in two ways */
}

/* --- tests ----------------------------------------------------------------------------------- */

static void write_field(struct buf *out, uint32_t number, uint32_t wire)
{
    switch (wire) {
    case V:
        protobuf_write_varint(out, number, 1);
        break;
    case D:
        protobuf_write_fixed64(out, number, 1);
        break;
    case F:
        protobuf_write_fixed32(out, number, 1);
        break;
    default:
        protobuf_write_bytes(out, number, STR("\x08\x01\x08\x01"));
    }
}

static void every_wrong_wire_type_is_named(void **state)
{
    (void)state;
    static const uint32_t wires[] = {V, D, B, F};
    int before = requests;
    for (size_t m = 0; m < MESSAGES; m++)
        for (size_t f = 0; messages[m].fields[f].name; f++)
            for (size_t w = 0; w < 4; w++) {
                const struct message *message = &messages[m];
                if (wires[w] == message->fields[f].wire || wires[w] == message->fields[f].also)
                    continue;
                struct buf inside = {0}, body = {0};
                char words[80], what[80];
                write_field(&inside, message->fields[f].number, wires[w]);
                build(message, buf_str(&inside), &body);
                snprintf(words, sizeof words, "%s is ", message->fields[f].name);
                snprintf(what, sizeof what, "%s.%s as wire type %u", message->name,
                         message->fields[f].name, wires[w]);
                run_both(message->kind, buf_str(&body), is_in_record(message), what, words);
                buf_done(&inside);
                buf_done(&body);
            }
    printf("%d requests with a wrong wire type\n", requests - before);
}

static void absurd_lengths_end_their_message_only(void **state)
{
    (void)state;
    static const struct str lengths[] = {
        STR_INIT("\x7F"),
        STR_INIT("\xFF\xFF\xFF\xFF\x0F"),
        STR_INIT("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"),
        STR_INIT("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"),
    };
    int before = requests;
    for (size_t m = 0; m < MESSAGES; m++)
        for (size_t l = 0; l < 4; l++) {
            struct buf inside = {0}, body = {0};
            buf_add_byte(&inside, (uint8_t)(messages[m].fields[0].number << 3 | B));
            buf_add_str(&inside, lengths[l]);
            build(&messages[m], buf_str(&inside), &body);
            run_both(messages[m].kind, buf_str(&body), is_in_record(&messages[m]), messages[m].name,
                     "is not a whole protobuf message");
            buf_done(&inside);
            buf_done(&body);
        }
    printf("%d requests with an absurd length\n", requests - before);
}

static void groups_and_field_zero_end_their_message_only(void **state)
{
    (void)state;
    static const struct str bytes[] = {STR_INIT("\x0B\x0C"), STR_INIT("\x0C"),
                                       STR_INIT("\x0E"),     STR_INIT("\x0F"),
                                       STR_INIT("\x00\x00"), STR_INIT("\x80")};
    int before = requests;
    for (size_t m = 0; m < MESSAGES; m++)
        for (size_t b = 0; b < sizeof bytes / sizeof *bytes; b++) {
            struct buf body = {0};
            build(&messages[m], bytes[b], &body);
            run_both(messages[m].kind, buf_str(&body), is_in_record(&messages[m]), messages[m].name,
                     "is not a whole protobuf message");
            buf_done(&body);
        }
    printf("%d requests with groups or impossible tags\n", requests - before);
}

static void every_cut_of_a_body_is_refused(void **state)
{
    (void)state;
    int before = requests;
    for (size_t m = 0; m < MESSAGES; m++) {
        if (!is_in_record(&messages[m]))
            continue;
        struct buf inside = {0}, body = {0};
        for (size_t f = 0; messages[m].fields[f].name; f++)
            if (messages[m].fields[f].wire != B)
                write_field(&inside, messages[m].fields[f].number, messages[m].fields[f].wire);
        build(&messages[m], buf_str(&inside), &body);
        for (size_t len = 1; len < body.len; len++)
            run_both(messages[m].kind, str_sub(buf_str(&body), 0, len), false, messages[m].name,
                     "is not a whole protobuf message");
        buf_done(&inside);
        buf_done(&body);
    }
    printf("%d requests cut short\n", requests - before);
}

/* --- JSON ------------------------------------------------------------------------------------ */

/* Letters of what is fine: n a number, s a string, b a boolean, a an array, o an object. */
static const struct json_field {
    enum kind kind;
    const char *before, *name, *fine, *after; /* around the value; inside the bad record */
} json_fields[] = {
    {TRACES, "", "traceId", "", ""},
    {TRACES, "", "parentSpanId", "", ""},
    {TRACES, "", "name", "s", ""},
    {TRACES, "", "traceState", "s", ""},
    {TRACES, "", "kind", "n", ""},
    {TRACES, "", "startTimeUnixNano", "n", ""},
    {TRACES, "", "endTimeUnixNano", "n", ""},
    {TRACES, "", "attributes", "", ""},
    {TRACES, "", "droppedAttributesCount", "n", ""},
    {TRACES, "", "droppedEventsCount", "n", ""},
    {TRACES, "", "droppedLinksCount", "n", ""},
    {TRACES, "", "events", "", ""},
    {TRACES, "", "links", "", ""},
    {TRACES, "", "status", "o", ""},
    {TRACES, "", "flags", "n", ""},
    {TRACES, "\"events\":[{", "timeUnixNano", "n", "}]"},
    {TRACES, "\"events\":[{", "name", "s", "}]"},
    {TRACES, "\"events\":[{", "attributes", "", "}]"},
    {TRACES, "\"links\":[{", "traceId", "", "}]"},
    {TRACES, "\"links\":[{", "spanId", "", "}]"},
    {TRACES, "\"links\":[{", "flags", "n", "}]"},
    {TRACES, "\"status\":{", "code", "n", "}"},
    {TRACES, "\"status\":{", "message", "s", "}"},
    {TRACES, "\"attributes\":[{", "key", "s", "}]"},
    {TRACES, "\"attributes\":[{", "value", "o", "}]"},
    {TRACES, "\"attributes\":[{\"value\":{", "stringValue", "s", "}}]"},
    {TRACES, "\"attributes\":[{\"value\":{", "boolValue", "b", "}}]"},
    {TRACES, "\"attributes\":[{\"value\":{", "intValue", "n", "}}]"},
    {TRACES, "\"attributes\":[{\"value\":{", "doubleValue", "n", "}}]"},
    {TRACES, "\"attributes\":[{\"value\":{", "arrayValue", "o", "}}]"},
    {TRACES, "\"attributes\":[{\"value\":{", "kvlistValue", "o", "}}]"},
    {TRACES, "\"attributes\":[{\"value\":{", "bytesValue", "s", "}}]"},
    {LOGS, "", "timeUnixNano", "n", ""},
    {LOGS, "", "observedTimeUnixNano", "n", ""},
    {LOGS, "", "severityNumber", "n", ""},
    {LOGS, "", "severityText", "s", ""},
    {LOGS, "", "eventName", "s", ""},
    {LOGS, "", "body", "o", ""},
    {LOGS, "", "attributes", "", ""},
    {LOGS, "", "flags", "n", ""},
    {LOGS, "", "traceId", "", ""},
    {LOGS, "", "spanId", "", ""},
    {METRICS, "", "name", "s", ""},
    {METRICS, "", "unit", "s", ""},
    {METRICS, "", "description", "s", ""},
    {METRICS, "", "metadata", "", ""},
    {METRICS, "", "gauge", "o", ""},
    {METRICS, "\"sum\":{", "isMonotonic", "b", "}"},
    {METRICS, "\"sum\":{", "aggregationTemporality", "n", "}"},
    {METRICS, "\"sum\":{", "dataPoints", "", "}"},
    {METRICS, "\"sum\":{\"dataPoints\":[{", "asInt", "n", "}]}"},
    {METRICS, "\"sum\":{\"dataPoints\":[{", "asDouble", "n", "}]}"},
    {METRICS, "\"sum\":{\"dataPoints\":[{\"asInt\":1,", "exemplars", "", "}]}"},
    {METRICS, "\"histogram\":{\"dataPoints\":[{", "count", "n", "}]}"},
    {METRICS, "\"histogram\":{\"dataPoints\":[{", "sum", "n", "}]}"},
    {METRICS, "\"histogram\":{\"dataPoints\":[{", "bucketCounts", "", "}]}"},
    {METRICS, "\"histogram\":{\"dataPoints\":[{", "explicitBounds", "", "}]}"},
    {METRICS, "\"exponentialHistogram\":{\"dataPoints\":[{", "scale", "n", "}]}"},
    {METRICS, "\"exponentialHistogram\":{\"dataPoints\":[{", "positive", "o", "}]}"},
    {METRICS, "\"summary\":{\"dataPoints\":[{", "quantileValues", "", "}]}"},
};

static const struct {
    char letter;
    const char *text;
} json_values[] = {{'n', "7"}, {'s', "\"zz\""}, {'b', "true"}, {'a', "[[]]"}, {'o', "{\"z\":1}"}};

static void json_body(enum kind kind, const char *record, struct buf *out)
{
    buf_printf(out, "{\"%s\":[{\"%s\":[{\"%s\":[{%.*s},{%s}]}]}]}", kinds[kind].groups,
               kinds[kind].scopes, kinds[kind].records, STR_ARGS(kinds[kind].json), record);
}

static void run_json(const struct json_field *field, const char *value)
{
    const char *needs = field->kind == TRACES && strcmp(field->name, "traceId") != 0
                            ? "\"traceId\":\"0102030405060708090a0b0c0d0e0f10\","
                              "\"spanId\":\"0102030405060708\","
                        : field->kind == METRICS && strcmp(field->name, "name") != 0
                            ? "\"name\":\"bad\","
                            : "";
    char record[400], what[80];
    struct receive_result result;
    struct buf body = {0};
    snprintf(record, sizeof record, "%s%s\"%s\":%s%s", needs, field->before, field->name, value,
             field->after);
    json_body(field->kind, record, &body);
    snprintf(what, sizeof what, "%s as %s", field->name, value);
    receive_run(PROTOCOL_HTTP1, str_from(kinds[field->kind].path), json_headers, 1, buf_str(&body),
                NULL, &result);
    check(what, &result, true, field->name);
    receive_result_done(&result);
    buf_done(&body);
}

static void every_wrong_json_type_costs_its_record_only(void **state)
{
    (void)state;
    int before = requests;
    for (size_t f = 0; f < sizeof json_fields / sizeof *json_fields; f++)
        for (size_t v = 0; v < sizeof json_values / sizeof *json_values; v++)
            if (!strchr(json_fields[f].fine, json_values[v].letter))
                run_json(&json_fields[f], json_values[v].text);
    printf("%d requests with a wrong JSON type\n", requests - before);
}

static void every_cut_of_a_json_body_is_refused(void **state)
{
    (void)state;
    int before = requests;
    for (int kind = TRACES; kind <= METRICS; kind++) {
        struct buf body = {0};
        json_body(kind, kinds[kind].json.ptr, &body);
        for (size_t len = 0; len < body.len; len++) {
            struct receive_result result;
            receive_run(PROTOCOL_HTTP1, str_from(kinds[kind].path), json_headers, 1,
                        str_sub(buf_str(&body), 0, len), NULL, &result);
            check("cut", &result, false, "not JSON at byte");
            receive_result_done(&result);
        }
        buf_done(&body);
    }
    printf("%d JSON requests cut short\n", requests - before);
}

/* --- limits ---------------------------------------------------------------------------------- */

static void too_many_items_cost_their_record_only(void **state)
{
    (void)state;
    static const struct {
        const char *name; /* of the message */
        uint32_t field;
        const char *words;
    } limits[] = {
        {"span", 9, "has 10001 attributes, expected at most 10000"},
        {"span", 11, "has 10001 events, expected at most 10000"},
        {"span", 13, "has 10001 links, expected at most 10000"},
        {"event", 3, "has 10001 attributes"},
        {"link", 4, "has 10001 attributes"},
        {"log", 6, "has 10001 attributes"},
        {"metric", 12, "has 10001 attributes"},
        {"number", 5, "has 10001 exemplars"},
        {"number", 7, "has 10001 attributes"},
        {"summary point", 6, "has 10001 quantileValues"},
    };
    for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
        const struct message *message = messages;
        while (strcmp(message->name, limits[l].name) != 0)
            message++;
        struct buf inside = {0}, body = {0};
        for (int i = 0; i < 10001; i++)
            protobuf_write_bytes(&inside, limits[l].field, STR(""));
        build(message, buf_str(&inside), &body);
        run_both(message->kind, buf_str(&body), true, limits[l].name, limits[l].words);
        buf_done(&inside);
        buf_done(&body);
    }
}

static void nest(struct buf *out, int depth)
{
    if (depth == 0)
        return;
    struct buf inner = {0}, list = {0};
    nest(&inner, depth - 1);
    protobuf_write_bytes(&list, 1, buf_str(&inner));
    protobuf_write_bytes(out, 5, buf_str(&list));
    buf_done(&inner);
    buf_done(&list);
}

static void values_nest_up_to_a_limit(void **state)
{
    (void)state;
    for (int depth = 60; depth < 70; depth++) {
        struct buf value = {0}, pair = {0}, body = {0};
        const struct message *span = messages;
        while (strcmp(span->name, "span") != 0)
            span++;
        nest(&value, depth);
        protobuf_write_bytes(&pair, 2, buf_str(&value));
        struct buf attribute = {0};
        protobuf_write_bytes(&attribute, 9, buf_str(&pair));
        build(span, buf_str(&attribute), &body);
        struct receive_result result;
        receive_run(PROTOCOL_HTTP1, STR("/v1/traces"), protobuf_headers, 1, buf_str(&body), NULL,
                    &result);
        bool fits = depth < VALUE_DEPTH_MAX;
        assert_int_equal(result.kept, fits ? 2 : 1);
        assert_int_equal(str_contains(buf_str(&result.body), STR("is nested deeper than 64")),
                         !fits);
        receive_result_done(&result);
        buf_done(&value);
        buf_done(&pair);
        buf_done(&attribute);
        buf_done(&body);
    }
}

/* Two bytes a span, each refused: memory must not grow with their number. */
static void millions_of_empty_records_cost_no_memory(void **state)
{
    (void)state;
    enum { COUNT = 1 << 20 };
    struct buf scopes = {0}, group = {0}, body = {0};
    for (int i = 0; i < COUNT; i++)
        buf_add(&scopes, "\x12\x00", 2);
    protobuf_write_bytes(&group, 2, buf_str(&scopes));
    protobuf_write_bytes(&body, 1, buf_str(&group));
    struct receive_result result;
    struct receive_limits limits = {.batch_bytes = 64 << 10};
    receive_run(PROTOCOL_HTTP1, STR("/v1/traces"), protobuf_headers, 1, buf_str(&body), &limits,
                &result);
    assert_int_equal(result.http_status, 200);
    assert_true(str_contains(buf_str(&result.body), STR("spans[2].traceId has 0 bytes")));
    receive_result_done(&result);
    buf_done(&scopes);
    buf_done(&group);
    buf_done(&body);
}

/* A table that moved for every scope would need a hundred times the memory. */
static void many_scopes_of_one_span_need_little_memory(void **state)
{
    (void)state;
    enum { COUNT = 4000 };
    struct buf span = {0}, group = {0}, body = {0};
    protobuf_write_bytes(&span, 2, kinds[TRACES].record);
    for (int i = 0; i < COUNT; i++)
        protobuf_write_bytes(&group, 2, buf_str(&span));
    protobuf_write_bytes(&body, 1, buf_str(&group));
    struct receive_result result;
    struct receive_limits limits = {.batch_bytes = 4 << 20};
    receive_run(PROTOCOL_HTTP1, STR("/v1/traces"), protobuf_headers, 1, buf_str(&body), &limits,
                &result);
    assert_int_equal(result.http_status, 200);
    assert_int_equal(result.kept, COUNT);
    receive_result_done(&result);
    buf_done(&span);
    buf_done(&group);
    buf_done(&body);
}

static void there_are_many(void **state)
{
    (void)state;
    printf("%d malformed requests in all\n", requests);
    assert_true(requests > 220);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_wrong_wire_type_is_named),
        cmocka_unit_test(absurd_lengths_end_their_message_only),
        cmocka_unit_test(groups_and_field_zero_end_their_message_only),
        cmocka_unit_test(every_cut_of_a_body_is_refused),
        cmocka_unit_test(every_wrong_json_type_costs_its_record_only),
        cmocka_unit_test(every_cut_of_a_json_body_is_refused),
        cmocka_unit_test(too_many_items_cost_their_record_only),
        cmocka_unit_test(values_nest_up_to_a_limit),
        cmocka_unit_test(millions_of_empty_records_cost_no_memory),
        cmocka_unit_test(many_scopes_of_one_span_need_little_memory),
        cmocka_unit_test(there_are_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
