/* SPDX-License-Identifier: Apache-2.0 */
/* call_attributes: parameters and metadata of a model call, read from its span. */
#pragma once

#include "model/batch.h"
#include "model/call_attributes.h"

struct called_span {
    const struct span *span;
    const struct content_source *contents; /* NULL: long texts count as absent */
    struct arena *arena;
};
/* Looks where Langfuse's SDKs and OpenTelemetry say it. `span` must outlive the result. */
struct call_attributes span_call_attributes(const struct called_span *span);
