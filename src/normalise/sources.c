/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources: the places of a span where its question and its answer may stand, in the order in which
 * they are believed. The order is the row's own (vocabularies say it), then how near the attribute
 * stands to the span.
 */
#include "normalise/normalise_private.h"

/* Other spans than model calls are better told by their whole input than by messages in it. */
static unsigned priority(const struct reading *reading, const struct source *source)
{
    unsigned order = source->rank & 0xFF, carrier = source->rank >> 12;
    if (carrier != CARRIER_SPAN && order < 90)
        order = 90;
    if (reading->out->kind != KIND_LLM) {
        if (order == 150)
            order = 66;
        else if (order == 130)
            order = 67;
        else if (order == 120)
            order = 68;
    }
    return order << 4 | carrier;
}

static void sort_sources(const struct reading *reading, struct source *sources, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct source moved = sources[i];
        size_t j = i;
        for (; j > 0 && priority(reading, &sources[j - 1]) > priority(reading, &moved); j--)
            sources[j] = sources[j - 1];
        sources[j] = moved;
    }
}

static void add_source(struct source *sources, uint16_t *count, unsigned order, enum shape shape,
                       enum group group)
{
    if (*count < SOURCES_MAX)
        sources[(*count)++] = (struct source){
            .rank = (uint16_t)order, .shape = (uint8_t)shape, .group = (uint8_t)group};
}

void sources_order(struct reading *reading)
{
    static const struct {
        enum group group;
        uint8_t order;
        bool in;
    } groups[] = {
        {GROUP_oi_input, 70, true},    {GROUP_oi_output, 70, false},
        {GROUP_tl_prompt, 80, true},   {GROUP_tl_completion, 80, false},
        {GROUP_oi_prompts, 110, true}, {GROUP_oi_choices, 110, false},
    };
    bool done = false; /* a second call only sorts again, for another kind */
    for (size_t i = 0; i < reading->source_in_count; i++)
        done |= reading->inputs[i].row == NULL;
    for (size_t i = 0; i < reading->source_out_count; i++)
        done |= reading->outputs[i].row == NULL;
    for (size_t i = 0; !done && i < sizeof groups / sizeof *groups; i++) {
        if (!(reading->groups >> groups[i].group & 1))
            continue;
        if (groups[i].in)
            add_source(reading->inputs, &reading->source_in_count, groups[i].order, SHAPE_INDEXED,
                       groups[i].group);
        else
            add_source(reading->outputs, &reading->source_out_count, groups[i].order, SHAPE_INDEXED,
                       groups[i].group);
    }
    if (!done && reading->events & EVENT_MESSAGES_IN)
        add_source(reading->inputs, &reading->source_in_count, 90, SHAPE_EVENTS, GROUP_NONE);
    if (!done && reading->events & EVENT_MESSAGES_OUT)
        add_source(reading->outputs, &reading->source_out_count, 90, SHAPE_EVENTS, GROUP_NONE);
    sort_sources(reading, reading->inputs, reading->source_in_count);
    sort_sources(reading, reading->outputs, reading->source_out_count);
}
