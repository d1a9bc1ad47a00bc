/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: what is small, relational and precious, in SQLite: projects and keys (more nouns will
 * follow).
 *
 * Owns     the file. Secrets are stored as keyed hashes (libsodium), public keys as they are.
 * Threads  any; reads of projects and keys come from memory.
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"

struct control;

struct project {
    uint32_t id;
    struct str name, title; /* name: [a-z0-9-]{1,60} */
    bool is_demo;
    struct str public_key;
    int64_t created_ns;
};

/* The key pair as made or given, shown once. */
struct key_pair {
    char public_key[64], secret_key[64];
};

/* The first open creates the default project: with the pair given (both may be NULL), or a new one.
 * *out_first tells. */
enum status control_open(const char *path, const char *init_public_key, const char *init_secret_key,
                         struct control **out_control, bool *out_first, struct key_pair *out_pair,
                         struct error *error);
void control_close(struct control *control);

enum status control_project_create(struct control *control, struct str name, struct str title,
                                   bool is_demo, uint32_t *out_id, struct key_pair *out_pair,
                                   struct error *error); /* STATUS_CONFLICT: the name is taken */
/* The same with a pair the operator chose. */
enum status control_project_create_with(struct control *control, struct str name, struct str title,
                                        bool is_demo, const struct key_pair *pair, uint32_t *out_id,
                                        struct error *error);
enum status control_project_list(struct control *control, struct arena *arena,
                                 struct project **out_projects, size_t *out_count,
                                 struct error *error);
enum status control_project_find(struct control *control, struct str name, uint32_t *out_id);
/* Its keys open nothing any more, its name is free, and nobody reads its rows. Not the default one.
 */
enum status control_project_delete(struct control *control, struct str name, struct error *error);

enum { KEYS_MAX = 100, KEY_NOTE_BYTES_MAX = 200 }; /* of a project */
struct key_item {
    struct str public_key, note;
    int64_t created_ns;
};
/* Oldest first. */
enum status control_key_list(struct control *control, uint32_t project_id, struct arena *arena,
                             struct key_item **out_keys, size_t *out_count, struct error *error);
/* Adds a further key pair to a project. */
enum status control_key_create(struct control *control, uint32_t project_id, struct str note,
                               struct key_pair *out_pair, struct error *error);
/* From now on it opens nothing. STATUS_CONFLICT: it is the project's last. */
enum status control_key_delete(struct control *control, uint32_t project_id, struct str public_key,
                               struct error *error);
/* Call it about once a second: another process may have changed the keys (`vitrine key`). */
void control_refresh(struct control *control);
/* The project of a public key alone, which proves nothing: for what anybody may do. */
enum status control_public_key_find(struct control *control, struct str public_key,
                                    uint32_t *out_project_id);
/* Constant time in the secret. STATUS_UNAUTHENTICATED when the pair is unknown. */
enum status control_key_check(struct control *control, struct str public_key, struct str secret_key,
                              uint32_t *out_project_id);
