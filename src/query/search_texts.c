/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search_texts: the texts of a span as its vocabulary has them, each with the fields it counts for.
 *
 * Attributes that are JSON count only where `attribute:` is asked for when the span has messages:
 * the messages were read from them, and nobody looks for `"role"`.
 */
#include "normalise/value_json.h"
#include "query/search.h"

#define BIT(field) (UINT32_C(1) << SEARCH_##field)

struct visitor {
    const struct span_view *view;
    struct arena *arena;
    bool (*visit)(void *context, const struct span_text *text);
    void *context;
    bool done;
};

static void tell(struct visitor *visitor, enum search_field shown, uint32_t fields, struct str text,
                 bool quiet)
{
    if (visitor->done || text.len == 0)
        return;
    const struct span_text one = {fields | UINT32_C(1) << shown, shown, text, quiet};
    visitor->done = !visitor->visit(visitor->context, &one);
}

/* --- messages */

static void tell_part(struct visitor *visitor, enum search_field side, bool is_system,
                      const struct part *part)
{
    uint32_t fields = UINT32_C(1) << side;
    switch (part->type) {
    case PART_TOOL_CALL:
    case PART_TOOL_RESULT:
        tell(visitor, SEARCH_tool, fields, part->name, false);
        tell(visitor, SEARCH_tool, fields, part->text, false);
        break;
    case PART_MEDIA: /* base64 is no text */
        if (!str_starts(part->uri, STR("data:")))
            tell(visitor, side, 0, part->uri, false);
        break;
    default:
        tell(visitor, is_system ? SEARCH_system : side, fields, part->text, false);
    }
}

static void tell_messages(struct visitor *visitor, enum search_field side,
                          const struct messages *messages)
{
    /* The last messages are what is new in this span. */
    for (size_t i = messages->count; i-- > 0;) {
        const struct message *message = &messages->items[i];
        bool is_system = str_equal(message->role, STR("system"));
        for (size_t part = 0; part < message->part_count; part++)
            tell_part(visitor, side, is_system, &message->parts[part]);
    }
}

static void tell_conversation(struct visitor *visitor)
{
    const struct conversation *talk = &visitor->view->conversation;
    bool is_tool = visitor->view->observation.kind == KIND_TOOL;
    tell_messages(visitor, SEARCH_output, &talk->output);
    tell_messages(visitor, SEARCH_input, &talk->input);
    if (talk->output.count == 0)
        tell(visitor, SEARCH_output, is_tool ? BIT(tool) : 0, talk->output_text, false);
    if (talk->input.count == 0)
        tell(visitor, SEARCH_input, is_tool ? BIT(tool) : 0, talk->input_text, false);
    for (size_t i = 0; i < talk->system_count; i++)
        tell(visitor, SEARCH_system, BIT(input), talk->system[i].text, false);
    for (size_t i = 0; i < talk->document_count; i++) {
        tell(visitor, SEARCH_document, 0, talk->documents[i].content, false);
        tell(visitor, SEARCH_document, 0, talk->documents[i].id, false);
        tell(visitor, SEARCH_document, 0, talk->documents[i].metadata, false);
    }
}

static void tell_definitions(struct visitor *visitor)
{
    const struct conversation *talk = &visitor->view->conversation;
    for (size_t i = 0; i < talk->tool_count; i++) {
        tell(visitor, SEARCH_definition, 0, talk->tools[i].name, true);
        tell(visitor, SEARCH_definition, 0, talk->tools[i].description, true);
        tell(visitor, SEARCH_definition, 0, talk->tools[i].parameters, true);
    }
}

/* --- everything else */

static void tell_error(struct visitor *visitor)
{
    const struct observation *observation = &visitor->view->observation;
    if (!observation->is_error)
        return;
    tell(visitor, SEARCH_error, 0, observation->error_message, false);
    tell(visitor, SEARCH_error, 0, observation->error_type, false);
    tell(visitor, SEARCH_error, 0, visitor->view->conversation.stacktrace, false);
}

static bool has_messages(const struct span_view *view)
{
    return view->conversation.input.count || view->conversation.output.count;
}

static void tell_value(struct visitor *visitor, enum search_field shown, const struct value *value)
{
    if (visitor->done || value->type == VALUE_NULL || value->type == VALUE_BYTES)
        return;
    struct str text = value_plain_text(value, &visitor->view->contents, visitor->arena);
    bool is_json =
        value->type == VALUE_ARRAY || value->type == VALUE_MAP || search_looks_like_json(text);
    tell(visitor, shown, 0, text, is_json && has_messages(visitor->view));
}

static void tell_attributes(struct visitor *visitor, const struct attributes *attributes)
{
    for (size_t i = 0; i < attributes->count; i++)
        tell_value(visitor, SEARCH_attribute, &attributes->items[i].value);
}

void query_span_texts(const struct span_view *view, struct arena *arena,
                      bool (*visit)(void *context, const struct span_text *text), void *context)
{
    struct visitor visitor = {.view = view, .arena = arena, .visit = visit, .context = context};
    const struct span *span = view->span;
    tell_conversation(&visitor);
    tell_error(&visitor);
    tell(&visitor, SEARCH_name, 0, view->observation.name, false);
    tell(&visitor, SEARCH_name, 0, span->name, false);
    for (size_t i = 0; i < view->log_count; i++)
        tell_value(&visitor, SEARCH_log, &view->logs[i]->body);
    tell_definitions(&visitor);
    tell(&visitor, SEARCH_error, 0, span->status_message, !view->observation.is_error);
    tell_attributes(&visitor, &span->attributes);
    for (size_t i = 0; i < span->event_count && !visitor.done; i++) {
        tell(&visitor, SEARCH_attribute, 0, span->events[i].name, true);
        tell_attributes(&visitor, &span->events[i].attributes);
    }
}
