/* SPDX-License-Identifier: Apache-2.0 */
/*
 * normalise: the pipeline over one span. Detect the vocabulary, classify, let the rows fill the
 * slots, then decide what needs more than one of them. Only what one span can tell is decided here;
 * a trace's totals are its readers' business.
 */
#include "normalise/normalise_private.h"

/* Logfire's copy of a span that has just begun, or its log lines dressed as spans. */
static void logfire_type(struct reading *reading)
{
    struct observation *out = reading->out;
    if (kept_is(reading, KEEP_logfire_type, STR("pending_span"))) {
        out->flags |= OBSERVATION_PENDING;
    } else if (kept_is(reading, KEEP_logfire_type, STR("log")) &&
               !observation_kind_is_model_call(out->kind)) {
        out->kind = KIND_EVENT;
        reading_note(reading, SLOT_kind, STR("logfire"), STR("logfire.span_type"));
    }
}

static void root_decide(struct reading *reading)
{
    bool declared = false;
    if (id_is_zero(reading->span->parent_id, SPAN_ID_BYTES) ||
        (coerce_flag(reading->kept[KEEP_is_root], &declared) && declared))
        reading->out->flags |= OBSERVATION_ROOT;
}

/* Everything that both the index and people need: the sources of content are known afterwards. */
static void read_span(struct reading *reading)
{
    reading_detect(reading);
    root_decide(reading);
    if (reading->span->event_count)
        events_scan(reading);
    if (reading->input->log_count)
        logs_scan(reading);
    kind_decide(reading);
    reading_apply(reading, false);
    sources_order(reading);
}

void normalise_span(const struct normalise_input *input, bool with_provenance, struct arena *arena,
                    struct observation *out_observation)
{
    struct reading reading;
    observation_clear(out_observation);
    if (with_provenance)
        out_observation->provenance = arena_array(arena, struct provenance, FIELD_COUNT);
    reading_start(&reading, input, arena, out_observation);
    timing_clamp(&reading);
    read_span(&reading);
    if (reading.vocabulary->refine)
        reading.vocabulary->refine(&reading);
    for (unsigned i = 0; i < VOCABULARY_COUNT; i++) /* the rows of others may need it too */
        if (reading.evidence >> i & 1 && i != reading.vocabulary_number && vocabulary_at(i)->refine)
            vocabulary_at(i)->refine(&reading);
    model_decide(&reading);
    provider_decide(&reading);
    usage_decide(&reading);
    finish_decide(&reading);
    errors_decide(&reading);
    logfire_type(&reading);
    timing_decide(&reading);
    identity_decide(&reading);
    billing_decide(&reading);
    outcome_decide(&reading);
    preview_fill(&reading);
}

void normalise_origin(const struct resource *resource, struct normalise_origin *out_origin)
{
    static const struct {
        struct str key;
        uint8_t which, order;
    } keys[] = {
        {STR_INIT("service.name"), 0, 0},
        {STR_INIT("gen_ai.application_name"), 0, 1},
        {STR_INIT("langfuse.environment"), 1, 0},
        {STR_INIT("deployment.environment.name"), 1, 1},
        {STR_INIT("deployment.environment"), 1, 2},
        {STR_INIT("gen_ai.environment"), 1, 3},
        {STR_INIT("langfuse.release"), 2, 0},
        {STR_INIT("service.version"), 2, 1},
        {STR_INIT("host.name"), 3, 0},
        {STR_INIT("k8s.node.name"), 3, 1},
        {STR_INIT("host.id"), 3, 2},
    };
    *out_origin = (struct normalise_origin){0};
    struct str *const out[] = {&out_origin->service, &out_origin->environment, &out_origin->release,
                               &out_origin->host};
    uint8_t best[] = {UINT8_MAX, UINT8_MAX, UINT8_MAX, UINT8_MAX};
    for (size_t i = 0; i < resource->attributes.count; i++) {
        const struct attribute *attribute = &resource->attributes.items[i];
        if (attribute->value.type != VALUE_STRING || attribute->value.string.len == 0)
            continue;
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            if (keys[k].order > best[keys[k].which] || !str_equal(attribute->key, keys[k].key))
                continue;
            best[keys[k].which] = keys[k].order;
            *out[keys[k].which] = attribute->value.string;
        }
    }
}

/* --- for people ------------------------------------------------------------------------------ */

static void stacktrace_fill(struct content *content)
{
    struct reading *reading = content->reading;
    if (reading->exception)
        content->out->stacktrace =
            event_attribute(reading, &reading->exception->attributes, STR("exception.stacktrace"));
    for (size_t i = 0; !content->out->stacktrace.len && i < reading->input->log_count; i++)
        content->out->stacktrace = event_attribute(reading, &reading->input->logs[i]->attributes,
                                                   STR("exception.stacktrace"));
}

void normalise_content(const struct normalise_input *input, const struct observation *observation,
                       struct arena *arena, struct conversation *out_conversation)
{
    struct reading reading;
    struct observation again;
    *out_conversation = (struct conversation){0};
    observation_clear(&again);
    reading_start(&reading, input, arena, &again);
    read_span(&reading);
    again.kind = observation->kind;
    sources_order(&reading);
    struct content content = {.reading = &reading, .arena = arena, .out = out_conversation};
    content_fill(&content);
    documents_fill(&content);
    tools_fill(&content);
    parameters_fill(&content);
    stacktrace_fill(&content);
}
