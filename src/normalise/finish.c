/* SPDX-License-Identifier: Apache-2.0 */
/* finish: why a model stopped, in one word of six. The sender's word is kept beside it. */
#include "normalise/normalise_private.h"

static const struct {
    struct str raw, canonical;
} reasons[] = {
    {STR_INIT("stop"), STR_INIT("stop")},
    {STR_INIT("end_turn"), STR_INIT("stop")},
    {STR_INIT("stop_sequence"), STR_INIT("stop")},
    {STR_INIT("complete"), STR_INIT("stop")},
    {STR_INIT("pause_turn"), STR_INIT("stop")},
    {STR_INIT("completed"), STR_INIT("stop")},
    {STR_INIT("length"), STR_INIT("length")},
    {STR_INIT("max_tokens"), STR_INIT("length")},
    {STR_INIT("max_output_tokens"), STR_INIT("length")},
    {STR_INIT("model_length"), STR_INIT("length")},
    {STR_INIT("model_context_window_exceeded"), STR_INIT("length")},
    {STR_INIT("tool_calls"), STR_INIT("tool_calls")},
    {STR_INIT("tool_call"), STR_INIT("tool_calls")},
    {STR_INIT("tool-calls"), STR_INIT("tool_calls")},
    {STR_INIT("tool_use"), STR_INIT("tool_calls")},
    {STR_INIT("function_call"), STR_INIT("tool_calls")},
    {STR_INIT("content_filter"), STR_INIT("content_filter")},
    {STR_INIT("content-filter"), STR_INIT("content_filter")},
    {STR_INIT("content_filtered"), STR_INIT("content_filter")},
    {STR_INIT("guardrail_intervened"), STR_INIT("content_filter")},
    {STR_INIT("refusal"), STR_INIT("content_filter")},
    {STR_INIT("safety"), STR_INIT("content_filter")},
    {STR_INIT("recitation"), STR_INIT("content_filter")},
    {STR_INIT("language"), STR_INIT("content_filter")},
    {STR_INIT("blocklist"), STR_INIT("content_filter")},
    {STR_INIT("prohibited_content"), STR_INIT("content_filter")},
    {STR_INIT("spii"), STR_INIT("content_filter")},
    {STR_INIT("image_safety"), STR_INIT("content_filter")},
    {STR_INIT("image_prohibited_content"), STR_INIT("content_filter")},
    {STR_INIT("image_recitation"), STR_INIT("content_filter")},
    {STR_INIT("error"), STR_INIT("error")},
    {STR_INIT("malformed_function_call"), STR_INIT("error")},
    {STR_INIT("unexpected_tool_call"), STR_INIT("error")},
    {STR_INIT("malformed_model_output"), STR_INIT("error")},
    {STR_INIT("malformed_tool_use"), STR_INIT("error")},
    {STR_INIT("no_image"), STR_INIT("error")},
    {STR_INIT("image_other"), STR_INIT("error")},
    {STR_INIT("failed"), STR_INIT("error")},
};

static struct str finish_canonical(struct str raw)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (raw.len == reasons[i].raw.len && str_equal_nocase(raw, reasons[i].raw))
            return reasons[i].canonical;
    /* Enumerations printed with their type: "FinishReason.STOP", "FINISH_REASON_STOP". */
    size_t dot = str_rfind_byte(raw, '.');
    if (dot < raw.len)
        return finish_canonical(str_sub(raw, dot + 1, raw.len));
    return STR("other");
}

void finish_set(struct reading *reading, unsigned rank, const struct row *row, struct str raw)
{
    raw = str_trim(raw);
    if (raw.len == 0 || raw.len > 256 || str_equal(raw, STR("null")) || str_equal(raw, STR("None")))
        return;
    reading_set_text(reading, SLOT_finish, rank, row, finish_canonical(raw));
    reading_set_text(reading, SLOT_finish_raw, rank, row, raw);
}

void finish_read(struct reading *reading, const struct row *row, const struct value *value,
                 unsigned rank)
{
    struct str raw;
    if (coerce_list_first(reading, value, &raw))
        finish_set(reading, rank, row, raw);
}

/* gen_ai.completion.N.finish_reason: the first choice that has one. */
static void finish_from_indexed(struct reading *reading)
{
    const struct attributes *attributes = &reading->span->attributes;
    struct str prefix = group_prefix(GROUP_tl_completion), raw;
    for (size_t i = 0; i < attributes->count; i++) {
        struct str key = attributes->items[i].key;
        if (!str_starts(key, prefix) || !str_ends(key, STR(".finish_reason")) ||
            !coerce_text(reading, &attributes->items[i].value, &raw))
            continue;
        finish_set(reading, CARRIER_RULE << 12, NULL, raw);
        reading_note(reading, SLOT_finish, STR("openllmetry_legacy"), key);
        return;
    }
}

/* The last member of one of these names near the end of the output's text. */
static bool finish_in_text(struct reading *reading, struct str text, struct str *out)
{
    static const char *const members[] = {"\"finish_reason\"", "\"stop_reason\"",
                                          "\"finishReason\"", "\"stopReason\"", NULL};
    enum { WINDOW = 4096 };
    /* A finish reason stands in front of or behind the answer, not within it. */
    struct str windows[2] = {str_sub(text, text.len > WINDOW ? text.len - WINDOW : 0, WINDOW),
                             str_sub(text, 0, text.len > WINDOW ? WINDOW : 0)};
    for (size_t w = 0; w < 2; w++) {
        for (const char *const *member = members; *member; member++) {
            struct str name = str_from(*member);
            size_t at = str_find(windows[w], name);
            if (at >= windows[w].len)
                continue;
            struct str rest = str_trim(str_sub(windows[w], at + name.len, 300));
            if (rest.len < 3 || rest.ptr[0] != ':')
                continue;
            rest = str_trim(str_sub(rest, 1, rest.len));
            size_t end = rest.len && rest.ptr[0] == '"'
                             ? str_find_byte(str_sub(rest, 1, rest.len), '"')
                             : rest.len;
            if (end + 1 >= rest.len)
                continue;
            *out = peek_text(str_sub(rest, 0, end + 2), 64, reading->arena);
            return out->len > 0;
        }
    }
    return false;
}

/* OpenAI's Responses have a status; one that is incomplete says why in its details. */
static bool finish_in_status(struct reading *reading, struct str text, struct str *out)
{
    static const char *const words[] = {"\"completed\"", "\"incomplete\"", "\"failed\"", NULL};
    struct str raw;
    text = str_sub(text, 0, 1 << 16);
    if (text.ptr[0] != '{' || !peek_member(text, STR("status"), &raw))
        return false;
    for (const char *const *word = words; *word; word++) {
        if (!str_equal(raw, str_from(*word)))
            continue;
        struct str why;
        *out = peek_text(peek_path(text, "incomplete_details.reason", &why) ? why : raw, 64,
                         reading->arena);
        return out->len > 0;
    }
    return false;
}

static const struct value *map_member(const struct value *map, struct str key)
{
    for (size_t i = 0; map->type == VALUE_MAP && i < map->map.count; i++)
        if (str_equal(map->map.items[i].key, key))
            return &map->map.items[i].value;
    return NULL;
}

static void finish_from_sources(struct reading *reading)
{
    struct str raw;
    for (size_t i = 0; i < reading->source_out_count && !reading_has(reading, SLOT_finish); i++) {
        const struct source *source = &reading->outputs[i];
        if (!source->value)
            continue;
        bool found = false;
        if (source->value->type == VALUE_ARRAY && source->value->array.count) {
            const struct value *member =
                map_member(&source->value->array.items[0], STR("finish_reason"));
            found = member && coerce_text(reading, member, &raw);
        } else {
            struct str text = str_trim(coerce_content(reading, source->value, CONTENT_READ_MAX));
            found = text.len && (text.ptr[0] == '[' || text.ptr[0] == '{') &&
                    (finish_in_text(reading, text, &raw) || finish_in_status(reading, text, &raw));
        }
        if (!found)
            continue;
        finish_set(reading, CARRIER_RULE << 12, NULL, raw);
        reading_note(reading, SLOT_finish, str_from(vocabulary_at(source->row->owner)->name),
                     source->row->key);
    }
}

void finish_decide(struct reading *reading)
{
    struct observation *out = reading->out;
    if (out->kind == KIND_LLM && !reading_has(reading, SLOT_finish)) {
        if (reading->groups >> GROUP_tl_completion & 1)
            finish_from_indexed(reading);
        if (!reading_has(reading, SLOT_finish))
            finish_from_sources(reading);
    }
    if (!str_equal(out->finish, STR("content_filter")))
        return;
    reading_rule_number(reading, SLOT_guardrail_blocked, 1, "finish reason");
    if (str_equal_nocase(out->finish_raw, STR("guardrail_intervened")))
        reading_rule_number(reading, SLOT_guardrail_triggered, 1, "finish reason");
}
