/* SPDX-License-Identifier: Apache-2.0 */
/* dashboards: see dashboards.h. Every statement names the project, so an id alone opens nothing. */
#include "control/dashboards.h"

#include "base/clock.h"
#include "control/control_private.h"

#define COLUMNS "id, revision, title, description, widgets, created_ns, updated_ns"

static struct dashboard read_row(sqlite3_stmt *statement, struct arena *arena)
{
    return (struct dashboard){
        .id = sqlite3_column_int64(statement, 0),
        .revision = sqlite3_column_int64(statement, 1),
        .title = control__column(statement, 2, arena),
        .description = control__column(statement, 3, arena),
        .widgets = sqlite3_column_int64(statement, 4),
        .created_ns = sqlite3_column_int64(statement, 5),
        .updated_ns = sqlite3_column_int64(statement, 6),
    };
}

static enum status list(struct control *control, uint32_t project_id, struct arena *arena,
                        struct dashboard **out_dashboards, size_t *out_count, struct error *error)
{
    struct dashboard *dashboards = NULL;
    size_t count = 0, capacity = 0;
    sqlite3_stmt *statement;
    enum status status = control__prepare(control,
                                          "SELECT " COLUMNS " FROM dashboard WHERE project_id=?1"
                                          " ORDER BY title COLLATE NOCASE, id",
                                          &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW && status == STATUS_OK) {
        if (!arena_grow(arena, &dashboards, count, &capacity))
            status = fail(error, STATUS_TOO_LARGE, "too many dashboards for one reply");
        else
            dashboards[count++] = read_row(statement, arena);
    }
    if (status == STATUS_OK && code != SQLITE_DONE)
        status = control__complain(control, error);
    sqlite3_finalize(statement);
    if (status != STATUS_OK)
        return status;
    *out_dashboards = dashboards;
    *out_count = count;
    return STATUS_OK;
}

enum status control_dashboard_list(struct control *control, uint32_t project_id,
                                   struct arena *arena, struct dashboard **out_dashboards,
                                   size_t *out_count, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = list(control, project_id, arena, out_dashboards, out_count, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

static enum status not_there(struct error *error, int64_t id)
{
    return fail(error, STATUS_NOT_FOUND, "id: there is no dashboard %lld in this project",
                (long long)id);
}

static enum status get(struct control *control, uint32_t project_id, int64_t id,
                       struct arena *arena, struct dashboard *out_dashboard, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control, "SELECT " COLUMNS ", document FROM dashboard WHERE project_id=?1 AND id=?2",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    sqlite3_bind_int64(statement, 2, id);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *out_dashboard = read_row(statement, arena);
        out_dashboard->document = control__column(statement, 7, arena);
    } else {
        status = code == SQLITE_DONE ? not_there(error, id) : control__complain(control, error);
    }
    sqlite3_finalize(statement);
    return status;
}

enum status control_dashboard_get(struct control *control, uint32_t project_id, int64_t id,
                                  struct arena *arena, struct dashboard *out_dashboard,
                                  struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = get(control, project_id, id, arena, out_dashboard, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

/* The count and the row in one statement, so that no two requests fill the last place. */
static enum status create(struct control *control, uint32_t project_id,
                          const struct dashboard *dashboard, int64_t *out_id, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control,
        "INSERT INTO dashboard(project_id, revision, title, description, widgets, document,"
        " created_ns, updated_ns) SELECT ?1, 1, ?2, ?3, ?4, ?5, ?6, ?6"
        " WHERE (SELECT count(*) FROM dashboard WHERE project_id=?1) < ?7",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, dashboard->title);
    control__bind(statement, 3, dashboard->description);
    sqlite3_bind_int64(statement, 4, dashboard->widgets);
    control__bind(statement, 5, dashboard->document);
    sqlite3_bind_int64(statement, 6, clock_now_ns());
    sqlite3_bind_int(statement, 7, DASHBOARDS_MAX);
    int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE)
        return control__complain(control, error);
    if (sqlite3_changes(control->db) != 1)
        return fail(error, STATUS_TOO_LARGE, "dashboards: a project has at most %d",
                    DASHBOARDS_MAX);
    *out_id = sqlite3_last_insert_rowid(control->db);
    return STATUS_OK;
}

enum status control_dashboard_create(struct control *control, uint32_t project_id,
                                     const struct dashboard *dashboard, int64_t *out_id,
                                     struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = create(control, project_id, dashboard, out_id, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

/* 1 when the row changed, 0 when there is none with this revision. */
static enum status update(struct control *control, uint32_t project_id,
                          const struct dashboard *dashboard, int *out_changed, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        control__prepare(control,
                         "UPDATE dashboard SET revision=revision+1, title=?3, description=?4,"
                         " widgets=?5, document=?6, updated_ns=?7"
                         " WHERE project_id=?1 AND id=?2 AND revision=?8",
                         &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    sqlite3_bind_int64(statement, 2, dashboard->id);
    control__bind(statement, 3, dashboard->title);
    control__bind(statement, 4, dashboard->description);
    sqlite3_bind_int64(statement, 5, dashboard->widgets);
    control__bind(statement, 6, dashboard->document);
    sqlite3_bind_int64(statement, 7, clock_now_ns());
    sqlite3_bind_int64(statement, 8, dashboard->revision);
    int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    *out_changed = sqlite3_changes(control->db);
    return code == SQLITE_DONE ? STATUS_OK : control__complain(control, error);
}

enum status control_dashboard_update(struct control *control, uint32_t project_id,
                                     const struct dashboard *dashboard, struct error *error)
{
    int changed = 0;
    struct arena arena;
    struct dashboard newest;
    arena_init(&arena, 2 * DASHBOARD_BYTES_MAX);
    pthread_mutex_lock(&control->lock);
    enum status status = update(control, project_id, dashboard, &changed, error);
    if (status == STATUS_OK && changed == 0) {
        status = get(control, project_id, dashboard->id, &arena, &newest, error);
        if (status == STATUS_OK)
            status = fail(error, STATUS_CONFLICT,
                          "revision: the dashboard was changed meanwhile, it is at revision %lld,"
                          " not %lld; read it again",
                          (long long)newest.revision, (long long)dashboard->revision);
    }
    pthread_mutex_unlock(&control->lock);
    arena_done(&arena);
    return status;
}

enum status control_dashboard_delete(struct control *control, uint32_t project_id, int64_t id,
                                     struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status = control__prepare(
        control, "DELETE FROM dashboard WHERE project_id=?1 AND id=?2", &statement, error);
    if (status == STATUS_OK) {
        sqlite3_bind_int64(statement, 1, project_id);
        sqlite3_bind_int64(statement, 2, id);
        int code = sqlite3_step(statement);
        sqlite3_finalize(statement);
        if (code != SQLITE_DONE)
            status = control__complain(control, error);
        else if (sqlite3_changes(control->db) == 0)
            status = not_there(error, id);
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}
