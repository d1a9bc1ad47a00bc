/* SPDX-License-Identifier: Apache-2.0 */
/* prompt_protection: see prompt_protection.h. */
#include "control/prompt_protection.h"

#include "control/prompts_private.h"

static bool read_label(sqlite3_stmt *statement, struct arena *arena, void *out)
{
    struct str *label = out;
    *label = control__column(statement, 0, arena);
    return label->ptr != NULL;
}

enum status control_prompt_protected(struct control *control, uint32_t project_id,
                                     struct arena *arena, struct str **out_labels,
                                     size_t *out_count, struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status = control__prepare(
        control, "SELECT label FROM prompt_protected_label WHERE project_id=?1 ORDER BY label",
        &statement, error);
    if (status == STATUS_OK) {
        sqlite3_bind_int64(statement, 1, project_id);
        status = control__rows(control, statement, sizeof **out_labels, read_label, arena,
                               (void **)out_labels, out_count, error);
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}

static enum status replace(struct control *control, uint32_t project_id, const struct str *labels,
                           size_t count, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control, "DELETE FROM prompt_protected_label WHERE project_id=?1", &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    status = control__finish(control, statement, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = control__prepare(control,
                                  "INSERT OR IGNORE INTO prompt_protected_label(project_id, label)"
                                  " VALUES(?1, ?2)",
                                  &statement, error);
        if (status != STATUS_OK)
            return status;
        sqlite3_bind_int64(statement, 1, project_id);
        control__bind(statement, 2, labels[i]);
        status = control__finish(control, statement, error);
    }
    return status;
}

enum status control_prompt_protect(struct control *control, uint32_t project_id,
                                   const struct str *labels, size_t count, struct error *error)
{
    enum status status = control__prompt_labels_check("protected", labels, count, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        if (str_equal(labels[i], STR("latest")))
            status = fail(error, STATUS_INVALID,
                          "protected[%zu]: latest follows the newest version by itself", i);
    if (status == STATUS_OK)
        status = control__begin(control, error);
    if (status != STATUS_OK)
        return status;
    status = replace(control, project_id, labels, count, error);
    return control__end(control, status, error);
}

/* --- before a change -------------------------------------------------------------------------- */

/* Runs a statement whose rows are labels that would go; finalises it. */
static enum status refuse_rows(struct control *control, sqlite3_stmt *statement,
                               struct error *error)
{
    enum status status = STATUS_OK;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        status = fail(error, STATUS_FORBIDDEN,
                      "label: '%s' is protected; it stays with its version unless the request has "
                      "protected=move",
                      (const char *)sqlite3_column_text(statement, 0));
    else if (code != SQLITE_DONE)
        status = control__complain(control, error);
    sqlite3_finalize(statement);
    return status;
}

#define PROTECTED                                                                                  \
    "SELECT l.label FROM prompt_label l JOIN prompt_protected_label p ON"                          \
    " p.project_id=l.project_id AND p.label=l.label WHERE l.project_id=?1 AND l.name=?2"

enum status control_prompt_guard_labels(struct control *control, uint32_t project_id,
                                        struct str name, int64_t version, const struct str *labels,
                                        size_t count, struct error *error)
{
    enum status status = STATUS_OK;
    pthread_mutex_lock(&control->lock);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        sqlite3_stmt *statement;
        status = control__prepare(control, PROTECTED " AND l.label=?3 AND l.version<>?4",
                                  &statement, error);
        if (status != STATUS_OK)
            break;
        sqlite3_bind_int64(statement, 1, project_id);
        control__bind(statement, 2, name);
        control__bind(statement, 3, labels[i]);
        sqlite3_bind_int64(statement, 4, version);
        status = refuse_rows(control, statement, error);
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}

enum status control_prompt_guard_versions(struct control *control, uint32_t project_id,
                                          const struct prompt_choice *choice, struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status =
        control__prepare(control,
                         PROTECTED " AND (?3=0 OR l.version=?3) AND (?4='' OR l.version=(SELECT"
                                   " version FROM prompt_label WHERE project_id=?1 AND name=?2"
                                   " AND label=?4))",
                         &statement, error);
    if (status == STATUS_OK) {
        sqlite3_bind_int64(statement, 1, project_id);
        control__bind(statement, 2, choice->name);
        sqlite3_bind_int64(statement, 3, choice->version);
        control__bind(statement, 4, choice->label);
        status = refuse_rows(control, statement, error);
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}
