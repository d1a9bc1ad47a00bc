/* SPDX-License-Identifier: Apache-2.0 */
/* documents: what a retrieval found, from any of the forms in use. Scores and distances stay apart.
 */
#include <math.h>

#include "normalise/normalise_private.h"
#include "wire/json.h"

enum { DOCUMENTS_MAX = 10000 };
#define FIRST(object, ...) json_first((object), (const char *const[]){__VA_ARGS__, NULL})

static double number_or_nan(const struct json *json)
{
    double number;
    return json && json_number(json, &number) ? number : NAN;
}

static bool document_from_json(struct content *content, const struct json *json,
                               struct document *out)
{
    *out = (struct document){.score = NAN, .distance = NAN};
    if (json->type == JSON_STRING) {
        out->content = json->string;
        return true;
    }
    const struct json *inner = FIRST(json, "document", "kwargs", "node");
    const struct json *outer = json;
    if (inner && inner->type == JSON_OBJECT)
        json = inner;
    if (json->type != JSON_OBJECT)
        return false;
    const struct json *body =
        FIRST(json, "content", "text", "page_content", "pageContent", "document");
    out->id = json_as_text(content, FIRST(json, "id", "document_id", "doc_id", "chunk_id"));
    out->content = json_as_text(content, body);
    out->metadata = json_as_text(content, FIRST(json, "metadata", "entity"));
    out->score = number_or_nan(FIRST(json, "score", "relevance_score", "relevanceScore"));
    if (isnan(out->score))
        out->score = number_or_nan(json_get(outer, STR("score")));
    out->distance = number_or_nan(json_get(json, STR("distance")));
    return out->id.len || out->content.len || out->metadata.len || !isnan(out->score);
}

static void documents_from_json(struct content *content, const struct json *json)
{
    struct conversation *out = content->out;
    if (json->type == JSON_OBJECT) {
        const struct json *list = FIRST(json, "documents", "results", "value", "hits", "matches");
        if (list && list->type == JSON_ARRAY)
            json = list;
    }
    if (json->type != JSON_ARRAY || json->count == 0)
        return;
    size_t count = json->count < DOCUMENTS_MAX ? json->count : DOCUMENTS_MAX, made = 0;
    struct document *documents = arena_array(content->arena, struct document, count);
    for (size_t i = 0; documents && i < count; i++)
        made += document_from_json(content, &json->items[i], &documents[made]);
    if (made) {
        out->documents = documents;
        out->document_count = made;
    }
}

/* Traceloop: one event a hit. */
static void documents_from_events(struct content *content)
{
    const struct span *span = content->reading->span;
    struct json json;
    struct document *documents = arena_array(content->arena, struct document, span->event_count);
    size_t made = 0;
    for (size_t i = 0; documents && i < span->event_count && made < DOCUMENTS_MAX; i++) {
        const struct span_event *event = &span->events[i];
        struct str prefix = str_equal(event->name, STR("db.query.result")) ? STR("db.query.result.")
                            : str_equal(event->name, STR("db.search.result"))
                                ? STR("db.search.result.")
                                : STR_NONE;
        if (!prefix.ptr)
            continue;
        struct str text = unflatten(content->arena, content->reading, &event->attributes, prefix);
        if (text.ptr && json_parse(text, content->arena, &json, NULL) == STATUS_OK) {
            struct document *document = &documents[made];
            made += document_from_json(content, &json, document);
        }
    }
    if (made) {
        content->out->documents = documents;
        content->out->document_count = made;
    }
}

static void documents_from_group(struct content *content, enum group group)
{
    struct reading *reading = content->reading;
    struct json json;
    if (!(reading->groups >> group & 1) || content->out->document_count)
        return;
    struct str text =
        unflatten(content->arena, reading, &reading->span->attributes, group_prefix(group));
    if (text.ptr && json_parse(text, content->arena, &json, NULL) == STATUS_OK)
        documents_from_json(content, &json);
}

void documents_fill(struct content *content)
{
    struct reading *reading = content->reading;
    const struct found *found;
    const struct row *row;
    struct json json;
    for (int from = -1; !content->out->document_count &&
                        (found = content_row(reading, SLOT_documents, &from, &row));)
        if (content_parse(content, found->value, &json))
            documents_from_json(content, &json);
    documents_from_group(content, GROUP_oi_documents);
    documents_from_group(content, GROUP_oi_reranked);
    documents_from_group(content, GROUP_oi_reranker_input);
    if (!content->out->document_count && reading->events & EVENT_HITS)
        documents_from_events(content);
}
