/* SPDX-License-Identifier: Apache-2.0 */
/* merge_private: what the files of src/merge share: reading what parts said, in their order. */
#pragma once

#include "merge/merge.h"
#include "wire/json.h"

/* A part, its place in the order of saying. */
struct said {
    const struct span *span;
    const struct batch *batch;
    uint64_t time_ns;
    bool is_update;
};

struct fold {
    struct said *parts; /* by time; on ties what creates before what updates */
    size_t count;
    const struct content_source *contents;
    struct arena *arena; /* of the batch being made */
    struct attribute *attributes;
    size_t attribute_count, attribute_capacity;
    bool full;
};

/* One member of one part. `is_json`: the text is JSON, an array or an object. */
struct member {
    const struct value *value;
    bool is_json;
};

/* Whether the part said it at all, be it null. */
bool fold__member(const struct said *part, struct str key, struct member *out);
/* What was said last; a null said last clears it. */
bool fold__last(const struct fold *fold, struct str key, struct member *out);
bool fold__first(const struct fold *fold, struct str key, struct member *out);
/* The last that is worth something: not null, "", false, 0. */
bool fold__last_truthy(const struct fold *fold, struct str key, struct member *out);
/* Texts as they are, JSON as it stands, numbers in digits. */
struct str fold__text(const struct fold *fold, const struct member *member);
struct str fold__last_text(const struct fold *fold, struct str key);
bool fold__parse(const struct fold *fold, const struct member *member, struct json *out);

void fold__put(struct fold *fold, struct str key, struct value value);
void fold__put_text(struct fold *fold, struct str key, struct str text); /* empty: nothing */

/* --- json_merge.c: objects member by member, all else replaced */
struct str merge_json_text(const struct json *json, struct arena *arena);
/* The metadata of all parts, deeply merged; empty when there is none. */
struct str fold__metadata(const struct fold *fold);
/* A JSON array of the union of all parts' tags, sorted. */
struct value fold__tags(struct fold *fold);

/* --- langfuse_usage.c */
/* Usage and costs as one flat JSON object each, the way Langfuse normalises them. */
struct str langfuse__usage(const struct fold *fold, struct str *out_costs);

/* --- langfuse.c */
bool langfuse__span(struct fold *fold, const uint8_t *known_trace, struct span *out);
