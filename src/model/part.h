/* SPDX-License-Identifier: Apache-2.0 */
/*
 * part: one thing that was said about a span while it happened ("it began", "it answered"), by
 * clients that tell of a span in several requests. A batch of parts has `is_partial`; src/merge
 * makes spans of them.
 *
 * As a span record: name is the kind of event, start_ns when it was said (which orders parts),
 * span_id whose part it is, trace_id all zero when it was not said. What was said stands in the
 * attributes, under the sender's names: texts, numbers and booleans as such, null as null, arrays
 * and objects as JSON text under the name with PART_JSON_SUFFIX. PART_ID_KEY is the event's own id,
 * by which a part that is sent again is known.
 */
#pragma once

#include "base/str.h"

#define PART_ID_KEY      STR("vitrine.part.id")
#define PART_JSON_SUFFIX ":json"
/* The name of a part that says nothing about a span: the trace, with all that came before, is
 * deleted. */
#define PART_DELETES_TRACE STR("trace-delete")
/* Of a merged span: where its parts stand, PART_REF_BYTES each: u32 segment, u32 record, u64 frame,
 * u64 hash of the event's id; little-endian. */
#define PARTS_KEY STR("vitrine.parts")
/* Of a merged span whose parts named no trace before: the trace it was in until then, 16 bytes. */
#define PART_MOVED_KEY STR("vitrine.moved_from")

enum { PART_REF_BYTES = 24, PARTS_MAX = 1000 };
