/* SPDX-License-Identifier: Apache-2.0 */
/* subjects: what comments and queues are about, from requests and into replies. */
#pragma once

#include "model/subject.h"
#include "serve/serve_private.h"

/* Of Langfuse's API: objectType and objectId. Whether it exists is not asked. */
enum status subject_read_object(struct call *call, const struct json *body,
                                struct subject *out_subject);
/* Of ours: exactly one of trace_id (with or without span_id), session and prompt_id. */
struct subject_words {
    struct str trace, span, session, prompt;
};
enum status subject_from_words(struct call *call, const struct subject_words *words,
                               struct subject *out_subject);
enum status subject_read_member(struct call *call, const struct json *object,
                                struct subject *out_subject);
/* STATUS_NOT_FOUND when the project has none such (yet). An observation gets its trace. Prompts are
 * the control database's to check. */
enum status subject_find(struct call *call, struct subject *subject);
/* "kind", "trace_id", "span_id", "session" and "prompt_id", into an object that is open. */
void out_subject(struct json_out *out, const struct subject *subject);
/* "TRACE", … */
const char *subject_object_type(enum subject_kind kind);
/* Reads one as Langfuse writes it, of any case. */
enum status subject_object_kind(struct call *call, struct str text, enum subject_kind *out_kind);
