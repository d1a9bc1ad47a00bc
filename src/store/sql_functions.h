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
size_t sql_digits_at(struct str text, size_t at);      /* how many stand there */
/* The result: a dynamic value with the tag (0: none); a text, whatever it begins with. */
void sql_give_tagged(const struct sql_call *call, int tag, struct str text, struct sql_value *out);
void sql_give_text(const struct sql_call *call, struct str text, struct sql_value *out);
/* How two dynamic values compare; `order`: which is smaller is asked, too. False: they do not. */
bool sql_any_compare(struct str left, struct str right, bool order, int *out_order);
