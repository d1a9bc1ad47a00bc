/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_values: what Langfuse's clients ask of traces, observations and scores and only their
 * records say: metadata, texts, tools, kinds of usage.
 *
 * Conditions are looked at here, so that of texts only the answer travels to the engine. A trace's
 * record is that of its root.
 */
#pragma once

#include "query/langfuse_filter.h"
#include "query/record_walk.h"
#include "query/span_view.h"

/* How senders spell metadata: one attribute that is JSON, or one a member. */
struct langfuse_metadata_keys {
    const char *whole;
    const char *prefixes[2]; /* NULL: no more */
};
/* Of traces or observations. */
const struct langfuse_metadata_keys *langfuse_metadata_keys(enum langfuse_view view);
/* The price list's entry that a call was priced by, as /models names it; STR_NONE: none. */
struct str langfuse_model_id(const struct bill *bill);

/* Of a statement with langfuse_from(): its look-up. */
struct langfuse_reading {
    struct store_lookup lookup;
    const struct query *query;
    const struct langfuse_rows *rows;
    struct record_walk walk;
    struct arena scratch; /* of one record */
    bool with_view, with_content;
};
void langfuse_reading_init(struct langfuse_reading *reading, const struct query *query,
                           const struct langfuse_rows *rows, const _Atomic bool *cancelled);
void langfuse_reading_done(struct langfuse_reading *reading);
