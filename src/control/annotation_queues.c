/* SPDX-License-Identifier: Apache-2.0 */
/* annotation_queues: the queues themselves and whom they are assigned to; see annotation.h. */
#include "base/clock.h"
#include "control/annotation_private.h"

#define COLUMNS                                                                                    \
    "q.id, q.name, q.description, q.score_configs,"                                                \
    " (SELECT json_group_array(user) FROM (SELECT user FROM annotation_assignment a"               \
    " WHERE a.queue_id=q.id ORDER BY user)),"                                                      \
    " (SELECT count(*) FROM annotation_item i WHERE i.queue_id=q.id AND i.completed=0),"           \
    " (SELECT count(*) FROM annotation_item i WHERE i.queue_id=q.id AND i.completed=1),"           \
    " q.created_ns, q.updated_ns"

static bool read_row(sqlite3_stmt *statement, struct arena *arena, void *out)
{
    struct annotation_queue *queue = out;
    *queue = (struct annotation_queue){
        .id = control__column(statement, 0, arena),
        .name = control__column(statement, 1, arena),
        .description = control__column(statement, 2, arena),
        .score_configs = control__column(statement, 3, arena),
        .people = control__column(statement, 4, arena),
        .pending = sqlite3_column_int64(statement, 5),
        .completed = sqlite3_column_int64(statement, 6),
        .created_ns = sqlite3_column_int64(statement, 7),
        .updated_ns = sqlite3_column_int64(statement, 8),
    };
    return queue->id.ptr && queue->score_configs.ptr && queue->people.ptr;
}

static enum status not_there(struct error *error, struct str id)
{
    return fail(error, STATUS_NOT_FOUND, "there is no annotation queue '%.*s' in this project",
                (int)(id.len > 100 ? 100 : id.len), id.ptr);
}

/* Project as ?1, text as ?2. */
static enum status prepare(struct control *control, const char *sql, uint32_t project_id,
                           struct str text, sqlite3_stmt **out_statement, struct error *error)
{
    enum status status = control__prepare(control, sql, out_statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(*out_statement, 1, project_id);
    control__bind(*out_statement, 2, text);
    return STATUS_OK;
}

enum status annotation__find_queue(struct control *control, uint32_t project_id, struct str id,
                                   struct error *error)
{
    sqlite3_stmt *statement;
    int64_t found = 0;
    enum status status =
        prepare(control, "SELECT count(*) FROM annotation_queue WHERE project_id=?1 AND id=?2",
                project_id, id, &statement, error);
    if (status == STATUS_OK)
        status = control__count(control, statement, &found, error);
    return status == STATUS_OK && !found ? not_there(error, id) : status;
}

static enum status read_list(struct control *control, uint32_t project_id, int64_t skip,
                             int64_t limit, struct arena *arena,
                             struct annotation_queue **out_queues, size_t *out_count,
                             int64_t *out_total, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        control__count_of(control, "SELECT count(*) FROM annotation_queue WHERE project_id=?1",
                          project_id, out_total, error);
    if (status == STATUS_OK)
        status = prepare(control,
                         "SELECT " COLUMNS " FROM annotation_queue q WHERE q.project_id=?1"
                         " ORDER BY q.created_ns DESC, q.rowid DESC LIMIT ?3 OFFSET ?4",
                         project_id, STR(""), &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 3, limit);
    sqlite3_bind_int64(statement, 4, skip);
    return control__rows(control, statement, sizeof **out_queues, read_row, arena,
                         (void **)out_queues, out_count, error);
}

enum status control_annotation_queues(struct control *control, uint32_t project_id, int64_t skip,
                                      int64_t limit, struct arena *arena,
                                      struct annotation_queue **out_queues, size_t *out_count,
                                      int64_t *out_total, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status =
        read_list(control, project_id, skip, limit, arena, out_queues, out_count, out_total, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

static enum status read_one(struct control *control, uint32_t project_id, struct str id,
                            struct arena *arena, struct annotation_queue *out_queue,
                            struct error *error)
{
    sqlite3_stmt *statement;
    struct annotation_queue *queues;
    size_t count = 0;
    enum status status = prepare(
        control, "SELECT " COLUMNS " FROM annotation_queue q WHERE q.project_id=?1 AND q.id=?2",
        project_id, id, &statement, error);
    if (status == STATUS_OK)
        status = control__rows(control, statement, sizeof *queues, read_row, arena,
                               (void **)&queues, &count, error);
    if (status == STATUS_OK && count == 0)
        return not_there(error, id);
    if (status == STATUS_OK)
        *out_queue = queues[0];
    return status;
}

enum status control_annotation_queue(struct control *control, uint32_t project_id, struct str id,
                                     struct arena *arena, struct annotation_queue *out_queue,
                                     struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = read_one(control, project_id, id, arena, out_queue, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

/* --- writing -------------------------------------------------------------------------------- */

static enum status check(struct annotation_queue *queue, struct error *error)
{
    queue->name = str_trim(queue->name);
    size_t characters = str_count_characters(queue->name);
    if (characters == 0 || characters > ANNOTATION_NAME_CHARACTERS_MAX)
        return fail(error, STATUS_INVALID, "name: expected 1 to %d characters",
                    ANNOTATION_NAME_CHARACTERS_MAX);
    if (str_count_characters(queue->description) > ANNOTATION_TEXT_CHARACTERS_MAX)
        return fail(error, STATUS_INVALID, "description: expected at most %d characters",
                    ANNOTATION_TEXT_CHARACTERS_MAX);
    return STATUS_OK;
}

/* Every config must be one of the project's. */
static enum status check_configs(struct control *control, uint32_t project_id, struct str configs,
                                 struct error *error)
{
    sqlite3_stmt *statement;
    int64_t unknown = 0;
    enum status status = prepare(control,
                                 "SELECT count(*) FROM json_each(?2) WHERE value NOT IN"
                                 " (SELECT id FROM score_config WHERE project_id=?1)",
                                 project_id, configs, &statement, error);
    if (status == STATUS_OK)
        status = control__count(control, statement, &unknown, error);
    if (status == STATUS_OK && unknown)
        return fail(error, STATUS_INVALID,
                    "score configs: this project has not got %lld of those named",
                    (long long)unknown);
    return status;
}

/* The count and the row in one statement, so that no two requests fill the last place. */
static enum status write_row(struct control *control, uint32_t project_id,
                             const struct annotation_queue *queue, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        prepare(control,
                "INSERT INTO annotation_queue(project_id, id, name, description, score_configs,"
                " created_ns, updated_ns) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?6 WHERE (SELECT count(*)"
                " FROM annotation_queue WHERE project_id=?1 AND id<>?2) < ?7"
                " ON CONFLICT(id) DO UPDATE SET name=?3, description=?4, score_configs=?5,"
                " updated_ns=?6 WHERE project_id=?1",
                project_id, queue->id, &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 3, queue->name);
    control__bind_or_null(statement, 4, queue->description.len ? queue->description : STR_NONE);
    control__bind(statement, 5, queue->score_configs);
    sqlite3_bind_int64(statement, 6, clock_now_ns());
    sqlite3_bind_int64(statement, 7, ANNOTATION_QUEUES_MAX);
    int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (code == SQLITE_CONSTRAINT)
        return fail(error, STATUS_INVALID, "name: there is a queue '%.*s' already",
                    (int)(queue->name.len > 100 ? 100 : queue->name.len), queue->name.ptr);
    if (code != SQLITE_DONE)
        return control__complain(control, error);
    if (sqlite3_changes(control->db) == 0)
        return fail(error, STATUS_TOO_LARGE,
                    "a project has at most %d annotation queues, and an id is of one project",
                    ANNOTATION_QUEUES_MAX);
    return STATUS_OK;
}

/* Exactly these, in whatever order and however often they are named. */
static enum status write_people(struct control *control, const struct annotation_queue *queue,
                                struct error *error)
{
    static const char *const statements[] = {
        "DELETE FROM annotation_assignment WHERE queue_id=?1 AND user NOT IN"
        " (SELECT value FROM json_each(?2))",
        "INSERT INTO annotation_assignment(queue_id, user) SELECT ?1, value FROM json_each(?2)"
        " WHERE true ON CONFLICT DO NOTHING",
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof statements / sizeof *statements && status == STATUS_OK; i++) {
        sqlite3_stmt *statement;
        status = control__prepare(control, statements[i], &statement, error);
        if (status != STATUS_OK)
            break;
        control__bind(statement, 1, queue->id);
        control__bind(statement, 2, queue->people);
        status = control__finish(control, statement, error);
    }
    return status;
}

enum status control_annotation_queue_put(struct control *control, uint32_t project_id,
                                         struct annotation_queue *queue, bool may_be_new,
                                         struct arena *arena, struct error *error)
{
    char id[CONTROL_ID_BYTES];
    bool is_new = queue->id.len == 0 || may_be_new;
    enum status status = check(queue, error);
    if (status != STATUS_OK)
        return status;
    control__make_id(id);
    if (!queue->id.len)
        queue->id = str_from(id);
    status = control__begin(control, error);
    if (status != STATUS_OK)
        return status;
    if (!is_new)
        status = annotation__find_queue(control, project_id, queue->id, error);
    if (status == STATUS_OK)
        status = check_configs(control, project_id, queue->score_configs, error);
    if (status == STATUS_OK)
        status = write_row(control, project_id, queue, error);
    if (status == STATUS_OK && queue->people.ptr)
        status = write_people(control, queue, error);
    if (status == STATUS_OK)
        status = read_one(control, project_id, queue->id, arena, queue, error);
    return control__end(control, status, error);
}

enum status control_annotation_queue_delete(struct control *control, uint32_t project_id,
                                            struct str id, struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status =
        prepare(control, "DELETE FROM annotation_queue WHERE project_id=?1 AND id=?2", project_id,
                id, &statement, error);
    if (status == STATUS_OK)
        status = control__finish(control, statement, error);
    if (status == STATUS_OK && sqlite3_changes(control->db) == 0)
        status = not_there(error, id);
    pthread_mutex_unlock(&control->lock);
    return status;
}

/* --- assignments ---------------------------------------------------------------------------- */

static enum status write_assignment(struct control *control, struct str queue_id, struct str person,
                                    bool assigned, struct error *error)
{
    sqlite3_stmt *statement;
    int64_t others = 0;
    enum status status = control__prepare(
        control, "SELECT count(*) FROM annotation_assignment WHERE queue_id=?1 AND user<>?2",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 1, queue_id);
    control__bind(statement, 2, person);
    status = control__count(control, statement, &others, error);
    if (status == STATUS_OK && assigned && others >= ANNOTATION_PEOPLE_MAX)
        return fail(error, STATUS_TOO_LARGE, "a queue is assigned to at most %d people",
                    ANNOTATION_PEOPLE_MAX);
    if (status == STATUS_OK)
        status = control__prepare(
            control,
            assigned ? "INSERT INTO annotation_assignment(queue_id, user) VALUES(?1, ?2)"
                       " ON CONFLICT DO NOTHING"
                     : "DELETE FROM annotation_assignment WHERE queue_id=?1 AND user=?2",
            &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 1, queue_id);
    control__bind(statement, 2, person);
    return control__finish(control, statement, error);
}

enum status control_annotation_assign(struct control *control, uint32_t project_id,
                                      struct str queue_id, struct str person, bool assigned,
                                      struct error *error)
{
    if (person.len == 0 || person.len > ANNOTATION_PERSON_BYTES_MAX)
        return fail(error, STATUS_INVALID, "userId: expected 1 to %d bytes",
                    ANNOTATION_PERSON_BYTES_MAX);
    enum status status = control__begin(control, error);
    if (status != STATUS_OK)
        return status;
    status = annotation__find_queue(control, project_id, queue_id, error);
    if (status == STATUS_OK)
        status = write_assignment(control, queue_id, person, assigned, error);
    return control__end(control, status, error);
}
