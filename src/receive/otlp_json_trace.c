/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_json_trace: Span, with its events, links and status. */
#include "receive/otlp_json.h"

static const char *const kind_names[] = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL",
                                         "SPAN_KIND_SERVER",      "SPAN_KIND_CLIENT",
                                         "SPAN_KIND_PRODUCER",    "SPAN_KIND_CONSUMER"};
static const struct otlp_enum kinds = {kind_names, 6};
static const char *const code_names[] = {"STATUS_CODE_UNSET", "STATUS_CODE_OK",
                                         "STATUS_CODE_ERROR"};
static const struct otlp_enum codes = {code_names, 3};

static bool read_event(struct otlp *otlp, const struct json *json, struct span_event *event)
{
    *event = (struct span_event){0};
    return otlp_is_object(otlp, json) &&
           otlp_get_u64(otlp, json, "timeUnixNano", &event->time_ns) &&
           otlp_get_text(otlp, json, "name", &event->name) &&
           otlp_get_attributes(otlp, json, "attributes", &event->attributes) &&
           otlp_get_u32(otlp, json, "droppedAttributesCount", &event->dropped_attributes);
}

static bool read_events(struct otlp *otlp, const struct json *json, struct span *span)
{
    const struct json *list;
    if (!otlp_get_list(otlp, json, "events", OTLP_EVENTS_MAX, &list))
        return false;
    if (!list)
        return true;
    span->events = otlp_array(otlp, list->count, sizeof *span->events);
    if (!span->events)
        return false;
    for (; span->event_count < list->count; span->event_count++)
        if (!read_event(otlp, &list->items[span->event_count], &span->events[span->event_count]))
            return otlp_at(otlp, "events[%zu]", span->event_count);
    return true;
}

static bool read_link(struct otlp *otlp, const struct json *json, struct span_link *link)
{
    *link = (struct span_link){0};
    return otlp_is_object(otlp, json) &&
           otlp_get_id(otlp, json, "traceId", false, link->trace_id, TRACE_ID_BYTES) &&
           otlp_get_id(otlp, json, "spanId", false, link->span_id, SPAN_ID_BYTES) &&
           otlp_get_text(otlp, json, "traceState", &link->trace_state) &&
           otlp_get_attributes(otlp, json, "attributes", &link->attributes) &&
           otlp_get_u32(otlp, json, "droppedAttributesCount", &link->dropped_attributes) &&
           otlp_get_u32(otlp, json, "flags", &link->flags);
}

static bool read_links(struct otlp *otlp, const struct json *json, struct span *span)
{
    const struct json *list;
    if (!otlp_get_list(otlp, json, "links", OTLP_EVENTS_MAX, &list))
        return false;
    if (!list)
        return true;
    span->links = otlp_array(otlp, list->count, sizeof *span->links);
    if (!span->links)
        return false;
    for (; span->link_count < list->count; span->link_count++)
        if (!read_link(otlp, &list->items[span->link_count], &span->links[span->link_count]))
            return otlp_at(otlp, "links[%zu]", span->link_count);
    return true;
}

static bool read_status(struct otlp *otlp, const struct json *json, struct span *span)
{
    const struct json *status = otlp_member(json, "status");
    int64_t code = 0;
    if (!status)
        return true;
    if (!otlp_is_object(otlp, status) ||
        !otlp_get_text(otlp, status, "message", &span->status_message) ||
        !otlp_get_enum(otlp, status, "code", &codes, &code))
        return otlp_at(otlp, "status");
    span->status = otlp_span_status(code);
    return true;
}

static bool read_span(struct otlp *otlp, const struct json *json, struct span *span)
{
    int64_t kind = 0;
    if (!otlp_get_id(otlp, json, "traceId", true, span->trace_id, TRACE_ID_BYTES) ||
        !otlp_get_id(otlp, json, "spanId", true, span->span_id, SPAN_ID_BYTES) ||
        !otlp_get_id(otlp, json, "parentSpanId", false, span->parent_id, SPAN_ID_BYTES) ||
        !otlp_check_ids(otlp, span))
        return false;
    if (!otlp_get_enum(otlp, json, "kind", &kinds, &kind))
        return false;
    span->kind = otlp_span_kind(kind);
    return otlp_get_text(otlp, json, "traceState", &span->trace_state) &&
           otlp_get_text(otlp, json, "name", &span->name) &&
           otlp_get_u64(otlp, json, "startTimeUnixNano", &span->start_ns) &&
           otlp_get_u64(otlp, json, "endTimeUnixNano", &span->end_ns) &&
           otlp_get_attributes(otlp, json, "attributes", &span->attributes) &&
           otlp_get_u32(otlp, json, "droppedAttributesCount", &span->dropped_attributes) &&
           otlp_get_u32(otlp, json, "droppedEventsCount", &span->dropped_events) &&
           otlp_get_u32(otlp, json, "droppedLinksCount", &span->dropped_links) &&
           otlp_get_u32(otlp, json, "flags", &span->flags) && read_status(otlp, json, span) &&
           read_events(otlp, json, span) && read_links(otlp, json, span);
}

bool otlp_json_span(struct otlp *otlp, const struct json *json)
{
    struct span *span = batch_add_span(otlp->batch);
    if (!span)
        return otlp_full(otlp);
    span->resource = otlp->resource;
    span->scope = otlp->scope;
    if (read_span(otlp, json, span))
        return true;
    batch_drop_span(otlp->batch);
    return false;
}
