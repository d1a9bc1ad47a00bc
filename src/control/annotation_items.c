/* SPDX-License-Identifier: Apache-2.0 */
/* annotation_items: what stands in a queue, in the order it came; see annotation.h. */
#include "base/clock.h"
#include "control/annotation_private.h"

#define COLUMNS                                                                                    \
    "id, queue_id, kind, subject, key, trace, completed, author, completed_ns, created_ns, "       \
    "updated_ns"

static bool read_row(sqlite3_stmt *statement, struct arena *arena, void *out)
{
    struct annotation_item *item = out;
    *item = (struct annotation_item){
        .id = control__column(statement, 0, arena),
        .queue_id = control__column(statement, 1, arena),
        .subject = {.kind = (enum subject_kind)sqlite3_column_int(statement, 2),
                    .id = control__column(statement, 3, arena),
                    .key = control__column(statement, 4, arena),
                    .trace = control__column(statement, 5, arena)},
        .is_completed = sqlite3_column_int(statement, 6) != 0,
        .author = control__column(statement, 7, arena),
        .completed_ns = sqlite3_column_int64(statement, 8),
        .created_ns = sqlite3_column_int64(statement, 9),
        .updated_ns = sqlite3_column_int64(statement, 10),
    };
    return item->id.ptr && item->subject.id.ptr && item->subject.key.ptr;
}

static enum status read_list(struct control *control, const struct annotation_question *question,
                             struct arena *arena, struct annotation_item **out_items,
                             size_t *out_count, int64_t *out_total, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        annotation__find_queue(control, question->project_id, question->queue_id, error);
    if (status == STATUS_OK)
        status = control__prepare(control,
                                  "SELECT count(*) FROM annotation_item WHERE queue_id=?1"
                                  " AND (?2<0 OR completed=?2)",
                                  &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 1, question->queue_id);
    sqlite3_bind_int(statement, 2, question->completed);
    status = control__count(control, statement, out_total, error);
    if (status == STATUS_OK)
        status =
            control__prepare(control,
                             "SELECT " COLUMNS " FROM annotation_item WHERE queue_id=?1"
                             " AND (?2<0 OR completed=?2) ORDER BY number*?3 LIMIT ?4 OFFSET ?5",
                             &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 1, question->queue_id);
    sqlite3_bind_int(statement, 2, question->completed);
    sqlite3_bind_int(statement, 3, question->newest_first ? -1 : 1);
    sqlite3_bind_int64(statement, 4, question->limit);
    sqlite3_bind_int64(statement, 5, question->skip);
    return control__rows(control, statement, sizeof **out_items, read_row, arena,
                         (void **)out_items, out_count, error);
}

enum status control_annotation_items(struct control *control,
                                     const struct annotation_question *question,
                                     struct arena *arena, struct annotation_item **out_items,
                                     size_t *out_count, int64_t *out_total, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status =
        read_list(control, question, arena, out_items, out_count, out_total, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

static enum status not_there(struct error *error, struct str id)
{
    return fail(error, STATUS_NOT_FOUND, "there is no item '%.*s' in this queue",
                (int)(id.len > 100 ? 100 : id.len), id.ptr);
}

/* The first row of a statement that selects COLUMNS; finalises it. */
static enum status read_first(struct control *control, sqlite3_stmt *statement, struct arena *arena,
                              struct annotation_item *out_item, bool *out_found,
                              struct error *error)
{
    struct annotation_item *items;
    size_t count = 0;
    enum status status = control__rows(control, statement, sizeof *items, read_row, arena,
                                       (void **)&items, &count, error);
    *out_found = status == STATUS_OK && count > 0;
    if (*out_found)
        *out_item = items[0];
    return status;
}

static enum status find_own(struct control *control, struct str queue_id, struct str id,
                            struct arena *arena, struct annotation_item *out_item, bool *out_found,
                            struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control, "SELECT " COLUMNS " FROM annotation_item WHERE queue_id=?1 AND id=?2", &statement,
        error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 1, queue_id);
    control__bind(statement, 2, id);
    return read_first(control, statement, arena, out_item, out_found, error);
}

static enum status read_one(struct control *control, uint32_t project_id, struct str queue_id,
                            struct str id, struct arena *arena, struct annotation_item *out_item,
                            struct error *error)
{
    bool found = false;
    enum status status = annotation__find_queue(control, project_id, queue_id, error);
    if (status == STATUS_OK)
        status = find_own(control, queue_id, id, arena, out_item, &found, error);
    return status == STATUS_OK && !found ? not_there(error, id) : status;
}

enum status control_annotation_item(struct control *control, uint32_t project_id,
                                    struct str queue_id, struct str id, struct arena *arena,
                                    struct annotation_item *out_item, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = read_one(control, project_id, queue_id, id, arena, out_item, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

/* --- writing -------------------------------------------------------------------------------- */

static enum status find_waiting(struct control *control, struct str queue_id,
                                const struct subject *subject, struct arena *arena,
                                struct annotation_item *out_item, bool *out_found,
                                struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        control__prepare(control,
                         "SELECT " COLUMNS " FROM annotation_item WHERE queue_id=?1 AND key=?2"
                         " AND kind=?3 AND completed=0 AND (?4='' OR trace='' OR trace=?4)",
                         &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 1, queue_id);
    control__bind(statement, 2, subject->key);
    sqlite3_bind_int(statement, 3, (int)subject->kind);
    control__bind(statement, 4, subject->trace);
    return read_first(control, statement, arena, out_item, out_found, error);
}

static enum status insert(struct control *control, const struct annotation_item *item,
                          struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control,
        "INSERT INTO annotation_item(id, queue_id, kind, subject, key, trace, completed,"
        " completed_ns, created_ns, updated_ns) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?11"
        " WHERE (SELECT count(*) FROM annotation_item WHERE queue_id=?2) < ?10"
        " ON CONFLICT(id) DO NOTHING",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 1, item->id);
    control__bind(statement, 2, item->queue_id);
    sqlite3_bind_int(statement, 3, (int)item->subject.kind);
    control__bind(statement, 4, item->subject.id);
    control__bind(statement, 5, item->subject.key);
    control__bind(statement, 6, item->subject.trace);
    sqlite3_bind_int(statement, 7, item->is_completed);
    sqlite3_bind_int64(statement, 8, item->completed_ns);
    sqlite3_bind_int64(statement, 9, item->created_ns);
    sqlite3_bind_int64(statement, 10, ANNOTATION_ITEMS_MAX);
    sqlite3_bind_int64(statement, 11, item->updated_ns);
    status = control__finish(control, statement, error);
    if (status == STATUS_OK && sqlite3_changes(control->db) == 0)
        return fail(error, STATUS_TOO_LARGE,
                    "a queue has at most %d items, and an id is of one queue",
                    ANNOTATION_ITEMS_MAX);
    return status;
}

static enum status set_completed(struct control *control, struct str id, bool completed,
                                 struct str author, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control,
        "UPDATE annotation_item SET completed=?2, author=?3, completed_ns=?4, updated_ns=?5"
        " WHERE id=?1",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    int64_t now_ns = clock_now_ns();
    control__bind(statement, 1, id);
    sqlite3_bind_int(statement, 2, completed);
    control__bind_or_null(statement, 3, completed && author.len ? author : STR_NONE);
    sqlite3_bind_int64(statement, 4, completed ? now_ns : 0);
    sqlite3_bind_int64(statement, 5, now_ns);
    return control__finish(control, statement, error);
}

/* What brings its id along and is there already: only whether it is completed can have changed. */
static enum status add_again(struct control *control, struct annotation_item *item, bool completed,
                             struct error *error)
{
    if (item->is_completed == completed)
        return STATUS_OK;
    item->is_completed = completed;
    return set_completed(control, item->id, completed, item->author, error);
}

static enum status make_item(struct control *control, struct str queue_id,
                             struct annotation_item *item, struct arena *arena, struct error *error)
{
    char id[CONTROL_ID_BYTES];
    control__make_id(id);
    if (!item->id.len)
        item->id = arena_copy(arena, str_from(id));
    if (!item->id.ptr)
        return fail(error, STATUS_TOO_LARGE, "no memory for the items");
    item->queue_id = queue_id;
    item->updated_ns = clock_now_ns();
    if (!item->created_ns)
        item->created_ns = item->updated_ns;
    if (!item->is_completed)
        item->completed_ns = 0;
    else if (!item->completed_ns)
        item->completed_ns = item->created_ns;
    return insert(control, item, error);
}

static enum status add_one(struct control *control, struct str queue_id,
                           struct annotation_item *item, struct arena *arena, size_t *added,
                           struct error *error)
{
    bool is_there = false, completed = item->is_completed;
    enum status status = STATUS_OK;
    if (item->id.len)
        status = find_own(control, queue_id, item->id, arena, item, &is_there, error);
    if (is_there)
        return add_again(control, item, completed, error);
    if (status == STATUS_OK && !item->is_completed)
        status = find_waiting(control, queue_id, &item->subject, arena, item, &is_there, error);
    if (status != STATUS_OK || is_there)
        return status;
    (*added)++;
    return make_item(control, queue_id, item, arena, error);
}

enum status control_annotation_items_add(struct control *control, uint32_t project_id,
                                         struct str queue_id, struct annotation_item *items,
                                         size_t count, struct arena *arena, size_t *out_added,
                                         struct error *error)
{
    *out_added = 0;
    enum status status = control__begin(control, error);
    if (status != STATUS_OK)
        return status;
    status = annotation__find_queue(control, project_id, queue_id, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = add_one(control, queue_id, &items[i], arena, out_added, error);
    return control__end(control, status, error);
}

enum status control_annotation_item_set(struct control *control, uint32_t project_id,
                                        struct str queue_id, struct str id, bool completed,
                                        struct str author, struct arena *arena,
                                        struct annotation_item *out_item, struct error *error)
{
    if (author.len > ANNOTATION_PERSON_BYTES_MAX)
        return fail(error, STATUS_INVALID, "author: expected at most %d bytes",
                    ANNOTATION_PERSON_BYTES_MAX);
    enum status status = control__begin(control, error);
    if (status != STATUS_OK)
        return status;
    status = read_one(control, project_id, queue_id, id, arena, out_item, error);
    if (status == STATUS_OK)
        status = set_completed(control, id, completed, author, error);
    if (status == STATUS_OK)
        status = read_one(control, project_id, queue_id, id, arena, out_item, error);
    return control__end(control, status, error);
}

enum status control_annotation_item_delete(struct control *control, uint32_t project_id,
                                           struct str queue_id, struct str id, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__begin(control, error);
    if (status != STATUS_OK)
        return status;
    status = annotation__find_queue(control, project_id, queue_id, error);
    if (status == STATUS_OK)
        status = control__prepare(
            control, "DELETE FROM annotation_item WHERE queue_id=?1 AND id=?2", &statement, error);
    if (status == STATUS_OK) {
        control__bind(statement, 1, queue_id);
        control__bind(statement, 2, id);
        status = control__finish(control, statement, error);
        if (status == STATUS_OK && sqlite3_changes(control->db) == 0)
            status = not_there(error, id);
    }
    return control__end(control, status, error);
}

/* --- where it stands ------------------------------------------------------------------------ */

#define OTHER "SELECT o.id FROM annotation_item o WHERE o.queue_id=i.queue_id AND "

static enum status read_place(struct control *control, const struct annotation_item *item,
                              struct arena *arena, struct annotation_place *out_place,
                              struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control,
        "SELECT (SELECT count(*) FROM annotation_item o WHERE o.queue_id=i.queue_id AND"
        " o.number<=i.number), (SELECT count(*) FROM annotation_item o WHERE"
        " o.queue_id=i.queue_id),"
        " (" OTHER "o.number<i.number ORDER BY o.number DESC LIMIT 1),"
        " (" OTHER "o.number>i.number ORDER BY o.number LIMIT 1),"
        " coalesce((" OTHER "o.completed=0 AND o.number>i.number ORDER BY o.number LIMIT 1),"
        " (" OTHER "o.completed=0 AND o.number<i.number ORDER BY o.number LIMIT 1))"
        " FROM annotation_item i WHERE i.id=?1",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 1, item->id);
    int code = sqlite3_step(statement);
    *out_place = (struct annotation_place){
        .position = sqlite3_column_int64(statement, 0),
        .total = sqlite3_column_int64(statement, 1),
        .previous = control__column(statement, 2, arena),
        .next = control__column(statement, 3, arena),
        .next_pending = control__column(statement, 4, arena),
    };
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? STATUS_OK : not_there(error, item->id);
}

enum status control_annotation_place(struct control *control, const struct annotation_item *item,
                                     struct arena *arena, struct annotation_place *out_place,
                                     struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = read_place(control, item, arena, out_place, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}
