/* SPDX-License-Identifier: Apache-2.0 */
/* call_attributes: see normalise/call_attributes.h. Each source is a JSON object with the name as a
 * member, or a prefix of the name. */
#include "normalise/call_attributes.h"

#include "normalise/normalise_private.h"
#include "normalise/value_json.h"

static const struct {
    enum call_attribute kind;
    bool is_prefix;
    struct str key;
} sources[] = {
    {CALL_PARAMETER, false, STR_INIT("langfuse.observation.model.parameters")},
    {CALL_PARAMETER, false, STR_INIT("llm.invocation_parameters")},
    {CALL_PARAMETER, true, STR_INIT("gen_ai.request.")},
    {CALL_PARAMETER, true, STR_INIT("openai.request.")},
    {CALL_METADATA, false, STR_INIT("langfuse.observation.metadata")},
    {CALL_METADATA, true, STR_INIT("langfuse.observation.metadata.")},
};

static struct str text_at(const struct called_span *called, struct str key)
{
    const struct value *value = attributes_get(&called->span->attributes, key);
    return value ? value_plain_text(value, called->contents, called->arena) : STR_NONE;
}

static struct str look(const struct called_span *called, size_t source, struct str key)
{
    struct str raw, whole;
    if (sources[source].is_prefix)
        return text_at(called, arena_printf(called->arena, "%.*s%.*s",
                                            STR_ARGS(sources[source].key), STR_ARGS(key)));
    whole = text_at(called, sources[source].key);
    return whole.len && peek_member(whole, key, &raw)
               ? peek_text(raw, CALL_ATTRIBUTE_BYTES_MAX, called->arena)
               : STR_NONE;
}

static bool is_any(const void *call, enum call_attribute kind, struct str key,
                   const struct str *texts, size_t count)
{
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct str said = sources[i].kind == kind ? look(call, i, key) : STR_NONE;
        if (!said.ptr)
            continue;
        for (size_t n = 0; n < count; n++)
            if (str_equal(said, texts[n]))
                return true;
    }
    return false;
}

struct call_attributes span_call_attributes(const struct called_span *span)
{
    return (struct call_attributes){is_any, span};
}
