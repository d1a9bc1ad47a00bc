/* SPDX-License-Identifier: Apache-2.0 */
/* prompts: reading them; see prompts.h. Every statement names the project. */
#include <string.h>

#include "control/prompts_private.h"

/* Labels and tags of the row `p` as JSON arrays. */
#define LABELS                                                                                     \
    "(SELECT json_group_array(label) FROM (SELECT label FROM prompt_label l"                       \
    " WHERE l.project_id=p.project_id AND l.name=p.name AND l.version=p.version ORDER BY label))"
#define TAGS                                                                                       \
    "(SELECT json_group_array(tag) FROM (SELECT tag FROM prompt_tag t"                             \
    " WHERE t.project_id=p.project_id AND t.name=p.name ORDER BY tag))"
#define COLUMNS                                                                                    \
    "p.id, p.version, p.name, p.is_chat, p.commit_message, p.created_by, " LABELS ", " TAGS ","    \
    " p.created_ns, p.updated_ns"

static struct prompt read_row(sqlite3_stmt *statement, struct arena *arena)
{
    return (struct prompt){
        .id = sqlite3_column_int64(statement, 0),
        .version = sqlite3_column_int64(statement, 1),
        .name = control__column(statement, 2, arena),
        .is_chat = sqlite3_column_int(statement, 3) != 0,
        .commit_message = control__column(statement, 4, arena),
        .created_by = control__column(statement, 5, arena),
        .labels = control__column(statement, 6, arena),
        .tags = control__column(statement, 7, arena),
        .created_ns = sqlite3_column_int64(statement, 8),
        .updated_ns = sqlite3_column_int64(statement, 9),
    };
}

enum status control__prompt_find(struct control *control, uint32_t project_id,
                                 const struct prompt_choice *choice, struct arena *arena,
                                 struct prompt *out_prompt, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control,
        "SELECT " COLUMNS ", p.content, p.config FROM prompt p WHERE p.project_id=?1 AND p.name=?2"
        " AND p.version=CASE WHEN ?3<>0 THEN ?3 ELSE (SELECT version FROM prompt_label"
        " WHERE project_id=?1 AND name=?2 AND label=?4) END",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, choice->name);
    sqlite3_bind_int64(statement, 3, choice->version);
    control__bind(statement, 4, choice->label);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *out_prompt = read_row(statement, arena);
        out_prompt->content = control__column(statement, 10, arena);
        out_prompt->config = control__column(statement, 11, arena);
        if (!out_prompt->content.ptr || !out_prompt->config.ptr)
            status = fail(error, STATUS_TOO_LARGE, "the prompt is too large for this reply");
    } else {
        status = code == SQLITE_DONE ? STATUS_NOT_FOUND : control__complain(control, error);
    }
    sqlite3_finalize(statement);
    return status;
}

enum status control_prompt_get(struct control *control, uint32_t project_id,
                               const struct prompt_choice *choice, struct arena *arena,
                               struct prompt *out_prompt, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status =
        control__prompt_find(control, project_id, choice, arena, out_prompt, error);
    pthread_mutex_unlock(&control->lock);
    if (status != STATUS_NOT_FOUND)
        return status;
    int len = (int)(choice->name.len > 200 ? 200 : choice->name.len);
    if (choice->version)
        return fail(error, STATUS_NOT_FOUND, "Prompt not found: '%.*s' with version %lld", len,
                    choice->name.ptr, (long long)choice->version);
    return fail(error, STATUS_NOT_FOUND, "Prompt not found: '%.*s' with label '%.*s'", len,
                choice->name.ptr, (int)(choice->label.len > 80 ? 80 : choice->label.len),
                choice->label.ptr);
}

/* The versions that a question is about, as table `hit`; parameters 1 to 7. */
#define HITS                                                                                       \
    "WITH hit AS MATERIALIZED (SELECT * FROM prompt p WHERE project_id=?1"                         \
    " AND (?2='' OR name=?2) AND (?3=0 OR version=?3)"                                             \
    " AND (?4='' OR EXISTS (SELECT 1 FROM prompt_label l WHERE l.project_id=?1 AND l.name=p.name"  \
    " AND l.label=?4 AND l.version=p.version))"                                                    \
    " AND (?5='' OR EXISTS (SELECT 1 FROM prompt_tag t WHERE t.project_id=?1 AND t.name=p.name"    \
    " AND t.tag=?5)) AND updated_ns>=?6 AND updated_ns<?7) "

static enum status prepare_hits(struct control *control, uint32_t project_id,
                                const struct prompt_question *question, const char *sql,
                                sqlite3_stmt **out_statement, struct error *error)
{
    enum status status = control__prepare(control, sql, out_statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(*out_statement, 1, project_id);
    control__bind(*out_statement, 2, question->name);
    sqlite3_bind_int64(*out_statement, 3, question->version);
    control__bind(*out_statement, 4, question->label);
    control__bind(*out_statement, 5, question->tag);
    sqlite3_bind_int64(*out_statement, 6, question->from_ns);
    sqlite3_bind_int64(*out_statement, 7, question->to_ns);
    return STATUS_OK;
}

static enum status count_hits(struct control *control, uint32_t project_id,
                              const struct prompt_question *question, int64_t *out_total,
                              struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        prepare_hits(control, project_id, question, HITS "SELECT count(DISTINCT name) FROM hit",
                     &statement, error);
    if (status != STATUS_OK)
        return status;
    if (sqlite3_step(statement) == SQLITE_ROW)
        *out_total = sqlite3_column_int64(statement, 0);
    else
        status = control__complain(control, error);
    sqlite3_finalize(statement);
    return status;
}

static struct prompt_entry read_entry(sqlite3_stmt *statement, struct arena *arena)
{
    return (struct prompt_entry){
        .name = control__column(statement, 0, arena),
        .latest = sqlite3_column_int64(statement, 1),
        .is_chat = sqlite3_column_int(statement, 2) != 0,
        .config = control__column(statement, 3, arena),
        .updated_ns = sqlite3_column_int64(statement, 4),
        .tags = control__column(statement, 5, arena),
        .versions = control__column(statement, 6, arena),
        .labels = control__column(statement, 7, arena),
        .label_versions = control__column(statement, 8, arena),
    };
}

/* is_chat and config come from the row that has max(version): SQLite says so of bare columns. */
static const char list_sql[] = HITS
    "SELECT p.name, max(p.version), p.is_chat, p.config, (SELECT max(updated_ns) FROM hit h"
    " WHERE h.name=p.name), " TAGS ","
    " (SELECT json_group_array(version) FROM (SELECT version FROM hit h WHERE h.name=p.name"
    " ORDER BY version)),"
    " (SELECT json_group_array(label) FROM (SELECT label FROM prompt_label l JOIN hit h"
    " ON h.name=l.name AND h.version=l.version WHERE l.project_id=?1 AND l.name=p.name"
    " ORDER BY label)),"
    " (SELECT json_group_object(label, version) FROM (SELECT label, version FROM prompt_label l"
    " WHERE l.project_id=?1 AND l.name=p.name ORDER BY label))"
    " FROM hit p GROUP BY p.name ORDER BY p.name LIMIT ?8 OFFSET ?9";

static enum status list(struct control *control, uint32_t project_id,
                        const struct prompt_question *question, struct arena *arena,
                        struct prompt_entry **out_entries, size_t *out_count, struct error *error)
{
    struct prompt_entry *entries = NULL;
    size_t count = 0, capacity = 0;
    sqlite3_stmt *statement;
    enum status status = prepare_hits(control, project_id, question, list_sql, &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 8, question->limit);
    sqlite3_bind_int64(statement, 9, question->skip);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW && status == STATUS_OK) {
        if (!arena_grow(arena, &entries, count, &capacity))
            status = fail(error, STATUS_TOO_LARGE, "limit: too many prompts for one reply");
        else
            entries[count++] = read_entry(statement, arena);
    }
    if (status == STATUS_OK && code != SQLITE_DONE)
        status = control__complain(control, error);
    sqlite3_finalize(statement);
    *out_entries = entries;
    *out_count = count;
    return status;
}

enum status control_prompt_list(struct control *control, uint32_t project_id,
                                const struct prompt_question *question, struct arena *arena,
                                struct prompt_entry **out_entries, size_t *out_count,
                                int64_t *out_total, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = list(control, project_id, question, arena, out_entries, out_count, error);
    if (status == STATUS_OK)
        status = count_hits(control, project_id, question, out_total, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

static enum status versions(struct control *control, uint32_t project_id, struct str name,
                            int64_t before, int64_t limit, struct arena *arena,
                            struct prompt **out_prompts, size_t *out_count, struct error *error)
{
    struct prompt *prompts = NULL;
    size_t count = 0, capacity = 0;
    sqlite3_stmt *statement;
    enum status status =
        control__prepare(control,
                         "SELECT " COLUMNS " FROM prompt p WHERE p.project_id=?1 AND p.name=?2"
                         " AND (?3=0 OR p.version<?3) ORDER BY p.version DESC LIMIT ?4",
                         &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, name);
    sqlite3_bind_int64(statement, 3, before);
    sqlite3_bind_int64(statement, 4, limit);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW && status == STATUS_OK) {
        if (!arena_grow(arena, &prompts, count, &capacity))
            status = fail(error, STATUS_TOO_LARGE, "limit: too many versions for one reply");
        else
            prompts[count++] = read_row(statement, arena);
    }
    if (status == STATUS_OK && code != SQLITE_DONE)
        status = control__complain(control, error);
    sqlite3_finalize(statement);
    *out_prompts = prompts;
    *out_count = count;
    return status;
}

enum status control_prompt_versions(struct control *control, uint32_t project_id, struct str name,
                                    int64_t before, int64_t limit, struct arena *arena,
                                    struct prompt **out_prompts, size_t *out_count,
                                    struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status =
        versions(control, project_id, name, before, limit, arena, out_prompts, out_count, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

static enum status uses(struct control *control, uint32_t project_id, struct str name,
                        struct arena *arena, struct prompt_use *out_uses, size_t *out_count,
                        struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control,
        "SELECT DISTINCT p.name, p.version, r.child_version, r.child_label FROM prompt_reference r"
        " JOIN prompt p ON p.id=r.parent_id WHERE r.project_id=?1 AND r.child_name=?2"
        " ORDER BY p.name, p.version DESC LIMIT ?3",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, name);
    sqlite3_bind_int(statement, 3, PROMPT_USES_MAX);
    *out_count = 0;
    while (*out_count < PROMPT_USES_MAX && sqlite3_step(statement) == SQLITE_ROW)
        out_uses[(*out_count)++] = (struct prompt_use){
            .parent_name = control__column(statement, 0, arena),
            .parent_version = sqlite3_column_int64(statement, 1),
            .child_version = sqlite3_column_int64(statement, 2),
            .child_label = control__column(statement, 3, arena),
        };
    sqlite3_finalize(statement);
    return STATUS_OK;
}

enum status control_prompt_uses(struct control *control, uint32_t project_id, struct str name,
                                struct arena *arena, struct prompt_use **out_uses,
                                size_t *out_count, struct error *error)
{
    *out_uses = arena_array(arena, struct prompt_use, PROMPT_USES_MAX);
    if (!*out_uses)
        return fail(error, STATUS_TOO_LARGE, "too many references for one reply");
    pthread_mutex_lock(&control->lock);
    enum status status = uses(control, project_id, name, arena, *out_uses, out_count, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}
