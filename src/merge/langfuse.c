/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse: events of Langfuse's JSON API -> a span in the words of its OpenTelemetry SDKs, so that
 * one vocabulary (normalise/langfuse.c) reads both.
 *
 * A trace that is told of by itself is the root span of that name; observations without a parent
 * are its children. What an event leaves out stays as it was, what it says replaces, null clears;
 * ids, start and the trace never change once said; metadata and tags add up; of input and output
 * the last that is worth something stays.
 */
#include <string.h>

#include "base/clock.h"
#include "merge/merge_private.h"
#include "model/environment.h"
#include "model/foreign_id.h"
#include "model/part.h"
#include "normalise/value_json.h"

/* --- ids and times ------------------------------------------------------------------------------
 */

struct str merge_own_trace(const struct span *part, const struct content_source *contents,
                           struct arena *arena, uint8_t out[TRACE_ID_BYTES])
{
    char hex[2 * SPAN_ID_BYTES + 1];
    const struct value *foreign = attributes_get(&part->attributes, FOREIGN_SPAN_KEY);
    str_hex_encode(part->span_id, SPAN_ID_BYTES, hex);
    struct str id = foreign ? value_plain_text(foreign, contents, arena) : str_from(hex);
    return foreign_trace_id(id, out) ? STR_NONE : arena_copy(arena, id);
}

static void set_trace(struct fold *fold, const uint8_t *known_trace, struct span *out)
{
    struct member member;
    for (size_t i = 0; i < fold->count; i++) {
        const struct span *part = fold->parts[i].span;
        if (id_is_zero(part->trace_id, TRACE_ID_BYTES))
            continue;
        memcpy(out->trace_id, part->trace_id, TRACE_ID_BYTES);
        if (fold__member(&fold->parts[i], FOREIGN_TRACE_KEY, &member))
            fold__put_text(fold, FOREIGN_TRACE_KEY, fold__text(fold, &member));
        return;
    }
    if (known_trace) {
        memcpy(out->trace_id, known_trace, TRACE_ID_BYTES);
        return;
    }
    fold__put_text(
        fold, FOREIGN_TRACE_KEY,
        merge_own_trace(fold->parts[0].span, fold->contents, fold->arena, out->trace_id));
}

static bool read_time(const struct fold *fold, const struct member *member, uint64_t *out_ns)
{
    int64_t time_ns;
    struct str text = fold__text(fold, member);
    if (!text.len || !clock_parse(text, &time_ns) || time_ns < 0)
        return false;
    *out_ns = (uint64_t)time_ns;
    return true;
}

/* As first said; else when the first word came. */
static uint64_t start_of(const struct fold *fold, struct str key)
{
    struct member member;
    uint64_t time_ns;
    if (fold__first(fold, key, &member) && read_time(fold, &member, &time_ns))
        return time_ns;
    return fold->parts[0].time_ns;
}

/* --- what both have
 * ------------------------------------------------------------------------------- */

static void put_content(struct fold *fold, struct str from, struct str to)
{
    struct member member;
    if (fold__last_truthy(fold, from, &member))
        fold__put_text(fold, to, fold__text(fold, &member));
}

static void put_last(struct fold *fold, struct str from, struct str to)
{
    fold__put_text(fold, to, fold__last_text(fold, from));
}

/* Set once. */
static void put_environment(struct fold *fold)
{
    struct member member;
    if (fold__first(fold, STR("environment"), &member))
        fold__put_text(fold, STR("langfuse.environment"),
                       environment_name(fold->arena, fold__text(fold, &member)));
}

/* --- a trace
 * -------------------------------------------------------------------------------------- */

/* SDKs that send spans over OpenTelemetry add tags to their traces this way: that is no span. */
static bool says_more_than_labels(const struct fold *fold)
{
    static const struct str keys[] = {
        STR_INIT("name"),     STR_INIT("input"),     STR_INIT("output"), STR_INIT("sessionId"),
        STR_INIT("userId"),   STR_INIT("timestamp"), STR_INIT("public"), STR_INIT("release"),
        STR_INIT("metadata"), STR_INIT("version"),
    };
    struct member member;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (fold__first(fold, keys[i], &member))
            return true;
    return false;
}

/* A trace has no end of its own: it had come to its last word when its output was known. */
static uint64_t end_of_trace(const struct fold *fold, uint64_t start_ns)
{
    struct member member;
    for (size_t i = fold->count; i-- > 0;)
        if (fold__member(&fold->parts[i], STR("output"), &member) &&
            member.value->type != VALUE_NULL)
            return fold->parts[i].time_ns > start_ns ? fold->parts[i].time_ns : start_ns;
    return start_ns;
}

static bool make_trace(struct fold *fold, struct span *out)
{
    struct member member;
    if (!says_more_than_labels(fold))
        return false;
    out->name = fold__last_text(fold, STR("name"));
    fold__put_text(fold, STR("langfuse.trace.name"), out->name);
    fold__put_text(fold, STR("langfuse.observation.type"), STR("trace"));
    if (!out->name.len)
        out->name = STR("trace");
    out->start_ns = start_of(fold, STR("timestamp"));
    out->end_ns = end_of_trace(fold, out->start_ns);
    put_last(fold, STR("userId"), STR("langfuse.user.id"));
    put_last(fold, STR("sessionId"), STR("langfuse.session.id"));
    put_last(fold, STR("release"), STR("langfuse.release"));
    put_last(fold, STR("version"), STR("langfuse.version"));
    put_last(fold, STR("externalId"), STR("langfuse.trace.external_id"));
    if (fold__last(fold, STR("public"), &member) && member.value->type == VALUE_BOOL)
        fold__put(fold, STR("langfuse.trace.public"), *member.value);
    struct value tags = fold__tags(fold);
    if (tags.array.count)
        fold__put(fold, STR("langfuse.trace.tags"), tags);
    fold__put_text(fold, STR("langfuse.trace.metadata"), fold__metadata(fold));
    put_content(fold, STR("input"), STR("langfuse.trace.input"));
    put_content(fold, STR("output"), STR("langfuse.trace.output"));
    return true;
}

/* --- an observation
 * ------------------------------------------------------------------------------- */

/* Of the first event that creates; updates come under names of their own. */
static struct str type_of(const struct fold *fold)
{
    const struct said *first = &fold->parts[0];
    struct member member;
    for (size_t i = 0; i < fold->count && first->is_update; i++)
        if (!fold->parts[i].is_update)
            first = &fold->parts[i];
    struct str name = first->span->name;
    if (str_starts(name, STR("observation-")) && fold__member(first, STR("type"), &member)) {
        struct str said = fold__text(fold, &member);
        char *lower = arena_alloc(fold->arena, said.len + 1);
        for (size_t i = 0; lower && i < said.len; i++)
            lower[i] =
                said.ptr[i] >= 'A' && said.ptr[i] <= 'Z' ? (char)(said.ptr[i] + 32) : said.ptr[i];
        return lower ? (struct str){lower, said.len} : STR("span");
    }
    return str_starts(name, STR("observation-"))
               ? STR("span")
               : arena_copy(fold->arena, str_sub(name, 0, str_find_byte(name, '-')));
}

static void set_parent(struct fold *fold, struct span *out)
{
    struct str parent = fold__last_text(fold, STR("parentObservationId"));
    uint8_t own[TRACE_ID_BYTES];
    if (parent.len) {
        foreign_span_id(parent, out->parent_id);
        return;
    }
    foreign_root_id(out->trace_id, out->parent_id);
    /* An observation that named no trace is the root of one that has its name. */
    (void)merge_own_trace(fold->parts[0].span, fold->contents, fold->arena, own);
    if (memcmp(own, out->trace_id, sizeof own) == 0)
        memset(out->parent_id, 0, sizeof out->parent_id);
}

static void set_end(const struct fold *fold, struct str type, struct span *out)
{
    struct member member;
    if (fold__last(fold, STR("endTime"), &member) && read_time(fold, &member, &out->end_ns)) {
        if (out->end_ns < out->start_ns)
            out->end_ns = out->start_ns;
    } else if (str_equal(type, STR("event"))) {
        out->end_ns = out->start_ns;
    }
}

static void put_model(struct fold *fold)
{
    struct str costs;
    put_last(fold, STR("model"), STR("langfuse.observation.model.name"));
    put_last(fold, STR("modelParameters"), STR("langfuse.observation.model.parameters"));
    put_last(fold, STR("completionStartTime"), STR("langfuse.observation.completion_start_time"));
    put_last(fold, STR("promptName"), STR("langfuse.observation.prompt.name"));
    put_last(fold, STR("promptVersion"), STR("langfuse.observation.prompt.version"));
    struct str usage = langfuse__usage(fold, &costs);
    fold__put_text(fold, STR("langfuse.observation.usage_details"), usage);
    fold__put_text(fold, STR("langfuse.observation.cost_details"), costs);
}

static bool make_observation(struct fold *fold, struct span *out)
{
    struct member member;
    struct str type = type_of(fold);
    if (fold__first(fold, FOREIGN_SPAN_KEY, &member))
        fold__put_text(fold, FOREIGN_SPAN_KEY, fold__text(fold, &member));
    out->name = fold__last_text(fold, STR("name"));
    if (!out->name.len)
        out->name = type;
    out->start_ns = start_of(fold, STR("startTime"));
    set_end(fold, type, out);
    set_parent(fold, out);
    fold__put_text(fold, STR("langfuse.observation.type"), type);
    fold__put_text(fold, STR("langfuse.parent.id"),
                   fold__last_text(fold, STR("parentObservationId")));
    struct str level = fold__last_text(fold, STR("level"));
    struct str message = fold__last_text(fold, STR("statusMessage"));
    fold__put_text(fold, STR("langfuse.observation.level"), level);
    fold__put_text(fold, STR("langfuse.observation.status_message"), message);
    if (str_equal(level, STR("ERROR"))) {
        out->status = SPAN_ERROR;
        out->status_message = message;
    }
    put_last(fold, STR("version"), STR("langfuse.version"));
    put_model(fold);
    fold__put_text(fold, STR("langfuse.observation.metadata"), fold__metadata(fold));
    put_content(fold, STR("input"), STR("langfuse.observation.input"));
    put_content(fold, STR("output"), STR("langfuse.observation.output"));
    return true;
}

bool langfuse__span(struct fold *fold, const uint8_t *known_trace, struct span *out)
{
    const struct span *first = fold->parts[0].span;
    set_trace(fold, known_trace, out);
    memcpy(out->span_id, first->span_id, SPAN_ID_BYTES);
    out->kind = 1; /* internal */
    put_environment(fold);
    return str_equal(first->name, STR("trace-create")) ? make_trace(fold, out)
                                                       : make_observation(fold, out);
}
