/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events: what a span's events and joined log records say about the span itself: exceptions, the
 * first token, finish reasons, and whether messages stand there. Their content is read elsewhere.
 */
#include "normalise/normalise_private.h"

enum { EVENTS_LOOKED_AT_MAX = 1024 };

struct str event_attribute(const struct reading *reading, const struct attributes *attributes,
                           struct str key)
{
    struct str text;
    const struct value *value = attributes_get(attributes, key);
    return value && coerce_text(reading, value, &text) ? text : STR_NONE;
}

struct str normalise_log_event(const struct log_record *log)
{
    if (log->event_name.len)
        return log->event_name;
    const struct value *value = attributes_get(&log->attributes, STR("event.name"));
    if (value && value->type == VALUE_STRING && value->string.len)
        return value->string;
    for (size_t i = 0; log->body.type == VALUE_MAP && i < log->body.map.count; i++) {
        const struct attribute *member = &log->body.map.items[i];
        if (str_equal(member->key, STR("event.name")) && member->value.type == VALUE_STRING)
            return member->value.string;
    }
    return STR_NONE;
}

/* The rows of an event's keys compete as those of the span do, behind them. */
static void apply_attributes(struct reading *reading, const struct attributes *attributes,
                             enum carrier carrier)
{
    for (size_t i = 0; i < attributes->count && reading->found_count < FOUND_MAX; i++) {
        const struct key_entry *entry = key_find(attributes->items[i].key);
        if (!entry)
            continue;
        reading->hints |= entry->hint;
        reading->found[reading->found_count++] =
            (struct found){entry, &attributes->items[i].value, (uint8_t)carrier};
    }
}

static void first_token_at(struct reading *reading, uint64_t time_ns)
{
    if (time_ns && (!reading->first_token_event_ns || time_ns < reading->first_token_event_ns))
        reading->first_token_event_ns = time_ns;
}

enum event_effect {
    EFFECT_NONE,
    EFFECT_EXCEPTION,
    EFFECT_FIRST_TOKEN,
    EFFECT_FIRST_TOKEN_ATTRIBUTES,
    EFFECT_IN,
    EFFECT_OUT,
    EFFECT_DETAILS,
    EFFECT_HIT,
    EFFECT_ATTRIBUTES,
};

static enum event_effect effect_of(struct str name)
{
    static const struct {
        struct str name;
        enum event_effect effect;
    } known[] = {
        {STR_INIT("exception"), EFFECT_EXCEPTION},
        {STR_INIT("gen_ai.choice"), EFFECT_OUT},
        {STR_INIT("gen_ai.system.message"), EFFECT_IN},
        {STR_INIT("gen_ai.user.message"), EFFECT_IN},
        {STR_INIT("gen_ai.assistant.message"), EFFECT_IN},
        {STR_INIT("gen_ai.tool.message"), EFFECT_IN},
        {STR_INIT("gen_ai.content.prompt"), EFFECT_IN},
        {STR_INIT("gen_ai.content.completion"), EFFECT_OUT},
        {STR_INIT("gen_ai.client.inference.operation.details"), EFFECT_DETAILS},
        {STR_INIT("gen_ai.client.operation.exception"), EFFECT_ATTRIBUTES},
        {STR_INIT("First Token Stream Event"), EFFECT_FIRST_TOKEN},
        {STR_INIT("gen_ai.content.completion.chunk"), EFFECT_FIRST_TOKEN},
        {STR_INIT("llm.content.completion.chunk"), EFFECT_FIRST_TOKEN},
        {STR_INIT("mlflow.chunk.item.0"), EFFECT_FIRST_TOKEN},
        {STR_INIT("ai.stream.firstChunk"), EFFECT_FIRST_TOKEN_ATTRIBUTES},
        {STR_INIT("db.query.result"), EFFECT_HIT},
        {STR_INIT("db.search.result"), EFFECT_HIT},
        {STR_INIT("tool.output"), EFFECT_OUT},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_equal(name, known[i].name))
            return known[i].effect;
    return EFFECT_NONE;
}

static void note_finish(struct reading *reading, const struct attributes *attributes,
                        const struct value *body, enum carrier carrier)
{
    struct str raw = event_attribute(reading, attributes, STR("finish_reason"));
    for (size_t i = 0; !raw.len && body && body->type == VALUE_MAP && i < body->map.count; i++)
        if (str_equal(body->map.items[i].key, STR("finish_reason")))
            coerce_text(reading, &body->map.items[i].value, &raw);
    unsigned rank = (unsigned)carrier << 12;
    if (!raw.len || reading_has(reading, SLOT_finish))
        return;
    finish_set(reading, rank, NULL, raw);
    reading_note(reading, SLOT_finish, STR("otel_genai"), STR("gen_ai.choice finish_reason"));
}

static void take_effect(struct reading *reading, enum event_effect effect,
                        const struct span_event *event)
{
    switch (effect) {
    case EFFECT_EXCEPTION:
        reading->exception = event; /* the last one counts */
        break;
    case EFFECT_FIRST_TOKEN_ATTRIBUTES:
        apply_attributes(reading, &event->attributes, CARRIER_EVENT);
        first_token_at(reading, event->time_ns);
        break;
    case EFFECT_FIRST_TOKEN:
        first_token_at(reading, event->time_ns);
        break;
    case EFFECT_IN:
        reading->events |= EVENT_MESSAGES_IN;
        reading->hints |= HINT_CONTENT;
        break;
    case EFFECT_OUT:
        reading->events |= EVENT_MESSAGES_OUT;
        reading->hints |= HINT_CONTENT;
        note_finish(reading, &event->attributes, NULL, CARRIER_EVENT);
        break;
    case EFFECT_DETAILS:
        reading->events |= EVENT_MESSAGES_IN | EVENT_MESSAGES_OUT;
        apply_attributes(reading, &event->attributes, CARRIER_EVENT);
        break;
    case EFFECT_HIT:
        reading->events |= EVENT_HITS;
        break;
    case EFFECT_ATTRIBUTES:
    case EFFECT_NONE:
        break;
    }
}

void events_scan(struct reading *reading)
{
    const struct span *span = reading->span;
    size_t count = span->event_count;
    if (count > EVENTS_LOOKED_AT_MAX)
        count = EVENTS_LOOKED_AT_MAX;
    for (size_t i = 0; i < count; i++)
        take_effect(reading, effect_of(span->events[i].name), &span->events[i]);
}

static bool carries_messages(const struct log_record *log)
{
    if (log->body.type == VALUE_STRING) /* Spring AI */
        return str_starts(log->body.string, STR("Chat Model "));
    for (size_t i = 0; log->body.type == VALUE_MAP && i < log->body.map.count; i++) {
        struct str key = log->body.map.items[i].key;
        if (str_equal(key, STR("input")) || str_equal(key, STR("output")))
            return true;
    }
    return false;
}

void logs_scan(struct reading *reading)
{
    for (size_t i = 0; i < reading->input->log_count && i < EVENTS_LOOKED_AT_MAX; i++) {
        const struct log_record *log = reading->input->logs[i];
        switch (effect_of(normalise_log_event(log))) {
        case EFFECT_IN:
            reading->events |= EVENT_MESSAGES_IN;
            break;
        case EFFECT_OUT:
            reading->events |= EVENT_MESSAGES_OUT;
            note_finish(reading, &log->attributes, &log->body, CARRIER_LOG);
            break;
        case EFFECT_DETAILS:
            reading->events |= EVENT_MESSAGES_IN | EVENT_MESSAGES_OUT;
            apply_attributes(reading, &log->attributes, CARRIER_LOG);
            break;
        case EFFECT_EXCEPTION:
        case EFFECT_ATTRIBUTES:
            reading_rule_text(reading, SLOT_error_type,
                              event_attribute(reading, &log->attributes, STR("exception.type")),
                              "exception log");
            reading_rule_text(reading, SLOT_error_message,
                              event_attribute(reading, &log->attributes, STR("exception.message")),
                              "exception log");
            break;
        default:
            if (carries_messages(log)) /* ADOT moves content into logs named after the scope */
                reading->events |= EVENT_MESSAGES_IN | EVENT_MESSAGES_OUT;
            break;
        }
    }
}
