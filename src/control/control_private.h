/* SPDX-License-Identifier: Apache-2.0 */
/* control_private: what the files of this folder share. */
#pragma once

#include <pthread.h>
#include <sodium.h>
#include <sqlite3.h>

#include "control/control.h"

struct control_key {
    char public_key[64];
    unsigned char hash[crypto_generichash_BYTES];
    uint32_t project_id;
};

struct control {
    sqlite3 *db;
    pthread_mutex_t lock;                              /* around db and the key table */
    unsigned char pepper[crypto_generichash_KEYBYTES]; /* keys the hashes; made at first open */
    struct control_key *keys;
    size_t key_count, key_capacity;
    int64_t seen_version; /* of the file, when the keys were read */
};

/* Prepares, or words SQLite's complaint. */
enum status control__prepare(struct control *control, const char *sql, sqlite3_stmt **out_statement,
                             struct error *error);
enum status control__run(struct control *control, const char *sql, struct error *error);
enum status control__complain(struct control *control, struct error *error);
void control__bind(sqlite3_stmt *statement, int index, struct str text);
/* The same, ptr NULL as SQL's null. */
void control__bind_or_null(sqlite3_stmt *statement, int index, struct str text);
/* A column as text in the arena; STR_NONE for null. */
struct str control__column(sqlite3_stmt *statement, int index, struct arena *arena);
/* Steps a statement that gives no rows, and finalises it. */
enum status control__finish(struct control *control, sqlite3_stmt *statement, struct error *error);
/* The only number of a statement's only row; finalises it. */
enum status control__count(struct control *control, sqlite3_stmt *statement, int64_t *out_count,
                           struct error *error);
/* The only number of a statement whose only parameter is the project. */
enum status control__count_of(struct control *control, const char *sql, uint32_t project_id,
                              int64_t *out_count, struct error *error);
/* All rows of a statement, each of `size` bytes in the arena; finalises it. `read` fills one;
 * false: the arena is full. */
enum status control__rows(struct control *control, sqlite3_stmt *statement, size_t size,
                          bool (*read)(sqlite3_stmt *statement, struct arena *arena, void *out),
                          struct arena *arena, void **out_rows, size_t *out_count,
                          struct error *error);
/* A transaction, with the lock: control__end() writes it when `status` is OK, else nothing of it.
 */
enum status control__begin(struct control *control, struct error *error);
enum status control__end(struct control *control, enum status status, struct error *error);
enum { CONTROL_ID_BYTES = 32 };
/* 24 random hex digits, zero-terminated. */
void control__make_id(char out_id[CONTROL_ID_BYTES]);
/* Both with the lock held. */
enum status control__load_keys(struct control *control, struct error *error);
enum status control__add_key(struct control *control, uint32_t project_id,
                             const struct key_pair *pair, struct str note, struct error *error);
void control__make_pair(struct key_pair *out_pair);
