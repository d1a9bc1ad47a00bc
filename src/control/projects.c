/* SPDX-License-Identifier: Apache-2.0 */
/* projects: every row of telemetry belongs to one; names are what people and URLs use. */
#include "control/control_private.h"

#include "base/clock.h"
#include "base/log.h"

enum { NAME_BYTES_MAX = 60, TITLE_BYTES_MAX = 200 };

static bool name_is_fine(struct str name)
{
    if (name.len == 0 || name.len > NAME_BYTES_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

static enum status insert_project(struct control *control, struct str name, struct str title,
                                  bool is_demo, uint32_t *out_id, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control, "INSERT INTO project(name, title, is_demo, created_ns) VALUES(?1, ?2, ?3, ?4)",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 1, name);
    control__bind(statement, 2, title);
    sqlite3_bind_int(statement, 3, is_demo);
    sqlite3_bind_int64(statement, 4, clock_now_ns());
    int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (code == SQLITE_CONSTRAINT)
        return fail(error, STATUS_CONFLICT, "project: the name '%.*s' is taken", STR_ARGS(name));
    if (code != SQLITE_DONE)
        return control__complain(control, error);
    *out_id = (uint32_t)sqlite3_last_insert_rowid(control->db);
    return STATUS_OK;
}

enum status control_project_create_with(struct control *control, struct str name, struct str title,
                                        bool is_demo, const struct key_pair *pair, uint32_t *out_id,
                                        struct error *error)
{
    if (!name_is_fine(name))
        return fail(error, STATUS_INVALID,
                    "project name: expected 1 to %d of a-z, 0-9 and '-', got '%.*s'",
                    NAME_BYTES_MAX, (int)(name.len > 80 ? 80 : name.len), name.ptr ? name.ptr : "");
    if (title.len > TITLE_BYTES_MAX)
        return fail(error, STATUS_TOO_LARGE, "project title: at most %d bytes", TITLE_BYTES_MAX);
    pthread_mutex_lock(&control->lock);
    uint32_t id = 0;
    enum status status = control__run(control, "BEGIN IMMEDIATE", error);
    if (status == STATUS_OK) {
        status = insert_project(control, name, title, is_demo, &id, error);
        if (status == STATUS_OK)
            status = control__add_key(control, id, pair, STR(""), error);
        if (status == STATUS_OK)
            status = control__run(control, "COMMIT", error);
        if (status != STATUS_OK)
            sqlite3_exec(control->db, "ROLLBACK", NULL, NULL, NULL);
    }
    if (status == STATUS_OK)
        status = control__load_keys(control, error);
    pthread_mutex_unlock(&control->lock);
    if (status == STATUS_OK)
        *out_id = id;
    return status;
}

enum status control_project_create(struct control *control, struct str name, struct str title,
                                   bool is_demo, uint32_t *out_id, struct key_pair *out_pair,
                                   struct error *error)
{
    struct key_pair pair;
    control__make_pair(&pair);
    enum status status =
        control_project_create_with(control, name, title, is_demo, &pair, out_id, error);
    if (status == STATUS_OK)
        *out_pair = pair;
    return status;
}

enum status control_project_list(struct control *control, struct arena *arena,
                                 struct project **out_projects, size_t *out_count,
                                 struct error *error)
{
    struct project *projects = NULL;
    size_t count = 0, capacity = 0;
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status =
        control__prepare(control,
                         "SELECT id, name, title, is_demo, created_ns,"
                         " (SELECT public_key FROM api_key WHERE project_id=project.id ORDER BY "
                         "created_ns, rowid LIMIT 1)"
                         " FROM project WHERE deleted_ns=0 ORDER BY id",
                         &statement, error);
    while (status == STATUS_OK && sqlite3_step(statement) == SQLITE_ROW) {
        if (!arena_grow(arena, &projects, count, &capacity)) {
            status = fail(error, STATUS_TOO_LARGE, "too many projects for one reply");
            break;
        }
        projects[count++] = (struct project){
            .id = (uint32_t)sqlite3_column_int64(statement, 0),
            .name = control__column(statement, 1, arena),
            .title = control__column(statement, 2, arena),
            .is_demo = sqlite3_column_int(statement, 3) != 0,
            .created_ns = sqlite3_column_int64(statement, 4),
            .public_key = control__column(statement, 5, arena),
        };
    }
    sqlite3_finalize(statement);
    pthread_mutex_unlock(&control->lock);
    if (status != STATUS_OK)
        return status;
    *out_projects = projects;
    *out_count = count;
    return STATUS_OK;
}

/* With the lock held. The row stays, so that its number is never another project's. */
static enum status delete_project(struct control *control, uint32_t id, struct error *error)
{
    static const char *const statements[] = {
        "DELETE FROM api_key WHERE project_id=?1",
        "UPDATE project SET name=name || '~' || id, deleted_ns=?2 WHERE id=?1",
    };
    enum status status = control__run(control, "BEGIN IMMEDIATE", error);
    for (size_t i = 0; i < sizeof statements / sizeof *statements && status == STATUS_OK; i++) {
        sqlite3_stmt *statement;
        status = control__prepare(control, statements[i], &statement, error);
        if (status != STATUS_OK)
            break;
        sqlite3_bind_int64(statement, 1, id);
        if (i == 1)
            sqlite3_bind_int64(statement, 2, clock_now_ns());
        if (sqlite3_step(statement) != SQLITE_DONE)
            status = control__complain(control, error);
        sqlite3_finalize(statement);
    }
    if (status == STATUS_OK)
        status = control__run(control, "COMMIT", error);
    if (status != STATUS_OK)
        sqlite3_exec(control->db, "ROLLBACK", NULL, NULL, NULL);
    return status == STATUS_OK ? control__load_keys(control, error) : status;
}

enum status control_project_delete(struct control *control, struct str name, struct error *error)
{
    uint32_t id;
    if (str_equal(name, STR("default")))
        return fail(error, STATUS_CONFLICT, "project: the default project stays");
    if (control_project_find(control, name, &id) != STATUS_OK)
        return fail(error, STATUS_NOT_FOUND, "project: there is no project '%.*s'",
                    (int)(name.len > 80 ? 80 : name.len), name.ptr ? name.ptr : "");
    pthread_mutex_lock(&control->lock);
    enum status status = delete_project(control, id, error);
    pthread_mutex_unlock(&control->lock);
    if (status == STATUS_OK)
        log_info("control", "a project was deleted", "project=%u name=%.*s", (unsigned)id,
                 STR_ARGS(name));
    return status;
}

enum status control_project_find(struct control *control, struct str name, uint32_t *out_id)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status =
        control__prepare(control, "SELECT id FROM project WHERE name=?1", &statement, NULL);
    if (status == STATUS_OK) {
        control__bind(statement, 1, name);
        status = sqlite3_step(statement) == SQLITE_ROW ? STATUS_OK : STATUS_NOT_FOUND;
        if (status == STATUS_OK)
            *out_id = (uint32_t)sqlite3_column_int64(statement, 0);
        sqlite3_finalize(statement);
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}
