/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sql_functions: what the query language needs and the engine does not have, as functions that SQL
 * calls. One row of sql_functions.def each; a body sees one row's arguments and fills the result.
 */
#pragma once

#include "base/buf.h"
#include "store/store_private.h"

struct sql_value {
    bool null;
    int64_t integer; /* i, b */
    double number;   /* n */
    struct str text; /* t, k */
    /* l: a list of texts */
    struct str *items;
    bool *item_nulls;
    size_t item_count;
};

/* One call: `scratch` is empty, the result's text may stand in it. */
struct sql_call {
    const struct sql_value *args;
    size_t arg_count;
    struct buf *scratch;
    struct arena *arena; /* emptied behind each row */
};
typedef void (*sql_body)(const struct sql_call *call, struct sql_value *out);

#define SQL_FUNCTION(name, args, result, body)                                                     \
    void body(const struct sql_call *, struct sql_value *);
#include "store/sql_functions.def"
#undef SQL_FUNCTION

enum status store__define_functions(struct store *store, struct error *error);
/* lookup.c: asker_values() and tally(), functions of the question that is running. */
enum status store__define_lookup(struct store *store, struct error *error);

/* --- what bodies share ------------------------------------------------------------------------ */
/* The number that a text is and nothing but it: "12", "-1.5e3"; not " 1", "0x1", "nan". */
bool sql_text_number(struct str text, double *out_number);
/* The number of a dynamic value: of a number, a boolean, a text that spells one. */
bool sql_any_number(struct str any, double *out_number);
void sql_write_number(struct buf *out, double number); /* shortest that reads back the same */
