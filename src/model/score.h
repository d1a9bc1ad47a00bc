/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score: a judgement of quality: by a person, a program or a model, about a trace, a span, a
 * session or a run over a dataset.
 *
 * A score is itself by its project and id; a later record of the same id replaces it, and a
 * tombstone (`deleted`) takes it away. Borrowed memory, as in the batch it stands in.
 */
#pragma once

#include "model/value.h"

enum score_type {
    SCORE_NUMERIC,     /* number */
    SCORE_CATEGORICAL, /* text is the category; number when it has one */
    SCORE_BOOLEAN,     /* number is 0 or 1 */
    SCORE_TEXT,        /* text */
    SCORE_CORRECTION,  /* text: what the output should have been */
    SCORE_TYPE_COUNT
};
const char *score_type_name(enum score_type type);                 /* "numeric", … */
bool score_type_parse(struct str name, enum score_type *out_type); /* any case */

enum score_source {
    SCORE_API,        /* a program that said nothing more */
    SCORE_EVAL,       /* an evaluator */
    SCORE_ANNOTATION, /* a person reviewing */
    SCORE_FEEDBACK,   /* the one the answer was for */
    SCORE_SOURCE_COUNT
};
const char *score_source_name(enum score_source source); /* "api", … */
bool score_source_parse(struct str name, enum score_source *out_source);

/* The attribute that says in which annotation queue a score was given. */
#define SCORE_QUEUE_KEY STR("langfuse.queue.id")

struct score {
    struct str id, name;
    enum score_type type;
    enum score_source source;
    bool deleted;  /* a tombstone: of the rest only id and time count */
    double number; /* NaN: none */
    struct str text;
    uint8_t trace_id[16], span_id[8]; /* all zero: none */
    struct str session, dataset_run;  /* names or ids, as the sender has them */
    struct str config_id, author, environment;
    uint64_t time_ns;
    struct value comment, metadata; /* texts, or VALUE_NULL; metadata is JSON */
    struct attributes attributes;   /* what else the sender said, under its own names */
};

enum {
    SCORE_ID_BYTES_MAX = 800,
    SCORE_NAME_BYTES_MAX = 500,
    SCORE_TEXT_BYTES_MAX = 65536,
};
