/* SPDX-License-Identifier: Apache-2.0 */
/* settings: see settings.h. One row a project, made by the first change. */
#include "control/settings.h"

#include "base/clock.h"
#include "control/control_private.h"

static enum status get(struct control *control, uint32_t project_id, struct arena *arena,
                       struct settings *out_settings, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        control__prepare(control,
                         "SELECT latency_target_ns, monthly_budget, success_score, success_least,"
                         " updated_ns FROM settings WHERE project_id=?1",
                         &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    int code = sqlite3_step(statement);
    *out_settings = (struct settings){.success_score = STR("")};
    if (code == SQLITE_ROW) {
        struct str score = {(const char *)sqlite3_column_text(statement, 2),
                            (size_t)sqlite3_column_bytes(statement, 2)};
        *out_settings = (struct settings){
            .latency_target_ns = sqlite3_column_int64(statement, 0),
            .monthly_budget = sqlite3_column_int64(statement, 1),
            .success_score = arena_copy(arena, score),
            .success_least = sqlite3_column_double(statement, 3),
            .updated_ns = sqlite3_column_int64(statement, 4),
        };
        if (!out_settings->success_score.ptr)
            status = fail(error, STATUS_TOO_LARGE, "settings: too large for one reply");
    } else if (code != SQLITE_DONE) {
        status = control__complain(control, error);
    }
    sqlite3_finalize(statement);
    return status;
}

enum status control_settings_get(struct control *control, uint32_t project_id, struct arena *arena,
                                 struct settings *out_settings, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = get(control, project_id, arena, out_settings, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

static enum status put(struct control *control, uint32_t project_id,
                       const struct settings *settings, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control,
        "INSERT INTO settings(project_id, latency_target_ns, monthly_budget, success_score,"
        " success_least, updated_ns) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT(project_id) DO UPDATE SET latency_target_ns=?2, monthly_budget=?3,"
        " success_score=?4, success_least=?5, updated_ns=?6",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    sqlite3_bind_int64(statement, 2, settings->latency_target_ns);
    sqlite3_bind_int64(statement, 3, settings->monthly_budget);
    control__bind(statement, 4, settings->success_score);
    sqlite3_bind_double(statement, 5, settings->success_least);
    sqlite3_bind_int64(statement, 6, clock_now_ns());
    int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? STATUS_OK : control__complain(control, error);
}

enum status control_settings_put(struct control *control, uint32_t project_id,
                                 const struct settings *settings, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = put(control, project_id, settings, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}
