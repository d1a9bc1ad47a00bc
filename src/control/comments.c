/* SPDX-License-Identifier: Apache-2.0 */
/* comments: see comments.h. Every statement names the project, so an id alone opens nothing. */
#include "control/comments.h"

#include "base/clock.h"
#include "control/control_private.h"

#define COLUMNS "id, kind, subject, key, trace, content, author, created_ns, updated_ns"

static bool read_row(sqlite3_stmt *statement, struct arena *arena, void *out)
{
    struct comment *comment = out;
    *comment = (struct comment){
        .id = control__column(statement, 0, arena),
        .subject = {.kind = (enum subject_kind)sqlite3_column_int(statement, 1),
                    .id = control__column(statement, 2, arena),
                    .key = control__column(statement, 3, arena),
                    .trace = control__column(statement, 4, arena)},
        .content = control__column(statement, 5, arena),
        .author = control__column(statement, 6, arena),
        .created_ns = sqlite3_column_int64(statement, 7),
        .updated_ns = sqlite3_column_int64(statement, 8),
    };
    return comment->id.ptr && comment->content.ptr;
}

/* Conditions that do not hold are left out, so that the indexes serve. */
static enum status prepare(struct control *control, const char *columns, const char *rest,
                           const struct comment_question *question, struct arena *arena,
                           sqlite3_stmt **out_statement, struct error *error)
{
    struct str sql = arena_printf(arena, "SELECT %s FROM comment WHERE project_id=?1%s%s%s%s%s",
                                  columns, question->kind >= 0 ? " AND kind=?2" : "",
                                  question->key.len ? " AND key=?3" : "",
                                  question->trace.len ? " AND trace=?4" : "",
                                  question->author.len ? " AND author=?5" : "", rest);
    if (!sql.ptr)
        return fail(error, STATUS_TOO_LARGE, "no memory for the comments");
    enum status status = control__prepare(control, sql.ptr, out_statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(*out_statement, 1, question->project_id);
    sqlite3_bind_int(*out_statement, 2, question->kind);
    control__bind(*out_statement, 3, question->key);
    control__bind(*out_statement, 4, question->trace);
    control__bind(*out_statement, 5, question->author);
    return STATUS_OK;
}

static enum status read_list(struct control *control, const struct comment_question *question,
                             struct arena *arena, struct comment **out_comments, size_t *out_count,
                             int64_t *out_total, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = prepare(control, "count(*)", "", question, arena, &statement, error);
    if (status == STATUS_OK)
        status = control__count(control, statement, out_total, error);
    if (status == STATUS_OK)
        status = prepare(control, COLUMNS, " ORDER BY created_ns, rowid LIMIT ?6 OFFSET ?7",
                         question, arena, &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 6, question->limit);
    sqlite3_bind_int64(statement, 7, question->skip);
    return control__rows(control, statement, sizeof **out_comments, read_row, arena,
                         (void **)out_comments, out_count, error);
}

enum status control_comments(struct control *control, const struct comment_question *question,
                             struct arena *arena, struct comment **out_comments, size_t *out_count,
                             int64_t *out_total, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status =
        read_list(control, question, arena, out_comments, out_count, out_total, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

static enum status not_there(struct error *error, struct str id)
{
    return fail(error, STATUS_NOT_FOUND, "there is no comment '%.*s' in this project",
                (int)(id.len > 100 ? 100 : id.len), id.ptr);
}

static enum status read_one(struct control *control, uint32_t project_id, struct str id,
                            struct arena *arena, struct comment **out_comments, size_t *out_count,
                            struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        control__prepare(control, "SELECT " COLUMNS " FROM comment WHERE project_id=?1 AND id=?2",
                         &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, id);
    return control__rows(control, statement, sizeof **out_comments, read_row, arena,
                         (void **)out_comments, out_count, error);
}

enum status control_comment(struct control *control, uint32_t project_id, struct str id,
                            struct arena *arena, struct comment *out_comment, struct error *error)
{
    struct comment *comments;
    size_t count = 0;
    pthread_mutex_lock(&control->lock);
    enum status status = read_one(control, project_id, id, arena, &comments, &count, error);
    pthread_mutex_unlock(&control->lock);
    if (status == STATUS_OK && count == 0)
        return not_there(error, id);
    if (status == STATUS_OK)
        *out_comment = comments[0];
    return status;
}

/* --- writing -------------------------------------------------------------------------------- */

static enum status check(struct comment *comment, struct error *error)
{
    comment->content = str_trim(comment->content);
    size_t characters = str_count_characters(comment->content);
    if (characters == 0 || characters > COMMENT_CHARACTERS_MAX)
        return fail(error, STATUS_INVALID, "content: expected 1 to %d characters, got %zu",
                    COMMENT_CHARACTERS_MAX, characters);
    if (comment->author.len > COMMENT_AUTHOR_BYTES_MAX)
        return fail(error, STATUS_INVALID, "author: expected at most %d bytes",
                    COMMENT_AUTHOR_BYTES_MAX);
    return STATUS_OK;
}

static enum status check_prompt(struct control *control, uint32_t project_id, struct str id,
                                struct error *error)
{
    sqlite3_stmt *statement;
    int64_t found = 0;
    enum status status = control__prepare(
        control,
        "SELECT count(*) FROM prompt WHERE id=CAST(?2 AS INTEGER) AND project_id=?1 AND"
        " CAST(id AS TEXT)=?2",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, id);
    status = control__count(control, statement, &found, error);
    if (status == STATUS_OK && !found)
        return fail(error, STATUS_NOT_FOUND, "there is no prompt '%.*s' in this project",
                    (int)(id.len > 100 ? 100 : id.len), id.ptr);
    return status;
}

/* The counts and the row in one statement, so that no two requests fill the last place. A comment
 * whose id is there already is that one, as it reads now. */
static enum status insert(struct control *control, uint32_t project_id,
                          const struct comment *comment, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control,
        "INSERT INTO comment(project_id, id, kind, subject, key, trace, content, author,"
        " created_ns, updated_ns) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?12 WHERE"
        " (SELECT count(*) FROM comment WHERE project_id=?1 AND id<>?2) < ?10 AND (SELECT count(*)"
        " FROM comment WHERE project_id=?1 AND key=?5 AND kind=?3 AND id<>?2) < ?11"
        " ON CONFLICT(id) DO UPDATE SET content=?7, author=?8, updated_ns=?12"
        " WHERE project_id=?1 AND key=?5 AND kind=?3",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, comment->id);
    sqlite3_bind_int(statement, 3, (int)comment->subject.kind);
    control__bind(statement, 4, comment->subject.id);
    control__bind(statement, 5, comment->subject.key);
    control__bind(statement, 6, comment->subject.trace);
    control__bind(statement, 7, comment->content);
    control__bind_or_null(statement, 8, comment->author.len ? comment->author : STR_NONE);
    sqlite3_bind_int64(statement, 9, comment->created_ns);
    sqlite3_bind_int64(statement, 10, COMMENTS_MAX);
    sqlite3_bind_int64(statement, 11, COMMENTS_OF_SUBJECT_MAX);
    sqlite3_bind_int64(statement, 12, comment->updated_ns);
    status = control__finish(control, statement, error);
    if (status == STATUS_OK && sqlite3_changes(control->db) == 0)
        return fail(error, STATUS_TOO_LARGE,
                    "comments: at most %d about one thing and %d in a project, and an id is of one",
                    COMMENTS_OF_SUBJECT_MAX, COMMENTS_MAX);
    return status;
}

enum status control_comment_create(struct control *control, uint32_t project_id,
                                   struct comment *comment, struct arena *arena,
                                   struct error *error)
{
    char id[CONTROL_ID_BYTES];
    enum status status = check(comment, error);
    if (status != STATUS_OK)
        return status;
    control__make_id(id);
    if (!comment->id.len)
        comment->id = arena_copy(arena, str_from(id));
    comment->updated_ns = clock_now_ns();
    if (!comment->created_ns)
        comment->created_ns = comment->updated_ns;
    if (!comment->id.ptr)
        return fail(error, STATUS_TOO_LARGE, "no memory for the comment");
    status = control__begin(control, error);
    if (status != STATUS_OK)
        return status;
    if (comment->subject.kind == SUBJECT_PROMPT)
        status = check_prompt(control, project_id, comment->subject.id, error);
    if (status == STATUS_OK)
        status = insert(control, project_id, comment, error);
    return control__end(control, status, error);
}

enum status control_comment_delete(struct control *control, uint32_t project_id, struct str id,
                                   struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status = control__prepare(
        control, "DELETE FROM comment WHERE project_id=?1 AND id=?2", &statement, error);
    if (status == STATUS_OK) {
        sqlite3_bind_int64(statement, 1, project_id);
        control__bind(statement, 2, id);
        status = control__finish(control, statement, error);
        if (status == STATUS_OK && sqlite3_changes(control->db) == 0)
            status = not_there(error, id);
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}
