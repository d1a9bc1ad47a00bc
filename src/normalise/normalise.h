/* SPDX-License-Identifier: Apache-2.0 */
/*
 * normalise: their names -> ours.
 *
 * One file a vocabulary (vocabularies.def lists them in the order of detection). The rules, their
 * order and the traps are those of docs/vocabularies.md. Pure functions of their input: the same
 * record gives the same observation today and at the next reindex.
 *
 * Threads  any; nothing is kept between calls.
 * Errors   none: what cannot be read is left out and the span is kept.
 */
#pragma once

#include "model/conversation.h"
#include "model/observation.h"

/* What belongs to a span besides itself. Logs are those that share its ids (may be empty). */
struct normalise_input {
    const struct batch *batch; /* its resource and scope tables */
    const struct span *span;
    const struct log_record *const *logs;
    const struct batch *const *log_batches; /* the batch of each log */
    size_t log_count;
    const struct content_source *contents; /* NULL: long texts count as absent */
};

/*
 * Fills *out_observation; texts are borrowed from the batch or the arena. On the way into the index
 * `with_provenance` is false; content already known from elsewhere is then read only if a needed
 * field stands in it.
 */
void normalise_span(const struct normalise_input *input, bool with_provenance, struct arena *arena,
                    struct observation *out_observation);

/* The span's messages, documents, parameters and tools, for people. */
void normalise_content(const struct normalise_input *input, const struct observation *observation,
                       struct arena *arena, struct conversation *out_conversation);

/* Names of resource attributes that any signal has. Empty when absent. */
struct normalise_origin {
    struct str service, environment, release, host;
};
void normalise_origin(const struct resource *resource, struct normalise_origin *out_origin);
/* The event's name of a log record: event_name, attribute event.name, body event.name. */
struct str normalise_log_event(const struct log_record *log);
