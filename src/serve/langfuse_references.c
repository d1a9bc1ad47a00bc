/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_references: a dataset item's payloads may hold files, as texts that name them:
 * @@@langfuseMedia:type=…|id=…|source=…@@@. Newer SDKs want to be told which texts these are, by a
 * path into the payload, and where the bytes are. A text that only contains such a name stays one,
 * and so does a file that is not there (yet).
 */
#include <stdio.h>

#include "control/media.h"
#include "serve/langfuse_datasets.h"

enum { REFERENCES_MAX = 100, PATH_BYTES = 500, DEPTH_MAX = 20, PAYLOAD_ARENA_BYTES = 64 << 20 };

struct finding {
    struct call *call;
    const char *field;
    char path[PATH_BYTES];
    size_t count;
};

/* The id in a text that is nothing but a reference; STR_NONE for any other. */
static struct str reference_id(struct str text)
{
    struct str rest, piece;
    const struct str begin = STR("@@@langfuseMedia:"), end = STR("@@@");
    if (!str_starts(text, begin) || !str_ends(text, end) || text.len < begin.len + end.len)
        return STR_NONE;
    rest = str_sub(text, begin.len, text.len - begin.len - end.len);
    while (str_take(&rest, '|', &piece))
        if (str_starts(piece, STR("id=")))
            return str_sub(piece, 3, piece.len);
    return STR_NONE;
}

static void take(struct finding *finding, struct str text)
{
    struct call *call = finding->call;
    struct media_item media;
    struct str id = reference_id(text);
    if (!id.len || finding->count >= REFERENCES_MAX ||
        control_media_find(call->options->control, call->request->project_id, id,
                           &call->request->arena, &media, NULL) != STATUS_OK ||
        media.uploaded_ns == 0)
        return;
    finding->count++;
    json_out_object(&call->out, NULL);
    json_out_text(&call->out, "field", finding->field);
    json_out_str(&call->out, "referenceString", text);
    json_out_text(&call->out, "jsonPath", finding->path);
    json_out_object(&call->out, "media");
    langfuse__media_members(call, &media);
    json_out_end_object(&call->out);
    json_out_end_object(&call->out);
}

static void walk(struct finding *finding, const struct json *json, size_t length, unsigned depth)
{
    if (json->type == JSON_STRING)
        take(finding, json->string);
    if (depth == DEPTH_MAX || (json->type != JSON_OBJECT && json->type != JSON_ARRAY))
        return;
    for (uint32_t i = 0; i < json->count; i++) {
        bool is_object = json->type == JSON_OBJECT;
        char *end = finding->path + length;
        size_t room = sizeof finding->path - length;
        struct str key = is_object ? json->members[i].key : STR_NONE;
        int written = is_object ? snprintf(end, room, "['%.*s']", STR_ARGS(key))
                                : snprintf(end, room, "[%u]", i);
        /* Clients end a key at the first of these: such a key has no path. */
        if (written > 0 && (size_t)written < room && !str_contains(key, STR("']")))
            walk(finding, is_object ? &json->members[i].value : &json->items[i],
                 length + (size_t)written, depth + 1);
    }
}

static void find_in(struct finding *finding, const char *field, struct str payload)
{
    struct arena arena;
    struct json json;
    if (!str_contains(payload, STR("@@@langfuseMedia:")))
        return;
    arena_init(&arena, PAYLOAD_ARENA_BYTES);
    finding->field = field;
    snprintf(finding->path, sizeof finding->path, "$");
    if (json_parse(payload, &arena, &json, NULL) == STATUS_OK)
        walk(finding, &json, 1, 0);
    arena_done(&arena);
}

void langfuse__write_references(struct call *call, const struct dataset_item *item)
{
    struct finding finding = {.call = call};
    json_out_array(&call->out, "mediaReferences");
    find_in(&finding, "input", item->input);
    find_in(&finding, "expectedOutput", item->expected);
    find_in(&finding, "metadata", item->metadata);
    json_out_end_array(&call->out);
}
