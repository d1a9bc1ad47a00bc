/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_payload: believable OTLP trace requests without end, the same for the same seed.
 *
 * Fat: agents at work, conversations of a dozen model calls, each call a span that carries its
 * whole history as gen_ai.input.messages, with a system prompt and tools shared by all
 * conversations of one agent; about 9 KB a span in the mean. Thin: spans of about 400 bytes with 7
 * attributes and no content. Calls: model calls of 12 models by 5,000 users, without content.
 * Prose: such calls with about 9 KB of text of which no two are alike, with rare words in it.
 *
 * New text is made of a vocabulary of invented words in Zipf's proportions, so that it compresses
 * about as English does. Threads one at a time; give each thread a generator with its own seed.
 */
#pragma once

#include "base/buf.h"

enum otlp_payload_kind {
    OTLP_PAYLOAD_FAT,
    OTLP_PAYLOAD_THIN,
    OTLP_PAYLOAD_CALLS,
    OTLP_PAYLOAD_PROSE
};
enum otlp_payload_form { OTLP_PAYLOAD_PROTOBUF, OTLP_PAYLOAD_JSON };

struct otlp_payload;

/* Spans begin at start_ns and move on by about a millisecond each. NULL when there is no memory. */
struct otlp_payload *otlp_payload_new(enum otlp_payload_kind kind, uint64_t seed,
                                      uint64_t start_ns);
void otlp_payload_free(struct otlp_payload *payload);
/* From now on spans move on by about step_ns each. */
void otlp_payload_pace(struct otlp_payload *payload, uint64_t step_ns);

/* Appends one ExportTraceServiceRequest with so many new spans. */
void otlp_payload_next(struct otlp_payload *payload, size_t spans, enum otlp_payload_form form,
                       struct buf *out);
