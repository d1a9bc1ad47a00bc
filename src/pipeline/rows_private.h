/* SPDX-License-Identifier: Apache-2.0 */
/* rows_private: what rows*.c share. Hashes never change between versions (see rows.c). */
#pragma once

#include <xxhash.h>

#include "pipeline/rows.h"

enum { ROWS_SCRATCH_BYTES = 64 << 20 };

/* Each part is hashed with what came before as its seed, so "a","b" is not "ab","". */
static inline uint64_t rows__fold(uint64_t hash, const void *bytes, size_t size)
{
    return XXH3_64bits_withSeed(bytes, size, hash);
}

static inline uint64_t rows__fold_str(uint64_t hash, struct str text)
{
    return rows__fold(hash, text.ptr, text.len);
}

static inline struct store_place rows__place_of(const struct rows_context *context,
                                                const struct batch *batch, uint32_t record)
{
    return (struct store_place){
        .project_id = batch->project_id,
        .segment = context->frame.segment,
        .frame = context->frame.offset,
        .record = record,
        .arrival_ns = batch->arrival_ns,
    };
}

/* Of how many parts a span was merged; 0: it was sent as one. */
uint32_t rows__revision(const struct batch *batch, const struct span *span);
enum status rows__scores(const struct rows_context *context, const struct batch *batch,
                         uint32_t first, struct arena *scratch, struct error *error);
/* What a span or a log record says of evaluations, if it does. */
enum status rows__span_evaluations(const struct rows_context *context, const struct batch *batch,
                                   const struct span *span, struct str environment,
                                   struct arena *scratch, struct error *error);
enum status rows__log_evaluation(const struct rows_context *context, const struct batch *batch,
                                 const struct store_log *row, struct arena *scratch,
                                 struct error *error);
/* A JSON array of tags of a trace. */
enum status rows__tags(const struct rows_context *context, const struct batch *batch,
                       const uint8_t *trace_id, struct str tags, struct arena *scratch,
                       struct error *error);
/* Tags that a part says of its trace: they count even where no span is made of it. */
enum status rows__part_tags(const struct rows_context *context, const struct batch *batch,
                            struct arena *scratch, struct error *error);
/* What the sender called the ids, if they were not ours. */
enum status rows__alias(const struct rows_context *context, const struct batch *batch,
                        const struct attributes *attributes, const uint8_t *trace_id,
                        const uint8_t *span_id, struct arena *scratch, struct error *error);
