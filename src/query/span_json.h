/* SPDX-License-Identifier: Apache-2.0 */
/* span_json: a span as it was sent, as one JSON object: `@message`, and content?path=raw. */
#pragma once

#include "model/batch.h"
#include "wire/json.h"

/* Names and shape are those of CloudWatch's spans: traceId, spanId, name, kind, startTimeUnixNano,
 * durationNano, status, attributes, resource, scope, events, links. */
void span_write_json(struct json_out *out, const struct batch *batch, const struct span *span,
                     const struct content_source *contents, struct arena *arena);
