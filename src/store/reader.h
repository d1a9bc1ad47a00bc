/* SPDX-License-Identifier: Apache-2.0 */
/* reader: a connection of the pool, lent to one question at a time. */
#pragma once

#include "store/store_private.h"

/* Waits for a free connection, at most as long as the question may take (then STATUS_BUSY), and
 * starts its clock. */
enum status store__reader_take(struct store *store, const struct store_question *question,
                               struct reader **out_reader, struct error *error);
void store__reader_give_back(struct store *store, struct reader *reader);
/* Begins a transaction and prepares the statement in it; only a single SELECT passes. The
 * transaction ends with store__reader_finish(), whatever came of it. */
enum status store__reader_prepare(struct store *store, struct reader *reader, const char *sql,
                                  duckdb_prepared_statement *out_statement, struct error *error);
void store__reader_finish(struct reader *reader, duckdb_prepared_statement *statement);
/* An engine's error as ours: an interrupted question was cancelled or took too long. */
enum status store__reader_failed(struct store *store, struct reader *reader, duckdb_error_type type,
                                 const char *message, struct error *error);
/* Around a question: what it looks up is known to the engine's functions while it runs (lookup.c).
 * The end turns a failure into what the lookup said. */
enum status store__lookup_begin(struct reader *reader, struct store_lookup *lookup,
                                struct error *error);
void store__lookup_end(struct reader *reader, enum status *status, struct error *error);
bool store__reader_interrupted(struct store *store, struct reader *reader);
/* A further connection that works for the reader's question, in either engine. False: too many. */
bool store__reader_join(struct store *store, struct reader *reader, duckdb_connection connection);
void store__reader_leave(struct store *store, struct reader *reader, duckdb_connection connection);
/* One of the few sandboxes there may be at once; waits for it. */
enum status store__sandbox_enter(struct store *store, int timeout_ms, const _Atomic bool *cancelled,
                                 struct error *error);
void store__sandbox_leave(struct store *store);

/* --- duckdb_read.c ------------------------------------------------------------------------ */
enum status store__bind(duckdb_prepared_statement statement, const struct store_param *params,
                        size_t count, struct error *error);
