/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_body: see dataset_body.h. */
#include "serve/dataset_body.h"

#include <stdio.h>

#include "serve/json_schema.h"

enum { CHECK_PAGE = 100 };

const struct dataset_words dataset_words_langfuse = {
    .input_schema = "inputSchema",
    .expected_schema = "expectedOutputSchema",
    .expected = "expectedOutput",
    .source_trace = "sourceTraceId",
    .source_span = "sourceObservationId",
};
const struct dataset_words dataset_words_ours = {
    .input_schema = "input_schema",
    .expected_schema = "expected_output_schema",
    .expected = "expected_output",
    .source_trace = "source_trace_id",
    .source_span = "source_span_id",
    .null_clears = true,
};

/* Objects and lists keep the bytes they came in. */
static struct str json_text(struct call *call, const struct json *json)
{
    struct buf buf = {0};
    struct json_out out = json_out(&buf);
    if (json->type == JSON_OBJECT || json->type == JSON_ARRAY)
        return json->raw;
    if (json->type == JSON_STRING)
        json_out_str(&out, NULL, json->string);
    else if (json->type == JSON_BOOL)
        json_out_bool(&out, NULL, json->boolean);
    else if (json->type == JSON_INT)
        json_out_int(&out, NULL, json->integer);
    else if (json->type == JSON_UINT)
        buf_printf(&buf, "%llu", (unsigned long long)json->integer);
    else if (json->type == JSON_DOUBLE)
        json_out_double(&out, NULL, json->number);
    else
        json_out_null(&out, NULL);
    struct str text = buf.failed ? STR_NONE : arena_copy(&call->request->arena, buf_str(&buf));
    buf_done(&buf);
    return text;
}

/* Whether a member says nothing. Null says "clear it" where null clears. */
static bool leaves(const struct json *member, bool null_clears)
{
    return !member || (member->type == JSON_NULL && !null_clears);
}

enum status dataset_body_json(struct call *call, const struct json *body, const char *name,
                              bool null_clears, size_t most_bytes, struct str *out_json)
{
    const struct json *member = json_get(body, str_from(name));
    *out_json = STR_NONE;
    if (leaves(member, null_clears))
        return STATUS_OK;
    if (member->type == JSON_NULL) {
        *out_json = STR("");
        return STATUS_OK;
    }
    *out_json = json_text(call, member);
    if (!out_json->ptr || out_json->len > most_bytes)
        return fail(&call->error, STATUS_TOO_LARGE, "%s: at most %zu bytes", name, most_bytes);
    return STATUS_OK;
}

enum status dataset_body_text(struct call *call, const struct json *body, const char *name,
                              bool null_clears, size_t most_bytes, struct str *out_text)
{
    const struct json *member = json_get(body, str_from(name));
    *out_text = STR_NONE;
    if (leaves(member, null_clears))
        return STATUS_OK;
    *out_text = STR("");
    if (member->type == JSON_NULL)
        return STATUS_OK;
    if (member->type != JSON_STRING)
        return fail(&call->error, STATUS_INVALID, "%s: expected a text", name);
    if (member->string.len > most_bytes)
        return fail(&call->error, STATUS_TOO_LARGE, "%s: at most %zu bytes", name, most_bytes);
    *out_text = member->string;
    return STATUS_OK;
}

/* --- datasets ------------------------------------------------------------------------------- */

static enum status read_schema(struct call *call, const struct json *body, const char *name,
                               bool null_clears, struct str *out_schema)
{
    const struct json *member = json_get(body, str_from(name));
    enum status status =
        dataset_body_json(call, body, name, null_clears, SCHEMA_BYTES_MAX, out_schema);
    if (status == STATUS_OK && out_schema->len)
        status = json_schema_check(name, member, &call->error);
    return status;
}

static enum status parse_schema(struct call *call, struct str text, const struct json **out_schema)
{
    struct json *schema = NULL;
    if (text.len) {
        schema = arena_new(&call->request->arena, struct json);
        enum status status = schema
                                 ? json_parse(text, &call->request->arena, schema, &call->error)
                                 : fail(&call->error, STATUS_TOO_LARGE, "the schema is too large");
        if (status != STATUS_OK)
            return status;
    }
    *out_schema = schema;
    return STATUS_OK;
}

enum status dataset_schemas_parse(struct call *call, const struct dataset *dataset,
                                  struct dataset_schemas *out_schemas)
{
    enum status status = parse_schema(call, dataset->input_schema, &out_schemas->input);
    if (status == STATUS_OK)
        status = parse_schema(call, dataset->expected_schema, &out_schemas->expected);
    return status;
}

static enum status hold(const char *name, const struct json *schema, struct str text,
                        struct arena *arena, struct error *error)
{
    struct json value = {.type = JSON_NULL};
    enum status status = STATUS_OK;
    if (!schema)
        return STATUS_OK;
    if (text.len)
        status = json_parse(text, arena, &value, error);
    return status == STATUS_OK ? json_schema_validate(name, schema, &value, error) : status;
}

/* A page of what is there; its memory goes with it. */
static enum status check_page(struct call *call, const struct dataset_schemas *schemas,
                              const struct dataset_words *words, struct str dataset_id,
                              struct dataset_page *page)
{
    struct arena arena;
    struct dataset_item *items;
    size_t count = 0;
    struct error why;
    const struct dataset_item_question question = {.project_id = call->request->project_id,
                                                   .dataset_id = dataset_id};
    arena_init(&arena, (size_t)CHECK_PAGE * 2 * DATASET_ITEM_BYTES_MAX);
    enum status status = control_dataset_items(call->options->control, &question, page, &arena,
                                               &items, &count, &call->error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        enum status fits = hold("input", schemas->input, items[i].input, &arena, &why);
        if (fits == STATUS_OK)
            fits = hold(words->expected, schemas->expected, items[i].expected, &arena, &why);
        if (fits != STATUS_OK)
            status = fail(&call->error, STATUS_INVALID,
                          "the dataset's item '%.*s' does not fit the new schema: %.300s",
                          (int)(items[i].id.len > 100 ? 100 : items[i].id.len), items[i].id.ptr,
                          why.text);
    }
    arena_done(&arena);
    return status;
}

/* Of what is there, everything must fit the schemas to come. */
static enum status check_existing(struct call *call, const struct dataset_words *words,
                                  const struct dataset *existing, const struct dataset *change)
{
    struct dataset_schemas schemas;
    struct dataset_page page = {.limit = CHECK_PAGE};
    enum status status = dataset_schemas_parse(call, change, &schemas);
    while (status == STATUS_OK && (schemas.input || schemas.expected)) {
        status = check_page(call, &schemas, words, existing->id, &page);
        page.skip += page.limit;
        if (page.skip >= page.total)
            break;
    }
    return status;
}

enum status dataset_body_read(struct call *call, const struct json *body,
                              const struct dataset_words *words, const struct dataset *existing,
                              struct dataset *out_change)
{
    struct dataset change = {.id = existing ? existing->id : STR_NONE};
    bool clears = words->null_clears;
    enum status status =
        dataset_body_text(call, body, "name", false, DATASET_NAME_BYTES_MAX, &change.name);
    if (status == STATUS_OK &&
        ((!change.name.ptr && !existing) || (change.name.ptr && str_trim(change.name).len == 0)))
        status = fail(&call->error, STATUS_INVALID, "name: expected a text that is not empty");
    if (status == STATUS_OK)
        status = dataset_body_text(call, body, "description", clears, DATASET_TEXT_BYTES_MAX,
                                   &change.description);
    if (status == STATUS_OK)
        status = dataset_body_json(call, body, "metadata", clears, DATASET_JSON_BYTES_MAX,
                                   &change.metadata);
    if (status == STATUS_OK)
        status = read_schema(call, body, words->input_schema, clears, &change.input_schema);
    if (status == STATUS_OK)
        status = read_schema(call, body, words->expected_schema, clears, &change.expected_schema);
    if (status == STATUS_OK && existing)
        status = check_existing(call, words, existing, &change);
    if (status == STATUS_OK)
        *out_change = change;
    return status;
}

/* --- items ---------------------------------------------------------------------------------- */

static enum status read_payloads(struct call *call, const struct json *body,
                                 const struct dataset_words *words,
                                 struct dataset_item_change *change)
{
    bool clears = words->null_clears;
    enum status status =
        dataset_body_json(call, body, "input", clears, DATASET_ITEM_BYTES_MAX, &change->input);
    if (status == STATUS_OK)
        status = dataset_body_json(call, body, words->expected, clears, DATASET_ITEM_BYTES_MAX,
                                   &change->expected);
    if (status == STATUS_OK)
        status = dataset_body_json(call, body, "metadata", clears, DATASET_ITEM_BYTES_MAX,
                                   &change->metadata);
    if (status == STATUS_OK &&
        change->input.len + change->expected.len + change->metadata.len > DATASET_ITEM_BYTES_MAX)
        status = fail(&call->error, STATUS_TOO_LARGE,
                      "an item's input, %s and metadata have at most %d bytes together",
                      words->expected, DATASET_ITEM_BYTES_MAX);
    return status;
}

static enum status read_state(struct call *call, const struct json *body,
                              enum item_state *out_state)
{
    struct str text;
    enum status status = dataset_body_text(call, body, "status", false, 100, &text);
    if (status != STATUS_OK || !text.ptr)
        return status;
    bool archived = str_equal_nocase(text, STR("archived"));
    if (!archived && !str_equal_nocase(text, STR("active")))
        return fail(&call->error, STATUS_INVALID, "status: expected ACTIVE or ARCHIVED");
    *out_state = archived ? ITEM_STATE_ARCHIVED : ITEM_STATE_ACTIVE;
    return STATUS_OK;
}

enum status dataset_body_item(struct call *call, const struct json *body,
                              const struct dataset_words *words,
                              const struct dataset_schemas *schemas, bool is_new,
                              struct dataset_item_change *out_change)
{
    struct dataset_item_change change = {.id = out_change->id};
    bool clears = words->null_clears;
    enum status status = read_payloads(call, body, words, &change);
    if (status == STATUS_OK)
        status = dataset_body_text(call, body, words->source_trace, clears, DATASET_ID_BYTES_MAX,
                                   &change.source_trace);
    if (status == STATUS_OK)
        status = dataset_body_text(call, body, words->source_span, clears, DATASET_ID_BYTES_MAX,
                                   &change.source_span);
    if (status == STATUS_OK)
        status = read_state(call, body, &change.state);
    if (status == STATUS_OK && (is_new || change.input.ptr))
        status = hold("input", schemas->input, change.input, &call->request->arena, &call->error);
    if (status == STATUS_OK && (is_new || change.expected.ptr))
        status = hold(words->expected, schemas->expected, change.expected, &call->request->arena,
                      &call->error);
    if (status == STATUS_OK)
        *out_change = change;
    return status;
}
