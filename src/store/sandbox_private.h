/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox_private: what the two sides of a sandbox say to each other.
 *
 *     here                                   the sandbox
 *     QUESTION sql, limit, views       ->
 *                                      <-    TREE json
 *     GO                               ->
 *                                      <-    HEAD columns
 *                                      <-    NEXT scan, view, columns
 *     CHUNK rows, columns              ->    (or LAST)
 *                                      <-    ROWS rows, columns
 *                                      <-    DONE | FAILED type, message, position
 *
 * A message is its length (u32), its kind (one byte) and its members, numbers little-endian. The
 * sandbox waits for the answer to what it asked. Here nothing that comes in is believed: lengths,
 * counts and types are checked, and whoever errs is ended.
 */
#pragma once

#include <sys/types.h>

#include "base/buf.h"
#include "store/reader.h"
#include "store/sandbox.h"

enum sandbox_message {
    MESSAGE_QUESTION = 1,
    MESSAGE_TREE,
    MESSAGE_GO,
    MESSAGE_HEAD,
    MESSAGE_NEXT,
    MESSAGE_CHUNK,
    MESSAGE_LAST,
    MESSAGE_ROWS,
    MESSAGE_DONE,
    MESSAGE_FAILED,
};

enum {
    SANDBOX_MESSAGE_BYTES = 256 << 20,
    SANDBOX_SOCKET = 3, /* the sandbox's end */
};

/* --- sandbox_wire.c ------------------------------------------------------------------------- */

/* Takes members off a message; `failed` sticks. */
struct sandbox_in {
    const char *ptr;
    size_t left;
    bool failed;
};
uint32_t sandbox__in_u32(struct sandbox_in *in);
uint64_t sandbox__in_u64(struct sandbox_in *in);
struct str sandbox__in_text(struct sandbox_in *in);

/* A message under construction: begin, add members with buf_add_*(), end. */
void sandbox__begin(struct buf *out, enum sandbox_message kind);
void sandbox__end(struct buf *out);
void sandbox__add_text(struct buf *out, struct str text);

/* A chunk of rows: their number, then each column: has a mask, the mask, and numbers of eight
 * bytes, booleans of one, or texts as lengths and bytes. */
void sandbox__add_chunk(struct buf *out, duckdb_data_chunk chunk);
struct sandbox_vector {
    const uint8_t *mask; /* NULL: all valid; a bit a row */
    struct str data;     /* numbers, booleans, or the lengths of texts */
    struct str bytes;    /* of texts */
};
/* The next column of `rows` rows. */
void sandbox__in_vector(struct sandbox_in *in, enum sandbox_type type, size_t rows,
                        struct sandbox_vector *out_vector);
static inline bool sandbox_is_text(enum sandbox_type type)
{
    return type == SANDBOX_TEXT || type == SANDBOX_JSON;
}
static inline bool sandbox_is_null(const struct sandbox_vector *vector, size_t row)
{
    return vector->mask && !(vector->mask[row / 8] >> (row % 8) & 1);
}

/* --- sandbox_process.c: the process, seen from the server --------------------------------------
 */

struct sandbox_process {
    struct store *store;
    struct reader *reader;         /* its clock and its place in the pool */
    const _Atomic bool *cancelled; /* NULL: never */
    int64_t deadline_ns;
    pid_t pid;
    int socket; /* -1: none */
    char *in;   /* what came in and was not looked at yet */
    size_t in_len, in_capacity;
};
enum status sandbox__process_start(struct sandbox_process *process, struct error *error);
/* Kills it when it still runs, waits until it is gone, and frees what came in. */
void sandbox__process_end(struct sandbox_process *process);
/* A message under construction, ended and sent. */
enum status sandbox__process_send(struct sandbox_process *process, struct buf *out,
                                  struct error *error);
/* The next message; it stays until it is dropped with its length. */
enum status sandbox__process_receive(struct sandbox_process *process,
                                     enum sandbox_message *out_kind, struct sandbox_in *out_in,
                                     size_t *out_len, struct error *error);
void sandbox__process_drop(struct sandbox_process *process, size_t len);

/* --- sandbox_scan.c: a view read from the index --------------------------------------------- */

struct sandbox_scan {
    const struct sandbox_view *view;
    duckdb_connection connection;
    bool open, connected, joined, has_result;
    duckdb_prepared_statement statement;
    duckdb_result result;
};
enum status sandbox__scan_start(struct sandbox_scan *scan, struct store *store,
                                struct reader *reader, const struct sandbox_view *view,
                                const uint32_t *columns, size_t column_count, struct error *error);
/* *out_chunk is NULL at the end. */
enum status sandbox__scan_next(struct sandbox_scan *scan, struct store *store,
                               struct reader *reader, duckdb_data_chunk *out_chunk,
                               struct error *error);
void sandbox__scan_done(struct sandbox_scan *scan, struct store *store, struct reader *reader);

/* --- sandbox_text.c ------------------------------------------------------------------------- */
/* The statement without its semicolon and what follows it. */
struct str sandbox__without_end(struct str text);
