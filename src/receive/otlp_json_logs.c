/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_json_logs: LogRecord. */
#include "receive/otlp_json.h"

static const char *const severity_names[] = {
    "SEVERITY_NUMBER_UNSPECIFIED", "SEVERITY_NUMBER_TRACE",  "SEVERITY_NUMBER_TRACE2",
    "SEVERITY_NUMBER_TRACE3",      "SEVERITY_NUMBER_TRACE4", "SEVERITY_NUMBER_DEBUG",
    "SEVERITY_NUMBER_DEBUG2",      "SEVERITY_NUMBER_DEBUG3", "SEVERITY_NUMBER_DEBUG4",
    "SEVERITY_NUMBER_INFO",        "SEVERITY_NUMBER_INFO2",  "SEVERITY_NUMBER_INFO3",
    "SEVERITY_NUMBER_INFO4",       "SEVERITY_NUMBER_WARN",   "SEVERITY_NUMBER_WARN2",
    "SEVERITY_NUMBER_WARN3",       "SEVERITY_NUMBER_WARN4",  "SEVERITY_NUMBER_ERROR",
    "SEVERITY_NUMBER_ERROR2",      "SEVERITY_NUMBER_ERROR3", "SEVERITY_NUMBER_ERROR4",
    "SEVERITY_NUMBER_FATAL",       "SEVERITY_NUMBER_FATAL2", "SEVERITY_NUMBER_FATAL3",
    "SEVERITY_NUMBER_FATAL4"};
static const struct otlp_enum severities = {severity_names, 25};

static bool read_body(struct otlp *otlp, const struct json *json, struct log_record *record)
{
    const struct json *body = otlp_member(json, "body");
    return !body || otlp_json_value(otlp, body, 1, &record->body) || otlp_at(otlp, "body");
}

static bool read_log(struct otlp *otlp, const struct json *json, struct log_record *record)
{
    int64_t severity = 0;
    if (!otlp_get_enum(otlp, json, "severityNumber", &severities, &severity))
        return false;
    record->severity = (int32_t)severity;
    return otlp_get_u64(otlp, json, "timeUnixNano", &record->time_ns) &&
           otlp_get_u64(otlp, json, "observedTimeUnixNano", &record->observed_ns) &&
           otlp_get_text(otlp, json, "severityText", &record->severity_text) &&
           otlp_get_text(otlp, json, "eventName", &record->event_name) &&
           otlp_get_attributes(otlp, json, "attributes", &record->attributes) &&
           otlp_get_u32(otlp, json, "droppedAttributesCount", &record->dropped_attributes) &&
           otlp_get_u32(otlp, json, "flags", &record->flags) &&
           otlp_get_id(otlp, json, "traceId", false, record->trace_id, TRACE_ID_BYTES) &&
           otlp_get_id(otlp, json, "spanId", false, record->span_id, SPAN_ID_BYTES) &&
           read_body(otlp, json, record);
}

bool otlp_json_log(struct otlp *otlp, const struct json *json)
{
    struct log_record *record = batch_add_log(otlp->batch);
    if (!record)
        return otlp_full(otlp);
    record->resource = otlp->resource;
    record->scope = otlp->scope;
    if (read_log(otlp, json, record))
        return true;
    batch_drop_log(otlp->batch);
    return false;
}
