/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_body: datasets and items as people send them, checked: the same for Langfuse's API and
 * ours, which differ in their words. */
#pragma once

#include "control/datasets.h"
#include "serve/serve_private.h"

struct dataset_words {
    const char *input_schema, *expected_schema, *expected, *source_trace, *source_span;
    bool null_clears; /* else null leaves what is there, as if it were not said */
};
extern const struct dataset_words dataset_words_langfuse, dataset_words_ours;

/* A member of any type as JSON text; ptr NULL when it leaves what is there. */
enum status dataset_body_json(struct call *call, const struct json *body, const char *name,
                              bool null_clears, size_t most_bytes, struct str *out_json);
/* A text of at most so many bytes; ptr NULL when absent. */
enum status dataset_body_text(struct call *call, const struct json *body, const char *name,
                              bool null_clears, size_t most_bytes, struct str *out_text);
/* Name, description, metadata and schemas. Items that are there already must fit the schemas:
 * `existing` is the dataset as it is, NULL when it is new. */
enum status dataset_body_read(struct call *call, const struct json *body,
                              const struct dataset_words *words, const struct dataset *existing,
                              struct dataset *out_change);

struct dataset_schemas {
    const struct json *input, *expected; /* NULL: any */
};
enum status dataset_schemas_parse(struct call *call, const struct dataset *dataset,
                                  struct dataset_schemas *out_schemas);
/* One item, held to the schemas. What a new item leaves out counts as null. */
enum status dataset_body_item(struct call *call, const struct json *body,
                              const struct dataset_words *words,
                              const struct dataset_schemas *schemas, bool is_new,
                              struct dataset_item_change *out_change);
