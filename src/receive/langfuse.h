/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse: what the files of the Langfuse receivers share. docs/langfuse.md tells the whole. */
#pragma once

#include "receive/receive.h"
#include "wire/json.h"

enum { LANGFUSE_REASON_BYTES = 300 };

/* One event of a batch, its envelope checked. */
struct langfuse_event {
    struct str id, type;
    int64_t time_ns;
    const struct json *body; /* an object */
    struct str about;        /* id of what it is about; empty: the body's */
};

/* A part of a trace or an observation, into a partial batch. Messages begin with "body.". */
enum status langfuse_part(struct batch *batch, const struct langfuse_event *event,
                          struct error *error);
/* The resource and scope of the batch's parts: who sent them. */
enum status langfuse_source(const struct request *request, struct batch *batch,
                            struct error *error);

/* A score from a body of the JSON API; the record is in the batch already. `fallback_id` when the
 * body has none. Messages begin with the member's name. */
enum status langfuse_score(struct batch *batch, struct score *score, const struct json *body,
                           struct str fallback_id, int64_t time_ns, struct error *error);
