/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query_fields: what the query language can ask of each source: rows of query_fields.def. A name
 * that is no row is an attribute or a path into the record as it was sent.
 */
#pragma once

#include "language/language.h"
#include "query/ask.h"

/* How the index keeps a value; what people see is made of it last. */
enum field_form {
    FORM_PLAIN,
    FORM_JOURNAL, /* only in the record */
    FORM_NAME,    /* a dictionary id; 0: absent */
    FORM_TRACE_ID,
    FORM_SPAN_ID,
    /* numbers that stand for words */
    FORM_KIND,
    FORM_STATUS,
    FORM_STATUS_CODE,
    FORM_ERROR_KIND,
    FORM_SEVERITY,
    FORM_METRIC_TYPE,
    FORM_SCORE_TYPE,
    FORM_SCORE_SOURCE,
};

struct query_field {
    enum source_id source;
    const char *name;
    enum ask_type type;
    enum field_form form;
    const char *sql; /* over a row `s` */
    const char *unit;
    int bytes;
    const char *description, *aliases;
};

/* By name or alias; NULL: no field of the source. */
const struct query_field *query_field_find(enum source_id source, struct str name);
/* The n-th field of a source, NULL at the end. */
const struct query_field *query_field_at(enum source_id source, size_t n);
/* The word behind a number; NULL: none. */
const char *form_word(enum field_form form, int64_t number);
enum { FORM_WORDS_MAX = 32 };
size_t form_words(enum field_form form); /* numbers are below; 0: the form has no words */
