/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge: the parts of a span (model/part.h) -> that span.
 *
 * A pure function of the set of parts: in whatever order and number of requests they came, the same
 * parts make the same span. What each sender's events mean is in a file of its own.
 *
 * Threads  any; nothing is kept between calls.
 */
#pragma once

#include "model/batch.h"

/*
 * `parts` are batches of one span each, in the order they arrived, each event once. Adds the span
 * they make to `out`, under the resource of the last part. Where no part names a trace it is
 * `known_trace`, or, NULL, one of the span's own. *out_made is false when the parts do not (yet)
 * tell of a span: nothing but labels of a trace that others send. Texts live in out's arena. The
 * caller adds where the parts stand.
 */
enum status merge_parts(const struct batch *const *parts, size_t count, const uint8_t *known_trace,
                        const struct content_source *contents, struct batch *out, bool *out_made,
                        struct error *error);

/* The trace that the part's span is the root of when no part names one: it has the span's name.
 * Gives that name where it is not our hex, in the arena; else an empty text. */
struct str merge_own_trace(const struct span *part, const struct content_source *contents,
                           struct arena *arena, uint8_t out[TRACE_ID_BYTES]);
