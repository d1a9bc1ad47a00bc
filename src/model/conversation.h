/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conversation: the content of one span in one shape, whichever vocabulary it was sent in. Made
 * when somebody looks at the span, never on the way in. Borrowed memory, as in observation.h.
 */
#pragma once

#include "model/observation.h"

enum part_type {
    PART_TEXT,
    PART_REASONING,
    PART_TOOL_CALL,
    PART_TOOL_RESULT,
    PART_MEDIA, /* image, audio, video, file: `uri`, or `text` as base64 */
    PART_DATA,  /* anything else, `text` is its JSON */
};
const char *part_type_name(enum part_type type); /* "text", "tool_call", … */

struct part {
    enum part_type type;
    struct str text;
    struct str id, name;  /* tool calls and results */
    struct str mime, uri; /* media */
};

struct message {
    struct str role; /* canonical: system, user, assistant, tool; else as sent */
    struct str name, finish;
    struct part *parts;
    size_t part_count;
};

struct messages {
    struct message *items;
    size_t count, capacity;
};

struct document {
    struct str id, content, metadata; /* metadata: JSON text */
    double score, distance;           /* NaN: absent */
};

struct tool_definition {
    struct str name, description, parameters; /* parameters: JSON text */
};

struct parameter {
    struct str name;
    struct value value;
};

struct conversation {
    struct messages input, output;
    struct part *system;
    struct tool_definition *tools;
    struct document *documents;
    struct parameter *parameters;
    size_t system_count, tool_count, document_count, parameter_count;
    struct str input_text, output_text; /* as sent, of any kind of span; ptr NULL: absent */
    struct str stacktrace;
};
