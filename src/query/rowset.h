/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rowset: the rows of a question held in memory, for commands that look at more than one row at a
 * time (accum, fillmissing, join …). A plan ends in front of such a command, its rows are kept
 * here, the command changes them, and what stands behind it is planned with them as the source.
 *
 * A column is an array of cells of its own. Order of the rows is that of the arrays.
 *
 * Owns     everything in its arena.
 * Threads  one.
 * Limits   below. Beyond them STATUS_TOO_LARGE, with a message that says what to do.
 */
#pragma once

#include "language/language.h"
#include "query/ask.h"

enum { ROWSET_ROWS_MAX = 100000, ROWSET_COLUMNS_MAX = 400, ROWSET_BYTES_MAX = 256 << 20 };

struct rowset_column {
    struct str name;
    enum ask_type type;
    bool hidden;     /* asked for by what stands behind, not shown */
    bool is_default; /* shown because no command named columns; `fields` behind it takes over */
    struct ask_cell *cells;
};

struct rowset {
    struct arena arena;
    struct rowset_column *columns;
    size_t column_count, column_capacity;
    size_t row_count, row_capacity;
    struct ask_pointer *pointers; /* where rows lead; NULL: they are no longer single spans */
    enum ask_shape shape;
};

void rowset_init(struct rowset *rowset);
void rowset_done(struct rowset *rowset);

/* The last of the name; NULL: there is none. */
struct rowset_column *rowset_find(const struct rowset *rowset, struct str name);
/* A column of nulls, shown; one that has the name already is emptied, where it stands. NULL: too
 * large. */
struct rowset_column *rowset_put(struct rowset *rowset, struct str name, enum ask_type type);
/* One more row of nulls at the end; false: too large. */
bool rowset_add_row(struct rowset *rowset);
/* Only the rows that are marked stay. */
void rowset_keep(struct rowset *rowset, const bool *marks);
/* Rows in another order, or some of them several times; index SIZE_MAX is a row of nulls. False:
 * too large. */
bool rowset_pick(struct rowset *rowset, const size_t *indexes, size_t count);

enum status rowset_full(struct str command, struct error *error);

/* Of the columns of an answer the first ones are there by default, and the last ones hidden. */
struct rowset_shown {
    size_t by_default, shown;
};

struct rowset_taker {
    struct rowset *rowset;
    struct rowset_shown columns;
    struct str command; /* whose rows they are, for the message */
};
struct ask_sink rowset_sink(struct rowset_taker *taker);

/* --- cells ----------------------------------------------------------------------------------- */

/* A number, a text that spells one and nothing else, 1 or 0 for a boolean. */
bool cell_number(const struct ask_cell *cell, double *out_number);
/* The same when it is whole, with every digit. */
bool cell_integer(const struct ask_cell *cell, int64_t *out_number);
struct ask_cell cell_of_integer(int64_t number);
struct ask_cell cell_of_number(double number); /* null when there is no such number */
struct ask_cell cell_of_text(struct str text); /* not copied */
/* With a text of its own; false: too large. */
bool cell_copy(const struct ask_cell *cell, struct arena *arena, struct ask_cell *out);
/* As text, for keys: a number and the text that spells it are the same. NONE of null. */
struct str cell_key(const struct ask_cell *cell, struct arena *arena);
/* As the engine takes it (store_any_make()); in the arena. */
struct str cell_any(const struct ask_cell *cell, struct arena *arena);
