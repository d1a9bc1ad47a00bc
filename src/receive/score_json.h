/* SPDX-License-Identifier: Apache-2.0 */
/* score_json: what the receivers of scores share. */
#pragma once

#include "model/batch.h"
#include "wire/json.h"

/* A member that may be absent or null but must be a text of at most `most` bytes. */
enum status score_read_text(const struct json *object, struct str key, size_t most,
                            struct str *out_text, struct error *error);
/* Sets type and source where they are given, in any case of letters. `key` is the type's member;
 * `types` and `sources` are the words that a fault tells. */
enum status score_read_kinds(const struct json *object, struct str key, const char *types,
                             const char *sources, struct score *score, bool *out_has_type,
                             struct error *error);
/* Sets number and text from a value; without `has_type` the type, too, by what the value is. */
enum status score_read_value(const struct json *value, bool has_type, struct score *score,
                             struct error *error);
/* The same, kept to the config that the score names, which gives the type when the sender does not.
 * STATUS_NOT_FOUND: there is no such config. */
enum status score_read_held(struct batch *batch, const struct json *value, bool has_type,
                            struct score *score, struct error *error);
/* The annotation queue it was given in, empty: none; after score_set_trace(). False: the batch is
 * full. */
bool score_set_queue(struct batch *batch, struct score *score, struct str queue_id);
/* What the score is about. `batch` gets what must be remembered of foreign ids. */
enum status score_set_trace(struct batch *batch, struct score *score, struct str trace_id,
                            struct str span_id, struct error *error);
/* Exactly one of trace, session and dataset run. */
enum status score_check_target(const struct score *score, struct error *error);
/* 32 random hex digits. */
struct str score_make_id(struct arena *arena);
