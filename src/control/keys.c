/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys: pairs of a public and a secret key, each belonging to one project.
 *
 * Secrets are long and random, so a keyed BLAKE2b of them is enough (a slow password hash would
 * only slow every request). All keys stay in memory: a check never touches the disk.
 */
#include "control/control_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static void hash_secret(const struct control *control, struct str secret,
                        unsigned char out[crypto_generichash_BYTES])
{
    crypto_generichash(out, crypto_generichash_BYTES, (const unsigned char *)secret.ptr, secret.len,
                       control->pepper, sizeof control->pepper);
}

/* 128 and 192 random bits as hex behind the prefixes that Langfuse clients expect to see. */
void control__make_pair(struct key_pair *out_pair)
{
    unsigned char random[40];
    char hex[sizeof random * 2 + 1];
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(hex, sizeof hex, random, sizeof random);
    snprintf(out_pair->public_key, sizeof out_pair->public_key, "pk-lf-%.32s", hex);
    snprintf(out_pair->secret_key, sizeof out_pair->secret_key, "sk-lf-%.48s", hex + 32);
}

enum status control__add_key(struct control *control, uint32_t project_id,
                             const struct key_pair *pair, struct str note, struct error *error)
{
    unsigned char hash[crypto_generichash_BYTES];
    hash_secret(control, str_from(pair->secret_key), hash);
    sqlite3_stmt *statement;
    enum status status =
        control__prepare(control,
                         "INSERT INTO api_key(public_key, hash, project_id, created_ns, note)"
                         " VALUES(?1, ?2, ?3, ?4, ?5)",
                         &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 1, str_from(pair->public_key));
    sqlite3_bind_blob(statement, 2, hash, sizeof hash, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, project_id);
    sqlite3_bind_int64(statement, 4, clock_now_ns());
    control__bind(statement, 5, note);
    int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (code == SQLITE_CONSTRAINT)
        return fail(error, STATUS_CONFLICT, "key: the public key '%s' is taken", pair->public_key);
    return code == SQLITE_DONE ? STATUS_OK : control__complain(control, error);
}

enum status control__load_keys(struct control *control, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control, "SELECT public_key, hash, project_id FROM api_key", &statement, error);
    if (status != STATUS_OK)
        return status;
    control->key_count = 0;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        if (control->key_count == control->key_capacity) {
            size_t wider = control->key_capacity ? control->key_capacity * 2 : 16;
            struct control_key *keys = realloc(control->keys, wider * sizeof *keys);
            if (!keys) {
                status = fail(error, STATUS_INTERNAL, "no memory for the keys");
                break;
            }
            control->keys = keys;
            control->key_capacity = wider;
        }
        struct control_key *key = &control->keys[control->key_count];
        if (sqlite3_column_bytes(statement, 1) != (int)sizeof key->hash)
            continue;
        snprintf(key->public_key, sizeof key->public_key, "%s",
                 (const char *)sqlite3_column_text(statement, 0));
        memcpy(key->hash, sqlite3_column_blob(statement, 1), sizeof key->hash);
        key->project_id = (uint32_t)sqlite3_column_int64(statement, 2);
        control->key_count++;
    }
    sqlite3_finalize(statement);
    return status;
}

/* Changes with every commit of another process. */
static int64_t file_version(struct control *control)
{
    sqlite3_stmt *statement;
    int64_t version = -1;
    if (control__prepare(control, "PRAGMA data_version", &statement, NULL) != STATUS_OK)
        return version;
    if (sqlite3_step(statement) == SQLITE_ROW)
        version = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return version;
}

void control_refresh(struct control *control)
{
    struct error error;
    pthread_mutex_lock(&control->lock);
    int64_t version = file_version(control);
    if (version != control->seen_version && control__load_keys(control, &error) == STATUS_OK)
        control->seen_version = version;
    pthread_mutex_unlock(&control->lock);
}

static int64_t count_keys(const struct control *control, uint32_t project_id)
{
    int64_t count = 0;
    for (size_t i = 0; i < control->key_count; i++)
        count += control->keys[i].project_id == project_id;
    return count;
}

enum status control_key_list(struct control *control, uint32_t project_id, struct arena *arena,
                             struct key_item **out_keys, size_t *out_count, struct error *error)
{
    struct key_item *keys = NULL;
    size_t count = 0, capacity = 0;
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status =
        control__prepare(control,
                         "SELECT public_key, note, created_ns FROM api_key WHERE project_id=?1"
                         " ORDER BY created_ns, rowid",
                         &statement, error);
    if (status == STATUS_OK) {
        sqlite3_bind_int64(statement, 1, project_id);
        while (status == STATUS_OK && sqlite3_step(statement) == SQLITE_ROW) {
            if (!arena_grow(arena, &keys, count, &capacity))
                status = fail(error, STATUS_TOO_LARGE, "too many keys for one reply");
            else
                keys[count++] = (struct key_item){
                    .public_key = control__column(statement, 0, arena),
                    .note = control__column(statement, 1, arena),
                    .created_ns = sqlite3_column_int64(statement, 2),
                };
        }
        sqlite3_finalize(statement);
    }
    pthread_mutex_unlock(&control->lock);
    *out_keys = keys;
    *out_count = count;
    return status;
}

enum status control_key_create(struct control *control, uint32_t project_id, struct str note,
                               struct key_pair *out_pair, struct error *error)
{
    struct key_pair pair;
    if (note.len > KEY_NOTE_BYTES_MAX)
        return fail(error, STATUS_TOO_LARGE, "note: at most %d bytes", KEY_NOTE_BYTES_MAX);
    control__make_pair(&pair);
    pthread_mutex_lock(&control->lock);
    enum status status =
        count_keys(control, project_id) >= KEYS_MAX
            ? fail(error, STATUS_TOO_LARGE, "keys: a project has at most %d", KEYS_MAX)
            : control__add_key(control, project_id, &pair, note, error);
    if (status == STATUS_OK)
        status = control__load_keys(control, error);
    pthread_mutex_unlock(&control->lock);
    if (status != STATUS_OK)
        return status;
    log_info("control", "a key was made", "project=%u public_key=%s", (unsigned)project_id,
             pair.public_key);
    *out_pair = pair;
    return STATUS_OK;
}

/* With the lock held; counted in the statement, so that two requests leave one. */
static enum status delete_key(struct control *control, uint32_t project_id, struct str public_key,
                              struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        control__prepare(control,
                         "DELETE FROM api_key WHERE project_id=?1 AND public_key=?2 AND"
                         " (SELECT count(*) FROM api_key WHERE project_id=?1) > 1",
                         &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, public_key);
    int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE)
        return control__complain(control, error);
    return sqlite3_changes(control->db) ? control__load_keys(control, error) : STATUS_NOT_FOUND;
}

enum status control_key_delete(struct control *control, uint32_t project_id, struct str public_key,
                               struct error *error)
{
    uint32_t owner = 0;
    if (control_public_key_find(control, public_key, &owner) != STATUS_OK || owner != project_id)
        return fail(error, STATUS_NOT_FOUND, "key: the project has no such key");
    pthread_mutex_lock(&control->lock);
    enum status status = delete_key(control, project_id, public_key, error);
    pthread_mutex_unlock(&control->lock);
    if (status == STATUS_NOT_FOUND)
        return fail(error, STATUS_CONFLICT,
                    "key: it is the project's last one; make another one first");
    if (status == STATUS_OK)
        log_info("control", "a key was revoked", "project=%u public_key=%.*s", (unsigned)project_id,
                 STR_ARGS(public_key));
    return status;
}

enum status control_key_check(struct control *control, struct str public_key, struct str secret_key,
                              uint32_t *out_project_id)
{
    unsigned char hash[crypto_generichash_BYTES];
    enum status status = STATUS_UNAUTHENTICATED;
    hash_secret(control, secret_key, hash);
    pthread_mutex_lock(&control->lock);
    for (size_t i = 0; i < control->key_count; i++) {
        const struct control_key *key = &control->keys[i];
        if (str_equal(str_from(key->public_key), public_key) &&
            sodium_memcmp(key->hash, hash, sizeof hash) == 0) {
            *out_project_id = key->project_id;
            status = STATUS_OK;
        }
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}

enum status control_public_key_find(struct control *control, struct str public_key,
                                    uint32_t *out_project_id)
{
    enum status status = STATUS_NOT_FOUND;
    pthread_mutex_lock(&control->lock);
    for (size_t i = 0; i < control->key_count && status != STATUS_OK; i++)
        if (str_equal(str_from(control->keys[i].public_key), public_key)) {
            *out_project_id = control->keys[i].project_id;
            status = STATUS_OK;
        }
    pthread_mutex_unlock(&control->lock);
    return status;
}
