/* SPDX-License-Identifier: Apache-2.0 */
/* subjects: see subjects.h. Of ours, ids are hex, and kept under the name their sender knows. */
#include "serve/subjects.h"

#include "serve/langfuse_private.h"

const char *subject_object_type(enum subject_kind kind)
{
    static const char *const types[SUBJECT_KIND_COUNT] = {
        [SUBJECT_TRACE] = "TRACE",
        [SUBJECT_OBSERVATION] = "OBSERVATION",
        [SUBJECT_SESSION] = "SESSION",
        [SUBJECT_PROMPT] = "PROMPT",
    };
    return types[kind];
}

enum status subject_object_kind(struct call *call, struct str text, enum subject_kind *out_kind)
{
    return subject_kind_parse(text, out_kind)
               ? STATUS_OK
               : fail(&call->error, STATUS_INVALID,
                      "objectType: expected TRACE, OBSERVATION, SESSION or PROMPT");
}

static enum status make(struct call *call, enum subject_kind kind, const char *member,
                        struct str id, struct subject *out_subject)
{
    if (id.len == 0 || id.len > SUBJECT_ID_BYTES_MAX)
        return fail(&call->error, STATUS_INVALID, "%s: expected 1 to %d bytes", member,
                    SUBJECT_ID_BYTES_MAX);
    return subject_make(kind, id, &call->request->arena, out_subject)
               ? STATUS_OK
               : fail(&call->error, STATUS_TOO_LARGE, "%s: no memory for it", member);
}

enum status subject_read_object(struct call *call, const struct json *body,
                                struct subject *out_subject)
{
    struct str type, id;
    enum subject_kind kind;
    enum status status = body_text(call, body, "objectType", true, &type);
    if (status == STATUS_OK)
        status = subject_object_kind(call, type, &kind);
    if (status == STATUS_OK)
        status = body_text(call, body, "objectId", true, &id);
    return status == STATUS_OK ? make(call, kind, "objectId", id, out_subject) : status;
}

/* --- ours ----------------------------------------------------------------------------------- */

static enum status of_trace(struct call *call, const struct subject_words *words,
                            struct subject *out_subject)
{
    uint8_t trace[TRACE_ID_BYTES], span[SPAN_ID_BYTES];
    struct subject whole;
    if (!str_hex_decode(words->trace, trace, sizeof trace))
        return fail(&call->error, STATUS_INVALID, "trace_id: expected 32 hex digits");
    enum status status = make(call, SUBJECT_TRACE, "trace_id", words->trace, &whole);
    if (status != STATUS_OK)
        return status;
    *out_subject = whole;
    if (words->span.len == 0) {
        out_subject->id = langfuse__trace_id(call, trace_key(trace));
        return STATUS_OK;
    }
    if (!str_hex_decode(words->span, span, sizeof span))
        return fail(&call->error, STATUS_INVALID, "span_id: expected 16 hex digits");
    status = make(call, SUBJECT_OBSERVATION, "span_id", words->span, out_subject);
    out_subject->id = langfuse__span_id(call, id_half(span));
    out_subject->trace = whole.key;
    return status;
}

enum status subject_from_words(struct call *call, const struct subject_words *words,
                               struct subject *out_subject)
{
    int given = (words->trace.len > 0) + (words->session.len > 0) + (words->prompt.len > 0);
    if (given != 1 || (words->span.len && !words->trace.len))
        return fail(&call->error, STATUS_INVALID,
                    "trace_id: expected exactly one of trace_id (with or without span_id), session "
                    "and prompt_id");
    if (words->trace.len)
        return of_trace(call, words, out_subject);
    return words->session.len ? make(call, SUBJECT_SESSION, "session", words->session, out_subject)
                              : make(call, SUBJECT_PROMPT, "prompt_id", words->prompt, out_subject);
}

enum status subject_read_member(struct call *call, const struct json *object,
                                struct subject *out_subject)
{
    struct subject_words words;
    enum status status = body_text(call, object, "trace_id", false, &words.trace);
    if (status == STATUS_OK)
        status = body_text(call, object, "span_id", false, &words.span);
    if (status == STATUS_OK)
        status = body_text(call, object, "session", false, &words.session);
    if (status == STATUS_OK)
        status = body_text(call, object, "prompt_id", false, &words.prompt);
    return status == STATUS_OK ? subject_from_words(call, &words, out_subject) : status;
}

void out_subject(struct json_out *out, const struct subject *subject)
{
    bool is_span = subject->kind == SUBJECT_OBSERVATION;
    json_out_text(out, "kind", subject_kind_name(subject->kind));
    out_name(out, "trace_id", subject->trace);
    out_name(out, "span_id", is_span ? subject->key : STR_NONE);
    out_name(out, "session", subject->kind == SUBJECT_SESSION ? subject->id : STR_NONE);
    out_name(out, "prompt_id", subject->kind == SUBJECT_PROMPT ? subject->id : STR_NONE);
}

/* --- is it there? --------------------------------------------------------------------------- */

static enum status find_trace(struct call *call, const struct subject *subject)
{
    uint8_t bytes[TRACE_ID_BYTES];
    struct trace_summary trace;
    str_hex_decode(subject->key, bytes, sizeof bytes);
    return query_trace(call->query, call->request->project_id, trace_key(bytes),
                       &call->request->arena, &trace, &call->error);
}

static enum status find_observation(struct call *call, struct subject *subject)
{
    uint8_t bytes[SPAN_ID_BYTES], trace[TRACE_ID_BYTES];
    char hex[2 * TRACE_ID_BYTES + 1];
    struct langfuse_key key;
    str_hex_decode(subject->key, bytes, sizeof bytes);
    enum status status =
        query_langfuse_observation(call->query, call->request->project_id, id_half(bytes),
                                   &call->request->arena, &key, &call->error);
    if (status != STATUS_OK || subject->trace.len)
        return status;
    id_bytes(key.trace.hi, trace);
    id_bytes(key.trace.lo, trace + 8);
    str_hex_encode(trace, sizeof trace, hex);
    subject->trace = arena_copy(&call->request->arena, str_from(hex));
    return STATUS_OK;
}

static enum status find_session(struct call *call, const struct subject *subject)
{
    struct trace_list list;
    enum status status = langfuse__session_traces(call, subject->id, 1, &list);
    return status == STATUS_OK && list.count == 0 ? STATUS_NOT_FOUND : status;
}

enum status subject_find(struct call *call, struct subject *subject)
{
    enum status status = STATUS_OK;
    if (subject->kind == SUBJECT_TRACE)
        status = find_trace(call, subject);
    else if (subject->kind == SUBJECT_OBSERVATION)
        status = find_observation(call, subject);
    else if (subject->kind == SUBJECT_SESSION)
        status = find_session(call, subject);
    if (status == STATUS_NOT_FOUND)
        return fail(&call->error, status, "there is no %s '%.*s' in this project",
                    subject_kind_name(subject->kind),
                    (int)(subject->id.len > 100 ? 100 : subject->id.len), subject->id.ptr);
    return status;
}
