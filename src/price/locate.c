/* SPDX-License-Identifier: Apache-2.0 */
/*
 * locate: the line of a value in a YAML file, for error messages. libcyaml checks shapes and knows
 * lines; what we check after it (decimals, dates, overlaps) is found again here, by its path.
 */
#include "price/price_private.h"

#include <string.h>
#include <yaml.h>

struct walk {
    yaml_parser_t parser;
    size_t line; /* of the node last read */
};

/* Reads one event; false at an error. */
static bool next(struct walk *walk, yaml_event_type_t *out_type, yaml_event_t *event)
{
    if (!yaml_parser_parse(&walk->parser, event))
        return false;
    *out_type = event->type;
    walk->line = event->start_mark.line + 1;
    return true;
}

/* Skips the rest of a node whose first event was `type`. */
static bool skip(struct walk *walk, yaml_event_type_t type)
{
    int depth = type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT;
    while (depth > 0) {
        yaml_event_t event;
        if (!next(walk, &type, &event))
            return false;
        depth += type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT;
        depth -= type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT;
        yaml_event_delete(&event);
    }
    return true;
}

/* Moves to the child a step names; its first event's type goes to *type. */
static bool enter(struct walk *walk, const struct price_step *step, yaml_event_type_t *type)
{
    bool mapping = *type == YAML_MAPPING_START_EVENT;
    if (!mapping && *type != YAML_SEQUENCE_START_EVENT)
        return false;
    for (size_t i = 0;; i++) {
        yaml_event_t event;
        if (!next(walk, type, &event))
            return false;
        bool end = *type == YAML_MAPPING_END_EVENT || *type == YAML_SEQUENCE_END_EVENT;
        bool wanted = !end && (mapping ? *type == YAML_SCALAR_EVENT && step->key &&
                                             strcmp((char *)event.data.scalar.value, step->key) == 0
                                       : i == step->index);
        yaml_event_delete(&event);
        if (end)
            return false;
        if (wanted && !mapping)
            return true;
        if (!mapping) {
            if (!skip(walk, *type))
                return false;
            continue;
        }
        if (!next(walk, type, &event))
            return false;
        yaml_event_delete(&event);
        if (wanted)
            return true;
        if (!skip(walk, *type))
            return false;
    }
}

size_t price__locate(struct str text, const struct price_step *path, size_t depth)
{
    struct walk walk = {0};
    if (!yaml_parser_initialize(&walk.parser))
        return 0;
    yaml_parser_set_input_string(&walk.parser, (const unsigned char *)text.ptr, text.len);
    yaml_event_type_t type = YAML_NO_EVENT;
    size_t line = 0;
    while (type != YAML_MAPPING_START_EVENT && type != YAML_STREAM_END_EVENT) {
        yaml_event_t event;
        if (!next(&walk, &type, &event))
            goto done;
        yaml_event_delete(&event);
    }
    line = walk.line;
    for (size_t i = 0; i < depth && enter(&walk, &path[i], &type); i++)
        line = walk.line;
done:
    yaml_parser_delete(&walk.parser);
    return line;
}
