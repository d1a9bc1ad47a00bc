/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: opens the SQLite file, brings its schema up to date and makes the default project.
 *
 * Each schema step is one entry of `steps` and runs once, in a transaction with the version
 * number, so an interrupted upgrade starts again where it was.
 */
#include "control/control_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const steps[] = {
    "CREATE TABLE secret(name TEXT PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE project(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    " title TEXT NOT NULL, is_demo INTEGER NOT NULL DEFAULT 0, created_ns INTEGER NOT NULL);"
    "CREATE TABLE api_key(public_key TEXT PRIMARY KEY, hash BLOB NOT NULL,"
    " project_id INTEGER NOT NULL REFERENCES project(id), created_ns INTEGER NOT NULL);"
    "CREATE INDEX api_key_project ON api_key(project_id);",
    "CREATE TABLE dashboard(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " project_id INTEGER NOT NULL REFERENCES project(id), revision INTEGER NOT NULL,"
    " title TEXT NOT NULL, description TEXT NOT NULL, widgets INTEGER NOT NULL,"
    " document TEXT NOT NULL, created_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL);"
    "CREATE INDEX dashboard_project ON dashboard(project_id);",
    "CREATE TABLE saved_query(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " project_id INTEGER NOT NULL REFERENCES project(id), name TEXT NOT NULL,"
    " description TEXT NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL, source TEXT NOT NULL,"
    " from_text TEXT NOT NULL, to_text TEXT NOT NULL, chart TEXT NOT NULL,"
    " created_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL, UNIQUE(project_id, name));",
    "CREATE TABLE prompt(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " project_id INTEGER NOT NULL REFERENCES project(id), name TEXT NOT NULL,"
    " version INTEGER NOT NULL, is_chat INTEGER NOT NULL, content TEXT NOT NULL,"
    " config TEXT NOT NULL, commit_message TEXT, created_by TEXT NOT NULL,"
    " created_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL, UNIQUE(project_id, name, version));"
    "CREATE TABLE prompt_label(project_id INTEGER NOT NULL, name TEXT NOT NULL,"
    " label TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY(project_id, name, label),"
    " FOREIGN KEY(project_id, name, version) REFERENCES prompt(project_id, name, version)"
    " ON DELETE CASCADE) WITHOUT ROWID;"
    "CREATE TABLE prompt_tag(project_id INTEGER NOT NULL, name TEXT NOT NULL, tag TEXT NOT NULL,"
    " PRIMARY KEY(project_id, name, tag)) WITHOUT ROWID;"
    "CREATE TABLE prompt_reference(parent_id INTEGER NOT NULL REFERENCES prompt(id)"
    " ON DELETE CASCADE, project_id INTEGER NOT NULL, child_name TEXT NOT NULL,"
    " child_version INTEGER NOT NULL, child_label TEXT NOT NULL);"
    "CREATE INDEX prompt_reference_parent ON prompt_reference(parent_id);"
    "CREATE INDEX prompt_reference_child ON prompt_reference(project_id, child_name);",
    "CREATE TABLE media(project_id INTEGER NOT NULL REFERENCES project(id), id TEXT NOT NULL,"
    " hash BLOB NOT NULL, content_type TEXT NOT NULL, length INTEGER NOT NULL,"
    " created_ns INTEGER NOT NULL, uploaded_ns INTEGER NOT NULL, PRIMARY KEY(project_id, id));"
    "CREATE INDEX media_hash ON media(hash);"
    "CREATE TABLE media_use(project_id INTEGER NOT NULL, media_id TEXT NOT NULL,"
    " trace TEXT NOT NULL, observation TEXT NOT NULL, dataset_item TEXT NOT NULL,"
    " field TEXT NOT NULL, used_ns INTEGER NOT NULL,"
    " PRIMARY KEY(project_id, media_id, trace, observation, dataset_item, field));"
    "CREATE INDEX media_use_trace ON media_use(project_id, trace);",
    "CREATE TABLE settings(project_id INTEGER PRIMARY KEY REFERENCES project(id),"
    " latency_target_ns INTEGER NOT NULL, monthly_budget INTEGER NOT NULL,"
    " success_score TEXT NOT NULL, success_least REAL NOT NULL, updated_ns INTEGER NOT NULL);",
    "CREATE TABLE dataset(id TEXT PRIMARY KEY,"
    " project_id INTEGER NOT NULL REFERENCES project(id), name TEXT NOT NULL, description TEXT,"
    " metadata TEXT, input_schema TEXT, expected_schema TEXT, created_ns INTEGER NOT NULL,"
    " updated_ns INTEGER NOT NULL, UNIQUE(project_id, name));"
    "CREATE TABLE dataset_item(project_id INTEGER NOT NULL, id TEXT NOT NULL,"
    " dataset_id TEXT NOT NULL REFERENCES dataset(id) ON DELETE CASCADE, from_ns INTEGER NOT NULL,"
    " to_ns INTEGER NOT NULL, archived INTEGER NOT NULL, input TEXT, expected TEXT, metadata TEXT,"
    " source_trace TEXT, source_span TEXT, created_ns INTEGER NOT NULL,"
    " PRIMARY KEY(project_id, id, from_ns)) WITHOUT ROWID;"
    "CREATE INDEX dataset_item_now ON dataset_item(dataset_id, to_ns, archived, created_ns);"
    "CREATE INDEX dataset_item_source ON dataset_item(project_id, source_trace)"
    " WHERE source_trace IS NOT NULL;"
    "CREATE TABLE dataset_run(id TEXT PRIMARY KEY, project_id INTEGER NOT NULL,"
    " dataset_id TEXT NOT NULL REFERENCES dataset(id) ON DELETE CASCADE, name TEXT NOT NULL,"
    " description TEXT, metadata TEXT, created_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL,"
    " UNIQUE(dataset_id, name));"
    "CREATE TABLE dataset_run_item(id TEXT PRIMARY KEY, project_id INTEGER NOT NULL,"
    " run_id TEXT NOT NULL REFERENCES dataset_run(id) ON DELETE CASCADE, item_id TEXT NOT NULL,"
    " trace TEXT NOT NULL, span TEXT NOT NULL, item_version_ns INTEGER NOT NULL,"
    " created_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL,"
    " UNIQUE(run_id, item_id, trace, span));"
    "CREATE INDEX dataset_run_item_item ON dataset_run_item(project_id, item_id);",
    "CREATE TABLE lookup_table(project_id INTEGER NOT NULL REFERENCES project(id),"
    " name TEXT NOT NULL, columns TEXT NOT NULL, row_count INTEGER NOT NULL, csv TEXT NOT NULL,"
    " created_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL, PRIMARY KEY(project_id, name));",
    "ALTER TABLE api_key ADD COLUMN note TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE project ADD COLUMN deleted_ns INTEGER NOT NULL DEFAULT 0;",
    "CREATE TABLE score_config(project_id INTEGER NOT NULL REFERENCES project(id),"
    " id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT, type INTEGER NOT NULL,"
    " archived INTEGER NOT NULL, least REAL, most REAL, created_ns INTEGER NOT NULL,"
    " updated_ns INTEGER NOT NULL, PRIMARY KEY(project_id, id));"
    "CREATE TABLE score_category(config_id TEXT NOT NULL REFERENCES score_config(id)"
    " ON DELETE CASCADE, position INTEGER NOT NULL, label TEXT NOT NULL, value REAL NOT NULL,"
    " PRIMARY KEY(config_id, position)) WITHOUT ROWID;",
    "CREATE TABLE comment(id TEXT PRIMARY KEY,"
    " project_id INTEGER NOT NULL REFERENCES project(id), kind INTEGER NOT NULL,"
    " subject TEXT NOT NULL, key TEXT NOT NULL, trace TEXT NOT NULL, content TEXT NOT NULL,"
    " author TEXT, created_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL);"
    "CREATE INDEX comment_subject ON comment(project_id, key, kind);"
    "CREATE INDEX comment_trace ON comment(project_id, trace);",
    "CREATE TABLE annotation_queue(id TEXT PRIMARY KEY,"
    " project_id INTEGER NOT NULL REFERENCES project(id), name TEXT NOT NULL, description TEXT,"
    " score_configs TEXT NOT NULL, created_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL,"
    " UNIQUE(project_id, name));"
    "CREATE TABLE annotation_item(number INTEGER PRIMARY KEY AUTOINCREMENT,"
    " id TEXT NOT NULL UNIQUE,"
    " queue_id TEXT NOT NULL REFERENCES annotation_queue(id) ON DELETE CASCADE,"
    " kind INTEGER NOT NULL, subject TEXT NOT NULL, key TEXT NOT NULL, trace TEXT NOT NULL,"
    " completed INTEGER NOT NULL, author TEXT, completed_ns INTEGER NOT NULL,"
    " created_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL);"
    "CREATE INDEX annotation_item_queue ON annotation_item(queue_id, completed);"
    "CREATE INDEX annotation_item_subject ON annotation_item(queue_id, key, kind);"
    "CREATE TABLE annotation_assignment(queue_id TEXT NOT NULL REFERENCES annotation_queue(id)"
    " ON DELETE CASCADE, user TEXT NOT NULL, PRIMARY KEY(queue_id, user)) WITHOUT ROWID;",
    "CREATE TABLE custom_price(project_id INTEGER NOT NULL REFERENCES project(id),"
    " id TEXT NOT NULL, model_name TEXT NOT NULL, match_pattern TEXT NOT NULL, unit TEXT,"
    " tokenizer_id TEXT, tokenizer_config TEXT, tiers TEXT NOT NULL, start_ns INTEGER,"
    " created_ns INTEGER NOT NULL, deleted_ns INTEGER NOT NULL, PRIMARY KEY(project_id, id));",
    /* One that was replaced keeps its id beside the one in its place. */
    "ALTER TABLE custom_price RENAME TO custom_price_before;"
    "CREATE TABLE custom_price(project_id INTEGER NOT NULL REFERENCES project(id),"
    " id TEXT NOT NULL, model_name TEXT NOT NULL, match_pattern TEXT NOT NULL, unit TEXT,"
    " tokenizer_id TEXT, tokenizer_config TEXT, tiers TEXT NOT NULL, start_ns INTEGER,"
    " created_ns INTEGER NOT NULL, deleted_ns INTEGER NOT NULL,"
    " PRIMARY KEY(project_id, id, created_ns));"
    "INSERT INTO custom_price SELECT * FROM custom_price_before;"
    "DROP TABLE custom_price_before;",
    "CREATE TABLE prompt_protected_label(project_id INTEGER NOT NULL REFERENCES project(id),"
    " label TEXT NOT NULL, PRIMARY KEY(project_id, label)) WITHOUT ROWID;",
};

enum status control__complain(struct control *control, struct error *error)
{
    return fail(error, STATUS_IO, "control database: %s", sqlite3_errmsg(control->db));
}

enum status control__prepare(struct control *control, const char *sql, sqlite3_stmt **out_statement,
                             struct error *error)
{
    if (sqlite3_prepare_v2(control->db, sql, -1, out_statement, NULL) != SQLITE_OK)
        return control__complain(control, error);
    return STATUS_OK;
}

enum status control__run(struct control *control, const char *sql, struct error *error)
{
    if (sqlite3_exec(control->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return control__complain(control, error);
    return STATUS_OK;
}

void control__bind(sqlite3_stmt *statement, int index, struct str text)
{
    sqlite3_bind_text(statement, index, text.ptr ? text.ptr : "", (int)text.len, SQLITE_TRANSIENT);
}

struct str control__column(sqlite3_stmt *statement, int index, struct arena *arena)
{
    struct str text = {(const char *)sqlite3_column_text(statement, index),
                       (size_t)sqlite3_column_bytes(statement, index)};
    return text.ptr ? arena_copy(arena, text) : STR_NONE;
}

void control__bind_or_null(sqlite3_stmt *statement, int index, struct str text)
{
    if (text.ptr)
        control__bind(statement, index, text);
    else
        sqlite3_bind_null(statement, index);
}

enum status control__finish(struct control *control, sqlite3_stmt *statement, struct error *error)
{
    int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? STATUS_OK : control__complain(control, error);
}

enum status control__rows(struct control *control, sqlite3_stmt *statement, size_t size,
                          bool (*read)(sqlite3_stmt *statement, struct arena *arena, void *out),
                          struct arena *arena, void **out_rows, size_t *out_count,
                          struct error *error)
{
    enum status status = STATUS_OK;
    size_t capacity = 0;
    int code;
    *out_rows = NULL;
    *out_count = 0;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW && status == STATUS_OK)
        if (arena__grow(arena, out_rows, *out_count, &capacity, size) &&
            read(statement, arena, (char *)*out_rows + *out_count * size))
            (*out_count)++;
        else
            status = fail(error, STATUS_TOO_LARGE, "limit: the rows are too large for one reply");
    if (status == STATUS_OK && code != SQLITE_DONE)
        status = control__complain(control, error);
    sqlite3_finalize(statement);
    return status;
}

enum status control__count(struct control *control, sqlite3_stmt *statement, int64_t *out_count,
                           struct error *error)
{
    int code = sqlite3_step(statement);
    *out_count = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? STATUS_OK : control__complain(control, error);
}

enum status control__count_of(struct control *control, const char *sql, uint32_t project_id,
                              int64_t *out_count, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(control, sql, &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    return control__count(control, statement, out_count, error);
}

enum status control__begin(struct control *control, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = control__run(control, "BEGIN IMMEDIATE", error);
    if (status != STATUS_OK)
        pthread_mutex_unlock(&control->lock);
    return status;
}

enum status control__end(struct control *control, enum status status, struct error *error)
{
    if (status == STATUS_OK)
        status = control__run(control, "COMMIT", error);
    if (status != STATUS_OK)
        sqlite3_exec(control->db, "ROLLBACK", NULL, NULL, NULL);
    pthread_mutex_unlock(&control->lock);
    return status;
}

void control__make_id(char out_id[CONTROL_ID_BYTES])
{
    unsigned char bytes[12];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(out_id, CONTROL_ID_BYTES, bytes, sizeof bytes);
}

static enum status upgrade(struct control *control, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(control, "PRAGMA user_version", &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_step(statement);
    int version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    int latest = (int)(sizeof steps / sizeof steps[0]);
    if (version > latest)
        return fail(error, STATUS_UNSUPPORTED,
                    "control database has schema %d, this vitrine knows up to %d: use a newer one",
                    version, latest);
    for (; version < latest; version++) {
        char pragma[64];
        snprintf(pragma, sizeof pragma, "PRAGMA user_version=%d", version + 1);
        if ((status = control__run(control, "BEGIN IMMEDIATE", error)) != STATUS_OK ||
            (status = control__run(control, steps[version], error)) != STATUS_OK ||
            (status = control__run(control, pragma, error)) != STATUS_OK ||
            (status = control__run(control, "COMMIT", error)) != STATUS_OK) {
            sqlite3_exec(control->db, "ROLLBACK", NULL, NULL, NULL);
            return status;
        }
    }
    return STATUS_OK;
}

/* The pepper keys the hashes of secrets, so a stolen table alone tells nothing. */
static enum status load_pepper(struct control *control, struct error *error)
{
    unsigned char fresh[sizeof control->pepper];
    randombytes_buf(fresh, sizeof fresh);
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control, "INSERT INTO secret(name, bytes) VALUES('pepper', ?1) ON CONFLICT DO NOTHING",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_blob(statement, 1, fresh, sizeof fresh, SQLITE_STATIC);
    bool stored = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    if (!stored)
        return control__complain(control, error);
    status = control__prepare(control, "SELECT bytes FROM secret WHERE name='pepper'", &statement,
                              error);
    if (status != STATUS_OK)
        return status;
    if (sqlite3_step(statement) != SQLITE_ROW ||
        sqlite3_column_bytes(statement, 0) != (int)sizeof control->pepper)
        status = fail(error, STATUS_CORRUPT, "control database: the pepper is missing or damaged");
    else
        memcpy(control->pepper, sqlite3_column_blob(statement, 0), sizeof control->pepper);
    sqlite3_finalize(statement);
    return status;
}

/* A pair given at a later start opens the default project, too. */
static enum status add_given_pair(struct control *control, uint32_t project_id,
                                  const char *public_key, const char *secret_key,
                                  struct error *error)
{
    struct key_pair pair = {0};
    uint32_t found;
    if (!public_key || !secret_key || strlen(public_key) >= sizeof pair.public_key ||
        strlen(secret_key) >= sizeof pair.secret_key || strlen(secret_key) < 8 ||
        control_key_check(control, str_from(public_key), str_from(secret_key), &found) == STATUS_OK)
        return STATUS_OK;
    snprintf(pair.public_key, sizeof pair.public_key, "%s", public_key);
    snprintf(pair.secret_key, sizeof pair.secret_key, "%s", secret_key);
    enum status status = control__add_key(control, project_id, &pair, STR(""), error);
    return status == STATUS_OK ? control__load_keys(control, error) : status;
}

static enum status make_default_project(struct control *control, const char *public_key,
                                        const char *secret_key, bool *out_first,
                                        struct key_pair *out_pair, struct error *error)
{
    uint32_t id;
    *out_first = control_project_find(control, STR("default"), &id) != STATUS_OK;
    if (!*out_first)
        return add_given_pair(control, id, public_key, secret_key, error);
    if (!public_key != !secret_key)
        return fail(error, STATUS_INVALID,
                    "VITRINE_INIT_PUBLIC_KEY and VITRINE_INIT_SECRET_KEY go together");
    if (!public_key)
        return control_project_create(control, STR("default"), STR("Default"), false, &id, out_pair,
                                      error);
    if (strlen(public_key) >= sizeof out_pair->public_key || !public_key[0] ||
        strlen(secret_key) >= sizeof out_pair->secret_key || strlen(secret_key) < 8)
        return fail(
            error, STATUS_INVALID,
            "VITRINE_INIT_PUBLIC_KEY: expected 1 to 63 bytes, VITRINE_INIT_SECRET_KEY: 8 to 63");
    snprintf(out_pair->public_key, sizeof out_pair->public_key, "%s", public_key);
    snprintf(out_pair->secret_key, sizeof out_pair->secret_key, "%s", secret_key);
    return control_project_create_with(control, STR("default"), STR("Default"), false, out_pair,
                                       &id, error);
}

enum status control_open(const char *path, const char *init_public_key, const char *init_secret_key,
                         struct control **out_control, bool *out_first, struct key_pair *out_pair,
                         struct error *error)
{
    if (sodium_init() < 0)
        return fail(error, STATUS_INTERNAL, "libsodium cannot start");
    struct control *control = calloc(1, sizeof *control);
    if (!control)
        return fail(error, STATUS_INTERNAL, "no memory for the control database");
    pthread_mutex_init(&control->lock, NULL);
    mode_t mask = umask(077); /* it holds hashes of secrets */
    int opened =
        sqlite3_open_v2(path, &control->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, NULL);
    umask(mask);
    enum status status = STATUS_OK;
    if (opened != SQLITE_OK)
        status = fail(error, STATUS_IO, "%s: %s", path, sqlite3_errmsg(control->db));
    if (status == STATUS_OK)
        status = control__run(control,
                              "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                              "PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000",
                              error);
    if (status == STATUS_OK)
        status = upgrade(control, error);
    if (status == STATUS_OK)
        status = load_pepper(control, error);
    if (status == STATUS_OK)
        status = control__load_keys(control, error);
    if (status == STATUS_OK)
        status = make_default_project(control, init_public_key, init_secret_key, out_first,
                                      out_pair, error);
    if (status != STATUS_OK) {
        control_close(control);
        return status;
    }
    *out_control = control;
    return STATUS_OK;
}

void control_close(struct control *control)
{
    if (!control)
        return;
    sqlite3_close(control->db);
    sodium_memzero(control->pepper, sizeof control->pepper);
    free(control->keys);
    pthread_mutex_destroy(&control->lock);
    free(control);
}
