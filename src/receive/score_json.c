/* SPDX-License-Identifier: Apache-2.0 */
/* score_json: see score_json.h. Messages begin with the member's name as senders of our own API
 * know it. */
#include "receive/score_json.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

#include "model/foreign_id.h"

enum status score_read_text(const struct json *object, struct str key, size_t most,
                            struct str *out_text, struct error *error)
{
    const struct json *member = json_get(object, key);
    *out_text = STR_NONE;
    if (!member || member->type == JSON_NULL)
        return STATUS_OK;
    if (member->type != JSON_STRING)
        return fail(error, STATUS_INVALID, "%.*s: expected a text", STR_ARGS(key));
    if (member->string.len > most)
        return fail(error, STATUS_INVALID, "%.*s: has %zu bytes, at most %zu are kept",
                    STR_ARGS(key), member->string.len, most);
    *out_text = member->string;
    return STATUS_OK;
}

enum status score_read_kinds(const struct json *object, struct str key, const char *types,
                             const char *sources, struct score *score, bool *out_has_type,
                             struct error *error)
{
    struct str type, source;
    enum status status = score_read_text(object, key, 40, &type, error);
    if (status == STATUS_OK)
        status = score_read_text(object, STR("source"), 40, &source, error);
    if (status != STATUS_OK)
        return status;
    *out_has_type = type.len > 0;
    if (type.len && !score_type_parse(type, &score->type))
        return fail(error, STATUS_INVALID, "%.*s: expected %s", STR_ARGS(key), types);
    if (source.len && !score_source_parse(source, &score->source))
        return fail(error, STATUS_INVALID, "source: expected %s", sources);
    return STATUS_OK;
}

static bool is_number(const struct json *value)
{
    return value->type == JSON_INT || value->type == JSON_UINT || value->type == JSON_DOUBLE;
}

static enum status infer_type(const struct json *value, struct score *score, struct error *error)
{
    if (value->type == JSON_BOOL)
        score->type = SCORE_BOOLEAN;
    else if (value->type == JSON_STRING)
        score->type = SCORE_CATEGORICAL;
    else if (is_number(value))
        score->type = SCORE_NUMERIC;
    else
        return fail(error, STATUS_INVALID, "value: expected a number, a text, true or false");
    return STATUS_OK;
}

static enum status read_number(const struct json *value, struct score *score, struct error *error)
{
    if (!is_number(value) || !json_number(value, &score->number) || !isfinite(score->number))
        return fail(error, STATUS_INVALID, "value: expected a number, the type is numeric");
    return STATUS_OK;
}

static enum status read_boolean(const struct json *value, struct score *score, struct error *error)
{
    double number = -1;
    if (value->type == JSON_BOOL)
        number = value->boolean;
    else if (is_number(value))
        json_number(value, &number);
    if (number != 0 && number != 1)
        return fail(error, STATUS_INVALID,
                    "value: expected true, false, 0 or 1, the type is boolean");
    score->number = number;
    return STATUS_OK;
}

enum status score_read_value(const struct json *value, bool has_type, struct score *score,
                             struct error *error)
{
    score->number = NAN;
    if (!value || value->type == JSON_NULL)
        return fail(error, STATUS_INVALID, "value: is missing");
    if (!has_type && infer_type(value, score, error) != STATUS_OK)
        return STATUS_INVALID;
    if (score->type == SCORE_NUMERIC)
        return read_number(value, score, error);
    if (score->type == SCORE_BOOLEAN)
        return read_boolean(value, score, error);
    if (value->type != JSON_STRING || value->string.len == 0)
        return fail(error, STATUS_INVALID, "value: expected a text, the type is %s",
                    score_type_name(score->type));
    if (value->string.len > SCORE_TEXT_BYTES_MAX)
        return fail(error, STATUS_INVALID, "value: has %zu bytes, at most %d are kept",
                    value->string.len, SCORE_TEXT_BYTES_MAX);
    score->text = value->string;
    return STATUS_OK;
}

enum status score_read_held(struct batch *batch, const struct json *value, bool has_type,
                            struct score *score, struct error *error)
{
    const struct score_configs *configs = batch->score_configs;
    struct score_config config;
    if (!configs || !score->config_id.len)
        return score_read_value(value, has_type, score, error);
    enum status status = configs->find(configs->context, batch->project_id, score->config_id,
                                       &batch->arena, &config, error);
    if (status == STATUS_OK && !has_type)
        score->type = config.type;
    if (status == STATUS_OK)
        status = score_read_value(value, true, score, error);
    return status == STATUS_OK ? score_config_apply(&config, score, error) : status;
}

enum status score_set_trace(struct batch *batch, struct score *score, struct str trace_id,
                            struct str span_id, struct error *error)
{
    if (span_id.len && !trace_id.len)
        return fail(error, STATUS_INVALID, "span_id: expected trace_id beside it");
    if (!trace_id.len)
        return STATUS_OK;
    struct attribute *kept = arena_array(&batch->arena, struct attribute, 2);
    if (!kept)
        return fail(error, STATUS_TOO_LARGE, "the batch is too large");
    score->attributes.items = kept;
    if (!foreign_trace_id(trace_id, score->trace_id))
        kept[score->attributes.count++] =
            (struct attribute){FOREIGN_TRACE_KEY, value_string(trace_id)};
    if (span_id.len && !foreign_span_id(span_id, score->span_id))
        kept[score->attributes.count++] =
            (struct attribute){FOREIGN_SPAN_KEY, value_string(span_id)};
    return STATUS_OK;
}

bool score_set_queue(struct batch *batch, struct score *score, struct str queue_id)
{
    if (!queue_id.len)
        return true;
    struct attribute *items =
        arena_array(&batch->arena, struct attribute, score->attributes.count + 1);
    if (!items)
        return false;
    if (score->attributes.count)
        memcpy(items, score->attributes.items, score->attributes.count * sizeof *items);
    items[score->attributes.count++] = (struct attribute){SCORE_QUEUE_KEY, value_string(queue_id)};
    score->attributes.items = items;
    return true;
}

enum status score_check_target(const struct score *score, struct error *error)
{
    int targets = !id_is_zero(score->trace_id, TRACE_ID_BYTES);
    targets += score->session.len > 0;
    targets += score->dataset_run.len > 0;
    if (targets == 1)
        return STATUS_OK;
    return fail(error, STATUS_INVALID, "expected exactly one of trace_id, session and dataset_run");
}

struct str score_make_id(struct arena *arena)
{
    uint8_t bytes[16];
    char hex[2 * sizeof bytes + 1];
    randombytes_buf(bytes, sizeof bytes);
    str_hex_encode(bytes, sizeof bytes, hex);
    return arena_copy(arena, (struct str){hex, 2 * sizeof bytes});
}
