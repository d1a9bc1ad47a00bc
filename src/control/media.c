/* SPDX-License-Identifier: Apache-2.0 */
/* media: see media.h. A file without a use is dropped with the last of its uses. */
#include "control/media.h"

#include <string.h>

#include "base/clock.h"
#include "control/control_private.h"

static enum status finish(struct control *control, sqlite3_stmt *statement, struct error *error)
{
    int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? STATUS_OK : control__complain(control, error);
}

static enum status insert_item(struct control *control, uint32_t project_id,
                               const struct media_item *item, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        control__prepare(control,
                         "INSERT INTO media(project_id, id, hash, content_type, length,"
                         " created_ns, uploaded_ns) VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0)"
                         " ON CONFLICT DO NOTHING",
                         &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, str_from(item->id));
    sqlite3_bind_blob(statement, 3, item->hash, MEDIA_HASH_BYTES, SQLITE_STATIC);
    control__bind(statement, 4, item->content_type);
    sqlite3_bind_int64(statement, 5, item->length_bytes);
    sqlite3_bind_int64(statement, 6, clock_now_ns());
    return finish(control, statement, error);
}

static enum status insert_use(struct control *control, uint32_t project_id, const char *id,
                              const struct media_use *use, struct error *error)
{
    sqlite3_stmt *statement;
    const struct str texts[] = {str_from(id), use->trace, use->observation, use->dataset_item,
                                use->field};
    enum status status = control__prepare(
        control,
        "INSERT INTO media_use(project_id, media_id, trace, observation, dataset_item, field,"
        " used_ns) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"
        " ON CONFLICT DO UPDATE SET used_ns=excluded.used_ns",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    for (int i = 0; i < 5; i++)
        control__bind(statement, 2 + i, texts[i]);
    sqlite3_bind_int64(statement, 7, clock_now_ns());
    return finish(control, statement, error);
}

/* With the lock held. Without an arena, texts are left out. */
static enum status find(struct control *control, uint32_t project_id, struct str id,
                        struct arena *arena, struct media_item *out_item, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        control__prepare(control,
                         "SELECT id, hash, content_type, length, created_ns, uploaded_ns"
                         " FROM media WHERE project_id=?1 AND id=?2",
                         &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, id);
    if (sqlite3_step(statement) == SQLITE_ROW &&
        sqlite3_column_bytes(statement, 0) == MEDIA_ID_BYTES &&
        sqlite3_column_bytes(statement, 1) == MEDIA_HASH_BYTES) {
        *out_item = (struct media_item){
            .content_type = arena ? control__column(statement, 2, arena) : STR_NONE,
            .length_bytes = sqlite3_column_int64(statement, 3),
            .created_ns = sqlite3_column_int64(statement, 4),
            .uploaded_ns = sqlite3_column_int64(statement, 5),
        };
        memcpy(out_item->id, sqlite3_column_text(statement, 0), MEDIA_ID_BYTES);
        memcpy(out_item->hash, sqlite3_column_blob(statement, 1), MEDIA_HASH_BYTES);
    } else {
        status = fail(error, STATUS_NOT_FOUND, "id: this project has no such media");
    }
    sqlite3_finalize(statement);
    return status;
}

enum status control_media_announce(struct control *control, uint32_t project_id,
                                   const struct media_item *item, const struct media_use *use,
                                   bool *out_uploaded, struct error *error)
{
    struct media_item found;
    pthread_mutex_lock(&control->lock);
    enum status status = control__run(control, "BEGIN IMMEDIATE", error);
    if (status == STATUS_OK) {
        status = insert_item(control, project_id, item, error);
        if (status == STATUS_OK)
            status = insert_use(control, project_id, item->id, use, error);
        if (status == STATUS_OK)
            status = find(control, project_id, str_from(item->id), NULL, &found, error);
        if (status == STATUS_OK)
            status = control__run(control, "COMMIT", error);
        if (status != STATUS_OK)
            sqlite3_exec(control->db, "ROLLBACK", NULL, NULL, NULL);
    }
    pthread_mutex_unlock(&control->lock);
    if (status == STATUS_OK)
        *out_uploaded = found.uploaded_ns != 0;
    return status;
}

enum status control_media_find(struct control *control, uint32_t project_id, struct str id,
                               struct arena *arena, struct media_item *out_item,
                               struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = find(control, project_id, id, arena, out_item, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

enum status control_media_uploaded(struct control *control, uint32_t project_id, struct str id,
                                   struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status =
        control__prepare(control, "UPDATE media SET uploaded_ns=?3 WHERE project_id=?1 AND id=?2",
                         &statement, error);
    if (status == STATUS_OK) {
        sqlite3_bind_int64(statement, 1, project_id);
        control__bind(statement, 2, id);
        sqlite3_bind_int64(statement, 3, clock_now_ns());
        status = finish(control, statement, error);
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}

/* Files without a use; with the lock held, and told of after it. */
static enum status drop_unused(struct control *control, struct arena *arena, uint8_t **out_hashes,
                               size_t *out_count, struct error *error)
{
    sqlite3_stmt *statement;
    struct hash {
        uint8_t bytes[MEDIA_HASH_BYTES];
    } *hashes = NULL;
    size_t count = 0, capacity = 0;
    enum status status = control__prepare(
        control,
        "DELETE FROM media WHERE NOT EXISTS(SELECT 1 FROM media_use WHERE"
        " media_use.project_id=media.project_id AND media_use.media_id=media.id) RETURNING hash",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        /* One that does not fit any more is swept at the next start. */
        if (sqlite3_column_bytes(statement, 0) == MEDIA_HASH_BYTES &&
            arena_grow(arena, &hashes, count, &capacity))
            memcpy(hashes[count++].bytes, sqlite3_column_blob(statement, 0), MEDIA_HASH_BYTES);
    sqlite3_finalize(statement);
    *out_hashes = (uint8_t *)hashes;
    *out_count = count;
    return code == SQLITE_DONE ? STATUS_OK : control__complain(control, error);
}

/* Forgets uses by a statement with parameters, then what nothing uses. */
static enum status forget(struct control *control, const char *sql,
                          void (*bind)(sqlite3_stmt *statement, const void *about),
                          const void *about, const struct media_leaver *leaver, struct error *error)
{
    sqlite3_stmt *statement;
    struct arena arena;
    uint8_t *hashes = NULL;
    size_t count = 0;
    arena_init(&arena, ARENA_NO_LIMIT);
    pthread_mutex_lock(&control->lock);
    enum status status = control__prepare(control, sql, &statement, error);
    if (status == STATUS_OK) {
        bind(statement, about);
        status = finish(control, statement, error);
    }
    if (status == STATUS_OK)
        status = drop_unused(control, &arena, &hashes, &count, error);
    pthread_mutex_unlock(&control->lock);
    for (size_t i = 0; i < count; i++)
        leaver->left(leaver->context, hashes + i * MEDIA_HASH_BYTES);
    arena_done(&arena);
    return status;
}

struct release {
    uint32_t project_id;
    struct str trace;
    int64_t until_ns;
};

static void bind_release(sqlite3_stmt *statement, const void *about)
{
    const struct release *release = about;
    sqlite3_bind_int64(statement, 1, release->project_id);
    control__bind(statement, 2, release->trace);
    sqlite3_bind_int64(statement, 3, release->until_ns);
}

enum status control_media_release(struct control *control, uint32_t project_id, struct str trace,
                                  int64_t until_ns, const struct media_leaver *leaver,
                                  struct error *error)
{
    return forget(control, "DELETE FROM media_use WHERE project_id=?1 AND trace=?2 AND used_ns<=?3",
                  bind_release, &(struct release){project_id, trace, until_ns}, leaver, error);
}

struct expiry {
    int64_t before_ns, stale_ns;
};

static void bind_expiry(sqlite3_stmt *statement, const void *about)
{
    const struct expiry *expiry = about;
    sqlite3_bind_int64(statement, 1, expiry->before_ns);
    sqlite3_bind_int64(statement, 2, expiry->stale_ns);
}

/* Files of data sets stay as long as their items. */
enum status control_media_expire(struct control *control, int64_t before_ns, int64_t stale_ns,
                                 const struct media_leaver *leaver, struct error *error)
{
    return forget(
        control,
        "DELETE FROM media_use WHERE (used_ns < ?1 AND dataset_item='') OR (used_ns < ?2 AND"
        " EXISTS(SELECT 1 FROM media WHERE media.project_id=media_use.project_id AND"
        " media.id=media_use.media_id AND uploaded_ns=0))",
        bind_expiry, &(struct expiry){before_ns, stale_ns}, leaver, error);
}

bool control_media_wanted(struct control *control, const uint8_t hash[MEDIA_HASH_BYTES])
{
    sqlite3_stmt *statement;
    bool wanted = true;
    pthread_mutex_lock(&control->lock);
    if (control__prepare(control, "SELECT 1 FROM media WHERE hash=?1 LIMIT 1", &statement, NULL) ==
        STATUS_OK) {
        sqlite3_bind_blob(statement, 1, hash, MEDIA_HASH_BYTES, SQLITE_STATIC);
        wanted = sqlite3_step(statement) != SQLITE_DONE;
        sqlite3_finalize(statement);
    }
    pthread_mutex_unlock(&control->lock);
    return wanted;
}

void control_seal(const struct control *control, struct str text, uint8_t out_seal[SEAL_BYTES])
{
    crypto_generichash(out_seal, SEAL_BYTES, (const unsigned char *)text.ptr, text.len,
                       control->pepper, sizeof control->pepper);
}

bool control_seal_fits(const struct control *control, struct str text,
                       const uint8_t seal[SEAL_BYTES])
{
    uint8_t expected[SEAL_BYTES];
    control_seal(control, text, expected);
    return sodium_memcmp(expected, seal, SEAL_BYTES) == 0;
}
