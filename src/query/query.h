/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query: a question -> rows or documents. Questions are checked structs, made by serve from what
 * people send; SQL is made here and only here, every value bound as a parameter, every question
 * scoped to one project.
 *
 * Threads  any; a query object is read-only.
 * Limits   each question has a timeout; lists are paged; a trace's shape holds at most 200,000
 * spans (it says when there are more).
 */
#pragma once

#include "journal/journal.h"
#include "price/price.h"
#include "search/index.h"
#include "store/store.h"

struct table_source; /* lookup_table.h */

/* What a list can be sorted by: its name in requests, and the SQL that gives its value (NULL: it is
 * sorted here). */
struct sort_key {
    const char *name, *expression;
};

/* Where answers come from. */
struct query {
    struct store *store;
    struct journal *journal;
    struct price_book *prices;
    struct search_index *search;       /* NULL: searches read every text */
    const struct table_source *tables; /* that people uploaded; NULL: none */
};
